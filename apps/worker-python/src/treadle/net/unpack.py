"""Bodies of answers, unpacked within a bound."""

import zlib
from collections.abc import AsyncIterator
from typing import Any, Protocol

import brotli

from ..errors import TreadleError

_STEP = 256 * 1024
# Packing is not asked for. Of what comes out.
_PACKED_BYTES_MAX = 10 * 1024 * 1024


class _Unpacker(Protocol):
    def feed(self, chunk: bytes, bytes_max: int) -> bytes:
        """What comes out of a chunk, at most a little more than ``bytes_max``."""
        ...

    def is_complete(self) -> bool: ...


class _Zlib:
    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)

    def feed(self, chunk: bytes, bytes_max: int) -> bytes:
        return self._inner.decompress(chunk, bytes_max + 1)

    def is_complete(self) -> bool:
        return self._inner.eof


class _Brotli:
    def __init__(self) -> None:
        self._inner: Any = brotli.Decompressor()

    def feed(self, chunk: bytes, bytes_max: int) -> bytes:
        content = self._inner.process(chunk, output_buffer_limit=_STEP)
        while not self._inner.can_accept_more_data() and len(content) <= bytes_max:
            content += self._inner.process(b"", output_buffer_limit=_STEP)
        return content

    def is_complete(self) -> bool:
        return bool(self._inner.is_finished())


async def read_start(pieces: AsyncIterator[bytes], bytes_max: int) -> tuple[bytes, bool]:
    """The body up to ``bytes_max`` and a little more; whether that is all."""
    start = bytearray()
    async for piece in pieces:
        start += piece
        if len(start) > bytes_max:
            return bytes(start), False
    return bytes(start), True


def is_packed(encoding: str | None) -> bool:
    """Whether the body has to be unpacked."""
    return _packing(encoding) not in ("", "identity")


async def read_packed(chunks: AsyncIterator[bytes], encoding: str | None) -> bytes:
    """The whole body, unpacked. Raises ``tool_error`` past 10 MiB of what comes out: a small body cannot unpack to a huge one."""
    bytes_max = _PACKED_BYTES_MAX
    packed = _packing(encoding)
    unpacker = _unpacker(packed)
    content = bytearray()
    is_empty = True
    try:
        async for chunk in chunks:
            is_empty = is_empty and not chunk
            content += unpacker.feed(chunk, bytes_max - len(content))
            if len(content) > bytes_max:
                raise TreadleError("tool_error", f"The answer is packed, and larger than {bytes_max} bytes.")
    except (zlib.error, brotli.error) as error:
        raise _broken(packed) from error
    if not unpacker.is_complete() and not is_empty:
        raise _broken(packed)
    return bytes(content)


def _packing(encoding: str | None) -> str:
    return (encoding or "").strip().lower()


def _unpacker(packed: str) -> _Unpacker:
    if packed in ("gzip", "x-gzip"):
        return _Zlib(16 + zlib.MAX_WBITS)
    if packed == "deflate":
        return _Zlib(zlib.MAX_WBITS)
    if packed == "br":
        return _Brotli()
    raise TreadleError("tool_error", f'The answer is packed as "{packed}", which is not known.')


def _broken(packed: str) -> TreadleError:
    return TreadleError("tool_error", f"The answer’s {packed} cannot be unpacked.")
