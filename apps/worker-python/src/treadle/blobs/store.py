"""Content-addressed storage of large values, by tenant."""

import hashlib
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

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


def name_bytes(content: bytes) -> Blob:
    """What the bytes are called."""
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def verified(content: bytes, sha256: str) -> bytes:
    """The content, if it is that of the name."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BlobError(f"The blob {sha256} has the content of {found}.")
    return content


def open_blobs(url: str) -> BlobStore:
    """Opens ``file:///folder`` or ``s3://bucket/prefix?endpoint=…&region=…``. Raises ValueError for any other URL."""
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
