"""The worker's few statements beside the appender's; their texts are shared by all languages."""

import json
from typing import Any

import asyncpg

from ..generated.statements import STATEMENTS
from ..generated.types import Blob, RunRef

_CONNECTIONS_MAX = 8
_STATEMENT_S_MAX = 60


async def open_pool(url: str) -> asyncpg.Pool:
    """Connections of a login in the role treadle_worker."""
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=_CONNECTIONS_MAX,
        command_timeout=_STATEMENT_S_MAX,
        server_settings={"application_name": "treadle-worker-python"},
    )


class WorkerDatabase:
    """References of blobs, states of functions, and what is known of a run."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

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
        return await self._pool.fetchval(
            STATEMENTS["treadle save state"], run["tenant"], run["id"], path, attempt, state
        )

    async def load_state(self, run: RunRef, path: str) -> Any:
        """The state that an attempt of this path has kept last, or None."""
        found = await self._pool.fetchval(STATEMENTS["treadle load state"], run["tenant"], run["id"], path)
        return None if found is None else json.loads(found)

    async def run_metadata(self, run: RunRef) -> dict[str, Any]:
        """Workflow, version and tags of the run."""
        found = await self._pool.fetchval(STATEMENTS["treadle run metadata"], run["tenant"], run["id"])
        return {} if found is None else json.loads(found)
