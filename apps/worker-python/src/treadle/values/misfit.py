"""What does not fit a schema, in the words and the order in which every worker says it (those of Ajv)."""

from collections.abc import Callable
from typing import Any

from jsonschema.exceptions import ValidationError

from .json_text import write_json

# The order in which the keywords of one schema are looked at.
_ORDER = [
    *("type", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"),
    *("maxLength", "minLength", "pattern", "format"),
    *("$ref", "$dynamicRef", "const", "enum", "not", "anyOf", "oneOf", "allOf", "if", "then", "else"),
    *("maxItems", "minItems", "uniqueItems", "prefixItems", "items", "contains"),
    *("maxProperties", "minProperties", "required", "dependentRequired", "dependentSchemas", "propertyNames"),
    *("additionalProperties", "properties", "patternProperties", "unevaluatedProperties", "unevaluatedItems"),
]
_RANK = {keyword: rank for rank, keyword in enumerate(_ORDER)}


def order_of(schema: Any) -> Callable[[ValidationError], list[int]]:
    """The key by which errors are sorted: keywords by their rank, names by their place in the schema."""

    def key(error: ValidationError) -> list[int]:
        keys: list[int] = []
        at: Any = schema
        for part in error.absolute_schema_path:
            if isinstance(at, dict) and part in at:
                keys.append(_RANK.get(part, len(_RANK)) if part in _RANK else list(at).index(part))
                at = at[part]
            else:
                keys.append(part if isinstance(part, int) else len(_RANK))
                at = at[part] if isinstance(at, list) and isinstance(part, int) and part < len(at) else None
        return keys

    return key


def describe(error: ValidationError) -> str:
    """The place and what is wrong there."""
    pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error.absolute_path)
    return f"{pointer or 'the value'} {_message(error)}"


def _message(error: ValidationError) -> str:
    bound: Any = error.validator_value
    match error.validator:
        case "type":
            return f"must be {','.join(bound) if isinstance(bound, list) else bound}"
        case "required":
            return f"must have required property '{_missing(error)}'"
        case "enum":
            return f"must be equal to one of the allowed values ({write_json(bound)})"
        case "const":
            return "must be equal to constant"
        case "additionalProperties" | "unevaluatedProperties":
            kind = "additional" if error.validator == "additionalProperties" else "unevaluated"
            return f"must NOT have {kind} properties"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return f"must be {_COMPARISONS[error.validator]} {write_json(bound)}"
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties":
            amount = "fewer" if error.validator.startswith("min") else "more"
            return f"must NOT have {amount} than {bound} {_UNITS[error.validator[3:]]}"
        case "multipleOf":
            return f"must be multiple of {write_json(bound)}"
        case "pattern" | "format":
            return f'must match {error.validator} "{bound}"'
        case "anyOf":
            return "must match a schema in anyOf"
        case "oneOf":
            return "must match exactly one schema in oneOf"
        case "not":
            return "must NOT be valid"
        case "uniqueItems":
            return "must NOT have duplicate items"
        case "contains":
            return "must contain at least 1 valid item(s)"
        case None:
            return "boolean schema is false"
        case keyword:
            return f'must fit "{keyword}"'


_COMPARISONS = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}
_UNITS = {"Length": "characters", "Items": "items", "Properties": "properties"}


def _missing(error: ValidationError) -> str:
    """The library names it only in its sentence: `'name' is a required property`."""
    names: Any = error.validator_value
    return next((name for name in names if error.message.startswith(f"{name!r} is a ")), "?")
