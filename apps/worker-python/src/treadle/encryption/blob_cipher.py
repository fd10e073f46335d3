"""The form of a blob that is encrypted (docs/encryption.md): a header of 144 bytes, then chunks of 64 KiB, each sealed by itself."""

import hashlib
import hmac
import os

from .keyring import DecryptionError, Keyring, decrypt, derive_key, encrypt, key_of

_MAGIC = b"TREADLE-BLOB-1\n"
_ID_BYTES_MAX = 64
_SALT_BYTES = 32
_TAG_BYTES = 16
_NONCE_BYTES = 12
_ID_AT = len(_MAGIC) + 1
_SALT_AT = _ID_AT + _ID_BYTES_MAX
HEADER_BYTES = _SALT_AT + _SALT_BYTES + 32
_CHUNK_BYTES = 64 * 1024
_SEALED_BYTES = _CHUNK_BYTES + _TAG_BYTES


def seal_blob(keyring: Keyring | None, tenant: str, sha256: str, content: bytes) -> bytes:
    """The content as it is stored; without keys, as it is."""
    if keyring is None:
        return content
    salt = os.urandom(_SALT_BYTES)
    key = _blob_key(keyring, keyring.current, tenant, salt)
    chunks = [content[at : at + _CHUNK_BYTES] for at in range(0, len(content), _CHUNK_BYTES)] or [b""]
    id = keyring.current.encode()
    header = _MAGIC + bytes([len(id)]) + id.ljust(_ID_BYTES_MAX, b"\0") + salt + _name_tag(key, sha256)
    sealed = (
        encrypt(key, chunk, nonce=_nonce(index, is_last=index == len(chunks) - 1))[_NONCE_BYTES:]
        for index, chunk in enumerate(chunks)
    )
    return b"".join((header, *sealed))


def open_blob(keyring: Keyring | None, tenant: str, sha256: str, stored: bytes) -> bytes:
    """The content, whether it was encrypted or not. Raises DecryptionError."""
    if len(stored) < HEADER_BYTES or not stored.startswith(_MAGIC):
        return stored
    salt = stored[_SALT_AT : _SALT_AT + _SALT_BYTES]
    key = _blob_key(keyring, key_id_of(stored) or "", tenant, salt)
    if not hmac.compare_digest(_name_tag(key, sha256), stored[_SALT_AT + _SALT_BYTES : HEADER_BYTES]):
        raise DecryptionError("It is another blob, or was changed.")
    body = stored[HEADER_BYTES:]
    chunks = [body[at : at + _SEALED_BYTES] for at in range(0, len(body), _SEALED_BYTES)]
    return b"".join(
        decrypt(key, _nonce(index, is_last=index == len(chunks) - 1) + chunk) for index, chunk in enumerate(chunks)
    )


def key_id_of(start: bytes) -> str | None:
    """The key that a blob which begins like that is encrypted with; None where it is not."""
    if len(start) < HEADER_BYTES or not start.startswith(_MAGIC):
        return None
    return start[_ID_AT : _ID_AT + start[len(_MAGIC)]].decode(errors="replace")


def _blob_key(keyring: Keyring | None, id: str, tenant: str, salt: bytes) -> bytes:
    return derive_key(key_of(keyring, id), "treadle blob", tenant, salt.hex())


def _name_tag(key: bytes, sha256: str) -> bytes:
    return hmac.digest(key, sha256.encode(), hashlib.sha256)


def _nonce(index: int, *, is_last: bool) -> bytes:
    """None comes twice under a key, since each stored blob has a key of its own."""
    return bytes(_NONCE_BYTES - 5) + index.to_bytes(4, "big") + bytes([is_last])
