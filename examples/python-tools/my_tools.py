"""Functions for the Python worker: ``treadle-worker --import my_tools`` in this folder.

examples/mixed-languages.yaml calls ``score_text``; summarize.yaml in this folder calls ``summarize``.
"""

import re
from typing import Annotated

import treadle
from pydantic import BaseModel, Field

_WORD = re.compile(r"\w+")


class Scored(BaseModel):
    score: Annotated[float, Field(ge=0, le=1, description="from 0, the worst, to 1")]


@treadle.function
def score_text(text: str) -> Scored:
    """How varied the words of a text are."""
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        # A type of our own: a document may catch it.
        raise treadle.TreadleError("nothing_to_score", "There is no word to score.")
    return Scored(score=len(set(words)) / len(words))


class Summary(BaseModel):
    parts: int
    words: int


@treadle.function
async def summarize(parts: list[str], context: treadle.Context) -> Summary:
    """Counts words part by part, and shows it; an attempt that follows a dead one goes on where that one was."""
    kept = await context.load_state() or {"done": 0, "words": 0}
    done, words = kept["done"], kept["words"]
    for part in parts[done:]:
        words += len(_WORD.findall(part))
        done += 1
        await context.emit_text(f"{done}/{len(parts)} ")
        await context.progress(done / len(parts))
        await context.save_state({"done": done, "words": words})
    return Summary(parts=done, words=words)
