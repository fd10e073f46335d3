"""The tools that a model is offered, those of MCP servers one by one, each as ``<name>.<tool>``."""

import hashlib

from ..database.database import WorkerDatabase
from ..generated.types import ToolSpec
from ..mcp_client.list_tools import ListTools
from ..values.json_text import canonical_json
from ..work.context import WorkContext


class OfferTools:
    """A server is asked once in a run: what it says of its tools then holds to the run's end. One that shows other tools to a run that
    trusts it already shows them to nobody.
    """

    def __init__(self, database: WorkerDatabase, list_tools: ListTools) -> None:
        self._database = database
        self._list_tools = list_tools

    async def __call__(self, tools: list[ToolSpec], context: WorkContext) -> list[ToolSpec]:
        offered: list[ToolSpec] = []
        for spec in tools:
            if "mcp" not in spec:
                offered.append(spec)
                continue
            entry = spec["name"].split(".", 1)[0]
            for tool in await self._tools_of(spec, context):
                named = tool.copy()
                named["name"] = f"{entry}.{tool['name']}"
                offered.append(named)
        return offered

    async def _tools_of(self, spec: ToolSpec, context: WorkContext) -> list[ToolSpec]:
        source = spec.get("mcp")
        key = hashlib.sha256(canonical_json(source).encode()).hexdigest()
        pinned = await self._database.pin_tools(context.run, key, None)
        if pinned is None:
            pinned = await self._database.pin_tools(context.run, key, await self._list_tools(source, context))
        return pinned or []
