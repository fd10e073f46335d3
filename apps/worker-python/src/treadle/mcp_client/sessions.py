"""Sessions with MCP servers (Streamable HTTP): each for one conversation, through the egress policy, bounded in bytes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import httpx2
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    REQUEST_TIMEOUT,
)
from pydantic import ValidationError

from ..errors import TreadleError
from ..generated.types import McpServer, RunRef
from ..net.egress import egress_client
from ..net.exchange import authority
from ..net.retry_after import parse_retry_after, type_of_status
from ..net.tool_headers import resolve_headers
from ..net.tool_url import parse_tool_url
from ..secrets.grants import SecretUse
from ..secrets.redactor import Redactor
from ..secrets.secrets import Secrets
from ..values.utf16 import utf16_cut

T = TypeVar("T")

# Of all that a server sends in one session.
_SESSION_BYTES_MAX = 10 * 1024 * 1024
_ERROR_TEXT_LENGTH_MAX = 500
# Of JSON-RPC and of the protocol; every other code is the server's own.
_TYPES = {
    CONNECTION_CLOSED: "unavailable",
    REQUEST_TIMEOUT: "timeout",
    INVALID_REQUEST: "invalid_request",
    METHOD_NOT_FOUND: "invalid_request",
    INVALID_PARAMS: "invalid_request",
}


class McpSessions:
    """Headers with secrets stay with the server's origin: its client follows no redirect to another."""

    def __init__(self, secrets: Secrets, redactor: Redactor, transport: httpx2.AsyncBaseTransport) -> None:
        self._secrets = secrets
        self._redactor = redactor
        self._transport = transport

    async def use(self, server: McpServer, run: RunRef, conversation: Callable[[ClientSession], Awaitable[T]]) -> T:
        """What the conversation gave. Raises TreadleError by the one taxonomy."""
        url = parse_tool_url(server["url"])
        headers, _ = await resolve_headers(server.get("headers", {}), self._secrets, SecretUse(run, authority(url)))
        bounded = _BoundedTransport(self._transport, self._redactor)
        try:
            async with egress_client(bounded) as client:
                client.headers.update(headers)
                async with (
                    streamable_http_client(str(url), http_client=client) as streams,
                    ClientSession(streams[0], streams[1]) as session,
                ):
                    await session.initialize()
                    return await conversation(session)
        except BaseException as error:
            # Whoever waits for the answer is told by the client of a closed connection; the transport knows why.
            raise bounded.broken or _mcp_error(error, authority(url)) from error


class _BoundedTransport(httpx2.AsyncBaseTransport):
    """Keeps what is wrong with an answer: the client would only say that its connection was closed."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, redactor: Redactor) -> None:
        self._inner = inner
        self._redactor = redactor
        self._bytes = 0
        self.broken: TreadleError | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET" and "last-event-id" not in request.headers:
            return httpx2.Response(405)  # A stream of what the server has to say by itself: nobody listens.
        host = authority(request.url)
        try:
            response = await self._inner.handle_async_request(request)
        except TreadleError as error:
            self.broken = error
            raise
        except httpx2.TimeoutException as error:
            self.broken = TreadleError("timeout", f"{host} did not answer in time.")
            raise self.broken from error
        except httpx2.HTTPError as error:
            self.broken = TreadleError("unavailable", f"The MCP server {host} cannot be reached, or broke off.")
            raise self.broken from error
        if response.status_code >= 400 and request.method == "POST":
            await response.aread()
            self.broken = self._status_error(response, host)
            raise self.broken
        response.stream = _Metered(self, response.stream, host)
        return response

    def take(self, size: int) -> None:
        self._bytes += size
        if self._bytes > _SESSION_BYTES_MAX:
            self.broken = TreadleError("tool_error", f"The MCP server sent more than {_SESSION_BYTES_MAX} bytes.")
            raise self.broken

    def _status_error(self, response: httpx2.Response, host: str) -> TreadleError:
        status = response.status_code
        text = utf16_cut(self._redactor.text(response.text), _ERROR_TEXT_LENGTH_MAX)
        return TreadleError(
            type_of_status(status),
            f"{host} answered with HTTP {status}.",
            details={"status": status, **({"body": text} if text else {})},
            retry_after_ms=parse_retry_after(response.headers.get("retry-after")),
        )


class _Metered(httpx2.AsyncByteStream):
    def __init__(self, transport: _BoundedTransport, inner: Any, host: str) -> None:
        self._transport = transport
        self._inner = inner
        self._host = host

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._inner:
                self._transport.take(len(chunk))
                yield chunk
        except httpx2.HTTPError:
            self._transport.broken = TreadleError("unavailable", f"{self._host} broke off in the middle of its answer.")
            raise

    async def aclose(self) -> None:
        await self._inner.aclose()


def _mcp_error(error: BaseException, host: str) -> BaseException:
    """What a call of an MCP server raised, by the one taxonomy; a stop stays what it is."""
    if isinstance(error, BaseExceptionGroup):
        return _mcp_error(error.exceptions[0], host)
    if isinstance(error, TreadleError) or not isinstance(error, Exception):
        return error
    if isinstance(error, MCPError):
        code = error.error.code
        # What the client says in the place of an answer.
        if code == CONNECTION_CLOSED and error.error.message.startswith("SSE stream"):
            return TreadleError("unavailable", f"The answer of {host} ended before it was complete.")
        if code == PARSE_ERROR and error.error.message.startswith("Failed to parse"):
            return TreadleError("tool_error", f"What {host} answered is not of the Model Context Protocol.")
        message = f"The MCP server {host} answered: {error.error.message}"
        return TreadleError(_TYPES.get(code, "tool_error"), message, details={"code": code})
    if isinstance(error, ValidationError | ValueError):
        return TreadleError("tool_error", f"What {host} answered is not of the Model Context Protocol.")
    return TreadleError("tool_error", f"The MCP server {host}: {error}")
