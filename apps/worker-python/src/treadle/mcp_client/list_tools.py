"""Lists tools of a server, by their own names. What they say about themselves is data for the model, and never more."""

import asyncio
from typing import Any

from mcp import ClientSession
from mcp_types import PaginatedRequestParams

from ..errors import TreadleError
from ..generated.types import ToolSpec
from ..values.foreign import check_foreign
from ..values.json_text import write_json
from ..values.utf16 import utf16_cut
from ..work.context import WorkContext
from .sessions import McpSessions

_LIST_S_MAX = 30
_PAGES_MAX = 20
_TOOLS_MAX = 200
# Of one tool: its JSON. All of them are sent with each call of the model.
_TOOL_LENGTH_MAX = 32 * 1024
_LIST_LENGTH_MAX = 256 * 1024
_NAME_LENGTH_MAX = 200
_DESCRIPTION_LENGTH_MAX = 4_000


class ListTools:
    """Raises ``tool_error`` past a bound (a filter is the way around it), ``invalid_request`` where a wanted tool is missing."""

    def __init__(self, sessions: McpSessions) -> None:
        self._sessions = sessions

    async def __call__(self, source: Any, context: WorkContext) -> list[ToolSpec]:
        wanted: list[str] | None = source.get("tools")
        try:
            async with asyncio.timeout(_LIST_S_MAX):
                return await self._sessions.use(source["server"], context.run, lambda session: _pages(session, wanted))
        except TimeoutError:
            message = f"The MCP server did not list its tools within {_LIST_S_MAX} s."
            raise TreadleError("timeout", message) from None


async def _pages(session: ClientSession, wanted: list[str] | None) -> list[ToolSpec]:
    found: list[ToolSpec] = []
    cursor: str | None = None
    for _ in range(_PAGES_MAX):
        page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        found += [_to_spec(tool) for tool in page.tools if wanted is None or tool.name in wanted]
        _refuse_too_many(found)
        cursor = page.next_cursor
        if cursor is None or (wanted is not None and set(wanted) <= {tool["name"] for tool in found}):
            return _in_order(found, wanted)
    raise TreadleError("tool_error", f"The MCP server’s list of tools has more than {_PAGES_MAX} pages.")


def _to_spec(tool: Any) -> ToolSpec:
    length = len(write_json(tool.input_schema))
    if len(tool.name) > _NAME_LENGTH_MAX or length > _TOOL_LENGTH_MAX:
        raise TreadleError(
            "tool_error",
            f'The MCP server’s tool "{tool.name[:100]}" has a schema of {length} characters, or a name too long: '
            f"at most {_TOOL_LENGTH_MAX} are offered to a model.",
        )
    check_foreign(tool.input_schema, f'The schema of the tool "{tool.name}"')
    spec: ToolSpec = {"name": tool.name, "inputSchema": tool.input_schema}
    if tool.description is not None:
        spec["description"] = utf16_cut(tool.description, _DESCRIPTION_LENGTH_MAX)
    return spec


def _refuse_too_many(found: list[ToolSpec]) -> None:
    if len(found) > _TOOLS_MAX or sum(len(write_json(tool)) for tool in found) > _LIST_LENGTH_MAX:
        raise TreadleError(
            "tool_error",
            f"The MCP server lists more than {_TOOLS_MAX} tools, or {_LIST_LENGTH_MAX} characters of them: "
            "name the ones that are wanted in `tools`.",
        )


def _in_order(found: list[ToolSpec], wanted: list[str] | None) -> list[ToolSpec]:
    """In the order of the filter, else by name: the same list gives the same request. A name that comes twice counts once."""
    by_name = {tool["name"]: tool for tool in found}
    missing = next((name for name in wanted or [] if name not in by_name), None)
    if missing is not None:
        raise TreadleError("invalid_request", f'The MCP server has no tool "{missing}".')
    return [by_name[name] for name in (sorted(by_name) if wanted is None else wanted)]
