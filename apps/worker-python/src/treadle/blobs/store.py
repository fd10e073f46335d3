"""Content-addressed storage of large values, by tenant."""

import errno
import hashlib
from collections.abc import AsyncGenerator
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from ..encryption.blob_cipher import open_blob, seal_blob
from ..encryption.keyring import DecryptionError, Keyring
from .content import Content, read_content

# What is read at once.
PIECE_BYTES = 256 * 1024


class BlobError(Exception):
    """A blob that is missing or damaged. Anything else that a store raises is an outage, and may be tried again."""


class BlobStore(Protocol):
    """Putting the same bytes again changes nothing."""

    async def put(self, tenant: str, content: Content) -> None:
        """Stores the content under its name; it is durable once this ends."""
        ...

    def open(self, tenant: str, sha256: str) -> AsyncGenerator[bytes]:
        """The bytes in pieces. Raises BlobError where they are not there, or, in the place of their end, do not fit their name."""
        ...

    async def check(self) -> None:
        """Raises what is wrong, if the store cannot be used right now."""
        ...


class RawBlobs(Protocol):
    """Where blobs lie, as bytes that nobody looks into: a folder, a bucket."""

    async def place(self, tenant: str, sha256: str, stored: Content) -> None: ...

    def read(self, tenant: str, sha256: str) -> AsyncGenerator[bytes]:
        """In pieces. Raises BlobError where there is no such blob."""
        ...

    async def check(self) -> None: ...


class Blobs:
    """Blobs in ``raw``, encrypted where there are keys. What was stored before there were any is read as it is."""

    def __init__(self, raw: RawBlobs, keyring: Keyring | None) -> None:
        self._raw = raw
        self._keyring = keyring
        self.check = raw.check

    async def put(self, tenant: str, content: Content) -> None:
        sha256 = content.blob["sha256"]
        if self._keyring is None:
            await self._raw.place(tenant, sha256, content)
            return
        sealed = await read_content(seal_blob(self._keyring, tenant, sha256, content.pieces()))
        try:
            await self._raw.place(tenant, sha256, sealed)
        finally:
            sealed.discard()

    async def open(self, tenant: str, sha256: str) -> AsyncGenerator[bytes]:
        stored = self._raw.read(tenant, sha256)
        try:
            async for piece in verified(open_blob(self._keyring, tenant, sha256, stored), sha256):
                yield piece
        except DecryptionError as error:
            raise BlobError(f"The blob {sha256} cannot be decrypted: {error}") from error


def is_full(error: BaseException) -> bool:
    """Says whether a store could not keep something because it has no room: it can once somebody has made some."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    response = getattr(error, "response", None)
    return isinstance(response, dict) and response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 507


async def verified(pieces: AsyncGenerator[bytes], sha256: str) -> AsyncGenerator[bytes]:
    """The pieces, if they are those of the name."""
    hash = hashlib.sha256()
    async for piece in pieces:
        hash.update(piece)
        yield piece
    if hash.hexdigest() != sha256:
        raise BlobError(f"The blob {sha256} has the content of {hash.hexdigest()}.")


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
