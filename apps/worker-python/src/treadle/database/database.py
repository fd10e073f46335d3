"""The worker's few statements beside the appender's; their texts are shared by all languages."""

import asyncio
import json
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import asyncpg

from ..encryption.sealer import Place, Sealer, place_of
from ..generated.statements import STATEMENTS
from ..generated.types import Blob, RunRef, ToolSpec
from ..values.json_text import write_json
from .transient import is_transient

_CONNECTIONS_MAX = 8
# Longer than any statement may take: past it the connection is as good as lost.
_CALL_S_MAX = 15
_RETRY_FIRST_S = 0.02
_RETRY_MAX_S = 2.0


async def open_pool(url: str) -> asyncpg.Pool:
    """Connections of a login in the role treadle_worker."""
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=_CONNECTIONS_MAX,
        command_timeout=_CALL_S_MAX,
        server_settings={
            "application_name": "treadle-worker-python",
            "statement_timeout": "5000",
            "lock_timeout": "2000",
            "idle_in_transaction_session_timeout": "10000",
        },
    )


class WorkerDatabase:
    """References of blobs, states of functions, transcripts, cached results, budgets, and what is known of a run."""

    def __init__(self, pool: asyncpg.Pool, sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer

    async def add(self, run: RunRef, blob: Blob) -> None:
        """The run refers to the blob."""
        tenant, names = run["tenant"], [blob["sha256"]]
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(STATEMENTS["treadle touch blobs"], tenant, names, [blob["size"]])
            await connection.execute(STATEMENTS["treadle add refs"], tenant, run["id"], names)

    async def publish(self, runtime: str, worker: str, functions: str, ttl_s: int) -> None:
        """Tells which functions this worker has; ``functions`` is JSON."""
        await self._pool.execute(STATEMENTS["treadle publish functions"], runtime, worker, functions, ttl_s)

    async def save_state(self, run: RunRef, path: str, attempt: int, state: str) -> bool:
        """Keeps a function's own checkpoint; False where a newer attempt has taken over."""
        sealed = self._sealer.seal_text(place_of(run, path), state)
        return await self._value("treadle save state", run["tenant"], run["id"], path, attempt, sealed)

    async def load_state(self, run: RunRef, path: str) -> Any:
        """The state that an attempt of this path has kept last, or None."""
        state = _parsed(await self._value("treadle load state", run["tenant"], run["id"], path))
        return self._sealer.open(place_of(run, path), state)

    async def run_metadata(self, run: RunRef) -> dict[str, Any]:
        """Workflow, version and tags of the run."""
        return _parsed(await self._value("treadle run metadata", run["tenant"], run["id"])) or {}

    async def stored_workflow_of(self, run: RunRef) -> str | None:
        """The name of the stored workflow that the run executes, where it is one."""
        return await self._value("treadle stored workflow of", run["tenant"], run["id"])

    async def find_cached(self, run: RunRef, key: "CacheKey", age_ms_max: int) -> dict[str, Any] | None:
        """``{output}`` of a result that is at most so old; the run refers to its blobs from then on."""
        found = _parsed(await self._value("treadle find cached", run["tenant"], run["id"], *key, age_ms_max))
        return found and {"output": self._sealer.open(Place(run["tenant"]), found["output"])}

    async def keep_cached(self, run: RunRef, key: "CacheKey", output: Any, ttl_ms: int) -> None:
        """Keeps a result for all runs of the tenant."""
        sealed = write_json(self._sealer.seal(Place(run["tenant"]), output))
        await self._value("treadle keep cached", run["tenant"], *key, sealed, ttl_ms)

    async def read_transcript(self, run: RunRef, agent: str, turn: int, own: list[Any]) -> dict[str, Any]:
        """``{profile, messages}``: all that was said before the turn, then ``own``."""
        found = await self._value("treadle read transcript", run["tenant"], run["id"], agent, turn, write_json(own))
        transcript = _parsed(found) or {}
        return {
            "profile": self._sealer.open(place_of(run, agent), transcript.get("profile")),
            "messages": [
                {name: value for name, value in opened.items() if name != "path"}
                for opened in (
                    _with_contents(message, agent, lambda path, value: self._sealer.open(place_of(run, path), value))
                    for message in transcript.get("messages", [])
                )
            ],
        }

    async def write_turn(
        self, run: RunRef, path: str, attempt: int, agent: str, turn: int, messages: list[Any], profile: Any
    ) -> bool:
        """Stores what a turn adds; False where a newer attempt has taken over."""
        sealed = [
            _with_contents(message, agent, lambda path, value: self._sealer.seal(place_of(run, path), value))
            for message in messages
        ]
        speaker = None if profile is None else write_json(self._sealer.seal(place_of(run, agent), profile))
        texts = (write_json(sealed), speaker)
        return await self._value("treadle write turn", run["tenant"], run["id"], path, attempt, agent, turn, *texts)

    async def pin_tools(self, run: RunRef, server: str, listed: list[ToolSpec] | None) -> list[ToolSpec] | None:
        """The tools of a server as the run knows them; ``listed`` becomes that where it knows none yet."""
        text = None if listed is None else write_json(self._sealer.seal(place_of(run), listed))
        pinned = _parsed(await self._value("treadle pin tools", run["tenant"], run["id"], server, text))
        return self._sealer.open(place_of(run), pinned)

    async def reserve(
        self,
        run: RunRef,
        path: str,
        attempt: int,
        call: int,
        tokens: tuple[int, int | None],
        usd: tuple[float | None, float | None],
    ) -> dict[str, Any]:
        """Reserves what one request to a model may take: of the request itself, and of its answer at most."""
        bounds = (*tokens, *map(_decimal, usd))
        return (
            _parsed(await self._value("treadle reserve", run["tenant"], run["id"], path, attempt, call, *bounds)) or {}
        )

    async def settle(self, run: RunRef, path: str, attempt: int, call: int, tokens: int, usd: float | None) -> None:
        """Puts what a request took in the place of what was reserved for it."""
        await self._value("treadle settle", run["tenant"], run["id"], path, attempt, call, tokens, _decimal(usd))

    async def _value(self, statement: str, *arguments: Any) -> Any:
        """All of these may be repeated: an outage is waited out, until the attempt is stopped."""
        delay_s = _RETRY_FIRST_S
        while True:
            try:
                return await self._pool.fetchval(STATEMENTS[statement], *arguments)
            except Exception as error:
                if not is_transient(error):
                    raise
            await asyncio.sleep(delay_s * (0.5 + random.random() / 2))
            delay_s = min(2 * delay_s, _RETRY_MAX_S)


# Runtime, work and schema of its output, as JSON: what a result is the result of.
CacheKey = tuple[str, str, str | None]


def _with_contents(message: dict[str, Any], agent: str, change: Callable[[str, Any], Any]) -> dict[str, Any]:
    """The message with what was said in it changed; who says it, and which calls there are, Postgres reads. ``change`` is given the path
    that the content is sealed for: that of the checkpoint which has it, else the agent's.
    """
    path = message.get("path") or agent
    changed = dict(message)
    if "content" in message:
        changed["content"] = change(path, message["content"])
    if "toolCalls" in message:
        changed["toolCalls"] = [{**call, "arguments": change(path, call["arguments"])} for call in message["toolCalls"]]
    return changed


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))
