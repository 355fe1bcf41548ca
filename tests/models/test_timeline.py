"""Windows over a long recording."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaver.models.timeline import Timeline, windows
from quaver.models.trust import level_db


@given(
    n=st.integers(1, 100_000),
    rate=st.sampled_from([100, 8000, 16000]),
    window=st.floats(0.01, 20),
    part=st.floats(0.05, 1),
)
def test_every_sample_is_covered(n: int, rate: int, window: float, part: float) -> None:
    hop = max(window * part, 1 / rate)
    spans = windows(n, rate, window=window, hop=hop)
    length = min(round(window * rate), n)
    assert spans[0, 0] == 0
    assert spans[-1, 1] == n
    assert (spans[:, 1] - spans[:, 0] == length).all()
    for (low, _), (high, _) in pairwise(spans.tolist()):
        assert 0 < high - low <= round(hop * rate)


def test_gaps_are_meant_where_the_hop_is_longer() -> None:
    spans = windows(1000, 100, window=1, hop=4)
    assert spans.tolist() == [[0, 100], [400, 500], [800, 900]]


@pytest.mark.parametrize(
    ("window", "hop", "message"),
    [
        (0, 1, "window must be .*, got 0 s"),
        (1, -1, "hop must be .*, got -1 s"),
        (float("nan"), 1, "window must be .*, got nan s"),
        (1, float("inf"), "hop must be .*, got inf s"),
        (1, 1e-6, "hop must be .*, got 1e-06 s at 16000 Hz"),
    ],
)
def test_bad_windows(window: float, hop: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        windows(16000, 16000, window=window, hop=hop)


def test_nothing_to_slide_over() -> None:
    with pytest.raises(ValueError, match="must hold samples, got 0"):
        windows(0, 16000, window=1, hop=1)


def test_labels_are_the_most_probable() -> None:
    probabilities = np.array([[0.2, 0.8], [0.6, 0.4]])
    levels = np.array([-30.0, -90.0])
    timeline = Timeline(
        np.array([0.0, 1.0]), np.array([1.0, 2.0]), probabilities, ("a", "b"), levels
    )
    assert timeline.is_silent.tolist() == [False, True]
    assert timeline.labels.tolist() == ["b", "a"]
    assert len(timeline) == 2


def test_levels() -> None:
    assert level_db(np.sin(np.arange(16000) * 0.1)) == pytest.approx(-3.01, abs=0.01)
    assert level_db(np.zeros(10, np.float32)) == -np.inf
    assert level_db(np.full(10, 1e-30, np.float32)) == pytest.approx(-600)
