import pytest
from treadle.config import ConfigError, read_config

GOOD = {"TREADLE_DATABASE_URL": "postgres://a:b@host/treadle", "TREADLE_BLOBS": "file:///blobs"}


def test_defaults_are_those_of_the_protocol():
    config = read_config(GOOD)
    assert (config.temporal.address, config.temporal.namespace, config.concurrency) == (
        "127.0.0.1:7233",
        "default",
        200,
    )


def test_modules_of_the_environment_and_of_the_command_line_are_both_imported():
    assert read_config({**GOOD, "TREADLE_FUNCTIONS": "a, b"}, ("c",)).function_modules == ("a", "b", "c")


def test_every_bad_variable_is_named_at_once():
    bad = {
        "TREADLE_BLOBS": "ftp://x",
        "TEMPORAL_ADDRESS": "host",
        "TREADLE_SECRET_lower": "long enough",
        "TREADLE_SECRET_SHORT": "abc",
        "TREADLE_CONCURRENCY": "0",
        "TREADLE_MODELS": '{"m":{"price":1}}',
        "OPENAI_BASE_URL": "nowhere",
    }
    with pytest.raises(ConfigError) as caught:
        read_config(bad)
    for name in ("TREADLE_DATABASE_URL", *bad):
        assert f"- {name} " in str(caught.value)


@pytest.mark.parametrize("name", ["TREADLE_MODELS", "TREADLE_GRANTS"])
def test_a_table_is_json_or_a_file_of_it(name, tmp_path):
    file = tmp_path / "table.json"
    file.write_text("{}")
    read_config({**GOOD, name: str(file)})
    file.write_text("{")
    for text, why in [
        ("{", "not JSON"),
        (str(file), "not JSON"),
        (str(tmp_path / "none"), "No such file or directory"),
    ]:
        with pytest.raises(ConfigError, match=rf"{name} is neither JSON nor a file of it \({why}\)"):
            read_config({**GOOD, name: text})
