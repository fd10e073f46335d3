"""Connections to the outside for tools: never to addresses that are not public, unless the operator allows them."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from ..errors import TreadleError
from .address_policy import is_public_address

_CONNECT_S_MAX = 10.0


class EgressBackend(httpcore2.AsyncNetworkBackend):
    """The address that is really connected to decides, whatever the URL said: all addresses of a name at its lookup, and
    the peer of the socket after. ``allow`` lists ``host:port`` as the URL has them.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._allow = frozenset(allow)
        self._inner: httpcore2.AsyncNetworkBackend = httpcore2.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue, reportAssignmentType]

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.AsyncNetworkStream:
        if f"{_bracketed(host.lower())}:{port}" in self._allow:
            return await self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        error: Exception = httpcore2.ConnectError("The name has no address.")
        for address in await self._addresses(host, port):
            try:
                stream = await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failed:
                error = failed
                continue
            peer = (stream.get_extra_info("server_addr") or ("",))[0]
            if is_public_address(peer):
                return stream
            await stream.aclose()
            raise denied(host)
        raise error

    async def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise denied(path)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    @staticmethod
    async def _addresses(host: str, port: int) -> list[str]:
        """A name with any address that is not public is refused whole, so that no order of answers gets around it."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        if not addresses or not all(is_public_address(address) for address in addresses):
            raise denied(host)
        return addresses


class BackendTransport(httpx2.AsyncHTTPTransport):
    """httpx2's transport over a network backend of ours; it takes none itself. Proxies of the environment are not used."""

    def __init__(self, backend: httpcore2.AsyncNetworkBackend, ssl_context: ssl.SSLContext) -> None:
        super().__init__(verify=ssl_context, trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=None,
            max_keepalive_connections=100,
            keepalive_expiry=4.0,
            network_backend=backend,
        )


def egress_transport(allow: Iterable[str]) -> BackendTransport:
    """What tools send their requests through."""
    return BackendTransport(EgressBackend(allow), ssl.create_default_context())


def egress_client(transport: httpx2.AsyncBaseTransport, silence_s_max: float = 300) -> httpx2.AsyncClient:
    """A client over the transport; redirects are its caller's to follow."""
    timeout = httpx2.Timeout(silence_s_max, connect=_CONNECT_S_MAX, pool=None)
    return httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False, follow_redirects=False)


def denied(host: str) -> TreadleError:
    """The refusal, as every language says it."""
    return TreadleError(
        "invalid_request",
        f"{_bracketed(host)} is not an address of the public internet, so tools may not reach it. "
        "The operator can allow it by TREADLE_EGRESS_ALLOW (host:port).",
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
