import base64
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from treadle.secrets.redactor import Redactor

SECRET = 'sk-live/Ä+42=="quoted"'


def redactor(**secrets):
    made = Redactor()
    for name, value in secrets.items():
        made.add(name, value)
    return made


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        quote(SECRET, safe=""),
        urlencode({"q": SECRET}),
        SECRET.encode().hex(),
        *(base64.b64encode(f"{before}{SECRET}@host".encode()).decode() for before in ("", "u", "us", "use", "user:")),
        base64.urlsafe_b64encode(f"x:{SECRET}".encode()).decode(),
    ],
)
def test_a_secret_is_found_as_others_would_carry_it(text):
    assert "[secret KEY]" in redactor(KEY=SECRET).text(text)


def test_the_longer_of_two_secrets_is_replaced_whole():
    assert redactor(SHORT="abcd", LONG="abcdefgh").text("abcdefgh abcdx") == "[secret LONG] [secret SHORT]x"


def test_a_stream_gives_everything_at_once_that_cannot_begin_a_secret():
    stream = redactor(KEY="topsecret").stream()
    assert [stream.push("Hello "), stream.push("to"), stream.push("day"), stream.end()] == ["Hello ", "", "today", ""]


def test_a_stream_never_splits_a_surrogate_pair():
    stream = redactor().stream()
    assert [stream.push("a\ud83d"), stream.push("\ude00b"), stream.end()] == ["a", "😀b", ""]


@given(st.text(alphabet="abc", max_size=60), st.lists(st.integers(0, 8), max_size=20))
def test_however_a_text_is_cut_the_joined_one_is_that_of_the_whole(text, sizes):
    secrets = {"A": "aabab", "B": "babb", "C": "aabababb"}
    made = redactor(**secrets)
    stream, at, shown = made.stream(), 0, ""
    for size in sizes:
        shown += stream.push(text[at : at + size])
        at += size
    shown += stream.push(text[at:]) + stream.end()
    assert shown == made.text(text)
    assert not any(secret in shown for secret in secrets.values())
