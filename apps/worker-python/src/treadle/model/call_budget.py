"""What the calls of models of one attempt count against; see docs/worker-protocol.md, Budgets."""

import asyncio
import logging

from ..appender.types import AttemptKey
from ..attempt.stop import Stop
from ..database.database import WorkerDatabase
from ..errors import TreadleError

# A call that is stopped is settled all the same; one that cannot be is settled by Postgres once its attempt is over.
_SETTLE_S_MAX = 10.0

log = logging.getLogger(__name__)


class NoBudget:
    """Of a run without limits: nothing is asked, and nothing is told."""

    async def reserve(self, tokens: tuple[int, int | None], usd: tuple[float | None, float | None]) -> int:
        del tokens, usd
        return 0

    async def settle(self, call: int, tokens: int, usd: float | None) -> None:
        del call, tokens, usd


class CallBudget:
    """Requests are counted from 1 within the attempt."""

    def __init__(self, database: WorkerDatabase, key: AttemptKey, stop: Stop) -> None:
        self._database = database
        self._key = key
        self._stop = stop
        self._calls = 0

    async def reserve(self, tokens: tuple[int, int | None], usd: tuple[float | None, float | None]) -> int:
        self._calls += 1
        call, key = self._calls, self._key
        result = await self._database.reserve(key.run, key.path, key.attempt, call, tokens, usd)
        if result["status"] == "fenced":
            self._stop.now("fenced")
        self._stop.raise_if_stopped()
        if result["status"] == "refused":
            error = result["error"]
            raise TreadleError(error["type"], error["message"], details=error.get("details"))
        return call

    async def settle(self, call: int, tokens: int, usd: float | None) -> None:
        key = self._key
        settling = asyncio.ensure_future(self._database.settle(key.run, key.path, key.attempt, call, tokens, usd))
        try:
            # What cancels the attempt does not cancel this.
            await asyncio.shield(asyncio.wait({settling}, timeout=_SETTLE_S_MAX))
        finally:
            settling.add_done_callback(_log_failure)


def _log_failure(settling: "asyncio.Future[None]") -> None:
    if not settling.cancelled() and settling.exception() is not None:
        log.warning("A call of a model could not be settled", exc_info=settling.exception())
