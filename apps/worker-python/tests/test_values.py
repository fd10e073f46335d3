import pytest
from hypothesis import given
from hypothesis import strategies as st
from treadle.errors import TreadleError
from treadle.values.foreign import check_foreign, parse_foreign
from treadle.values.json_text import canonical_json, write_json
from treadle.values.schemas import Schemas
from treadle.values.utf16 import joined_pairs, storable_text, utf16_cut, utf16_length


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (123456789.125, "123456789.125"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        ([0.1, 100.0], "[0.1,100]"),
        ("1.0 and 1e-07", '"1.0 and 1e-07"'),
        ({"ü": "\u2028\n\x01"}, '{"ü":"\u2028\\n\\u0001"}'),
    ],
)
def test_json_is_written_as_javascript_writes_it(value, text):
    assert write_json(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_is_written_is_read_as_the_same(number):
    assert float(write_json(number)) == number


def test_canonical_json_orders_keys_by_their_utf16_units():
    assert canonical_json({"\U00010000": 1, "\uffff": 2, "a": 3.0}) == '{"a":3,"\U00010000":1,"\uffff":2}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{oops", "It is not JSON at position 1"),
        ("NaN", "It is not JSON"),
        ('{"a":[-9007199254740992]}', "It has the integer -9007199254740992, beyond 2^53 - 1"),
        ("[" * 100_000, "It is n"),
    ],
)
def test_what_comes_from_outside_is_refused_where_it_is_not_what_it_seems(text, message):
    with pytest.raises(TreadleError, match=r"It is|It has") as caught:
        parse_foreign(text, "It")
    assert caught.value.type == "invalid_output"
    assert caught.value.message.startswith(message)


def test_integral_doubles_are_integers_and_the_largest_safe_integer_is_taken():
    assert parse_foreign("[1.0,1e3,9007199254740991,0.5]", "It") == [1, 1000, 9007199254740991, 0.5]


def test_a_forged_handle_is_named_by_its_place():
    with pytest.raises(TreadleError, match=r'It has the key "\$blob" at /a~1b/0, which is reserved'):
        check_foreign({"a/b": [{"$blob": 1}]}, "It")


def test_lengths_and_halves_are_those_of_utf16():
    assert [utf16_length(text) for text in ("abc", "ü", "😀")] == [3, 1, 2]
    assert utf16_cut("a😀b", 2) == "a"
    assert joined_pairs("a\ud83d\ude00\ud83d") == "a😀\ud83d"
    assert storable_text("\0a\ud83d\ude00\ude00") == "\ufffda😀\ufffd"


@pytest.mark.parametrize(
    ("schema", "value", "problem"),
    [
        ({"type": "string"}, 4, "the value must be string"),
        ({"type": ["string", "null"]}, 4, "the value must be string,null"),
        ({"required": ["it's", "b"]}, {}, "the value must have required property 'it's'"),
        (
            {"properties": {"a": {"enum": ["x", 1]}}},
            {"a": 2},
            '/a must be equal to one of the allowed values (["x",1])',
        ),
        ({"items": {"minimum": 2}}, [3, 1], "/1 must be >= 2"),
        ({"minLength": 3}, "ab", "the value must NOT have fewer than 3 characters"),
        ({"additionalProperties": False}, {"a/b": 1}, "the value must NOT have additional properties"),
        ({"type": "string", "format": "date-time"}, "now", 'the value must match format "date-time"'),
        ({"type": "integer"}, 4.0, None),
        (False, 1, "the value boolean schema is false"),
    ],
)
def test_what_does_not_fit_is_said_as_every_worker_says_it(schema, value, problem):
    assert Schemas().problem_of(schema, value) == problem


def test_all_places_are_named_five_of_them_and_how_many_more():
    schema = {"type": "array", "items": {"type": "string"}}
    assert Schemas().problem_of(schema, [1] * 7, all=True) == (
        "/0 must be string; /1 must be string; /2 must be string; /3 must be string; /4 must be string; and 2 more"
    )


def test_a_schema_that_is_none_is_an_invalid_request():
    with pytest.raises(TreadleError, match="The outputSchema cannot be used"):
        Schemas().problem_of({"$ref": "https://example.com/other"}, 1)
