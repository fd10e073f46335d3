"""Blobs as files: ``<folder>/<tenant>/<first two digits>/<sha256>``. A file is there whole, or it is not there."""

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path

from .content import Content
from .store import PIECE_BYTES, BlobError


class FolderBlobs:
    """Files are written aside, synced and renamed; `.incoming` is on the same file system, and no tenant starts with a dot."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    async def place(self, tenant: str, sha256: str, stored: Content) -> None:
        await asyncio.to_thread(self._place, self._path(tenant, sha256), stored)

    async def check(self) -> None:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)

    def _path(self, tenant: str, sha256: str) -> Path:
        return self._folder / tenant / sha256[:2] / sha256

    async def read(self, tenant: str, sha256: str) -> AsyncGenerator[bytes]:
        try:
            file = await asyncio.to_thread(self._path(tenant, sha256).open, "rb")
        except FileNotFoundError:
            raise BlobError(f"There is no blob {sha256}.") from None
        with file:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece

    def _place(self, path: Path, content: Content) -> None:
        """Durable once this returns: the content, then its name, then the folder's entry are on the disk."""
        incoming = self._folder / ".incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = incoming / str(uuid.uuid4())
        try:
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                if content.path is None:
                    file.write(content.data or b"")
                else:
                    with content.path.open("rb") as source:
                        shutil.copyfileobj(source, file)
                file.flush()
                os.fsync(file.fileno())
            aside.rename(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
