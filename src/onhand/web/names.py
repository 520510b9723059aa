"""How channels, numbers and times are written for people."""

from onhand.channels import CHANNELS

TITLES = {
    "shopify": "Shopify",
    "online_store": "Online Store",
    "shopify_pos": "Shopify POS",
    **{name: entry.label for name, entry in CHANNELS.items()},
}


def title_of(channel: str) -> str:
    """Return a channel's name as people write it."""
    return TITLES.get(channel) or channel.replace("_", " ").title()


def many(number: int, noun: str) -> str:
    """Return a number with its noun, one or several."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun}"


def seconds(value: float | None) -> str:
    """Return a duration as people read it: milliseconds below a second; a dash for None."""
    if value is None:
        return "\u2013"
    if value < 0.995:
        return f"{round(value * 1000)} ms"
    return f"{value:.1f} s" if value < 99.5 else f"{round(value / 60)} min"


def signed(units: int) -> str:
    """Return units with a true minus sign: a hyphen is overlooked."""
    return str(units) if units >= 0 else f"\u2212{-units}"
