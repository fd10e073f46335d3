"""Checks values against JSON Schemas (2020-12) of the author, which the translator has checked and bounded."""

from collections import OrderedDict
from typing import Any

from jsonschema import Draft202012Validator

from ..errors import TreadleError
from .json_text import write_json
from .misfit import describe, order_of

_SCHEMAS_MAX = 500
_PROBLEMS_SHOWN_MAX = 5


class Schemas:
    """Compiles each schema once, and forgets the ones that were not used for the longest time."""

    def __init__(self) -> None:
        self._compiled: OrderedDict[str, Any] = OrderedDict()

    def problem_of(self, schema: Any, value: Any, *, all: bool = False) -> str | None:
        """What does not fit, as one text; None where everything does.

        ``all`` names every place (the first five of them), for a model that is asked to mend its answer.
        """
        validator = self._validator_of(schema)
        try:
            if validator.is_valid(value):
                return None
            errors = sorted(validator.iter_errors(value), key=order_of(schema))
        except Exception as error:
            raise TreadleError("invalid_request", f"The outputSchema cannot be used: {error}") from error
        if not all:
            return describe(errors[0])
        shown = "; ".join(describe(error) for error in errors[:_PROBLEMS_SHOWN_MAX])
        more = len(errors) - _PROBLEMS_SHOWN_MAX
        return f"{shown}; and {more} more" if more > 0 else shown

    def _validator_of(self, schema: Any) -> Any:
        key = write_json(schema)
        validator = self._compiled.pop(key, None) or Draft202012Validator(
            schema, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        self._compiled[key] = validator
        if len(self._compiled) > _SCHEMAS_MAX:
            self._compiled.popitem(last=False)
        return validator
