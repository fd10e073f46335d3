"""Neighbouring pieces of a text, joined while their batch waits."""

from ..values.utf16 import utf16_length
from .types import AttemptEvent

_JOINED_LENGTH_MAX = 8_192


def add_event(events: list[AttemptEvent], event: AttemptEvent) -> None:
    """Adds an event to those of its attempt, and joins it to the last one where both are text that follows on.

    The joined event takes the last ordinal of its range: batches are stored whole and sent again unchanged, so either all of its
    ordinals are stored or none.
    """
    last = events[-1] if events else None
    if last is not None and _is_text(last) and _is_text(event) and _follows(last, event):
        text = last.data["text"] + event.data["text"]
        events[-1] = AttemptEvent(event.ordinal, "node.delta", {"text": text, "offset": last.data["offset"]})
    else:
        events.append(event)


def _is_text(event: AttemptEvent) -> bool:
    return event.type == "node.delta" and event.data.keys() == {"text", "offset"}


def _follows(last: AttemptEvent, event: AttemptEvent) -> bool:
    before, after = last.data["text"], event.data["text"]
    if event.data["offset"] != last.data["offset"] + len(before):
        return False
    return utf16_length(before) + utf16_length(after) <= _JOINED_LENGTH_MAX
