"""The keys of what Temporal is given, and of what is stored."""

import base64
import binascii
import hashlib
import hmac
import os
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_ENTRY = re.compile(r"([A-Za-z0-9._-]{1,64})=([A-Za-z0-9+/_-]+)={0,2}\Z")


class DecryptionError(Exception):
    """What is encrypted with a key that is not on the ring, or was changed since."""


class MissingKeyError(DecryptionError):
    """Its key is not on the ring of this process."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by id. ``current`` encrypts, all of them decrypt: a new one is put before the others, an old one taken out last."""

    current: str
    keys: dict[str, bytes]


def key_of(keyring: Keyring | None, id: str) -> bytes:
    """The key of that id. Raises MissingKeyError where the ring, or the process, has none."""
    key = None if keyring is None else keyring.keys.get(id)
    if key is None:
        raise MissingKeyError(f"There is no key {id} to decrypt with.")
    return key


def derive_key(key: bytes, label: str, *parts: str) -> bytes:
    """A key for one purpose and place: HMAC-SHA256 of a name, in which ``label`` is the purpose. No part may hold a NUL."""
    return hmac.digest(key, "\0".join((label, *parts)).encode(), hashlib.sha256)


def encrypt(key: bytes, content: bytes, *, aad: bytes | None = None, nonce: bytes | None = None) -> bytes:
    """AES-256-GCM: nonce, ciphertext and tag, one after the other. ``nonce``: 12 bytes that come once under the key; default: random."""
    nonce = nonce or os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, aad)


def decrypt(key: bytes, sealed: bytes, *, aad: bytes | None = None) -> bytes:
    """Raises DecryptionError."""
    if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
        raise DecryptionError("What is encrypted is cut off.")
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)
    except InvalidTag as error:
        raise DecryptionError("What is encrypted was changed, or has another key under this id.") from error


def parse_keyring(text: str) -> Keyring:
    """Reads ``id=base64,id2=base64…``: keys of 32 bytes, the one that encrypts first. Raises ValueError that ends the sentence
    “TREADLE_ENCRYPTION_KEYS …”; it shows no key.
    """
    keys: dict[str, bytes] = {}
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
        keys[id] = key
    return Keyring(next(iter(keys)), keys)


def _decoded(text: str) -> bytes:
    """Of either alphabet of base64; empty where no bytes have this text."""
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""
