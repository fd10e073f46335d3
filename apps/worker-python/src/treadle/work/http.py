"""One call of an http tool."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2

from ..errors import TreadleError
from ..generated.types import HttpWork
from ..net.exchange import HttpAnswer, HttpCall, StreamedBody, authority, exchange
from ..net.retry_after import parse_retry_after, type_of_status
from ..net.tool_headers import resolve_headers
from ..net.tool_url import parse_tool_url
from ..secrets.grants import SecretUse
from ..secrets.redactor import Redactor
from ..secrets.secrets import Secrets
from ..values.foreign import parse_foreign
from ..values.json_text import canonical_json, write_json
from ..values.store import LOADABLE_BYTES_MAX
from ..values.utf16 import utf16_cut
from ..values.walk import is_handle
from .content_type import charset_of, is_json, is_textual
from .context import WorkContext, WorkResult
from .large_answer import large_answer

_CHECKED_BYTES_MAX = 10 * 1024 * 1024
# A larger answer goes to the blobs as it comes.
_IN_MEMORY_BYTES_MAX = 1024 * 1024
# Binary answers are small or not for here: base64 makes them a third larger still.
_BINARY_BYTES_MAX = 1024 * 1024
_IDEMPOTENCY_KEY_LENGTH_MAX = 255
_ERROR_TEXT_LENGTH_MAX = 500


class HttpTool:
    """Its output: the parsed value of a JSON answer; the text of any other text; null where there is none; ``{contentType, base64}``
    of anything else, up to 1 MiB. Above 1 MiB it streams to the blobs, up to 1 GiB, and is a handle; with an ``outputSchema``, which is
    checked in memory, up to 10 MiB are taken. A status of 400 and more is an error by its meaning. The header
    ``Idempotency-Key: <run>/<path>`` is the same for every attempt of a node, so the other side can tell repeats.
    """

    def __init__(self, secrets: Secrets, redactor: Redactor, client: httpx2.AsyncClient) -> None:
        self._secrets = secrets
        self._redactor = redactor
        self._client = client

    async def __call__(self, work: HttpWork, context: WorkContext) -> WorkResult:
        call = await self._prepare(work, context)
        context.usage.add({"toolCalls": 1})
        host = authority(call.url)
        # What has to fit a schema is checked whole; everything else need not be in memory.
        is_checked = context.output_schema is not None
        bytes_max = _CHECKED_BYTES_MAX if is_checked else _IN_MEMORY_BYTES_MAX
        async with exchange(call, self._client, bytes_max) as answer:
            if answer.status >= 400:
                raise self._status_error(answer, call.url)
            if answer.rest is None:
                return WorkResult(_output_of(answer, host))
            if is_checked:
                size = f"larger than {_CHECKED_BYTES_MAX} bytes"
                message = f"The answer of {host} is {size}, and could not be checked against outputSchema."
                raise TreadleError("tool_error", message)
            json_text = large_answer(answer, host, self._redactor)
            return WorkResult(await context.values.keep_stream(context.run, json_text), is_finished=True)

    async def _prepare(self, work: HttpWork, context: WorkContext) -> HttpCall:
        url = _with_query(parse_tool_url(work["url"]), await context.load(work.get("query") or {}))
        use = SecretUse(context.run, authority(url))
        given, credentials = await resolve_headers(work["headers"], self._secrets, use)
        headers = {"idempotency-key": _idempotency_key(context), **given}
        if "body" not in work:
            return HttpCall(work["method"], url, headers, credentials)
        streamed = await _streamed_body(work["body"], context, headers)
        if streamed is not None:
            return HttpCall(work["method"], url, headers, credentials, streamed)
        body = await context.load(work["body"])
        headers.setdefault("content-type", "text/plain; charset=utf-8" if isinstance(body, str) else "application/json")
        # A text is sent as it stands, unless it is declared to be JSON.
        is_text = isinstance(body, str) and not is_json(headers["content-type"])
        return HttpCall(work["method"], url, headers, credentials, body if is_text else write_json(body))

    def _status_error(self, answer: HttpAnswer, url: httpx2.URL) -> TreadleError:
        # Redacted before it is cut: half of a secret would not be known again.
        content_type = answer.headers.get("content-type", "")
        text = utf16_cut(self._redactor.text(_as_text(answer.body, content_type) or ""), _ERROR_TEXT_LENGTH_MAX)
        return TreadleError(
            type_of_status(answer.status),
            f"{authority(url)} answered with HTTP {answer.status}.",
            details={"status": answer.status, **({"body": text} if text else {})},
            retry_after_ms=parse_retry_after(answer.headers.get("retry-after")),
        )


async def _streamed_body(body: Any, context: WorkContext, headers: dict[str, str]) -> StreamedBody | None:
    """A value that is too large to be loaded is sent as the JSON that it is stored as."""
    if not is_handle(body) or body["$blob"]["size"] <= LOADABLE_BYTES_MAX:
        return None
    if not is_json(headers.get("content-type", "application/json")):
        return None
    opened = await context.values.open(context.run, body["$blob"])
    if opened is None:
        return None
    headers.setdefault("content-type", "application/json")
    return StreamedBody(body["$blob"]["size"], opened)


def _with_query(url: httpx2.URL, query: dict[str, Any]) -> httpx2.URL:
    added = [
        (name, item if isinstance(item, str) else canonical_json(item))
        for name, value in query.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]
    if not added:
        return url
    known = parse_qsl(url.query.decode("ascii"), keep_blank_values=True)
    return url.copy_with(query=urlencode(known + added, safe="*").replace("~", "%7E").encode("ascii"))


def _idempotency_key(context: WorkContext) -> str:
    key = f"{context.run['id']}/{context.path}"
    if len(key) <= _IDEMPOTENCY_KEY_LENGTH_MAX:
        return key
    return f"{context.run['id']}/sha256:{hashlib.sha256(context.path.encode()).hexdigest()}"


def _output_of(answer: HttpAnswer, host: str) -> Any:
    if answer.status == 204 or not answer.body:
        return None
    content_type = answer.headers.get("content-type", "")
    text = _as_text(answer.body, content_type)
    if is_json(content_type):
        if text is None:
            raise TreadleError("invalid_output", f"The answer of {host} is not UTF-8.")
        return parse_foreign(text, f"The answer of {host}")
    if text is not None:
        return text
    if len(answer.body) > _BINARY_BYTES_MAX:
        message = f"The answer of {host} is binary ({content_type or 'of no type'}) and larger than {_BINARY_BYTES_MAX} bytes."
        raise TreadleError("tool_error", message)
    encoded = base64.b64encode(answer.body).decode()
    return {"contentType": content_type or "application/octet-stream", "base64": encoded}


def _as_text(body: bytes, content_type: str) -> str | None:
    """The text of a body that is text by its type, or says nothing of its type; None where its bytes are none."""
    if not is_textual(content_type):
        return None
    try:
        return body.decode(charset_of(content_type)).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError):
        return None  # Not of that charset, or of one that is not known.
