"""Encryption at rest of values in Postgres, in the format of docs/encryption.md."""

import base64
import hashlib
import hmac
import json
from typing import Any, NamedTuple

from ..errors import TreadleError
from ..generated.types import RunRef
from ..values.json_text import write_json
from ..values.walk import handles_in, is_handle
from .keyring import DecryptionError, Keyring, MissingKeyError, decrypt, derive_key, encrypt, key_of

_NONCE_BYTES = 12

# Members of an event's data that say what happened, and not what with: Postgres and operators read them. All others are sealed.
_READABLE = frozenset(
    (
        "kind",
        "runtime",
        "childRunId",
        "signal",
        "until",
        "usage",
        "costUsd",
        "ref",
        "cached",
        "checkpoint",
        "offset",
        "delayMs",
        "caught",
        "name",
        "id",
        "kept",
        "forced",
        "level",
        "waiting",
        "workflow",
        "version",
        "parent",
        "forkedFrom",
    )
)


class Place(NamedTuple):
    """Where a value stands, which its ciphertext is bound to. Without ``run`` it is the tenant's, without ``path`` the run's own."""

    tenant: str
    run: str = ""
    path: str = ""


def place_of(run: RunRef, path: str = "") -> Place:
    return Place(run["tenant"], run["id"], path)


class SealedError(TreadleError):
    """What is encrypted at rest and cannot be opened. Where its key is missing another process may have it."""

    def __init__(self, message: str, *, is_key_missing: bool) -> None:
        super().__init__("internal", message)
        self.is_key_missing = is_key_missing


class Sealer:
    """Replaces values by ``{"$blob": {"sealed": "<key id>.<base64>"}}``, which nobody outside can write. Handles stay readable, in a value
    (``refs``) or as the whole of it. Without keys nothing is sealed, and what was sealed is an error.
    """

    def __init__(self, keyring: Keyring | None) -> None:
        self._keyring = keyring

    def seal(self, place: Place, value: Any, *, repeatable: bool = False) -> Any:
        """The value as it is written. ``repeatable``: the same value in the same place gives the same text."""
        if self._keyring is None or is_handle(value):
            return value
        id = self._keyring.current
        key = self._value_key(id, place)
        text, aad = write_json(value).encode(), place.path.encode()
        nonce = hmac.digest(key, aad + b"\0" + text, hashlib.sha256)[:_NONCE_BYTES] if repeatable else None
        sealed = base64.b64encode(encrypt(key, text, aad=aad, nonce=nonce)).decode()
        refs = [{"$blob": blob} for blob in handles_in(value)]
        return {"$blob": {"sealed": f"{id}.{sealed}"}, **({"refs": refs} if refs else {})}

    def seal_text(self, place: Place, text: str) -> str:
        """JSON text for JSON text."""
        return text if self._keyring is None else write_json(self.seal(place, json.loads(text)))

    def seal_data(self, place: Place, type: str, text: str, *, repeatable: bool = False) -> str:
        """The data of an event as the log keeps it. An author's own event is sealed whole, since its members are the author's."""
        if self._keyring is None:
            return text
        data = json.loads(text)
        if type.startswith("custom."):
            return write_json(self.seal(place, data))
        return write_json(
            {
                name: value if name in _READABLE else self.seal(place, value, repeatable=repeatable)
                for name, value in data.items()
            }
        )

    def open(self, place: Place, value: Any) -> Any:
        """The value again, whether it was sealed or not. Raises SealedError."""
        sealed = (
            value["$blob"].get("sealed") if isinstance(value, dict) and isinstance(value.get("$blob"), dict) else None
        )
        if sealed is None:
            return value
        id, _, text = sealed.rpartition(".")
        try:
            content = decrypt(self._value_key(id, place), base64.b64decode(text), aad=place.path.encode())
        except DecryptionError as error:
            node = f"the node {place.path} of " if place.path else ""
            where = f"{node}the run {place.run}" if place.run else f"the tenant {place.tenant}"
            message = f"What is stored of {where} cannot be read: {error}"
            raise SealedError(message, is_key_missing=isinstance(error, MissingKeyError)) from error
        return json.loads(content)

    def _value_key(self, id: str, place: Place) -> bytes:
        return derive_key(key_of(self._keyring, id), "treadle value", place.tenant, place.run)
