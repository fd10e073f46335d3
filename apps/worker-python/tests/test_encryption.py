import asyncio
import base64

import pytest
from temporalio.api.common.v1 import Payload
from treadle.config import ConfigError, read_config
from treadle.encryption.codec import EncryptionCodec
from treadle.encryption.keyring import DecryptionError, parse_keyring

GOOD = {"TREADLE_DATABASE_URL": "postgres://a:b@host/treadle", "TREADLE_BLOBS": "file:///blobs"}
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"what-nobody-may-see"')


def key(byte: int) -> str:
    return base64.b64encode(bytes([byte]) * 32).decode()


def codec(text: str) -> EncryptionCodec:
    return EncryptionCodec(parse_keyring(text))


def sealed(text: str) -> Payload:
    return asyncio.run(codec(text).encode([PLAIN]))[0]


def opened(text: str, *payloads: Payload) -> list[Payload]:
    return asyncio.run(codec(text).decode(payloads))


def test_a_payload_comes_back_and_shows_nothing_on_the_way():
    old = sealed(f"old={key(1)}, new={key(2)}")
    assert old.metadata["encryption-key-id"] == b"old"
    assert b"nobody" not in old.SerializeToString()
    assert opened(f"new={key(2)},old={key(1)}", old, PLAIN) == [PLAIN, PLAIN]


def test_either_alphabet_of_base64_and_no_padding_are_the_same_key():
    text = key(0xFB)
    url_safe = text.replace("+", "-").replace("/", "_").rstrip("=")
    assert url_safe != text
    assert opened(f"a={url_safe}", sealed(f"a={text}")) == [PLAIN]


def test_what_was_written_in_node_is_read():
    # createCipheriv('aes-256-gcm', Buffer.alloc(32, 1), Buffer.alloc(12, 2)) of the payload {encoding: json/plain, data: 7}.
    data = base64.b64decode("AgICAgICAgICAgICDcDDQS85opK3pdKvTq2owc3b/p+H0OQfz4bX79fRxP9Ok5EPOucCqlQInA==")
    payload = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"a"}, data=data)
    assert opened(f"a={key(1)}", payload) == [Payload(metadata={"encoding": b"json/plain"}, data=b"7")]


@pytest.mark.parametrize(
    ("id", "change"),
    [
        (b"a", lambda data: data[:-1] + bytes([data[-1] ^ 1])),
        (b"a", lambda data: data[:20]),
        (b"a", lambda _: b""),
        (b"b", lambda data: data),
    ],
)
def test_what_was_changed_or_has_no_key_is_refused(id, change):
    good = sealed(f"a={key(1)}")
    bad = Payload(metadata={**good.metadata, "encryption-key-id": id}, data=change(good.data))
    with pytest.raises(DecryptionError):
        opened(f"a={key(1)}", bad)


def test_another_key_under_the_same_id_is_refused():
    with pytest.raises(DecryptionError):
        opened(f"a={key(2)}", sealed(f"a={key(1)}"))


@pytest.mark.parametrize(
    "text", ["a", f"a={key(1)[:20]}", f"a={key(1)},a={key(2)}", f"a b={key(1)}", f"a={key(1)},", "a=aaaaa"]
)
def test_a_bad_keyring_is_refused_and_no_key_is_shown(text):
    with pytest.raises(ConfigError) as caught:
        read_config({**GOOD, "TREADLE_ENCRYPTION_KEYS": text})
    assert "- TREADLE_ENCRYPTION_KEYS has " in str(caught.value)
    assert key(1)[:20] not in str(caught.value)
