"""The calls of the appender that wait for their batch."""

import uuid
from asyncio import Future
from dataclasses import dataclass, field
from typing import Any

from ..generated.types import RunRef
from .types import AppendResult, AttemptEnd, AttemptEvent, ClaimRequest, ClaimResult

# The envelope of an event without its data.
_EVENT_BYTES = 150


@dataclass(eq=False, slots=True)
class AttemptItem:
    """Events of an attempt, and maybe its end."""

    run: RunRef
    path: str
    attempt: int
    events: list[AttemptEvent]
    end: AttemptEnd | None
    bytes: int
    future: "Future[AppendResult]"


@dataclass(eq=False, slots=True)
class ClaimItem:
    """``id`` makes a claim that is sent again the same claim."""

    request: ClaimRequest
    bytes: int
    future: "Future[ClaimResult]"
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def run(self) -> RunRef:
        return self.request.run

    @property
    def path(self) -> str:
        return self.request.path


Item = AttemptItem | ClaimItem


def size_of_events(events: list[AttemptEvent]) -> int:
    """Roughly what they take on the wire."""
    return sum(_EVENT_BYTES + rough_size(event.data) for event in events)


def rough_size(value: Any) -> int:
    """Near enough to bound memory without serialising twice: exact for the texts that make up nearly all of it."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, dict):
        return 2 + sum(len(key) + 4 + rough_size(part) for key, part in value.items())
    if isinstance(value, list):
        return 2 + sum(5 + rough_size(part) for part in value)
    return 8
