"""One call of a tool of an MCP server, in a session of its own."""

from typing import Any

from mcp_types import CallToolRequest, CallToolRequestParams, CallToolResult, TextContent

from ..errors import TreadleError
from ..generated.types import McpWork
from ..mcp_client.sessions import McpSessions
from ..secrets.redactor import Redactor
from ..values.foreign import parse_foreign
from ..values.json_text import write_json
from ..values.utf16 import utf16_cut
from .context import WorkContext, WorkResult

_ERROR_LENGTH_MAX = 1_000


class McpTool:
    """Its output: what the server gave as structured; else the text, where it gave one; null where it gave nothing; else the list of
    its contents. What the tool itself reports as an error is ``tool_error``.
    """

    def __init__(self, sessions: McpSessions, redactor: Redactor) -> None:
        self._sessions = sessions
        self._redactor = redactor

    async def __call__(self, work: McpWork, context: WorkContext) -> WorkResult:
        args = await context.load(work["args"])
        context.usage.add({"toolCalls": 1})
        # Not by `call_tool`, which lists the server's tools to check the result against what they say of it.
        request = CallToolRequest(params=CallToolRequestParams(name=work["tool"], arguments=args))
        result = await self._sessions.use(
            work["server"], context.run, lambda session: session.send_request(request, CallToolResult)
        )
        if result.is_error:
            said = utf16_cut(self._redactor.text(_text_of(result)), _ERROR_LENGTH_MAX)
            raise TreadleError("tool_error", said or f'The tool "{work["tool"]}" reported an error.')
        return WorkResult(_output_of(result))


def _output_of(result: CallToolResult) -> Any:
    if result.structured_content is not None:
        # Numbers as those of every answer from outside.
        return parse_foreign(write_json(result.structured_content), "The result")
    if not result.content:
        return None
    [first, *others] = result.content
    if isinstance(first, TextContent) and not others:
        return first.text
    return [part.model_dump(mode="json", by_alias=True, exclude_none=True) for part in result.content]


def _text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))
