"""Third parties whose files are fetched: is their folder there, does their server let us in?"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError

if TYPE_CHECKING:
    from onhand.channels.dropped import Folder
    from onhand.config.threepl import ThreeplConfig


def check_third_party(config: "ThreeplConfig") -> Iterator[Check]:
    """Look at the folder and the server of a third party, where it has them. Takes no file."""
    from onhand.app.threepl import folder_at
    from onhand.channels.drop_folder import DropFolder

    folder = config.folder
    if folder is not None:
        yield _check(f"folder of {config.name}", lambda: DropFolder(folder))
    if config.sftp is not None:
        yield _check(f"server of {config.name}", lambda: folder_at(config))


def _check(name: str, make: "Callable[[], Folder]") -> Check:
    try:
        waiting = make().look()
    except ConfigError as error:
        return fail(name, str(error), "until then none of its files is fetched")
    except ChannelUnavailable as error:
        return warn(name, str(error), "wait a moment, and ask again")
    except ChannelRefused as error:
        return fail(name, str(error), "do what the message says: until then none of its files is fetched")
    return ok(name, f"it can be looked at; {waiting} files lie there")
