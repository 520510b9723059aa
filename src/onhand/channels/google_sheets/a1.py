"""A1 notation, as far as we write it."""


def letters(index: int) -> str:
    """Return a column's letters: 0 is A, 26 is AA."""
    found = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def quoted(title: str) -> str:
    """Return a tab's title as it stands in a range."""
    return "'" + title.replace("'", "''") + "'"


def block(title: str, top: int, left: int, height: int, width: int) -> str:
    """Return a block of cells; `top` and `left` count from 0."""
    return f"{quoted(title)}!{letters(left)}{top + 1}:{letters(left + width - 1)}{top + height}"
