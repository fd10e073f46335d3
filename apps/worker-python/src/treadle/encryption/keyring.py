"""The keys of what Temporal is given."""

import base64
import binascii
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_ENTRY = re.compile(r"([A-Za-z0-9._-]{1,64})=([A-Za-z0-9+/_-]+)={0,2}\Z")


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by id. ``current`` encrypts, all of them decrypt: a new one is put before the others, an old one taken out last."""

    current: str
    keys: dict[str, AESGCM]


def parse_keyring(text: str) -> Keyring:
    """Reads ``id=base64,id2=base64…``: keys of 32 bytes, the one that encrypts first. Raises ValueError that ends the sentence
    “TREADLE_ENCRYPTION_KEYS …”; it shows no key.
    """
    keys: dict[str, AESGCM] = {}
    for entry in text.split(","):
        parts = _ENTRY.match(entry.strip())
        if parts is None:
            raise ValueError("has an entry that is not id=base64")
        id = parts[1]
        if id in keys:
            raise ValueError(f"has the id {id} twice")
        key = _decoded(parts[2])
        if len(key) != _KEY_BYTES:
            raise ValueError(f"has a key {id} of {len(key)} bytes, and keys have {_KEY_BYTES}")
        keys[id] = AESGCM(key)
    return Keyring(next(iter(keys)), keys)


def _decoded(text: str) -> bytes:
    """Of either alphabet of base64; empty where no bytes have this text."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""
