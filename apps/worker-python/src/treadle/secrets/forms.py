"""The texts in which a secret shows itself."""

import base64
import json
import math
from urllib.parse import quote, quote_plus

# Encoded forms of values shorter than this would match by chance.
_ENCODED_LENGTH_MIN = 8


def forms_of(value: str) -> list[str]:
    """As it is, and as JSON, a URL, base64 (at any place in it) and hex would carry it."""
    forms = [value, json.dumps(value, ensure_ascii=False)[1:-1]]
    if len(value) >= _ENCODED_LENGTH_MIN:
        content = value.encode("utf-8", "surrogatepass")
        forms += [quote(content, safe="!~*'()"), quote_plus(content, safe="*"), content.hex()]
        for offset in range(3):
            encoded = _base64_at(content, offset)
            forms += [encoded, encoded.replace("+", "-").replace("/", "_")]
    return list(dict.fromkeys(forms))


def _base64_at(content: bytes, offset: int) -> str:
    """The characters that depend on ``content`` alone where ``offset`` (mod 3) other bytes stand before it."""
    encoded = base64.b64encode(bytes(offset) + content).decode()
    return encoded[math.ceil(offset * 8 / 6) : (offset + len(content)) * 8 // 6]
