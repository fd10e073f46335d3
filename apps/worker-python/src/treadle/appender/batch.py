"""The calls that travel in one statement."""

from dataclasses import dataclass, field

from ..generated.types import OutboxEvent, RunRef
from .items import AttemptItem, ClaimItem, Item
from .join_deltas import add_event
from .types import AttemptEnd, AttemptEvent

_ENTRIES_MAX = 200
_BYTES_MAX = 1024 * 1024


@dataclass(eq=False, slots=True)
class RunEntry:
    ref: RunRef
    outbox: list[OutboxEvent] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class AttemptEntry:
    """``run`` is an index into the batch's runs."""

    run: int
    path: str
    attempt: int
    events: list[AttemptEvent] = field(default_factory=list)
    end: AttemptEnd | None = None
    items: list[AttemptItem] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class ClaimEntry:
    run: int
    item: ClaimItem


class Batch:
    """In it every run is named once, every path has at most one attempt and at most one claim, and every number of a run's
    outbox comes once; a call that does not fit these has to wait for the next batch.
    """

    def __init__(self) -> None:
        self.runs: list[RunEntry] = []
        self.attempts: list[AttemptEntry] = []
        self.claims: list[ClaimEntry] = []
        self.items: list[Item] = []
        self._run_index: dict[tuple[str, str], int] = {}
        self._attempt_of: dict[tuple[str, str, str], AttemptEntry] = {}
        self._claimed: set[tuple[str, str, str]] = set()
        self._held: set[tuple[str, str, str]] = set()
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Nothing more fits."""
        return self._bytes >= _BYTES_MAX or len(self.attempts) + len(self.claims) >= _ENTRIES_MAX

    def add(self, item: Item) -> bool:
        """Takes the call in, or says False: it has to wait, and so has everything for its path that comes after it."""
        key = (item.run["tenant"], item.run["id"], item.path)
        too_large = bool(self.items) and self._bytes + item.bytes > _BYTES_MAX
        if too_large or key in self._held or self._collides(item, key):
            self._held.add(key)
            return False
        if isinstance(item, ClaimItem):
            self._take_claim(item, key)
        else:
            self._take_attempt(item, key)
        self.items.append(item)
        self._bytes += item.bytes
        return True

    def _collides(self, item: Item, key: tuple[str, str, str]) -> bool:
        if isinstance(item, ClaimItem):
            return key in self._claimed
        entry = self._attempt_of.get(key)
        if entry is None:
            return False
        first = item.events[0].ordinal if item.events else item.end.ordinal if item.end else 0
        last = entry.events[-1].ordinal if entry.events else 0
        return entry.end is not None or entry.attempt != item.attempt or first <= last

    def _take_claim(self, item: ClaimItem, key: tuple[str, str, str]) -> None:
        run = self._index_of(item.run)
        # Each claim carries all that its workflow does not know to be applied, so the lists overlap: what goes on is new.
        known = self.runs[run].outbox
        last = known[-1]["n"] if known else 0
        known.extend(event for event in item.request.outbox if event["n"] > last)
        self._claimed.add(key)
        self.claims.append(ClaimEntry(run, item))

    def _take_attempt(self, item: AttemptItem, key: tuple[str, str, str]) -> None:
        entry = self._attempt_of.get(key)
        if entry is None:
            entry = AttemptEntry(self._index_of(item.run), item.path, item.attempt)
            self._attempt_of[key] = entry
            self.attempts.append(entry)
        for event in item.events:
            add_event(entry.events, event)
        entry.end = item.end
        entry.items.append(item)

    def _index_of(self, ref: RunRef) -> int:
        key = (ref["tenant"], ref["id"])
        if key not in self._run_index:
            self._run_index[key] = len(self.runs)
            self.runs.append(RunEntry(ref))
        return self._run_index[key]
