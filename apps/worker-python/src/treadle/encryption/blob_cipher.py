"""The form of a blob that is encrypted (docs/encryption.md): a header of 144 bytes, then chunks of 64 KiB, each sealed by itself."""

import hashlib
import hmac
import os
from collections.abc import AsyncGenerator, AsyncIterable

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


async def seal_blob(keyring: Keyring, tenant: str, sha256: str, content: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """The content as it is stored, in pieces."""
    salt = os.urandom(_SALT_BYTES)
    key = _blob_key(keyring, keyring.current, tenant, salt)
    id = keyring.current.encode()
    yield _MAGIC + bytes([len(id)]) + id.ljust(_ID_BYTES_MAX, b"\0") + salt + _name_tag(key, sha256)
    async for index, chunk, is_last in _chunks(content, _CHUNK_BYTES):
        yield encrypt(key, chunk, nonce=_nonce(index, is_last=is_last))[_NONCE_BYTES:]


async def open_blob(
    keyring: Keyring | None, tenant: str, sha256: str, stored: AsyncGenerator[bytes]
) -> AsyncGenerator[bytes]:
    """The content in pieces, whether it was encrypted or not. Raises DecryptionError."""
    start = bytearray()
    async for piece in stored:
        start += piece
        if len(start) >= HEADER_BYTES:
            break
    if len(start) < HEADER_BYTES or not start.startswith(_MAGIC):
        yield bytes(start)
        async for piece in stored:
            yield piece
        return
    header = bytes(start[:HEADER_BYTES])
    key = _blob_key(keyring, key_id_of(header) or "", tenant, header[_SALT_AT : _SALT_AT + _SALT_BYTES])
    if not hmac.compare_digest(_name_tag(key, sha256), header[_SALT_AT + _SALT_BYTES :]):
        raise DecryptionError("It is another blob, or was changed.")
    async for index, chunk, is_last in _chunks(stored, _SEALED_BYTES, bytes(start[HEADER_BYTES:])):
        yield decrypt(key, _nonce(index, is_last=is_last) + chunk)


async def _chunks(
    pieces: AsyncIterable[bytes], size: int, start: bytes = b""
) -> AsyncGenerator[tuple[int, bytes, bool]]:
    """All of this size but the last, which may be empty where nothing else is."""
    held, index = bytearray(start), 0
    async for piece in pieces:
        held += piece
        while len(held) > size:
            yield index, bytes(held[:size]), False
            del held[:size]
            index += 1
    while len(held) > size:
        yield index, bytes(held[:size]), False
        del held[:size]
        index += 1
    yield index, bytes(held), True


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
