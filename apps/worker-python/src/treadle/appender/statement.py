"""A batch as the arguments of ``treadle append``, the one statement that writes it; see routines/2_append.sql."""

from typing import Any

from ..generated.types import OutboxEvent
from ..values.json_text import write_json
from .batch import Batch

RUNTIME = "python"

# Data of `node.retrying` for an attempt that ended without a word.
_DEATH = write_json(
    {
        "error": {
            "type": "internal",
            "message": "The attempt ended without a result: its worker died, or was cut off.",
        }
    }
)


def to_arguments(batch: Batch) -> list[Any]:
    """The same batch gives the same arguments."""
    attempts = batch.attempts
    ends = [entry.end for entry in attempts]
    events: list[tuple[int, int, str, str]] = []
    lasts: list[int] = []
    for index, entry in enumerate(attempts, 1):
        rows = [(index, event.ordinal, event.type, write_json(event.data)) for event in entry.events]
        if entry.end is not None:
            rows.append((index, entry.end.ordinal, entry.end.type, entry.end.data))
        lasts.append(rows[-1][1] if rows else 0)
        events += rows
    outbox = [(index, event, _effects(event)) for index, run in enumerate(batch.runs, 1) for event in run.outbox]
    claims = [(entry.run + 1, entry.item) for entry in batch.claims]
    started = [{"kind": item.request.kind, "runtime": RUNTIME} for _, item in claims]
    return [
        True,
        [run.ref["tenant"] for run in batch.runs],
        [run.ref["id"] for run in batch.runs],
        # Attempts
        [entry.run + 1 for entry in attempts],
        [entry.path for entry in attempts],
        [entry.attempt for entry in attempts],
        lasts,
        [end.type if end else None for end in ends],
        [end.output if end else None for end in ends],
        [end.error if end else None for end in ends],
        [end.usage if end else None for end in ends],
        [end.checkpoint_name if end else None for end in ends],
        # Their events
        [of for of, _, _, _ in events],
        [ordinal for _, ordinal, _, _ in events],
        [type for _, _, type, _ in events],
        [data for _, _, _, data in events],
        # The outbox
        [run for run, _, _ in outbox],
        [event["n"] for _, event, _ in outbox],
        [event["type"] for _, event, _ in outbox],
        [event.get("node") for _, event, _ in outbox],
        [event.get("ifOpen", False) for _, event, _ in outbox],
        *[[effects.get(name) for _, _, effects in outbox] for name in _EFFECTS],
        # Claims
        [run for run, _ in claims],
        [item.path for _, item in claims],
        [item.id for _, item in claims],
        [data["kind"] for data in started],
        [data["runtime"] for data in started],
        [write_json(data) for data in started],
        _DEATH,
    ]


_EFFECTS = ("data", "kind", "signal", "output", "error", "usage")


def _effects(event: OutboxEvent) -> dict[str, str | None]:
    """What Postgres is given of an event of the workflow: columns of the rows that it changes. JSON is text."""
    data = event["data"]
    match event["type"]:
        case "node.started":
            return {"data": write_json(data), "kind": data.get("kind"), "signal": data.get("signal")}
        case "node.completed" | "node.reused":
            usage = data.get("usage")
            return {
                "data": write_json({**data, "checkpoint": True}),
                "output": _stored_output(data) or "null",
                "usage": None if usage is None else write_json(usage),
            }
        case "run.completed":
            return {"data": write_json(data), "output": _stored_output(data)}
        case "node.failed" | "run.failed":
            return {"data": write_json(data), "error": write_json(data.get("error"))}
        case "run.cancelled" if "reason" in data:
            # Postgres looks for the reason at this place, to put in the one that was asked with where there is none.
            return {"data": write_json({"reason": data["reason"], **data})}
        case _:
            return {"data": write_json(data)}


def _stored_output(data: dict[str, Any]) -> str | None:
    if "ref" in data:
        return write_json({"$blob": data["ref"]})
    return write_json(data["output"]) if "output" in data else None
