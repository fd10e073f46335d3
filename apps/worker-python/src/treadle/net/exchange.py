"""One request of a tool and its answer, redirects followed."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx2

from ..errors import TreadleError
from .unpack import is_packed, read_packed, read_start

_REDIRECTS_MAX = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Carry credentials whoever gave them.
_ALWAYS_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True)
class StreamedBody:
    """A body that can be opened again after a redirect."""

    size: int
    open: Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True)
class HttpCall:
    """``credentials`` are the headers that are not sent on to another origin; names of headers are in lower case."""

    method: str
    url: httpx2.URL
    headers: dict[str, str]
    credentials: frozenset[str]
    body: str | StreamedBody | None = None


@dataclass(frozen=True)
class HttpAnswer:
    """The body is unpacked: whole, or its first bytes where ``rest`` gives what comes after them."""

    status: int
    headers: httpx2.Headers
    body: bytes
    rest: AsyncIterator[bytes] | None = None


@asynccontextmanager
async def exchange(call: HttpCall, client: httpx2.AsyncClient, bytes_max: int) -> AsyncGenerator[HttpAnswer]:
    """Redirects are followed three times at most; credentials stay with the origin that they were given for. Of the body a little more
    than ``bytes_max`` is read; leaving closes the connection.

    Raises TreadleError by the one taxonomy for what is not an answer, and what reads the rest does too.
    """
    current = call
    for redirects in range(_REDIRECTS_MAX + 1):
        async with _send(current, client, bytes_max) as answer:
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or location is None:
                yield answer
                return
        if redirects < _REDIRECTS_MAX:
            current = _follow(current, answer.status, location)
    raise TreadleError("invalid_request", f"{authority(call.url)} redirects more than {_REDIRECTS_MAX} times.")


def check_protocol(url: httpx2.URL) -> None:
    """Tools speak http and https."""
    if url.scheme not in ("http", "https"):
        raise TreadleError("invalid_request", f'Tools speak http and https, not "{url.scheme}:".')


def authority(url: httpx2.URL) -> str:
    """``host:port``, as messages show it."""
    return url.netloc.decode("ascii")


@asynccontextmanager
async def _send(call: HttpCall, client: httpx2.AsyncClient, bytes_max: int) -> AsyncGenerator[HttpAnswer]:
    # Compression is not asked for; what comes all the same is unpacked within the same bound.
    headers = {"accept-encoding": "identity", **call.headers}
    body = call.body
    if isinstance(body, StreamedBody):
        headers = {"content-length": str(body.size), **headers}
    try:
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        content = body.open() if isinstance(body, StreamedBody) else body and body.encode("utf-8", "surrogatepass")
        request = httpx2.Request(
            call.method, call.url, headers=encoded, content=content, extensions={"timeout": client.timeout.as_dict()}
        )
    except (ValueError, TypeError) as error:
        raise TreadleError("invalid_request", f"The request cannot be sent: {error}.") from error
    host = authority(call.url)
    try:
        response = await client.send(request, stream=True)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _http_error(error, host) from error
    try:
        encoding, pieces = response.headers.get("content-encoding"), _pieces(response, host)
        if is_packed(encoding):
            start, rest = await read_packed(pieces, encoding), None
        else:
            start, is_whole = await read_start(pieces, bytes_max)
            rest = None if is_whole else pieces
        yield HttpAnswer(response.status_code, response.headers, start, rest)
    finally:
        await response.aclose()


async def _pieces(response: httpx2.Response, host: str) -> AsyncGenerator[bytes]:
    try:
        async for piece in response.aiter_raw():
            yield piece
    except httpx2.HTTPError as error:
        raise _http_error(error, host) from error


def _http_error(error: Exception, host: str) -> TreadleError:
    if isinstance(error, httpx2.TimeoutException):
        return TreadleError("timeout", f"{host} did not answer in time.")
    if isinstance(error, httpx2.LocalProtocolError | httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return TreadleError("invalid_request", f"The request cannot be sent: {error}.")
    return TreadleError("unavailable", f"{host} cannot be reached, or broke off.")


def _follow(call: HttpCall, status: int, location: str) -> HttpCall:
    try:
        url = call.url.join(location)
    except httpx2.InvalidURL:
        message = f"{authority(call.url)} redirects to something that is not a URL."
        raise TreadleError("invalid_request", message) from None
    check_protocol(url)
    is_same_origin = (url.scheme, url.netloc) == (call.url.scheme, call.url.netloc)
    # As browsers do: after 303 always, after 301 and 302 where a POST was sent, the new place is asked by GET.
    becomes_get = (status == 303 and call.method != "HEAD") or (status < 303 and call.method == "POST")
    dropped = frozenset() if is_same_origin else call.credentials | _ALWAYS_CREDENTIALS
    if becomes_get:
        dropped |= {"content-type", "content-length"}
    headers = {name: value for name, value in call.headers.items() if name not in dropped}
    if becomes_get:
        return replace(call, url=url, headers=headers, method="GET", body=None)
    return replace(call, url=url, headers=headers)
