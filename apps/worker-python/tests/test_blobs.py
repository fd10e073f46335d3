"""What every store must do, as test/storage/support/blob-suite.ts has it for that of TypeScript."""

import asyncio
import hashlib
import os
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from treadle.blobs.content import bytes_content, read_content
from treadle.blobs.store import BlobError, BlobStore, open_blobs
from treadle.encryption.keyring import parse_keyring

PIECE = 64 * 1024


class Subject(NamedTuple):
    """A store, and how its bytes are changed behind its back."""

    blobs: BlobStore
    tamper: Callable[[str, bytes], Any]


# Of a server that test/storage/blobs-of-workers.test.ts starts.
BUCKET = os.environ.get("TREADLE_TEST_S3", "")


KEYS = {"plain": None, "encrypted": parse_keyring(f"k1={'A' * 43}=")}


@pytest.fixture(params=[f"{where}-{how}" for where in ["folder", *(["bucket"] if BUCKET else [])] for how in KEYS])
def store(request, tmp_path):
    where, how = request.param.split("-")
    if where == "folder":
        return Subject(
            open_blobs(tmp_path.as_uri(), KEYS[how]),
            lambda sha256, data: (tmp_path / "default" / sha256[:2] / sha256).write_bytes(data),
        )
    blobs: Any = open_blobs(BUCKET.replace("?", f"/{how}?"), KEYS[how])
    raw = blobs._raw  # noqa: SLF001
    return Subject(blobs, lambda sha256, data: raw._client.put_object(**raw._at("default", sha256), Body=data))  # noqa: SLF001


async def read(blobs, sha256, tenant="default"):
    return b"".join([piece async for piece in blobs.open(tenant, sha256)])


async def put(blobs, data):
    content = bytes_content(data)
    await blobs.put("default", content)
    return content.blob["sha256"]


@pytest.mark.parametrize("size", [0, 1_000, 9 * 1024 * 1024])
def test_it_gives_what_it_was_given(store, size):
    async def run():
        data = os.urandom(size)
        assert await read(store.blobs, await put(store.blobs, data)) == data

    asyncio.run(run())


def test_it_takes_the_same_again_also_at_the_same_time(store):
    async def run():
        data = b"again " * 20_000
        names = await asyncio.gather(*(put(store.blobs, data) for _ in range(8)))
        assert len(set(names)) == 1
        assert await read(store.blobs, names[0]) == data

    asyncio.run(run())


def test_it_takes_a_stream_of_48_mb_in_pieces_and_memory_does_not_grow_with_it(store):
    async def pieces(hash):
        for _ in range(768):
            piece = os.urandom(PIECE)
            hash.update(piece)
            yield piece

    async def run():
        given, got = hashlib.sha256(), hashlib.sha256()
        content = await read_content(pieces(given))
        await store.blobs.put("default", content)
        content.discard()
        assert content.blob == {"sha256": given.hexdigest(), "size": 48 * 1024 * 1024}
        async for piece in store.blobs.open("default", content.blob["sha256"]):
            got.update(piece)
        assert got.digest() == given.digest()

    tracemalloc.start()
    try:
        asyncio.run(run())
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_stream_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def failing():
        yield b"x" * (2 * 1024 * 1024)
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        asyncio.run(read_content(failing()))
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_is_missing_and_what_is_another_tenants(store):
    async def run():
        with pytest.raises(BlobError):
            await read(store.blobs, hashlib.sha256(b"never").hexdigest())
        mine = await put(store.blobs, b"mine")
        with pytest.raises(BlobError):
            await read(store.blobs, mine, tenant="other")

    asyncio.run(run())


def test_it_fails_in_the_place_of_the_end_of_what_was_tampered_with(store):
    async def run():
        sha256 = await put(store.blobs, b"the truth")
        store.tamper(sha256, b"the trick")
        with pytest.raises(BlobError):
            await read(store.blobs, sha256)

    asyncio.run(run())


def test_it_says_whether_it_can_be_used(store):
    asyncio.run(store.blobs.check())


if BUCKET:

    def test_a_bucket_that_is_not_there_is_said_and_is_no_missing_blob():
        blobs = open_blobs(BUCKET.replace("s3://", "s3://not-"), None)
        with pytest.raises(ClientError):
            asyncio.run(blobs.check())
