"""One attempt of a node: claims (run, path), executes, and writes how it ended with its checkpoint."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from ..appender.appender import Appender
from ..appender.statement import RUNTIME
from ..appender.types import AttemptKey, ClaimRequest, ClaimResult
from ..database.database import WorkerDatabase
from ..errors import TreadleError
from ..generated.types import NodeTask
from ..model.call_budget import CallBudget, NoBudget
from ..secrets.redactor import Redactor
from ..values.json_text import write_json
from ..values.store import INLINE_BYTES_MAX, Values
from ..work.context import Perform, UsageMeter, WorkContext
from .endings import Endings
from .finish_output import FinishOutput
from .outcome import Outcome
from .stop import Stop
from .writer import AttemptWriter

# The kind as the IR names it, for `node.started`.
_NODE_KINDS = {"modelTurn": "llm", "http": "tool", "mcp": "tool", "function": "tool"}
# So many deaths in a row are no accident: the node itself brings its workers down.
_DEATHS_MAX = 20


class Attempts(Protocol):
    """Makes one attempt of a node. ``host`` is told of the means to stop it, before it does anything."""

    def __call__(self, task: NodeTask, host: Callable[[Stop], None]) -> Awaitable[Outcome]: ...


@dataclass(frozen=True)
class AttemptNode:
    """1. Nothing is executed without a claim, and a claim that finds an end gives that end again.
    2. At most one end is written, and nothing after a fence.
    3. Raises only where the claim itself cannot be written.
    """

    appender: Appender
    database: WorkerDatabase
    work: dict[str, Perform]
    finish_output: FinishOutput
    values: Values
    redactor: Redactor

    async def __call__(self, task: NodeTask, host: Callable[[Stop], None]) -> Outcome:
        kind = task["work"]["kind"]
        request = ClaimRequest(task["run"], task["path"], _NODE_KINDS.get(kind, kind), task["outbox"])
        claim = await self.appender.claim(request)
        return (
            await self._run(task, claim, host) if claim.status == "claimed" else _earlier_outcome(task["path"], claim)
        )

    async def _run(self, task: NodeTask, claim: ClaimResult, host: Callable[[Stop], None]) -> Outcome:
        stop = Stop()
        usage = UsageMeter()
        key = AttemptKey(task["run"], task["path"], claim.attempt)
        writer = AttemptWriter(key, self.appender, self.redactor, stop)
        endings = Endings(task, claim, stop, writer, usage, self.redactor)
        timer = None
        if "timeoutMs" in task:
            timer = asyncio.get_running_loop().call_later(task["timeoutMs"] / 1000, stop.now, "timeout")
        host(stop)
        if claim.cancel_requested:
            stop.now("cancelled")
        try:
            if claim.deaths >= _DEATHS_MAX:
                raise _too_many_deaths(claim.deaths)
            stop.raise_if_stopped()
            context = WorkContext(
                task["run"],
                task["path"],
                claim.attempt,
                task.get("outputSchema"),
                stop,
                writer,
                self.values,
                usage,
                self.redactor.json,
                CallBudget(self.database, key, stop) if claim.limited else NoBudget(),
                lambda value, bytes_max=INLINE_BYTES_MAX: self.finish_output(task["run"], value, bytes_max=bytes_max),
            )
            output, name, cached = await stop.until(self._execute(task, context))
            return await endings.completed(output, name, cached=cached)
        except BaseException as error:
            return await endings.raised(error)
        finally:
            if timer is not None:
                timer.cancel()
            # Whatever still listens (a function that goes on) has to let go.
            stop.now("abandoned")

    async def _execute(self, task: NodeTask, context: WorkContext) -> tuple[object, str | None, bool]:
        """The output, the name of its checkpoint, and whether it is that of an earlier execution."""
        schema, cache_ms = task.get("outputSchema"), task.get("cacheMs")
        key = (RUNTIME, write_json(task["work"]), None if schema is None else write_json(schema))
        found = None if cache_ms is None else await self.database.find_cached(task["run"], key, cache_ms)
        if found is not None:
            return found["output"], None, True
        result = await self.work[task["work"]["kind"]](task["work"], context)
        output = result.output
        if not result.is_finished:
            output = await self.finish_output(task["run"], output, schema, checked=result.is_checked)
        if cache_ms is not None:
            await self.database.keep_cached(task["run"], key, output, cache_ms)
        return output, result.checkpoint_name, False


def _earlier_outcome(path: str, claim: ClaimResult) -> Outcome:
    if claim.status == "done":
        return Outcome("completed", claim.outbox_applied, output=claim.output, usage=claim.usage)
    if claim.status == "failed":
        return Outcome("failed", claim.outbox_applied, error=claim.error)
    if claim.status == "refused":
        return Outcome("failed", claim.outbox_applied, error={**(claim.error or {}), "node": path})
    return Outcome("cancelled" if claim.status == "cancelled" else "ended", claim.outbox_applied)


def _too_many_deaths(deaths: int) -> TreadleError:
    return TreadleError(
        "internal", f"Its worker died {deaths} times while it was executed.", details={"deaths": deaths}
    )
