import json

import pytest
from treadle.errors import TreadleError
from treadle.secrets.redactor import Redactor
from treadle.values.streamed_json import StreamedJson, StreamedText

TOKEN = 'token "of" 1234'
SPELLED = "".join(f"\\u{ord(letter):04x}" for letter in TOKEN)


def redactor():
    known = Redactor()
    known.add("TOKEN", TOKEN)
    return known


def stream(text, size):
    """A text, given in pieces of so many bytes."""
    content = text if isinstance(text, bytes) else text.encode()
    streamed = StreamedJson("It", redactor())
    shown = b"".join(streamed.push(content[at : at + size]) for at in range(0, len(content), size))
    return (shown + streamed.end()).decode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (' { "a" : [ 1, -2.50e+3 , true, null, "" ] } ', ' { "a" : [ 1, -2.50e+3 , true, null, "" ] } '),
        (r'"Grüße 😀 \ud83d\ude00 \/ \u00fc \n"', r'"Grüße 😀 😀 / ü \n"'),
        (r'"\\ud83d\\ \ud83d and \u0000"', r'"\\ud83d\\ ' + '\ufffd and \ufffd"'),
        (f'["{SPELLED}"]', '["[secret TOKEN]"]'),
        (f'{{"so {SPELLED}.":{json.dumps(TOKEN)}}}', '{"so [secret TOKEN].":"[secret TOKEN]"}'),
        (r'"token \"of\" 1"', r'"token \"of\" 1"'),
        ("9007199254740991", "9007199254740991"),
    ],
)
def test_a_streamed_text_is_the_same_in_pieces_of_any_size_and_holds_no_secret(given, expected, size):
    assert stream(given, size) == expected


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *(
            (text, "is not JSON")
            for text in ["[1,", '{"a" 1}', "01", "[1]]", "nul", "", '"\n"', r'"\x"', r'"\u12g4"', "[1}", "+1", "{,}"]
        ),
        *((text, '"$blob"') for text in ['{"$blob":1}', r'[{"\u0024blob":1}]', r'{"a":{"$bl\u006fb":1}}']),
        ("9007199254740992", "rounded"),
        ("[-12345678901234567890]", "rounded"),
        ("1e999", "cannot hold"),
        ("[" * 101, "levels deep"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xc3"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        ("1" * 1_001, "1,000 digits"),
    ],
)
def test_what_a_small_answer_may_not_be_a_streamed_one_may_not_be_either(text, problem, size):
    with pytest.raises(TreadleError, match=problem.replace("$", r"\$")) as raised:
        stream(text, size)
    assert raised.value.type == "invalid_output"


@pytest.mark.parametrize("text", ['{"$blobs":1,"$blo":2,"a$blob":"$blob"}', "[" * 100 + "]" * 100, "1e22"])
def test_what_only_looks_like_that_is_taken(text):
    assert stream(text, 1) == text


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_a_text_becomes_a_string_in_pieces_of_any_size(size):
    text = f'Grüße "😀"\n{TOKEN} end'
    streamed = StreamedText(redactor())
    shown = b"".join(streamed.push(text[at : at + size]) for at in range(0, len(text), size)) + streamed.end()
    assert json.loads(shown) == 'Grüße "😀"\n[secret TOKEN] end'
