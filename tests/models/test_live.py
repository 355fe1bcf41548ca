"""Emotions of a signal in chunks: the windows of `predict_timeline` on the whole of it."""

from __future__ import annotations

import threading
import tracemalloc
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import quaver
import quaver.data
from conftest import shown
from quaver.models.base import Voice, open_model
from quaver.models.live import LiveEmotion, Moment
from quaver.models.timeline import Timeline

RATE = 1000


class Checksums(Voice):
    """Its probabilities depend on every bit of a window."""

    rate = RATE

    def __init__(self) -> None:
        self.seen: list[int] = []

    def _labels(self) -> NDArray[np.str_]:
        return np.array(["even", "odd"])

    def _of_parts(self, parts: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        self.seen += [part.size for part in parts]
        if any(part.size < 4 for part in parts):
            raise ValueError("too short for a checksum")
        shares = [zlib.crc32(part.tobytes()) / 2**32 for part in parts]
        return np.array([[share, 1 - share] for share in shares])


class Picky(Checksums):
    """Refuses windows that begin with a loud sample."""

    def _of_parts(self, parts: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        if any(part[0] > 5 for part in parts):
            raise ValueError("too loud")
        return super()._of_parts(parts)


def noise(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(n), np.float32)


def fed(live: LiveEmotion, samples: NDArray[Any], cuts: Iterable[int]) -> list[Moment]:
    """All moments of the chunks between the cuts, and of the end."""
    n = samples.shape[-1]
    edges = [0, *sorted(min(cut, n) for cut in cuts), n]
    found = [live.feed(samples[..., low:high]) for low, high in pairwise(edges)]
    return [moment for moments in (*found, live.flush()) for moment in moments]


def assert_same(found: Sequence[Moment], expected: Timeline, atol: float = 0.0) -> None:
    assert [moment.start for moment in found] == expected.starts.tolist()
    assert [moment.end for moment in found] == expected.ends.tolist()
    assert [moment.level_db for moment in found] == expected.levels_db.tolist()
    assert tuple(moment.warnings for moment in found) == expected.warnings
    assert [moment.reliable for moment in found] == expected.reliable.tolist()
    assert [moment.is_silent for moment in found] == expected.is_silent.tolist()
    assert {moment.classes for moment in found} == {expected.classes}
    shares = np.array([moment.probabilities for moment in found])
    np.testing.assert_allclose(shares, expected.probabilities, rtol=0, atol=atol)
    if not atol:
        assert [moment.label for moment in found] == expected.labels.tolist()


@given(
    n=st.integers(4, 5000),
    cuts=st.lists(st.integers(0, 5000), max_size=12),
    window=st.sampled_from([0.004, 0.1, 0.333, 1.0, 9.0]),
    part=st.sampled_from([0.01, 0.17, 0.5, 1.0, 1.3, 4.0]),
)
def test_any_chunks_give_the_timeline_of_the_whole(
    n: int, cuts: list[int], window: float, part: float
) -> None:
    hop = max(window * part, 2 / RATE)
    x = noise(n)
    found = fed(LiveEmotion(Checksums(), RATE, window, hop), x, cuts)
    assert_same(found, Checksums().predict_timeline(x, RATE, window=window, hop=hop))


@pytest.mark.parametrize("rate", [RATE, 700, 44100 / 16, 3000, 8000])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 7, 333, 40000])
def test_types_and_rates_bit_for_bit(rate: float, dtype: type, size: int) -> None:
    rate = round(rate)
    x = noise(3456)
    x = (x * 20000).astype(dtype) if dtype == np.int16 else x.astype(dtype)
    found = fed(LiveEmotion(Checksums(), rate, 0.4, 0.15), x, range(size, x.size, size))
    assert_same(found, Checksums().predict_timeline(x, rate, window=0.4, hop=0.15))


@pytest.mark.parametrize("downmix", ["mean", 0, 1])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("rate", [RATE, 1600])
def test_channels(rate: int, dtype: type, downmix: Any) -> None:
    x = np.stack([noise(3000), noise(3000, 1)])
    x = (x * 20000).astype(dtype) if dtype == np.int16 else x
    live = LiveEmotion(Checksums(), rate, 0.5, 0.5, downmix=downmix)
    found = fed(live, x, range(90, 3000, 90))
    expected = Checksums().predict_timeline(x, rate, window=0.5, hop=0.5, downmix=downmix)
    assert_same(found, expected)
    assert_same(fed(live, x, [1]), expected)  # a new signal after the end of one


def test_moments_come_as_soon_as_their_samples() -> None:
    live = LiveEmotion(Checksums(), RATE, 1.0, 0.25)
    x = noise(2000)
    ends = [[moment.end for moment in live.feed(x[i : i + 1])] for i in range(2000)]
    assert [(i + 1, *found) for i, found in enumerate(ends) if found] == [
        (1000, 1.0), (1250, 1.25), (1500, 1.5), (1750, 1.75), (2000, 2.0),
    ]  # fmt: skip
    assert live.seconds == 2.0
    assert live.flush() == []
    assert live.seconds == 0.0


def test_each_window_is_looked_at_once() -> None:
    model = Checksums()
    live = LiveEmotion(model, RATE, 1.0, 0.25)
    assert model.seen == [1000]  # the trial
    fed(live, noise(1870), range(50, 1870, 50))
    assert model.seen[1:] == [1000] * 5


def test_a_trial_does_not_take_longer_than_windows_usually_do() -> None:
    model = Checksums()
    LiveEmotion(model, RATE, 1e9, 1.0)
    assert model.seen == [3000]


def test_memory_is_bounded_by_the_window() -> None:
    live = LiveEmotion(Checksums(), RATE, 2.0, 0.5)
    chunk = noise(1000)
    for _ in range(10):
        live.feed(chunk)
    tracemalloc.start()
    try:
        for _ in range(300):  # five minutes, 1.2 MB of samples
            live.feed(chunk)
        # What waits for the collector of cycles is 100,000 at most.
        assert tracemalloc.get_traced_memory()[1] < 300_000
    finally:
        tracemalloc.stop()


def test_a_chunk_of_an_hour_is_not_kept() -> None:
    live = LiveEmotion(Checksums(), 1600, 1.0, 100.0)
    chunk = np.tile(noise(1600), 3600)
    tracemalloc.start()
    try:
        assert len(live.feed(chunk)) == 36
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()


def test_short_signals() -> None:
    live = LiveEmotion(Checksums(), RATE, 1.0, 0.5)
    assert live.flush() == []
    live.feed(noise(20))
    (moment,) = live.flush()
    assert (moment.start, moment.end) == (0.0, 0.02)
    live.feed(noise(2))
    with pytest.raises(ValueError, match="too short for a checksum"):
        live.flush()
    assert live.flush() == []
    slow = LiveEmotion(Checksums(), 100_000, 1.0, 0.5)
    slow.feed(noise(3))
    with pytest.raises(ValueError, match="3 samples at 100000 Hz are too few to resample to 1000"):
        slow.flush()


def test_silence_is_told() -> None:
    live = LiveEmotion(Checksums(), RATE, 1.0, 1.0)
    (moment,) = live.feed(np.zeros(1000, np.int16))
    assert (moment.level_db, moment.is_silent) == (-np.inf, True)
    assert (moment.warnings, moment.reliable) == (("silence",), False)
    assert repr(moment).endswith("%, doubtful: silence>")
    assert "0.00 s to 1.00 s" in repr(moment)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("rate", [RATE, 1500])
def test_a_refused_chunk_leaves_the_signal_as_it_was(bad: float, rate: int) -> None:
    x = noise(5000)
    live = LiveEmotion(Checksums(), rate, 1.0, 0.5)
    broken = x[1234:2000].copy()
    broken[[6, 17]] = bad
    found = live.feed(x[:1234])
    place = rf"at sample 1240 of the signal \({1240 / rate:.3f} s\)"
    with pytest.raises(ValueError, match=place):
        live.feed(broken)
    with pytest.raises(ValueError, match=r"as those before, 1, got shape \(2, 500\): reset\(\)"):
        live.feed(np.stack([x[:500], x[:500]]))
    with pytest.raises(TypeError, match="complex"):
        live.feed(x.astype(complex))
    assert live.feed([]) == live.feed(np.empty((2, 0), np.float32)) == []
    found += [*live.feed(x[None, 1234:]), *live.flush()]  # one channel, too
    assert_same(found, Checksums().predict_timeline(x, rate, window=1.0, hop=0.5))


def test_types_may_be_mixed() -> None:
    x = (noise(3000) * 20000).astype(np.int16)
    live = LiveEmotion(Checksums(), RATE, 1.0, 0.5)
    found = [*live.feed(x[:800]), *live.feed(x[800:1900] / 32768)]
    found += [*live.feed((x[1900:] / 32768).astype(np.float32)), *live.flush()]
    assert_same(found, Checksums().predict_timeline(x, RATE, window=1.0, hop=0.5))


def test_a_window_that_is_refused_costs_no_other() -> None:
    x = noise(3000)
    x[500] = 9.0
    live = LiveEmotion(Picky(), RATE, 0.5, 0.5)
    with pytest.raises(ValueError, match="too loud"):
        live.feed(x)
    assert live.seconds == 3.0
    assert [moment.start for moment in live.feed([])] == [0.0, 1.0, 1.5, 2.0, 2.5]
    with pytest.raises(ValueError, match="too loud"):
        live.feed(x)
    live.reset()
    assert live.flush() == []


def test_what_was_said_before_a_refusal_at_the_end_comes_with_the_next_call() -> None:
    live = LiveEmotion(Picky(), 2 * RATE, 0.5, 0.5)
    x = np.concatenate([noise(1999), np.full(1200, 9.0, np.float32)])
    early = live.feed(x)
    with pytest.raises(ValueError, match="too loud"):
        live.flush()
    late = live.feed(noise(10))
    assert [moment.start for moment in early + late] == [0.0, 0.5]


def test_reset_begins_a_new_signal() -> None:
    live = LiveEmotion(Checksums(), 1500, 1.0, 0.5)
    live.feed(noise(2345))
    live.reset()
    assert live.seconds == 0.0
    x = np.stack([noise(2000, 1)] * 2)  # of other channels
    assert_same(fed(live, x, [500]), Checksums().predict_timeline(x, 1500, window=1.0, hop=0.5))


def test_threads_wait_for_one_another() -> None:
    live = LiveEmotion(Checksums(), RATE, 0.1, 0.05)
    found: list[Moment] = []

    def feed() -> None:
        for _ in range(200):
            found.extend(live.feed(np.full(37, 0.5, np.float32)))

    threads = [threading.Thread(target=feed) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found += live.flush()
    whole = np.full(4 * 200 * 37, 0.5, np.float32)
    expected = Checksums().predict_timeline(whole, RATE, window=0.1, hop=0.05)
    assert_same(sorted(found, key=lambda moment: moment.start), expected)


def test_latency_counts_what_had_to_come_first() -> None:
    live = LiveEmotion(Checksums(), RATE, 1.0, 0.5)
    moments = live.feed(noise(2000))
    assert [round(moment.end, 6) for moment in moments] == [1.0, 1.5, 2.0]
    assert all(m.latency > 2.0 - m.end for m in moments)
    assert moments[0].latency > 1.0
    resampled = LiveEmotion(Checksums(), 3 * RATE, 1.0, 0.5)
    first = next(m for i in range(0, 9000, 30) for m in resampled.feed(noise(30, i)))
    assert first.latency > 0.01


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"model": "svm"}, TypeError, "an opened model of recordings, got 'svm'"),
        ({"model": Checksums}, TypeError, "an opened model of recordings, got <class"),
        ({"model": object()}, TypeError, "an opened model of recordings, got object"),
        ({"sample_rate": 0}, ValueError, "sample_rate must be a positive whole number"),
        ({"sample_rate": "x"}, TypeError, "sample_rate"),
        ({"sample_rate": 300_000}, ValueError, "cannot be resampled from 300000 to 1000 Hz"),
        ({"window": 0}, ValueError, "window must be finite and at least one sample long, got 0"),
        ({"window": "1"}, TypeError, "window must be a number, got '1'"),
        ({"window": np.nan}, ValueError, "window must be finite"),
        ({"hop": 1e-9}, ValueError, "hop must be finite and at least one sample long"),
        ({"hop": np.inf}, ValueError, "hop must be finite"),
        ({"window": 0.003}, ValueError, "Checksums cannot answer windows of 0.003 s: too short"),
        ({"downmix": "sum"}, ValueError, "downmix must be"),
    ],
    ids=shown,
)
def test_what_cannot_be_honoured_is_refused(
    changed: dict[str, Any], error: type[Exception], message: str
) -> None:
    options: dict[str, Any] = {"model": Checksums(), "sample_rate": RATE} | changed
    with pytest.raises(error, match=message):
        LiveEmotion(**options)


def test_a_network_that_is_not_fitted_is_refused() -> None:
    from quaver.models.tdcnn import TDCNNClassifier

    with pytest.raises(ValueError, match="not fitted"):
        LiveEmotion(TDCNNClassifier(), RATE)


# Sums of float32 in another order, or what an iteration of libsvm leaves: in probability.
@pytest.mark.parametrize(("name", "atol"), [("svm", 1e-6), ("encoder", 1e-4), ("tdcnn", 1e-4)])
@pytest.mark.parametrize("rate", [16000, 22050])
def test_models_that_are_shipped(name: str, atol: float, rate: int) -> None:
    model = open_model(name, "recordings")
    x, _ = quaver.load(quaver.data.demo_clip(), rate, downmix="mean")
    x = np.concatenate([x, np.zeros(rate // 2, np.float32), x[: rate // 3]])
    live = LiveEmotion(model, rate, 1.0, 0.4)
    assert live.classes == model.classes
    found = fed(live, x, range(801, x.size, 801))
    assert_same(found, model.predict_timeline(x, rate, window=1.0, hop=0.4), atol)


def test_soft_ends_are_left_out_of_each_window() -> None:
    model = open_model("tdcnn", "recordings")
    assert model.config_.trim_db is not None  # type: ignore[attr-defined]
    x, rate = quaver.load(quaver.data.demo_clip(), 16000, downmix="mean")
    soft = np.concatenate([x[8000:16000], 1e-4 * x[:16000], x[8000:16000]])
    found = fed(LiveEmotion(model, rate, 1.0, 0.5), soft, [700])
    assert_same(found, model.predict_timeline(soft, rate, window=1.0, hop=0.5), 1e-4)


def test_windows_that_the_encoder_cannot_answer() -> None:
    model = open_model("encoder", "recordings")
    with pytest.raises(ValueError, match=r"EncoderClassifier cannot answer windows of 0\.02 s"):
        LiveEmotion(model, 16000, 0.02, 0.02)
