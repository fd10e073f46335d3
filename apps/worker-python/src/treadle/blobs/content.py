"""Contents whose names are known: in memory where they are small, else in a file."""

import hashlib
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from pathlib import Path

from ..generated.types import Blob

# Longer contents pass through a file. In bytes.
_IN_MEMORY_MAX = 1024 * 1024
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Content:
    """Either ``data`` or ``path`` is given; it can be read as often as it takes to store it."""

    blob: Blob
    data: bytes | None = None
    path: Path | None = None

    async def pieces(self) -> AsyncGenerator[bytes]:
        """The content from its start."""
        if self.path is None:
            yield self.data or b""
            return
        with self.path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece

    def start(self, size: int) -> bytes:
        """The first so many bytes."""
        if self.path is None:
            return (self.data or b"")[:size]
        with self.path.open("rb") as file:
            return file.read(size)

    def discard(self) -> None:
        """Removes the file, if there is one."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def bytes_content(data: bytes) -> Content:
    """Of bytes that are at hand."""
    return Content({"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}, data=data)


async def read_content(pieces: AsyncIterable[bytes]) -> Content:
    """Reads a source to its end to learn its name, and never holds more than 1 MiB of it. What fails leaves nothing behind."""
    hash, size = hashlib.sha256(), 0
    start: list[bytes] = []
    file, path = None, None
    try:
        async for piece in pieces:
            hash.update(piece)
            size += len(piece)
            if file is None:
                start.append(piece)
                if size > _IN_MEMORY_MAX:
                    descriptor, name = tempfile.mkstemp(prefix="treadle-value-")
                    file, path = os.fdopen(descriptor, "wb"), Path(name)
                    file.writelines(start)
                    start.clear()
            else:
                file.write(piece)
    except BaseException:
        if path is not None:
            path.unlink(missing_ok=True)
        raise
    finally:
        if file is not None:
            file.close()
    blob: Blob = {"sha256": hash.hexdigest(), "size": size}
    return Content(blob, data=b"".join(start)) if path is None else Content(blob, path=path)
