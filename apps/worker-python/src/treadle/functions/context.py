"""What a registered function has at hand beside its arguments."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal, Protocol, TypeVar

from ..generated.types import RunRef

Level = Literal["debug", "info", "warn", "error"]

T = TypeVar("T")


class FunctionPort(Protocol):
    """What stands behind a context: the attempt that the function runs in."""

    run: RunRef
    path: str
    attempt: int

    def is_stopped(self) -> bool: ...
    async def emit_text(self, text: str) -> None: ...
    async def log(self, level: Level, message: str, fields: dict[str, Any] | None) -> None: ...
    async def secret(self, name: str) -> str: ...
    async def metadata(self) -> dict[str, Any]: ...
    async def load_state(self) -> Any: ...
    async def save_state(self, state: Any) -> None: ...


class _Facts:
    def __init__(self, port: FunctionPort) -> None:
        self._port = port

    @property
    def run_id(self) -> str:
        return self._port.run["id"]

    @property
    def tenant(self) -> str:
        return self._port.run["tenant"]

    @property
    def path(self) -> str:
        """The node's path: with the run's id it names this call, the same for each attempt."""
        return self._port.path

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self._port.attempt

    @property
    def is_stopped(self) -> bool:
        """The node is cancelled or its time is over: what a long loop looks at."""
        return self._port.is_stopped()


class Context(_Facts):
    """For async functions. A stop cancels the function as asyncio cancels a task."""

    async def emit_text(self, text: str) -> None:
        """Shows a piece of text on the run's stream (``node.delta``). Ends when there is room for more."""
        await self._port.emit_text(text)

    async def log(self, level: Level, message: str, fields: dict[str, Any] | None = None) -> None:
        """Puts a line into the run's log (event ``log``)."""
        await self._port.log(level, message, fields)

    async def progress(self, done: float, message: str = "progress") -> None:
        """Says how much is done, from 0 to 1."""
        await self._port.log("info", message, {"progress": done})

    async def secret(self, name: str) -> str:
        """The value of a secret that the function was granted."""
        return await self._port.secret(name)

    async def metadata(self) -> dict[str, Any]:
        """The run's ``workflow``, ``version`` and ``tags``."""
        return await self._port.metadata()

    async def load_state(self) -> Any:
        """What an earlier attempt of this node saved last; None where none did."""
        return await self._port.load_state()

    async def save_state(self, state: Any) -> None:
        """Keeps a value (any JSON) for the next attempt, should this one not come to its end: a checkpoint of the function's own."""
        await self._port.save_state(state)


class SyncContext(_Facts):
    """For plain functions, which run in threads of their own: the same, blocking. A stop makes each method raise."""

    def __init__(self, port: FunctionPort, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(port)
        self._loop = loop

    def emit_text(self, text: str) -> None:
        """Shows a piece of text on the run's stream."""
        self._wait(self._port.emit_text(text))

    def log(self, level: Level, message: str, fields: dict[str, Any] | None = None) -> None:
        """Puts a line into the run's log."""
        self._wait(self._port.log(level, message, fields))

    def progress(self, done: float, message: str = "progress") -> None:
        """Says how much is done, from 0 to 1."""
        self._wait(self._port.log("info", message, {"progress": done}))

    def secret(self, name: str) -> str:
        """The value of a secret that the function was granted."""
        return self._wait(self._port.secret(name))

    def metadata(self) -> dict[str, Any]:
        """The run's ``workflow``, ``version`` and ``tags``."""
        return self._wait(self._port.metadata())

    def load_state(self) -> Any:
        """What an earlier attempt of this node saved last."""
        return self._wait(self._port.load_state())

    def save_state(self, state: Any) -> None:
        """Keeps a value for the next attempt."""
        self._wait(self._port.save_state(state))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
