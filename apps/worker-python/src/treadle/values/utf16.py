"""Lengths and halves in UTF-16, the unit in which the protocol's bounds are given."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def utf16_length(text: str) -> int:
    """The number of UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf16_cut(text: str, units: int) -> str:
    """The first ``units`` of it; half a pair at the end is left out."""
    return text.encode("utf-16-le", "surrogatepass")[: units * 2].decode("utf-16-le", "ignore")


def joined_pairs(text: str) -> str:
    """The text with the halves of surrogate pairs, which JSON may write apart, put together."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def storable_text(text: str) -> str:
    """The text with U+FFFD in the place of NUL and of halves of pairs: Postgres stores neither."""
    if _UNSTORABLE.search(text) is None:
        return text
    return _UNSTORABLE.sub("\ufffd", joined_pairs(text))
