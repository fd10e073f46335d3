"""One request of a tool and its answer, redirects followed."""

from dataclasses import dataclass, replace

import httpx2

from ..errors import TreadleError
from .unpack import read_body

_REDIRECTS_MAX = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Carry credentials whoever gave them.
_ALWAYS_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})


@dataclass(frozen=True)
class HttpCall:
    """``credentials`` are the headers that are not sent on to another origin; names of headers are in lower case."""

    method: str
    url: httpx2.URL
    headers: dict[str, str]
    credentials: frozenset[str]
    body: str | None = None


@dataclass(frozen=True)
class HttpAnswer:
    """The body is unpacked."""

    status: int
    headers: httpx2.Headers
    body: bytes


async def exchange(call: HttpCall, client: httpx2.AsyncClient, bytes_max: int) -> HttpAnswer:
    """Redirects are followed three times at most; credentials stay with the origin that they were given for.

    Raises TreadleError by the one taxonomy for what is not an answer.
    """
    current = call
    for redirects in range(_REDIRECTS_MAX + 1):
        answer = await _send(current, client, bytes_max)
        location = answer.headers.get("location")
        if answer.status not in _REDIRECTS or location is None:
            return answer
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


async def _send(call: HttpCall, client: httpx2.AsyncClient, bytes_max: int) -> HttpAnswer:
    # Compression is not asked for; what comes all the same is unpacked within the same bound.
    headers = {"accept-encoding": "identity", **call.headers}
    try:
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        content = None if call.body is None else call.body.encode("utf-8", "surrogatepass")
        request = httpx2.Request(
            call.method, call.url, headers=encoded, content=content, extensions={"timeout": client.timeout.as_dict()}
        )
    except (ValueError, TypeError) as error:
        raise TreadleError("invalid_request", f"The request cannot be sent: {error}.") from error
    try:
        response = await client.send(request, stream=True)
        try:
            body = await read_body(response.aiter_raw(), response.headers.get("content-encoding"), bytes_max)
        finally:
            await response.aclose()
        return HttpAnswer(response.status_code, response.headers, body)
    except httpx2.TimeoutException as error:
        raise TreadleError("timeout", f"{authority(call.url)} did not answer in time.") from error
    except (httpx2.LocalProtocolError, httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise TreadleError("invalid_request", f"The request cannot be sent: {error}.") from error
    except httpx2.HTTPError as error:
        raise TreadleError("unavailable", f"{authority(call.url)} cannot be reached, or broke off.") from error


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
