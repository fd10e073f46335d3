"""Hands each call of a committed batch its result."""

from typing import Any

from .batch import Batch
from .types import AppendResult, ClaimResult


def settle(batch: Batch, answer: dict[str, Any]) -> None:
    """``answer`` is what ``treadle.append`` gives: runs are [last seq, outbox applied, cancel, pause, ended, exceeded]."""
    runs = answer["runs"]
    for entry, accepted in zip(batch.attempts, answer["accepted"] or [], strict=True):
        result = AppendResult(bool(accepted), cancel_requested=runs[entry.run][2])
        for item in entry.items:
            if not item.future.done():
                item.future.set_result(result)
    for entry, claim in zip(batch.claims, answer["claims"] or [], strict=True):
        _, outbox_applied, cancel_requested, *_ = runs[entry.run]
        if not entry.item.future.done():
            entry.item.future.set_result(
                ClaimResult(**claim, outbox_applied=outbox_applied, cancel_requested=cancel_requested)
            )
