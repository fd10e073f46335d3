"""A batch as the arguments of ``treadle append``, the one statement that writes it; see routines/2_append.sql."""

from typing import Any

from ..encryption.sealer import Place, Sealer, place_of
from ..generated.types import OutboxEvent
from ..values.json_text import write_json
from .batch import AttemptEntry, Batch

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


def to_arguments(batch: Batch, sealer: Sealer) -> list[Any]:
    """The same batch gives the same arguments, but for what is sealed anew."""
    attempts = batch.attempts
    ends = [entry.end for entry in attempts]
    events: list[tuple[int, int, str, str]] = []
    lasts: list[int] = []
    for index, entry in enumerate(attempts, 1):
        place = place_of(batch.runs[entry.run].ref, entry.path)
        told = [(event.ordinal, event.type, write_json(event.data)) for event in entry.events]
        if entry.end is not None:
            told.append((entry.end.ordinal, entry.end.type, entry.end.data))
        rows = [(index, ordinal, type, sealer.seal_data(place, type, data)) for ordinal, type, data in told]
        lasts.append(rows[-1][1] if rows else 0)
        events += rows
    outbox = [
        (index, event, _sealed(sealer, place_of(run.ref, event.get("node") or ""), event))
        for index, run in enumerate(batch.runs, 1)
        for event in run.outbox
    ]

    def value(of: AttemptEntry, text: str | None) -> str | None:
        return None if text is None else sealer.seal_text(place_of(batch.runs[of.run].ref, of.path), text)

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
        [value(entry, entry.end.output if entry.end else None) for entry in attempts],
        [value(entry, entry.end.error if entry.end else None) for entry in attempts],
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
        # Of segments, which only the TypeScript worker executes.
        [],
        [],
    ]


_EFFECTS = ("data", "kind", "signal", "output", "error", "usage")


def _sealed(sealer: Sealer, place: Place, event: OutboxEvent) -> dict[str, str | None]:
    effects = _effects(event)
    # A failure that is told again is known by its data.
    repeatable = event["type"] == "node.failed"
    values = {
        name: None if text is None else sealer.seal_text(place, text)
        for name, text in ((name, effects.get(name)) for name in ("output", "error"))
    }
    data = sealer.seal_data(place, event["type"], effects["data"] or "{}", repeatable=repeatable)
    return {**effects, **values, "data": data}


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
