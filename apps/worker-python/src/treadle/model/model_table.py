"""What is known of a model beside its name. Prices in US dollars for a million tokens."""

import math
from typing import Any

from ..json_setting import read_json_setting

_FIELDS = ("maxOutputTokens", "inputPrice", "cachedInputPrice", "outputPrice")

ModelTable = dict[str, dict[str, float]]


def parse_model_table(text: str) -> ModelTable:
    """``text`` is the table as JSON, or the path of a file that holds it. Raises ValueError that completes "TREADLE_MODELS …"."""
    table = read_json_setting(text)
    if not isinstance(table, dict):
        raise ValueError("has to be an object: model name → { maxOutputTokens, inputPrice, outputPrice }")  # noqa: TRY004
    for model, facts in table.items():
        _check_facts(model, facts)
    return table


def cost_of(facts: dict[str, float] | None, usage: dict[str, Any]) -> float | None:
    """US dollars of a usage; None where the model has no price."""
    if facts is None or "inputPrice" not in facts or "outputPrice" not in facts:
        return None
    cached = usage.get("cachedInputTokens", 0)
    fresh = usage.get("inputTokens", 0) - cached
    cached_price = facts.get("cachedInputPrice", facts["inputPrice"])
    dollars = fresh * facts["inputPrice"] + cached * cached_price + usage.get("outputTokens", 0) * facts["outputPrice"]
    # To a hundred-millionth of a dollar: sums stay free of the noise of binary fractions.
    return math.floor(dollars * 100 + 0.5) / 1e8


def _check_facts(model: str, facts: Any) -> None:
    if not isinstance(facts, dict):
        raise ValueError(f'has no object for "{model}"')  # noqa: TRY004
    for field, value in facts.items():
        if field not in _FIELDS:
            raise ValueError(f'has an unknown field "{field}" for "{model}"; known are {", ".join(_FIELDS)}')
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            raise ValueError(f'has no number for "{field}" of "{model}"')
