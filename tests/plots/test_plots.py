"""What is drawn is what was measured."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

import quaver
from quaver import plots
from quaver.models.scores import score
from quaver.models.timeline import Timeline


@pytest.fixture
def axes() -> Axes:
    return Figure().subplots()


def bars(axes: Axes) -> NDArray[np.float64]:
    """Left edge, width, bottom and height of each bar."""
    return np.array([(p.get_x(), p.get_width(), p.get_y(), p.get_height()) for p in axes.patches])


def test_waveform_of_a_short_clip_is_its_samples(axes: Axes, speech: NDArray[np.float32]) -> None:
    plots.plot_waveform(axes, speech[:2000], 16000)
    times, values = axes.lines[0].get_data()
    np.testing.assert_array_equal(values, speech[:2000])
    np.testing.assert_allclose(times, np.arange(2000) / 16000)
    assert axes.get_xlim() == (0, 2000 / 16000)


def test_waveform_of_a_long_clip_is_its_envelope(axes: Axes, speech: NDArray[np.float32]) -> None:
    plots.plot_waveform(axes, speech, 16000)
    (path,) = axes.collections[0].get_paths()
    assert path.vertices[:, 1].max() == pytest.approx(speech.max())
    assert path.vertices[:, 1].min() == pytest.approx(speech.min())
    assert len(path.vertices) < len(speech)


def test_integers_are_drawn_at_full_scale_one(axes: Axes) -> None:
    plots.plot_waveform(axes, np.array([0, 16384, -32768], np.int16), 3)
    assert axes.lines[0].get_ydata().tolist() == [0, 0.5, -1]


def test_log_mel_is_that_of_the_library(axes: Axes, speech: NDArray[np.float32]) -> None:
    plots.plot_log_mel(axes, speech, 16000, n_mels=40, dynamic_range=50)
    expected = quaver.log_mel(
        speech, 16000, n_fft=1024, hop_length=256, n_mels=40, ref="max", top_db=50
    )
    np.testing.assert_array_equal(axes.images[0].get_array(), expected.T)
    low, high, bottom, top = axes.images[0].get_extent()
    assert (low, bottom, top) == (-128 / 16000, 0, 40)
    assert high == pytest.approx((len(expected) - 0.5) * 256 / 16000)


@pytest.mark.parametrize("frequency", [250, 1000, 4000])
def test_ticks_stand_where_a_tone_is_loudest(axes: Axes, frequency: int) -> None:
    plots.plot_log_mel(axes, np.sin(2 * np.pi * frequency * np.arange(16000) / 16000), 16000)
    loudest = axes.images[0].get_array()[:, 30].argmax() + 0.5
    labels = [label.get_text() for label in axes.get_yticklabels()]
    place = axes.get_yticks()[labels.index(str(frequency))]
    assert abs(place - loudest) <= 1


def test_one_feature_is_drawn_in_its_unit(axes: Axes, speech: NDArray[np.float32]) -> None:
    frames = quaver.short_term(speech, 16000)
    plots.plot_features(axes, frames, ["spectral_centroid"])
    times, values = axes.lines[0].get_data()
    np.testing.assert_array_equal(values, frames.values[:, 3])
    np.testing.assert_array_equal(times, frames.times)
    assert axes.get_ylabel() == "Hz"


def test_several_features_are_standardised(axes: Axes, speech: NDArray[np.float32]) -> None:
    frames = quaver.short_term(speech, 16000)
    plots.plot_features(axes, frames, ["energy", "mfcc_1"])
    for line in axes.lines:
        assert line.get_ydata().mean() == pytest.approx(0, abs=1e-9)
        assert line.get_ydata().std() == pytest.approx(1)
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["energy", "mfcc_1"]


def test_pitch_is_drawn_where_a_voice_is(axes: Axes, speech: NDArray[np.float32]) -> None:
    config = quaver.FeatureConfig(features=("energy", "f0", "f2_frequency"), delta_order=0)
    frames = quaver.short_term(speech, 16000, config=config)
    plots.plot_voice(axes, speech, 16000)
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in axes.lines}
    for name in ("f0", "f2_frequency"):
        is_missing = frames.values[:, frames.names.index(name)] == 0
        np.testing.assert_array_equal(np.isnan(lines[name]), is_missing)
    assert np.nanmin(lines["f2_frequency"]) > np.nanmax(lines["f0"])
    plots.plot_features(axes, frames, ["f0"])
    curve = np.asarray(axes.lines[-1].get_ydata())
    assert 60 < np.nanmin(curve) < np.nanmax(curve) < 200
    assert np.isnan(curve).any()
    assert axes.get_ylabel() == "Hz"


def test_pitch_stands_at_its_frequency(axes: Axes) -> None:
    phase = 2 * np.pi * 250 * np.arange(16000) / 16000
    plots.plot_voice(axes, sum(0.1 * np.sin(k * phase) / k for k in range(1, 12)), 16000)
    texts = [text.get_text() for text in axes.get_yticklabels()]
    expected = axes.get_yticks()[texts.index("250")]
    np.testing.assert_allclose(np.asarray(axes.lines[0].get_ydata()), expected, atol=0.05)


def test_timeline_bars_are_the_probabilities(axes: Axes) -> None:
    probabilities = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3], [1.0, 0.0, 0.0]])
    timeline = Timeline(
        np.array([0.0, 1.0, 1.5]),
        np.array([3.0, 4.0, 4.5]),
        probabilities,
        ("anger", "fear", "x"),
        np.zeros(3),
    )
    plots.plot_timeline(axes, timeline)
    found = bars(axes).reshape(3, 3, 4)  # label, window
    np.testing.assert_allclose(found[:, :, 3], probabilities.T)
    np.testing.assert_allclose(found[0, :, 2], 0)
    np.testing.assert_allclose(found[2, :, 2] + found[2, :, 3], 1)
    # Side by side without gaps from the first start to the last end.
    np.testing.assert_allclose(found[0, :, 0], [0, 2, 2.75])
    np.testing.assert_allclose(found[0, :, 0] + found[0, :, 1], [2, 2.75, 4.5])
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["anger", "fear", "x"]


def test_a_timeline_of_one_window(axes: Axes) -> None:
    timeline = Timeline(
        np.array([0.0]), np.array([2.0]), np.array([[0.25, 0.75]]), ("a", "b"), np.zeros(1)
    )
    plots.plot_timeline(axes, timeline)
    np.testing.assert_allclose(bars(axes), [[0, 2, 0, 0.25], [0, 2, 0.25, 0.75]])


def test_silent_windows_are_empty(axes: Axes) -> None:
    probabilities = np.array([[0.4, 0.6], [0.4, 0.6]])
    times = np.array([0.0, 1.0]), np.array([1.0, 2.0])
    levels = np.array([-20.0, -np.inf])
    plots.plot_timeline(axes, Timeline(*times, probabilities, ("a", "b"), levels))
    assert bars(axes)[:, 3].tolist() == [0.4, 0.0, 0.6, 0.0]


def test_all_labels_have_a_colour_of_their_own() -> None:
    assert tuple(plots.LABEL_COLORS) == quaver.LABELS
    assert len(set(plots.LABEL_COLORS.values())) == len(quaver.LABELS)


def test_clip_has_a_panel_for_each(speech: NDArray[np.float32]) -> None:
    timeline = Timeline(np.array([0.0]), np.array([2.0]), np.array([[1.0]]), ("fear",), np.zeros(1))
    figure = plots.plot_clip(
        speech, 16000, features=["energy", "mfcc_3"], timeline=timeline, title="a$b.wav"
    )
    assert len(figure.axes) == 5
    assert figure.axes[-1].get_xlabel() == "time (s)"
    assert {axes.get_xlim() for axes in figure.axes} == {(0.0, 2.0)}
    picture = io.BytesIO()
    figure.savefig(picture, format="png")  # a title with a dollar sign is no formula
    assert picture.getvalue()[:4] == b"\x89PNG"
    assert len(plots.plot_clip(speech, 16000, features=[]).axes) == 2
    assert len(plots.plot_clip(speech, 16000, features=["f0", "delta_loudness"]).axes) == 4


def test_silence_and_short_clips_can_be_drawn() -> None:
    plots.plot_clip(np.zeros(4000, np.float32), 16000)
    with pytest.raises(ValueError, match="at least one frame of 400 samples, got 100"):
        plots.plot_clip(np.zeros(100, np.float32), 16000)
    plots.plot_clip(np.zeros(100, np.float32), 16000, features=[])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"features": ["noise"]}, ValueError, r"unknown feature\(s\) 'noise'"),
        ({"features": "energy"}, TypeError, "got the string 'energy'"),
        ({"sample_rate": 0}, ValueError, "sample_rate must be"),
        ({"samples": np.zeros(0)}, ValueError, "must not be empty"),
        ({"samples": np.zeros((2, 4000))}, ValueError, "2 channels"),
    ],
    ids=str,
)
def test_bad_input(options: dict[str, Any], error: type[Exception], message: str) -> None:
    arguments = {"samples": np.zeros(4000), "sample_rate": 16000} | options
    with pytest.raises(error, match=message):
        plots.plot_clip(**arguments)


def test_bad_dynamic_range_and_no_names(axes: Axes, speech: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match="dynamic_range must be positive, got 0"):
        plots.plot_log_mel(axes, speech, 16000, dynamic_range=0)
    with pytest.raises(ValueError, match="names must not be empty"):
        plots.plot_features(axes, quaver.short_term(speech, 16000), [])


def test_training_curves_are_the_history() -> None:
    history = [{"loss": 2.0 - i / 10, "val_uar": i / 10} for i in range(5)]
    figure = plots.plot_training(history)
    for axes, name in zip(figure.axes, ("loss", "val_uar"), strict=True):
        (line,) = axes.lines
        assert axes.get_ylabel() == name
        assert line.get_xdata().tolist() == [1, 2, 3, 4, 5]
        assert line.get_ydata().tolist() == [epoch[name] for epoch in history]
    with pytest.raises(ValueError, match="at least one epoch"):
        plots.plot_training([])


def test_confusion_shows_clips_and_shares_of_the_true_label() -> None:
    true, predicted = ["a", "a", "a", "b"], ["a", "a", "b", "b"]
    figure = plots.plot_confusion(score("mine", ["a", "b", "c"], [(true, predicted)]))
    axes = figure.axes[0]
    numbers = [int(text.get_text()) for text in axes.texts]
    assert numbers == [2, 1, 0, 0, 1, 0, 0, 0, 0]
    shares = axes.images[0].get_array()
    np.testing.assert_allclose(shares, [[2 / 3, 1 / 3, 0], [0, 1, 0], [0, 0, 0]])
    assert "75.0%" in axes.get_title()
    figure.savefig(io.BytesIO(), format="png")


def test_pyplot_is_not_touched(speech: NDArray[np.float32]) -> None:
    before = "matplotlib.pyplot" in sys.modules
    plots.plot_clip(speech, 16000)
    assert ("matplotlib.pyplot" in sys.modules) == before
