"""Stands between the worker and Temporal, in the format of docs/encryption.md."""

from collections.abc import Sequence

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from .keyring import Keyring, decrypt, encrypt, key_of

_ENCRYPTED = b"binary/encrypted"
_KEY_ID = "encryption-key-id"


class EncryptionCodec(PayloadCodec):
    """Encrypts whole payloads, those of failures too."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Passes on what is not encrypted: it was written before there was a key. Raises DecryptionError."""
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        id = self._keyring.current
        return Payload(
            metadata={"encoding": _ENCRYPTED, _KEY_ID: id.encode()},
            data=encrypt(key_of(self._keyring, id), payload.SerializeToString()),
        )

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != _ENCRYPTED:
            return payload
        id = payload.metadata.get(_KEY_ID, b"").decode(errors="replace")
        return Payload.FromString(decrypt(key_of(self._keyring, id), payload.data))
