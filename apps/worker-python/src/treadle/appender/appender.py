"""Writes a process's events."""

import asyncio
import json
import logging
import random
from collections import deque
from typing import Any, Protocol

from ..database.transient import is_transient
from ..encryption.sealer import Sealer
from ..generated.statements import STATEMENTS
from .batch import Batch
from .items import AttemptItem, ClaimItem, Item, rough_size, size_of_events
from .settle import settle
from .statement import to_arguments
from .types import AppendResult, AttemptEnd, AttemptEvent, AttemptKey, ClaimRequest, ClaimResult

_BYTES_MAX = 8 * 1024 * 1024
_RETRY_FIRST_S = 0.02
_RETRY_MAX_S = 2.0

log = logging.getLogger(__name__)


class Database(Protocol):
    """A pool of connections; one at a time is used."""

    async def fetchval(self, query: str, *args: Any) -> Any: ...


class Appender:
    """Sends when nothing is in flight and gathers while something is: the least delay when idle, the largest batches when busy,
    no timer. Calls end when their batch is committed, and take effect in the order of the calls for one path. A batch whose outcome
    is unknown is sent again unchanged, until it is known or the appender is closed.
    """

    def __init__(self, database: Database, sealer: Sealer, bytes_max: int = _BYTES_MAX) -> None:
        self._database = database
        self._sealer = sealer
        self._bytes_max = bytes_max
        self._queue: deque[Item] = deque()
        self._bytes_waiting = 0
        self._sending: asyncio.Task[None] | None = None
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_closed = False
        self._is_abandoned = False

    def claim(self, request: ClaimRequest) -> "asyncio.Future[ClaimResult]":
        """Claims (run, path), or tells how it has ended."""
        future: asyncio.Future[ClaimResult] = self._future()
        self._enqueue(ClaimItem(request, rough_size(request.outbox), future))
        return future

    def append(
        self, key: AttemptKey, events: list[AttemptEvent], end: AttemptEnd | None = None
    ) -> "asyncio.Future[AppendResult]":
        """Writes events of an attempt, in the order of the calls, and maybe how it ended."""
        size = size_of_events(events) + (len(end.data) + len(end.output or "") if end else 0)
        future: asyncio.Future[AppendResult] = self._future()
        self._enqueue(AttemptItem(key.run, key.path, key.attempt, events, end, size, future))
        return future

    async def room(self) -> None:
        """Ends at once while little waits, else when it does again. Await it before reading more of a model's stream."""
        await self._has_room.wait()

    async def close(self, timeout_s: float) -> None:
        """Sends what waits, then refuses further calls. What Postgres does not take within the time is refused."""
        self._is_closed = True
        if self._sending is None:
            return
        done, _ = await asyncio.wait({self._sending}, timeout=timeout_s)
        if not done:
            self._is_abandoned = True
            self._sending.cancel()
            await asyncio.wait({self._sending})

    @staticmethod
    def _future() -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().create_future()

    def _enqueue(self, item: Item) -> None:
        if self._is_closed:
            item.future.set_exception(RuntimeError("The appender is closed."))
            return
        self._queue.append(item)
        self._bytes_waiting += item.bytes
        if self._bytes_waiting >= self._bytes_max:
            self._has_room.clear()
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        """Sends batch after batch until nothing waits: each call learns of its own batch."""
        try:
            # What is called in the same turn of the event loop travels together: a node's end, and the claim that it makes possible.
            await asyncio.sleep(0)
            while self._queue:
                await self._send(self._next_batch())
        except asyncio.CancelledError as error:
            for item in self._queue:
                _refuse(item, error)
        finally:
            self._sending = None

    def _next_batch(self) -> Batch:
        batch = Batch()
        left: list[Item] = []
        while self._queue and not batch.is_full:
            item = self._queue.popleft()
            if not batch.add(item):
                left.append(item)
        self._queue.extendleft(reversed(left))
        return batch

    async def _send(self, batch: Batch) -> None:
        try:
            settle(batch, json.loads(await self._commit(to_arguments(batch, self._sealer))), self._sealer)
        except asyncio.CancelledError as error:
            for item in batch.items:
                _refuse(item, error)
            raise
        except Exception as error:
            if len(batch.items) > 1:
                # Postgres refused the statement, so nothing of it is stored: find the call that it cannot take.
                for item in batch.items:
                    alone = Batch()
                    alone.add(item)
                    await self._send(alone)
                return
            for item in batch.items:
                _refuse(item, error)
        self._release(batch)

    def _release(self, batch: Batch) -> None:
        self._bytes_waiting -= sum(item.bytes for item in batch.items)
        if self._bytes_waiting < self._bytes_max:
            self._has_room.set()

    async def _commit(self, arguments: list[Any]) -> str:
        """One transaction, again and again unchanged while its outcome is unknown; the statement drops what is stored."""
        delay_s = _RETRY_FIRST_S
        while True:
            try:
                return await self._database.fetchval(STATEMENTS["treadle append"], *arguments)
            except Exception as error:
                if not is_transient(error) or self._is_abandoned:
                    raise
                log.warning("A batch of events is sent again", exc_info=error)
            await asyncio.sleep(delay_s * (0.5 + random.random() / 2))
            delay_s = min(2 * delay_s, _RETRY_MAX_S)


def _refuse(item: Item, error: BaseException) -> None:
    if not item.future.done():
        item.future.set_exception(
            ConnectionError("The log cannot be written to.") if isinstance(error, asyncio.CancelledError) else error
        )
