"""What a kind of work has at hand while it is executed, and what it gives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ..attempt.stop import Stop
from ..generated.types import RunRef
from ..values.store import Values


class UsageMeter:
    """What was used so far: counted also where the attempt fails afterwards."""

    def __init__(self) -> None:
        self.total: dict[str, Any] | None = None

    def add(self, usage: dict[str, Any]) -> None:
        total = self.total = self.total or {}
        for name, amount in usage.items():
            total[name] = total.get(name, 0) + amount


class Writer(Protocol):
    """Where events go."""

    def text(self, piece: str) -> Awaitable[None]:
        """A piece of text for the stream. Ends when there is room for more: await it before reading on."""
        ...

    def tool_call(self, piece: dict[str, Any]) -> Awaitable[None]:
        """A piece of a tool call."""
        ...

    def event(self, type: str, data: dict[str, Any]) -> Awaitable[None]: ...


class Keep(Protocol):
    """The value without secrets, checked for forged handles; a handle where its JSON is above ``bytes_max`` (None: never)."""

    def __call__(self, value: Any, bytes_max: int | None = 16 * 1024) -> Awaitable[Any]: ...


class Budget(Protocol):
    """What the calls of models of one attempt count against."""

    def reserve(self, tokens: tuple[int, int | None], usd: tuple[float | None, float | None]) -> Awaitable[int]:
        """Reserves what the next request may take, and gives its number. Raises ``budget_exceeded``: then it is not to be made."""
        ...

    def settle(self, call: int, tokens: int, usd: float | None) -> Awaitable[None]:
        """Once, however the request ended."""
        ...


@dataclass(frozen=True, slots=True)
class WorkContext:
    """``attempt`` is given by Postgres and counts the executions of this path."""

    run: RunRef
    path: str
    attempt: int
    output_schema: Any
    stop: Stop
    writer: Writer
    values: Values
    usage: UsageMeter
    redact: Callable[[Any], Any]
    budget: "Budget"
    keep: Keep

    async def load(self, value: Any) -> Any:
        """The value with its handles replaced by what they stand for."""
        return await self.values.load(self.run, value)


@dataclass(frozen=True, slots=True)
class WorkResult:
    """``is_checked``: the output was held to ``outputSchema`` already. ``is_finished``: it is clean, and kept where it is large."""

    output: Any
    checkpoint_name: str | None = None
    is_checked: bool = False
    is_finished: bool = False


class Perform(Protocol):
    """Executes one kind of work. Raises TreadleError by the one taxonomy; anything else counts as ``internal``."""

    def __call__(self, work: Any, context: WorkContext) -> Awaitable[WorkResult]: ...
