"""Each attempt as a span, which what it calls is a part of: in its place it passes on its own trace context with the run."""

from collections.abc import Callable
from typing import Any

from ..generated.types import NodeTask
from ..telemetry.tracing import Tracing
from .attempt_node import Attempts
from .outcome import Outcome
from .stop import Stop


class TracedAttempts:
    """Attempts, traced."""

    def __init__(self, attempt_node: Attempts, tracing: Tracing) -> None:
        self._attempt_node = attempt_node
        self._tracing = tracing

    async def __call__(self, task: NodeTask, host: Callable[[Stop], None]) -> Outcome:
        run, work = task["run"], task["work"]
        about = {
            "treadle.run.id": run["id"],
            "treadle.tenant": run["tenant"],
            "treadle.node.path": task["path"],
            "treadle.node.kind": work["kind"],
            **_tool_of(work),
        }
        span = self._tracing.start(_name_of(work), "consumer", run.get("traceparent"), about)
        traced: NodeTask = {**task, "run": {**run, "traceparent": span.traceparent}}
        try:
            outcome = await self._attempt_node(traced, host)
        except BaseException:
            span.end("internal")
            raise
        span.set({"treadle.node.outcome": outcome.status})
        span.end(None if outcome.error is None else outcome.error["type"])
        return outcome


def _name_of(work: Any) -> str:
    """GenAI semantic conventions: a tool is executed under its name."""
    return f"execute_tool {work['tool']}" if "tool" in work else f"execute {work['kind']}"


def _tool_of(work: Any) -> dict[str, Any]:
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": work["tool"]} if "tool" in work else {}
