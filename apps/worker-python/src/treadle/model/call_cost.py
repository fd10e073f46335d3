"""What a request takes at most, and what it took, in tokens and in US dollars, as docs/worker-protocol.md says under Budgets."""

from typing import Any

from .model_table import cost_of

Facts = dict[str, float] | None


def bounds_of(
    request: dict[str, Any], request_bytes: int, facts: Facts
) -> tuple[tuple[int, int | None], tuple[float | None, float | None]]:
    """Tokens, then dollars: of the request by its size, and of the longest answer; None where nobody knows."""
    request_tokens = tokens_of(request_bytes)
    longest = request.get("max_completion_tokens") or request.get("max_tokens") or (facts or {}).get("maxOutputTokens")
    answer_tokens = None if longest is None else int(longest) * int(request.get("n") or 1)
    answer_usd = None if answer_tokens is None else cost_of(facts, {"outputTokens": answer_tokens})
    return (request_tokens, answer_tokens), (cost_of(facts, {"inputTokens": request_tokens}), answer_usd)


def used_by(
    usage: dict[str, Any], *, request_bytes: int, received_bytes: int, unused: bool, facts: Facts
) -> tuple[int, float | None]:
    """As the model reported it, or, where an answer broke off before that, by its size."""
    if "inputTokens" in usage or "outputTokens" in usage:
        return usage.get("inputTokens", 0) + usage.get("outputTokens", 0), cost_of(facts, usage)
    if unused:
        return 0, None
    estimate = {"inputTokens": tokens_of(request_bytes), "outputTokens": tokens_of(received_bytes)}
    return sum(estimate.values()), cost_of(facts, estimate)


def tokens_of(size: int) -> int:
    """More than any text takes, whatever its language."""
    return (size + 1) // 2
