"""What the appender takes and gives."""

from dataclasses import dataclass, field
from typing import Any

from ..generated.types import OutboxEvent, RunRef


@dataclass(slots=True)
class AttemptEvent:
    """``ordinal`` counts up within the attempt (gaps are allowed); stored ordinals are dropped."""

    ordinal: int
    type: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """Names an attempt, and so fences: it changes nothing once a newer attempt has claimed its path, or the run has ended."""

    run: RunRef
    path: str
    attempt: int


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """The event that ends an attempt, with what it does to the node's row; ``output`` (JSON text) writes a checkpoint."""

    type: str
    ordinal: int
    data: str
    output: str | None = None
    error: str | None = None
    usage: str | None = None
    checkpoint_name: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """``outbox``: events of the workflow that are not known to be applied; they are written before ``node.started``."""

    run: RunRef
    path: str
    kind: str
    outbox: list[OutboxEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """``status`` is claimed, done, failed, refused, cancelled or ended; ``failures`` and ``deaths`` are of earlier attempts;
    ``limited``: the run counts against a budget, so calls of models are reserved.
    """

    status: str
    outbox_applied: int
    attempt: int = 0
    failures: int = 0
    deaths: int = 0
    cancel_requested: bool = False
    limited: bool = False
    output: Any = None
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AppendResult:
    """``accepted`` is false where the attempt is fenced or the run has ended: nothing of the call is in the log."""

    accepted: bool
    cancel_requested: bool
