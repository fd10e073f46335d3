"""What the type of a body says of it."""

import re

_JSON_TYPE = re.compile(r"application/([\w.+-]+\+)?json\s*(;|$)", re.IGNORECASE)
_TEXT_TYPE = re.compile(r"^text/|json|xml|javascript|yaml|x-www-form-urlencoded", re.IGNORECASE)
_CHARSET = re.compile(r'charset="?([\w-]+)', re.IGNORECASE)


def is_json(content_type: str) -> bool:
    return _JSON_TYPE.match(content_type.strip()) is not None


def is_textual(content_type: str) -> bool:
    """Text by its type, or silent on its type."""
    return not content_type or _TEXT_TYPE.search(content_type) is not None


def charset_of(content_type: str) -> str:
    found = _CHARSET.search(content_type)
    return found[1] if found else "utf-8"
