"""The activity ``executeNode``: one attempt of a node, hosted by Temporal."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from .attempt.attempt_node import Attempts
from .attempt.outcome import Outcome
from .attempt.stop import Stop, StopReason
from .encryption.sealer import SealedError

# What an attempt gets on top of its node's `timeout`, to write how it ended.
_ATTEMPT_GRACE_MS = 15_000
_HEARTBEAT_S_DEFAULT = 10.0
# Until somebody else tries what a worker could not finish or begin.
_ELSEWHERE_DELAY = timedelta(seconds=1)

log = logging.getLogger(__name__)


class ExecuteNode:
    """What the executor decided (try again after so long, or never again) is said by the error that it raises; its first detail is
    a NodeFailure where the log has the node's end.
    """

    def __init__(self, attempt_node: Attempts) -> None:
        self._attempt_node = attempt_node

    @activity.defn(name="executeNode")
    async def execute_node(self, task: dict[str, Any]) -> dict[str, Any]:
        """NodeTask in, NodeResult out."""
        # From entry on, and whatever the work is busy with: a silent worker is a dead one.
        heart = asyncio.create_task(_beat())
        stops: list[Stop] = []
        attempt = asyncio.ensure_future(self._attempt_node(_with_timeout(task), stops.append))  # pyright: ignore[reportArgumentType]
        reason: StopReason | None = None
        try:
            while not attempt.done():
                try:
                    await asyncio.shield(attempt)
                except asyncio.CancelledError:
                    reason = reason or _reason()
                    while not stops and not attempt.done():
                        await asyncio.sleep(0.01)  # The claim is on its way.
                    for stop in stops:
                        stop.now(reason)
                except Exception:
                    break
            error = attempt.exception()
            if error is not None:
                log.warning("A node could not be claimed", exc_info=error, extra={"fields": _about(task)})
                raise _elsewhere(str(error) if isinstance(error, SealedError) else "The log cannot be reached.")
            return _answer(attempt.result(), by_reference=task.get("byReference", False))
        finally:
            heart.cancel()


def _about(task: dict[str, Any]) -> dict[str, str]:
    return {"runId": task["run"]["id"], "node": task["path"]}


async def _beat() -> None:
    timeout = activity.info().heartbeat_timeout
    pause_s = (timeout.total_seconds() if timeout else _HEARTBEAT_S_DEFAULT) / 3
    while True:
        activity.heartbeat()
        await asyncio.sleep(pause_s)


def _with_timeout(task: dict[str, Any]) -> dict[str, Any]:
    """Without a timeout of its own an attempt has to be over before Temporal gives it up, or its end would never be written."""
    limit = activity.info().start_to_close_timeout
    limit_ms = round(limit.total_seconds() * 1000) if limit else 0
    if "timeoutMs" in task or limit_ms <= _ATTEMPT_GRACE_MS:
        return task
    return {**task, "timeoutMs": limit_ms - _ATTEMPT_GRACE_MS}


def _reason() -> StopReason:
    """Temporal cancels for several reasons; only one of them is about the node."""
    details = activity.cancellation_details()
    if details is not None and details.cancel_requested:
        return "cancelled"
    return "shutdown" if details is None or details.worker_shutdown else "abandoned"


def _answer(outcome: Outcome, *, by_reference: bool) -> dict[str, Any]:
    applied = {"outboxApplied": outcome.outbox_applied}
    match outcome.status:
        case "completed":
            used = {} if outcome.usage is None else {"usage": outcome.usage}
            return {"output": None if by_reference else outcome.output, **used, **applied}
        case "retrying":
            # Temporal takes 0 for "not given".
            delay = timedelta(milliseconds=max(1, outcome.delay_ms))
            raise _failure(outcome, applied, delay)
        case "failed":
            raise _failure(outcome, applied)
        case "cancelled":
            # Temporal's own cancelled failure has no room for details in this SDK, and the workflow reads both alike.
            error = {"type": "cancelled", "message": "It was cancelled."}
            raise ApplicationError(error["message"], {"error": error, **applied}, type="cancelled", non_retryable=True)
        case "ended":
            raise ApplicationError("The run has ended.", type="cancelled", non_retryable=True)
        case "died":
            raise _elsewhere(outcome.why)


def _failure(outcome: Outcome, applied: dict[str, int], delay: timedelta | None = None) -> ApplicationError:
    """The node's failure; with a delay, Temporal begins the next attempt after it."""
    error = outcome.error or {}
    attempt = {} if outcome.attempt is None else {"attempt": outcome.attempt}
    return ApplicationError(
        error["message"],
        {"error": error, **attempt, **applied},
        type=error["type"],
        non_retryable=delay is None,
        next_retry_delay=delay,
    )


def _elsewhere(message: str) -> ApplicationError:
    """Nothing is said about the node: the next attempt finds in the log how this one was left."""
    return ApplicationError(message, type="unavailable", next_retry_delay=_ELSEWHERE_DELAY)
