"""Hands each call of a committed batch its result."""

from typing import Any

from ..encryption.sealer import SealedError, Sealer, place_of
from ..errors import to_error_info
from .batch import Batch
from .types import AppendResult, ClaimResult


def settle(batch: Batch, answer: dict[str, Any], sealer: Sealer) -> None:
    """``answer`` is what ``treadle.append`` gives: runs are [last seq, outbox applied, cancel, pause, ended, exceeded]."""
    runs = answer["runs"]
    for entry, accepted in zip(batch.attempts, answer["accepted"] or [], strict=True):
        result = AppendResult(bool(accepted), cancel_requested=runs[entry.run][2])
        for item in entry.items:
            if not item.future.done():
                item.future.set_result(result)
    for entry, claim in zip(batch.claims, answer["claims"] or [], strict=True):
        _, outbox_applied, cancel_requested, *_ = runs[entry.run]
        if entry.item.future.done():
            continue
        try:
            place = place_of(entry.item.run, entry.item.path)
            opened = {
                **claim,
                **{name: sealer.open(place, claim[name]) for name in ("output", "error") if name in claim},
            }
        except SealedError as error:
            if error.is_key_missing:  # Whoever has the key may take it.
                entry.item.future.set_exception(error)
                continue
            opened = {"status": "failed", "error": to_error_info(error, entry.item.path)}
        entry.item.future.set_result(
            ClaimResult(**opened, outbox_applied=outbox_applied, cancel_requested=cancel_requested)
        )
