"""Numbers of things, as people say them."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 finding`, `2 findings`; `plural` where it is not the noun and an s. Thousands apart by a thin space, as in money."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}".replace(",", "\u202f")
