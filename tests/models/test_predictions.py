"""What models say of recordings and texts, and whether it can be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import quaver
from quaver.batch import Failure
from quaver.models.encoder import Embeddings
from quaver.models.predictions import Predictions
from quaver.models.scores import score
from quaver.models.tdcnn.evaluation import Split
from quaver.models.text.evaluation import TextReport, Texts
from quaver.models.timeline import Timeline
from quaver.record import Recording

ANSWER = (np.array(["a", "b"]), np.eye(2), ("a", "b"), np.arange(2), ())


def test_answers_are_reliable_unless_it_is_said() -> None:
    found = Predictions(*ANSWER)
    assert found.reliable.tolist() == [True, True]
    assert found.warnings == ((), ())
    told = Predictions(*ANSWER, reliable=[True, False], warnings=[[], ["clipped", "silence"]])  # type: ignore[arg-type]
    assert told.reliable.dtype == bool
    assert told.warnings == ((), ("clipped", "silence"))


def test_warnings_are_checked() -> None:
    with pytest.raises(ValueError, match="must have 2 rows"):
        Predictions(*ANSWER, reliable=np.array([True]))
    with pytest.raises(ValueError, match="must have 2 rows"):
        Predictions(*ANSWER, warnings=((),))
    with pytest.raises(ValueError, match=r"must be among silence.*got \['loud'\]"):
        Predictions(*ANSWER, warnings=((), ("loud",)))


FAILED = Failure(3, "a.wav", "ValueError", "a.wav: the file is empty")
HALVES = np.full((300, 2), 0.5)
MANY = [["a", "b"] * 150] * 2
#: What holds much, and the line that it is shown in.
SHOWN: list[tuple[Any, str]] = [
    (FAILED, "<Failure of clip 3: ValueError: a.wav: the file is empty>"),
    (Failure(0, "<array>", "TypeError", "no"), "<Failure of clip 0: <array>: TypeError: no>"),
    (
        Predictions(np.array(["a"] * 300), HALVES, ("a", "b"), np.arange(300), (FAILED,) * 60),
        "<Predictions of 300 x 2 probabilities, 60 failed, 0 not reliable>",
    ),
    (
        Predictions(*ANSWER, reliable=[True, False]),  # type: ignore[arg-type]
        "<Predictions of 2 x 2 probabilities, 0 failed, 1 not reliable>",
    ),
    (
        Timeline(np.arange(300.0), np.arange(300) + 3.0, HALVES, ("a", "b"), np.full(300, -80.0)),
        "<Timeline of 300 x 2 probabilities over 302.00 s, 300 silent>",
    ),
    (
        Embeddings(np.zeros((300, 2, 768), np.float32), (2, 3), np.arange(300), (FAILED,)),
        "<Embeddings of 300 x 2 x 768 values, 1 failed>",
    ),
    (
        score("fair", ["a", "b"], [(MANY[0], MANY[1])]),
        "<Report 'fair': accuracy 100.00%, average recall 100.00%, 1 fold>",
    ),
    (quaver.short_term(np.zeros(160000), 16000), "<ShortTerm of 998 frames x 42 features>"),
    (Recording(np.zeros(16000, np.float32), 16000), "<Recording of 16000 samples at 16000 Hz>"),
    (
        Split(None, np.arange(9), np.arange(2), np.arange(3)),  # type: ignore[arg-type]
        "<Split of 9 clips for training, 2 for validation, 3 for tests>",
    ),
    (Texts(["a"] * 300, np.zeros((300, 7), bool)), "<Texts: 300, 7 labels>"),
    (
        TextReport("x", 0.5, 0.25, 1.0, 1.0, 1.0, {"a": 0.1}, {}, 40, 30),
        "<TextReport 'x': macro-F1 0.5000 on dev, 0.2500 on 40 test texts>",
    ),
]


@pytest.mark.parametrize(("value", "line"), SHOWN, ids=lambda value: type(value).__name__)
def test_what_holds_much_is_shown_in_a_line(value: Any, line: str) -> None:
    assert repr(value) == line
