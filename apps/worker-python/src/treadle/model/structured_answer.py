"""How a structured answer is asked for, and read."""

from typing import Any

from ..errors import TreadleError
from ..values.foreign import parse_foreign
from ..values.schemas import Schemas

_WRAPPER = "value"
# Keywords that the strict mode of the protocol takes.
_STRICT_KEYWORDS = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf"}
    | {"description", "title", "$defs", "$ref"}
)


class StructuredAnswer:
    """An answer that fits ``schema``. The protocol takes only objects: any other schema is asked for as ``{"value": …}``, and an
    answer is read with or without that wrapper, since not every server keeps to the format.
    """

    def __init__(self, schema: Any, schemas: Schemas) -> None:
        self._schema = schema
        self._schemas = schemas
        self._is_wrapped = not isinstance(schema, dict) or schema.get("type") != "object"
        asked = _wrapped(schema) if self._is_wrapped else schema
        answer = {"name": "answer", "schema": asked, "strict": _fits_strict(asked)}
        self.format = {"type": "json_schema", "json_schema": answer}

    def read(self, text: str) -> Any:
        """The value of the answer's text. Raises ``invalid_output``, with a message that a model understands."""
        answer = parse_foreign(text, "The answer")
        if self._is_wrapped and isinstance(answer, dict) and list(answer) == [_WRAPPER]:
            answer = answer[_WRAPPER]
        problem = self._schemas.problem_of(self._schema, answer, all=True)
        if problem is not None:
            raise TreadleError("invalid_output", f"The answer does not fit its schema: {problem}.")
        return answer


def _wrapped(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {_WRAPPER: schema}, "required": [_WRAPPER], "additionalProperties": False}


def _fits_strict(schema: Any) -> bool:
    """Says whether strict mode takes the schema: all objects closed, all their properties required, plain keywords."""
    if not isinstance(schema, dict) or not _STRICT_KEYWORDS.issuperset(schema):
        return False
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", [])]
    if "items" in schema:
        inner.append(schema["items"])
    if not all(map(_fits_strict, inner)):
        return False
    if schema.get("type") != "object":
        return any(keyword in schema for keyword in ("type", "anyOf", "$ref", "enum", "const"))
    required = schema.get("required")
    names = schema.get("properties", {})
    return schema.get("additionalProperties") is False and isinstance(required, list) and set(names) <= set(required)
