"""Calls a registered function within an attempt."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..database.database import WorkerDatabase
from ..errors import TreadleError
from ..secrets.grants import SecretUse
from ..secrets.secrets import Secrets
from ..values.foreign import check_foreign
from ..values.json_text import write_json
from ..work.context import WorkContext
from .context import Context, Level, SyncContext
from .registry import FunctionEntry


class FunctionCaller:
    """Plain functions run in ``threads``; one that does not end keeps its thread."""

    def __init__(self, secrets: Secrets, database: WorkerDatabase, threads: ThreadPoolExecutor) -> None:
        self._secrets = secrets
        self._database = database
        self._threads = threads

    async def call(self, entry: FunctionEntry, args: Any, context: WorkContext) -> Any:
        """What the function gave, as JSON makes it."""
        port = _AttemptPort(entry, context, self._secrets, self._database)
        keywords = entry.signature.arguments(args)
        loop = asyncio.get_running_loop()
        if entry.signature.context_name is not None:
            keywords[entry.signature.context_name] = Context(port) if entry.is_async else SyncContext(port, loop)
        if entry.is_async:
            result = await entry.call(**keywords)
        else:
            result = await loop.run_in_executor(self._threads, lambda: entry.call(**keywords))
        return entry.signature.result(result)


class _AttemptPort:
    """What a function does goes through its attempt: fenced, in order, without secrets."""

    def __init__(self, entry: FunctionEntry, context: WorkContext, secrets: Secrets, database: WorkerDatabase) -> None:
        self._entry = entry
        self._context = context
        self._secrets = secrets
        self._database = database
        self.run = context.run
        self.path = context.path
        self.attempt = context.attempt

    def is_stopped(self) -> bool:
        return self._context.stop.reason is not None

    async def emit_text(self, text: str) -> None:
        await self._context.writer.text(str(text))

    async def log(self, level: Level, message: str, fields: dict[str, Any] | None) -> None:
        shown = {} if fields is None else {"fields": fields}
        await self._context.writer.event("log", {"level": level, "message": str(message), **shown})

    async def secret(self, name: str) -> str:
        if name in self._entry.secrets:
            return await self._secrets.value(name, SecretUse(self.run))
        message = f'The function "{self._entry.name}" was not granted the secret {name}: list it in its `secrets`.'
        raise TreadleError("auth", message)

    async def metadata(self) -> dict[str, Any]:
        return await self._database.run_metadata(self.run)

    async def load_state(self) -> Any:
        return await self._context.load(await self._database.load_state(self.run, self.path))

    async def save_state(self, state: Any) -> None:
        check_foreign(state, f'The state of "{self._entry.name}"')
        kept = write_json(await self._context.values.keep(self.run, self._context.redact(state)))
        if not await self._database.save_state(self.run, self.path, self.attempt, kept):
            self._context.stop.now("fenced")
            self._context.stop.raise_if_stopped()
