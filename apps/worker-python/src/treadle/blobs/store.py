"""Content-addressed storage of large values, by tenant."""

import errno
import hashlib
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from ..encryption.blob_cipher import open_blob, seal_blob
from ..encryption.keyring import DecryptionError, Keyring
from ..generated.types import Blob


class BlobError(Exception):
    """A blob that is missing or damaged. Anything else that a store raises is an outage, and may be tried again."""


class BlobStore(Protocol):
    """Putting the same bytes again changes nothing."""

    async def put(self, tenant: str, content: bytes) -> Blob:
        """Stores the bytes; they are durable once this ends."""
        ...

    async def get(self, tenant: str, sha256: str) -> bytes:
        """The bytes, which fit their name. Raises BlobError where they do not, or are not there."""
        ...

    async def check(self) -> None:
        """Raises what is wrong, if the store cannot be used right now."""
        ...


class RawBlobs(Protocol):
    """Where blobs lie, as bytes that nobody looks into: a folder, a bucket."""

    async def place(self, tenant: str, sha256: str, stored: bytes) -> None: ...

    async def read(self, tenant: str, sha256: str) -> bytes:
        """Raises BlobError where there is no such blob."""
        ...

    async def check(self) -> None: ...


class Blobs:
    """Blobs in ``raw``, encrypted where there are keys. What was stored before there were any is read as it is."""

    def __init__(self, raw: RawBlobs, keyring: Keyring | None) -> None:
        self._raw = raw
        self._keyring = keyring
        self.check = raw.check

    async def put(self, tenant: str, content: bytes) -> Blob:
        blob = name_bytes(content)
        await self._raw.place(tenant, blob["sha256"], seal_blob(self._keyring, tenant, blob["sha256"], content))
        return blob

    async def get(self, tenant: str, sha256: str) -> bytes:
        stored = await self._raw.read(tenant, sha256)
        try:
            return verified(open_blob(self._keyring, tenant, sha256, stored), sha256)
        except DecryptionError as error:
            raise BlobError(f"The blob {sha256} cannot be decrypted: {error}") from error


def is_full(error: BaseException) -> bool:
    """Says whether a store could not keep something because it has no room: it can once somebody has made some."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    response = getattr(error, "response", None)
    return isinstance(response, dict) and response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 507


def name_bytes(content: bytes) -> Blob:
    """What the bytes are called."""
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def verified(content: bytes, sha256: str) -> bytes:
    """The content, if it is that of the name."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BlobError(f"The blob {sha256} has the content of {found}.")
    return content


def open_blobs(url: str, keyring: Keyring | None) -> BlobStore:
    """Opens ``file:///folder`` or ``s3://bucket/prefix?endpoint=…&region=…``. Raises ValueError for any other URL."""
    return Blobs(_open_raw(url), keyring)


def _open_raw(url: str) -> RawBlobs:
    parts = urlsplit(url)
    if parts.scheme == "file":
        from .folder import FolderBlobs

        return FolderBlobs(unquote(parts.path))
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"Blobs are at file:///folder or s3://bucket, not at {url!r}.")
    parameters = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    unknown = next((name for name in parameters if name not in ("endpoint", "region")), None)
    if unknown is not None:
        raise ValueError(f"The URL of the blobs has endpoint and region, not {unknown!r}.")
    from .s3 import S3Blobs  # Importing the AWS SDK takes a third of a second, and most workers of a laptop need none.

    return S3Blobs(parts.netloc, parts.path.strip("/"), parameters.get("endpoint"), parameters.get("region"))
