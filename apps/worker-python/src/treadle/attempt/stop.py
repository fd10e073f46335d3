"""Why an attempt has to stop before its work is done."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar

StopReason = Literal["cancelled", "timeout", "shutdown", "abandoned", "fenced", "lost"]

T = TypeVar("T")

# How long work may take to let go before it is left behind.
_LET_GO_S_MAX = 2.0


class StoppedError(BaseException):
    """The attempt was stopped; the reason stands in its Stop."""


class Stop:
    """Only the first reason counts.

    - ``cancelled``: the node is cancelled, ``node.cancelled`` is written.
    - ``timeout``: the attempt took longer than its ``timeoutMs``, a failure.
    - ``shutdown``: this worker shuts down, the attempt dies and is repeated elsewhere.
    - ``abandoned``: Temporal no longer waits for this attempt.
    - ``fenced``: a newer attempt has taken over, or the run has ended.
    - ``lost``: events could not be written.
    """

    def __init__(self) -> None:
        self.reason: StopReason | None = None
        self._event = asyncio.Event()

    def now(self, reason: StopReason) -> None:
        """Stops the attempt."""
        if self.reason is None:
            self.reason = reason
            self._event.set()

    def raise_if_stopped(self) -> None:
        if self.reason is not None:
            raise StoppedError

    async def until(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the work; where it is stopped before, the work is cancelled, and left behind if it does not let go."""
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._event.wait())
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self.reason is None:
            return task.result()
        task.cancel()
        task.add_done_callback(_forget)
        await asyncio.wait({task}, timeout=_LET_GO_S_MAX)
        raise StoppedError


def _forget(task: "asyncio.Task[Any]") -> None:
    """Looks at the outcome, so that nobody complains that nobody did."""
    if not task.cancelled():
        task.exception()
