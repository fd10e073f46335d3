import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from treadle.encryption.blob_cipher import HEADER_BYTES, open_blob, seal_blob
from treadle.encryption.keyring import DecryptionError, MissingKeyError, parse_keyring
from treadle.encryption.sealer import Place, SealedError, Sealer

FIXTURE = json.loads((Path(__file__).parents[3] / "test/fixtures/sealed.json").read_text())
RING = parse_keyring(FIXTURE["keys"])
OTHER = parse_keyring("other=" + FIXTURE["keys"].split("=", 1)[1])
SEALER = Sealer(RING)
PLACE = Place("default", "run_1", "a")
MARK = "what-nobody-may-see"


@pytest.mark.parametrize("case", FIXTURE["values"])
def test_what_other_languages_sealed_is_read(case: dict[str, Any]):
    assert SEALER.open(Place(**case["place"]), case["sealed"]) == case["value"]


def test_what_has_to_be_repeatable_is_the_same_text_in_every_language():
    case = FIXTURE["repeatable"]
    place = Place(**case["place"])
    assert SEALER.seal(place, case["value"], repeatable=True) == case["sealed"]
    assert SEALER.seal(place, case["value"]) != case["sealed"]


def test_data_shows_what_happened_and_not_what_with():
    handle = {"$blob": {"sha256": "ab" * 32, "size": 20_000}}
    data = {"kind": "llm", "text": MARK, "parts": [handle, MARK], "later": MARK, "ref": handle["$blob"]}
    sealed = json.loads(SEALER.seal_data(PLACE, "node.delta", json.dumps(data)))
    assert MARK not in json.dumps(sealed)
    assert (sealed["kind"], sealed["ref"], sealed["parts"]["refs"]) == ("llm", handle["$blob"], [handle])
    assert {name: SEALER.open(PLACE, value) if name != "ref" else value for name, value in sealed.items()} == data
    assert SEALER.open(PLACE, json.loads(SEALER.seal_data(PLACE, "custom.mine", '{"kind":1}'))) == {"kind": 1}


@pytest.mark.parametrize("place", [PLACE._replace(tenant="b"), PLACE._replace(run="b"), PLACE._replace(path="b")])
def test_what_is_put_elsewhere_does_not_open(place: Place):
    with pytest.raises(SealedError, match="cannot be read: What is encrypted was changed"):
        SEALER.open(place, SEALER.seal(PLACE, MARK))


@pytest.mark.parametrize("ring", [OTHER, None])
def test_a_missing_key_is_said(ring: Any):
    with pytest.raises(SealedError, match=r"There is no key k\.1") as raised:
        Sealer(ring).open(PLACE, SEALER.seal(PLACE, MARK))
    assert raised.value.is_key_missing


async def pieces(content: bytes):
    """Cut anywhere."""
    for at in range(0, len(content), 50_000):
        yield content[at : at + 50_000]


def collect(given: AsyncGenerator[bytes]) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in given])

    return asyncio.run(read())


def opened(ring: Any, tenant: str, sha256: str, stored: bytes) -> bytes:
    return collect(open_blob(ring, tenant, sha256, pieces(stored)))


def test_a_blob_of_another_language_is_read():
    blob = FIXTURE["blob"]
    assert opened(RING, blob["tenant"], blob["sha256"], base64.b64decode(blob["stored"])).decode() == blob["content"]


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 200_000])
def test_a_blob_comes_back_and_is_refused_where_it_was_changed(size: int):
    content = bytes(index % 251 for index in range(size))
    stored = collect(seal_blob(RING, "default", "aa", pieces(content)))
    assert opened(RING, "default", "aa", stored) == content
    assert opened(RING, "default", "aa", content) == content
    chunk = 65_536 + 16
    changed = [stored[:-1] + bytes([stored[-1] ^ 1])]
    if size > 65_536:
        changed.append(stored[: HEADER_BYTES + chunk])  # The rest is missing.
        changed.append(stored[:HEADER_BYTES] + stored[HEADER_BYTES + chunk :])  # The start is missing.
    for wrong in changed:
        with pytest.raises(DecryptionError):
            opened(RING, "default", "aa", wrong)
    for tenant, name in (("other", "aa"), ("default", "bb")):
        with pytest.raises(DecryptionError):
            opened(RING, tenant, name, stored)
    with pytest.raises(MissingKeyError):
        opened(None, "default", "aa", stored)
