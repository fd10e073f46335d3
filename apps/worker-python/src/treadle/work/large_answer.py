"""An answer that is too large for memory, as the JSON text that is stored."""

import asyncio
import codecs
from collections.abc import AsyncGenerator

from ..errors import TreadleError
from ..net.exchange import HttpAnswer
from ..secrets.redactor import Redactor
from ..values.streamed_json import StreamedJson, StreamedText
from .content_type import charset_of, is_json, is_textual

_BYTES_MAX = 1024 * 1024 * 1024


async def large_answer(answer: HttpAnswer, host: str, redactor: Redactor) -> AsyncGenerator[bytes]:
    """Piece by piece: JSON is checked as a small one is, any other text becomes a string. Secrets are taken out on the way.

    Raises ``invalid_output``, ``tool_error``, or what broke the answer off.
    """
    content_type = answer.headers.get("content-type", "")
    if is_json(content_type):
        text = StreamedJson(f"The answer of {host}", redactor)
        async for piece in _pieces(answer, host):
            yield text.push(piece)
        yield text.end()
    elif is_textual(content_type):
        async for piece in _quoted(_pieces(answer, host), charset_of(content_type), host, redactor):
            yield piece
    else:
        message = f"The answer of {host} is binary ({content_type}) and larger than 1 MiB."
        raise TreadleError("tool_error", message)


async def _pieces(answer: HttpAnswer, host: str) -> AsyncGenerator[bytes]:
    size = len(answer.body)
    yield answer.body
    if answer.rest is None:
        return
    async for piece in answer.rest:
        size += len(piece)
        if size > _BYTES_MAX:
            raise TreadleError("tool_error", f"The answer of {host} is larger than {_BYTES_MAX} bytes.")
        yield piece
        await asyncio.sleep(0)  # What there is to do for other nodes: a server nearby may send without a pause.


async def _quoted(pieces: AsyncGenerator[bytes], charset: str, host: str, redactor: Redactor) -> AsyncGenerator[bytes]:
    try:
        decoder = codecs.getincrementaldecoder(charset)("strict")
    except LookupError:
        raise TreadleError("tool_error", f"The answer of {host} is in {charset}, which is not known.") from None
    text = StreamedText(redactor)
    try:
        async for piece in pieces:
            yield text.push(decoder.decode(piece))
        yield text.push(decoder.decode(b"", final=True)) + text.end()
    except UnicodeDecodeError:
        raise TreadleError("tool_error", f"The answer of {host} is not {charset}.") from None
