"""The lines of a CSV file that somebody else wrote."""

import codecs
import csv
import io
from collections.abc import Iterator

from onhand.ports.errors import UnreadableDelivery

_MARK = codecs.BOM_UTF8.decode()


def read_lines(body: bytes, what: str, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each line. Raises UnreadableDelivery, which names `what` and the line."""
    try:
        text = body.decode(encoding).removeprefix(_MARK)
    except UnicodeError as error:
        place = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
        raise UnreadableDelivery(
            f"{what}: is not {encoding} text{place}: nothing of it is used; `encoding` says what it is"
        ) from error
    if "\0" in text:
        raise UnreadableDelivery(f"{what}: holds a character 0: nothing of it is used; `encoding` says what it is")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableDelivery(f"{what}: line {reader.line_num}: {error}: nothing of it is used") from error
