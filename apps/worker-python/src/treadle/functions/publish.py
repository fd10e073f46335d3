"""Tells the API which functions this worker has, so that documents are checked against them."""

import asyncio
import logging
import os
import socket
import uuid
from typing import Any

from ..appender.statement import RUNTIME
from ..database.database import WorkerDatabase
from ..values.json_text import write_json
from .registry import FunctionEntry, FunctionRegistry

# What a worker has published counts for so long after it was last seen.
_TTL_S = 300
_EVERY_S = 60

log = logging.getLogger(__name__)


class Publisher:
    """A worker that is gone is forgotten by time, not at its end: a restart must not make documents invalid."""

    def __init__(self, database: WorkerDatabase, functions: FunctionRegistry) -> None:
        self._database = database
        self._functions = functions
        self._worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    async def publish(self) -> None:
        functions = write_json([_published(entry) for entry in self._functions.entries()])
        await self._database.publish(RUNTIME, self._worker, functions, _TTL_S)

    async def keep_publishing(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.publish()
            except Exception as error:
                log.warning("The functions of this worker could not be published", exc_info=error)


def _published(entry: FunctionEntry) -> dict[str, Any]:
    shown = {
        "name": entry.name,
        "description": entry.description,
        "inputSchema": entry.input_schema,
        "outputSchema": entry.output_schema,
    }
    return {key: value for key, value in shown.items() if value is not None}
