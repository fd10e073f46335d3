import pytest
import treadle
from my_tools import Scored, score_text


def test_a_text_of_different_words_has_the_best_score():
    assert score_text("All words differ here") == Scored(score=1)
    assert score_text("again and again and Again") == Scored(score=0.4)


def test_a_text_without_words_is_an_error_that_a_document_can_catch():
    with pytest.raises(treadle.TreadleError) as caught:
        score_text("…")
    assert caught.value.type == "nothing_to_score"
