"""Large values: stored by their content, and represented by handles."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from ..blobs.store import BlobError, BlobStore, is_full, name_bytes
from ..errors import TreadleError
from ..generated.types import Blob, RunRef
from .json_text import write_json
from .walk import handles_in, is_handle

# Above this a value is a handle, in bytes of its JSON.
INLINE_BYTES_MAX = 16 * 1024
# What one task may load in all: as much as an http tool may answer.
_TASK_BYTES_MAX = 10 * 1024 * 1024
_PATIENCE_S = 60.0
_PAUSE_FIRST_S = 0.2
_PAUSE_MAX_S = 5.0

T = TypeVar("T")


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
        blob = name_bytes(content)
        # In this order the sweeper never takes what somebody is about to refer to.
        await _stored(self._refs.add(run, blob))
        await _stored(_patiently(lambda: self._blobs.put(run["tenant"], content)))
        return {"$blob": blob}


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
            content = await _stored(self._blobs.get(self._run["tenant"], blob["sha256"]))
            self._loaded[blob["sha256"]] = await self.load(json.loads(content))
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


async def _patiently(store: Callable[[], Awaitable[T]]) -> T:
    """Tries again, longer and longer apart, until it is done or has failed for a minute: what is at hand is not executed again for it."""
    begun_s = time.monotonic()
    pause_s = _PAUSE_FIRST_S
    while True:
        try:
            return await store()
        except Exception:
            if time.monotonic() - begun_s > _PATIENCE_S:
                raise
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _PAUSE_MAX_S)


async def _stored(use: Awaitable[T]) -> T:
    """A store that does not answer is tried again; a blob that is gone or damaged will not come back by that."""
    try:
        return await use
    except BlobError as error:
        raise TreadleError("invalid_request", f"A large value cannot be loaded: {error}") from error
    except Exception as error:
        how = "is full" if is_full(error) else "cannot be reached"
        raise TreadleError("unavailable", f"The store of large values {how}.") from error
