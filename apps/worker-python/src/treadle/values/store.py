"""Large values: stored by their content, and represented by handles."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any, Protocol

from ..blobs.content import Content, bytes_content, read_content
from ..blobs.store import BlobError, BlobStore, is_full
from ..errors import TreadleError
from ..generated.types import Blob, RunRef
from ..secrets.redactor import Redactor
from .json_text import write_json
from .streamed_json import StreamedJson
from .walk import handles_in, is_handle

# Above this a value is a handle, in bytes of its JSON.
INLINE_BYTES_MAX = 16 * 1024
# A larger one is only passed on, in bytes of its JSON.
LOADABLE_BYTES_MAX = 4 * 1024 * 1024
# What one task may load in all: as much as an http tool may answer.
_TASK_BYTES_MAX = 10 * 1024 * 1024

_PATIENCE_S = 60.0
_PAUSE_FIRST_S = 0.2
_PAUSE_MAX_S = 5.0


class BlobRefs(Protocol):
    """Who refers to which blob."""

    async def add(self, run: RunRef, blob: Blob) -> None:
        """The run refers to it. Written before anything that carries its handle; repeats change nothing."""
        ...


class Values:
    """Loads and keeps values that are too large to stand in events and histories."""

    def __init__(self, blobs: BlobStore, refs: BlobRefs) -> None:
        self._blobs = blobs
        self._refs = refs

    async def load(self, run: RunRef, value: Any, bytes_max: int = _TASK_BYTES_MAX) -> Any:
        """The value with every handle in it replaced by what it stands for. Raises where that is too large or missing."""
        return await _Loading(self._blobs, run, bytes_max).load(value)

    async def keep(self, run: RunRef, value: Any, bytes_max: int = INLINE_BYTES_MAX) -> Any:
        """The value, or a handle where its JSON is above ``bytes_max``: then it is stored before this ends."""
        text = write_json(value)
        if len(text) * 4 <= bytes_max:
            return value
        content = text.encode()
        if len(content) <= bytes_max:
            return value
        return await self._put(run, bytes_content(content))

    async def keep_stream(self, run: RunRef, json_text: AsyncIterable[bytes]) -> Any:
        """Stores a JSON text as it comes, whatever its size, and gives its handle. The text is taken as it is: checked and clean."""
        content = await read_content(json_text)
        try:
            return await self._put(run, content)
        finally:
            content.discard()

    async def open(self, run: RunRef, blob: Blob) -> Callable[[], AsyncGenerator[bytes]] | None:
        """The JSON text that a handle stands for, as often as it is called; None where it holds handles itself."""

        def pieces() -> AsyncGenerator[bytes]:
            return _pieces(self._blobs.open(run["tenant"], blob["sha256"]))

        check = StreamedJson("It", Redactor())
        try:
            async for piece in pieces():
                check.push(piece)
            check.end()
        except TreadleError as error:
            if error.type == "invalid_output":
                return None
            raise
        return pieces

    async def _put(self, run: RunRef, content: Content) -> Any:
        """References come first: so neither the sweeper nor a crash leaves a handle without its blob. A store that cannot be reached is
        waited for, a minute at most: what gave the value is not executed again for it.
        """
        end_s = time.monotonic() + _PATIENCE_S
        pause_s = _PAUSE_FIRST_S
        while True:
            try:
                await self._refs.add(run, content.blob)
                await self._blobs.put(run["tenant"], content)
                return {"$blob": content.blob}
            except Exception as error:
                if time.monotonic() > end_s:
                    raise _store_error(error) from error
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _PAUSE_MAX_S)


class _Loading:
    """Replaces handles until none is left: a stored value may hold handles itself. What was loaded once is kept."""

    def __init__(self, blobs: BlobStore, run: RunRef, bytes_max: int) -> None:
        self._blobs = blobs
        self._run = run
        self._bytes_max = bytes_max
        self._bytes = 0
        self._loaded: dict[str, Any] = {}

    async def load(self, value: Any) -> Any:
        wanted = handles_in(value)
        if not wanted:
            return value
        for blob in wanted:
            if blob["sha256"] in self._loaded:
                continue
            self._bytes += blob["size"]
            if self._bytes > self._bytes_max:
                raise self._too_large(blob["size"])
            pieces = [piece async for piece in _pieces(self._blobs.open(self._run["tenant"], blob["sha256"]))]
            self._loaded[blob["sha256"]] = await self.load(json.loads(b"".join(pieces)))
        return self._replace(value)

    def _replace(self, value: Any) -> Any:
        if is_handle(value):
            return self._loaded.get(value["$blob"]["sha256"])
        if isinstance(value, list):
            return [self._replace(item) for item in value]
        if isinstance(value, dict):
            return {key: self._replace(item) for key, item in value.items()}
        return value

    def _too_large(self, size: int) -> TreadleError:
        return TreadleError(
            "invalid_request",
            f"The values that this needs, one of {size} bytes among them, are larger than the {self._bytes_max} bytes "
            "that can be loaded; more can only be passed on.",
        )


async def _pieces(stored: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The same, with errors by the one taxonomy."""
    try:
        async for piece in stored:
            yield piece
    except Exception as error:
        raise _store_error(error) from error


def _store_error(error: Exception) -> TreadleError:
    """A store that does not answer is tried again; a blob that is gone or damaged will not come back by that."""
    if isinstance(error, BlobError):
        return TreadleError("invalid_request", f"A large value cannot be loaded: {error}")
    how = "is full" if is_full(error) else "cannot be reached"
    return TreadleError("unavailable", f"The store of large values {how}.")
