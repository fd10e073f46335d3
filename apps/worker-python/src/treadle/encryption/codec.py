"""Stands between the worker and Temporal, in the format of docs/encryption.md."""

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from .keyring import Keyring

_ENCRYPTED = b"binary/encrypted"
_KEY_ID = "encryption-key-id"
_NONCE_BYTES = 12
_TAG_BYTES = 16


class DecryptionError(Exception):
    """What is encrypted with a key that is not on the ring, or was changed since."""


class EncryptionCodec(PayloadCodec):
    """Encrypts whole payloads, those in the details of failures too; the messages of failures not."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Passes on what is not encrypted: it was written before there was a key. Raises DecryptionError."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        id = self._keyring.current
        nonce = os.urandom(_NONCE_BYTES)
        return Payload(
            metadata={"encoding": _ENCRYPTED, _KEY_ID: id.encode()},
            data=nonce + self._keyring.keys[id].encrypt(nonce, payload.SerializeToString(), None),
        )

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != _ENCRYPTED:
            return payload
        id = payload.metadata.get(_KEY_ID, b"").decode(errors="replace")
        key = self._keyring.keys.get(id)
        if key is None:
            raise DecryptionError(f"There is no key {id} to decrypt with.")
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        if len(sealed) < _TAG_BYTES:
            raise DecryptionError("What is encrypted is cut off.")
        try:
            return Payload.FromString(key.decrypt(nonce, sealed, None))
        except InvalidTag as error:
            raise DecryptionError("What is encrypted was changed, or has another key under this id.") from error
