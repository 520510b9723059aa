"""Options of the whole run may stand behind the command too: where people put them."""

from collections.abc import Iterator, Sequence

VALUED = ("--shop", "--config")
FLAGS = ("--verbose", "--no-color")
"""`--json` is not among them: every command has its own."""

HINT = "Also here, as before the command: --shop DOMAIN, --config FILE, --verbose, --no-color."


def put_first(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with the options of the whole run in front; behind `--` nothing is one."""
    front: list[str] = []
    rest: list[str] = []
    coming = iter(words)
    for word in coming:
        if word == "--":
            rest += [word, *coming]
        elif word in VALUED:
            front += [word, *_next(coming)]
        elif word in FLAGS or word.startswith(tuple(f"{name}=" for name in VALUED)):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def _next(coming: Iterator[str]) -> list[str]:
    value = next(coming, None)
    return [] if value is None else [value]
