"""The client of the OpenAI protocol's chat completions, streamed. It retries nothing: attempts are Treadle's."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from ..errors import TreadleError
from ..generated.types import PlanModel, RunRef
from ..secrets.grants import SecretUse
from ..secrets.secrets import Secrets
from .model_error import broken_off, not_json, of_answer, of_event, unreachable

# A stream that is silent for longer counts as broken; the node's own `timeout` is usually shorter.
_SILENCE_S_MAX = 300.0
_CONNECT_S_MAX = 10.0
_ERROR_BYTES_MAX = 64 * 1024
_OPENAI = "https://api.openai.com/v1"


class ChatClient:
    """``api_key`` and ``base_url`` are the operator's; a model may name a key of its own."""

    def __init__(self, api_key: str | None, base_url: str | None, secrets: Secrets) -> None:
        self._secrets = secrets
        # Servers of one's own often ask for no key, but the protocol's header wants one.
        self._key = api_key or ("none" if base_url else None)
        self._host = httpx2.URL(base_url or _OPENAI).netloc.decode("ascii")
        self._url = f"{(base_url or _OPENAI).rstrip('/')}/chat/completions"
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
        timeout = httpx2.Timeout(_SILENCE_S_MAX, connect=_CONNECT_S_MAX, pool=None)
        self._http = httpx2.AsyncClient(timeout=timeout, limits=limits, follow_redirects=True)

    async def close(self) -> None:
        await self._http.aclose()

    @asynccontextmanager
    async def chunks(self, key: str, content: bytes) -> AsyncIterator[AsyncIterator[Any]]:
        """The chunks of the answer. Leaving closes the connection. Raises TreadleError by the one taxonomy."""
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json", "accept": "text/event-stream"}
        sent = self._http.build_request("POST", self._url, headers=headers, content=content)
        try:
            response = await self._http.send(sent, stream=True)
        except httpx2.HTTPError as error:
            raise unreachable(error) from error
        try:
            if response.status_code >= 400:
                raise of_answer(response.status_code, response.headers, await _error_text(response))
            yield _events(response)
        finally:
            await response.aclose()

    async def key_of(self, model: PlanModel, run: RunRef) -> str:
        """The key that the model's server is asked with. Raises `auth` where there is none."""
        key = (
            await self._secrets.resolve(model["apiKey"], SecretUse(run, self._host)) if "apiKey" in model else self._key
        )
        if not key:
            raise TreadleError(
                "auth",
                "The worker has no key for models: give it OPENAI_API_KEY (or OPENAI_BASE_URL of a server that needs none), "
                "or the model an `apiKey`.",
            )
        return key


async def _events(response: httpx2.Response) -> AsyncIterator[Any]:
    """The parsed data of each event, up to `[DONE]`."""
    try:
        async for event in httpx2.EventSource(response):
            if event.data.startswith("[DONE]"):
                return
            try:
                chunk = json.loads(event.data)
            except ValueError:
                raise not_json() from None
            if isinstance(chunk, dict) and chunk.get("error"):
                raise of_event(chunk["error"])
            yield chunk
    except httpx2.HTTPError as error:
        raise broken_off() from error


async def _error_text(response: httpx2.Response) -> str:
    content = b""
    try:
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > _ERROR_BYTES_MAX:
                break
    except httpx2.HTTPError:
        pass  # What came is what is shown.
    return content.decode("utf-8", "replace")
