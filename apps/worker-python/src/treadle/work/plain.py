"""The kinds of work that only write events."""

from typing import Any

from ..generated.types import CheckpointWork, EmitWork
from ..values.walk import is_handle
from .context import WorkContext, WorkResult


async def emit_work(work: EmitWork, context: WorkContext) -> WorkResult:
    """An event of the author's own on the stream, ``custom.<name>``. Its output is null."""
    await context.writer.event(f"custom.{work['event']}", _event_data(work["data"]))
    return WorkResult(None)


async def checkpoint_work(work: CheckpointWork, context: WorkContext) -> WorkResult:
    """A named point to fork from. Its output is null."""
    await context.writer.event("checkpoint.created", {"name": work["name"]})
    return WorkResult(None, checkpoint_name=work["name"])


def _event_data(data: Any) -> dict[str, Any]:
    """The author's data where they are an object, else ``{value}``; what is large stays stored and shows as ``{ref}``."""
    if is_handle(data):
        return {"ref": data["$blob"]}
    return data if isinstance(data, dict) else {"value": data}
