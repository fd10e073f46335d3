"""Writes the one end of an attempt, and says what came of it."""

import logging
from typing import Any

from ..appender.types import ClaimResult
from ..errors import TreadleError, retry_defaults, to_error_info
from ..generated.types import NodeTask
from ..secrets.redactor import Redactor
from ..values.json_text import write_json
from ..values.walk import is_handle
from ..work.context import UsageMeter
from .outcome import Outcome
from .retry_decision import decide_retry
from .shown_error import shown_error
from .stop import Stop
from .writer import AttemptWriter

log = logging.getLogger(__name__)

_DIED = {
    "shutdown": "The worker shuts down.",
    "abandoned": "Nobody waits for this attempt any more.",
    "fenced": "A newer attempt has taken over, or the run has ended.",
    "lost": "The log cannot be written to.",
}


class Endings:
    """Neither method raises."""

    def __init__(
        self,
        task: NodeTask,
        claim: ClaimResult,
        stop: Stop,
        writer: AttemptWriter,
        usage: UsageMeter,
        redactor: Redactor,
    ) -> None:
        self._task = task
        self._claim = claim
        self._stop = stop
        self._writer = writer
        self._usage = usage
        self._redactor = redactor
        self._about = {"runId": task["run"]["id"], "node": task["path"], "attempt": claim.attempt}

    async def completed(self, output: Any, checkpoint_name: str | None = None, *, cached: bool = False) -> Outcome:
        usage = self._usage.total
        shown = {"ref": output["$blob"]} if is_handle(output) else {"output": output}
        used = {} if usage is None else {"usage": usage}
        data = {**shown, **used, **({"cached": True} if cached else {}), "checkpoint": True}
        outcome = Outcome("completed", self._claim.outbox_applied, output=output, usage=usage)
        return await self._write(
            outcome, "node.completed", data, output=write_json(output), checkpoint_name=checkpoint_name
        )

    async def raised(self, error: BaseException) -> Outcome:
        """What was raised, read together with why the attempt was stopped."""
        reason = self._stop.reason
        if reason == "cancelled":
            return await self._write(Outcome("cancelled", self._claim.outbox_applied), "node.cancelled", {})
        if reason == "timeout":
            timeout_ms = self._task.get("timeoutMs", 0)
            message = f"It took longer than its timeout of {timeout_ms} ms."
            return await self._failed({"type": "timeout", "message": message, "node": self._task["path"]})
        if reason is not None:
            return self._died(_DIED[reason])
        if not isinstance(error, TreadleError):
            log.error("A node failed by an unexpected error", exc_info=error, extra={"fields": self._about})
        retry_after_ms = error.retry_after_ms if isinstance(error, TreadleError) else None
        return await self._failed(shown_error(to_error_info(error, self._task["path"]), self._redactor), retry_after_ms)

    async def _failed(self, error: dict[str, Any], retry_after_ms: int | None = None) -> Outcome:
        attempt, outbox_applied = self._claim.attempt, self._claim.outbox_applied
        if error["type"] == "budget_exceeded" and (error.get("details") or {}).get("onExceeded") == "pause":
            # Tried again once a person has raised the limit: the workflow sees to that. It is no failure of the node.
            outcome = Outcome("failed", outbox_applied, error=error, attempt=attempt)
            data = {"error": error, "delayMs": 0}
            return await self._write(outcome, "node.retrying", data, error=write_json(error))
        delay_ms = decide_retry(error, self._task["retry"], self._claim.failures, retry_after_ms or 0)
        if delay_ms is not None:
            outcome = Outcome("retrying", outbox_applied, error=error, delay_ms=delay_ms, attempt=attempt)
            return await self._write(outcome, "node.retrying", {"error": error, "delayMs": delay_ms})
        catches = self._task.get("catches", [])
        caught = retry_defaults(error["type"]).catchable and ("*" in catches or error["type"] in catches)
        outcome = Outcome("failed", outbox_applied, error=error, attempt=attempt)
        return await self._write(outcome, "node.failed", {"error": error, "caught": caught}, error=write_json(error))

    async def _write(self, outcome: Outcome, type: str, data: dict[str, Any], **fields: Any) -> Outcome:
        """The outcome, once the end is in the log."""
        usage = None if self._usage.total is None else write_json(self._usage.total)
        try:
            result = await self._writer.end(type, data=write_json(data), usage=usage, **fields)
        except Exception as error:
            log.warning("The end of an attempt could not be written", exc_info=error, extra={"fields": self._about})
            return self._died("The log cannot be written to.")
        return outcome if result.accepted else self._died("A newer attempt has taken over, or the node has ended.")

    def _died(self, why: str) -> Outcome:
        return Outcome("died", self._claim.outbox_applied, why=why)
