import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import treadle
from pydantic import BaseModel
from treadle.errors import TreadleError
from treadle.functions.registry import FunctionRegistry


class Order(BaseModel):
    id: int
    tags: list[str] = []


class Total(BaseModel):
    amount: float
    at: datetime


@dataclass
class Point:
    x: int
    y: int = 0


def registered(function, **options):
    registry = FunctionRegistry()
    registry.register(function, **options)
    [entry] = registry.entries()
    return entry


def test_a_model_takes_the_arguments_whole_and_gives_its_schema():
    def total(order: Order) -> Total:
        return Total(amount=order.id, at=datetime(2026, 1, 1, tzinfo=UTC))

    entry = registered(total)
    assert entry.input_schema["required"] == ["id"]
    assert entry.output_schema["properties"]["at"] == {"format": "date-time", "title": "At", "type": "string"}
    result = entry.call(**entry.signature.arguments({"id": 4}))
    assert entry.signature.result(result) == {"amount": 4.0, "at": "2026-01-01T00:00:00Z"}


def test_single_parameters_are_fields_of_the_arguments():
    async def score(text: str, point: Point, weight: float = 0.5, *, context: treadle.Context) -> float:
        del context
        return len(text) * weight * point.x

    entry = registered(score, name="shop.score", secrets=["TOKEN"], description="Scores.")
    assert (entry.name, entry.is_async, entry.description, entry.secrets) == ("shop.score", True, "Scores.", {"TOKEN"})
    assert entry.signature.context_name == "context"
    assert entry.input_schema["required"] == ["text", "point"]
    arguments = entry.signature.arguments({"text": "four", "point": {"x": 2}})
    assert arguments == {"text": "four", "point": Point(2), "weight": 0.5}
    assert asyncio.run(entry.call(**arguments, context=None)) == 4.0


def test_a_parameter_without_a_type_takes_anything():
    def value(args):
        return args

    entry = registered(value)
    assert (entry.input_schema, entry.output_schema) == (None, None)
    assert entry.signature.arguments([1]) == {"args": [1]}


def test_arguments_that_do_not_fit_the_model_are_an_invalid_request():
    def total(order: Order) -> None:
        del order

    with pytest.raises(TreadleError, match="/id Input should be a valid integer") as caught:
        registered(total).signature.arguments({"id": "x"})
    assert caught.value.type == "invalid_request"


def test_a_result_that_is_not_what_the_hint_says_is_left_for_the_schema_to_refuse():
    def count() -> int:
        return "many"  # pyright: ignore[reportReturnType]

    assert registered(count).signature.result("many") == "many"


@pytest.mark.parametrize("name", ["", "1st", "with space", "x" * 129])
def test_a_name_has_to_be_one(name):
    def anything(args: Any) -> Any:
        return args

    with pytest.raises(ValueError, match="cannot be the name of a function"):
        registered(anything, name=name or " ")


def test_a_name_is_given_once():
    registry = FunctionRegistry()
    registry.register(len, name="same", input_schema=True)
    with pytest.raises(ValueError, match='Two functions are registered as "same"'):
        registry.register(len, name="same", input_schema=True)
