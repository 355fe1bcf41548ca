"""Pictures of a clip: waveform, log-mel spectrogram, short-term features, emotions over time.

Each ``plot_*`` draws on the matplotlib axes it is given; `plot_clip` puts them below one another on
a new figure, `plot_training` and `plot_confusion` show how a model was trained and how it errs.
Nothing here touches pyplot's global state, so it works without a display.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core
from quaver._extras import extra
from quaver._lists import KNOWN_FEATURES, UNITS, VOICE_FEATURES, VOICED_FEATURES
from quaver._validate import Downmix, as_recording, check_sample_rate
from quaver.config import FeatureConfig
from quaver.features import ShortTerm, base_name, frame_names, short_term
from quaver.spectrogram import log_mel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from quaver.models.scores import Report
    from quaver.models.timeline import Timeline

#: Okabe & Ito's colours, told apart with every kind of colour vision; in the order of the labels.
LABEL_COLORS = {
    "anger": "#D55E00",
    "disgust": "#009E73",
    "fear": "#000000",
    "happiness": "#F0E442",
    "neutral": "#BBBBBB",
    "sadness": "#0072B2",
    "surprise": "#CC79A7",
}

_VOICE_COLORS = {
    "f0": "white",
    "f1_frequency": "tab:cyan",
    "f2_frequency": "tab:green",
    "f3_frequency": "tab:olive",
}

_ENVELOPE_POINTS = 4000


def plot_waveform(
    axes: Axes, samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None
) -> None:
    """Draw the samples over time; of long recordings the envelope.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What to draw on.
    samples : array_like of shape (n,) or (channels, n), int16, float32 or float64
        int16 is scaled by 1/32768.
    sample_rate : int
        Sampling rate in Hz.
    downmix : {None, "mean"} or int, default None
        How several channels become one.

    Raises
    ------
    ValueError, TypeError
        For samples of another shape or type, or none.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> plot_waveform(axes, np.sin(np.arange(16000) * 0.1), 16000)
    >>> axes.get_ylabel()
    'amplitude'
    """
    mono, rate = as_recording(samples, downmix), check_sample_rate(sample_rate)
    block = -(-mono.size // _ENVELOPE_POINTS)
    if block == 1:
        axes.plot(np.arange(mono.size) / rate, mono, linewidth=0.6, color="tab:blue")
    else:
        # Millions of points would be slow to draw and look the same as their extremes.
        starts = np.arange(0, mono.size, block)
        low = np.minimum.reduceat(mono, starts)
        high = np.maximum.reduceat(mono, starts)
        axes.fill_between(starts / rate, low, high, linewidth=0.4, color="tab:blue")
    axes.set_xlim(0, mono.size / rate)
    axes.set_ylabel("amplitude")


def plot_log_mel(
    axes: Axes,
    samples: ArrayLike,
    sample_rate: float,
    *,
    n_mels: int = 64,
    dynamic_range: float = 80.0,
    downmix: Downmix = None,
) -> None:
    """Draw the log-mel spectrogram with frequencies in Hz.

    Parameters
    ----------
    axes, samples, sample_rate, downmix
        As in `plot_waveform`.
    n_mels : int, default 64
        Mel bands.
    dynamic_range : float, default 80.0
        Decibel between the loudest point and the darkest colour.

    Raises
    ------
    ValueError, TypeError
        As in `quaver.log_mel`, or for a dynamic range that is not positive.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> plot_log_mel(axes, np.sin(np.arange(16000) * 0.1), 16000)
    >>> len(axes.images)
    1
    """
    if not dynamic_range > 0:
        raise ValueError(f"dynamic_range must be positive, got {dynamic_range}")
    mono, rate = as_recording(samples, downmix), check_sample_rate(sample_rate)
    n_fft = max(64, 1 << (round(0.05 * rate) - 1).bit_length())
    hop = n_fft // 4
    picture = log_mel(
        mono, rate, n_fft=n_fft, hop_length=hop, n_mels=n_mels, ref="max", top_db=dynamic_range
    )
    duration = mono.size / rate
    # Frames are centred on multiples of the hop, so each colours half a hop on both sides.
    extent = (-hop / 2 / rate, (len(picture) - 0.5) * hop / rate, 0, n_mels)
    axes.imshow(picture.T, origin="lower", aspect="auto", extent=extent, cmap="magma")
    ticks = np.array([t for t in (250, 500, 1000, 2000, 4000, 8000, 16000) if t < rate / 2])
    if ticks.size:
        axes.set_yticks(_places(ticks, rate, n_mels), [str(tick) for tick in ticks])
    axes.set_xlim(0, duration)
    axes.set_ylim(0, n_mels)
    axes.set_ylabel("Hz")


def plot_features(
    axes: Axes, frames: ShortTerm, names: Sequence[str] = ("spectral_centroid",)
) -> None:
    """Draw short-term features over time.

    One feature is drawn in its unit; of several, each is standardised (mean 0, deviation 1), and
    there is a legend. What means something in voiced frames only is drawn where it is not 0.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What to draw on.
    frames : ShortTerm
        What `quaver.short_term` returned.
    names : sequence of str, default ("spectral_centroid",)
        Columns of the frames, such as ``mfcc_1`` or ``delta_energy``.

    Raises
    ------
    ValueError
        For no names or one that is no column.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> frames = short_term(np.sin(np.arange(16000) * 0.1), 16000)
    >>> plot_features(axes, frames, ["energy", "mfcc_1"])
    >>> [line.get_label() for line in axes.lines]
    ['energy', 'mfcc_1']
    """
    _check_names(names, frames.names)
    for name in names:
        curve = _curve(frames, name)
        if len(names) > 1:
            curve = (curve - _of_known(np.mean, curve)) / (_of_known(np.std, curve) or 1.0)
        marker = "." if len(curve) == 1 else None
        axes.plot(frames.times, curve, label=name, linewidth=0.9, marker=marker)
    if len(names) > 1:
        axes.legend(loc="upper right", fontsize="small")
        axes.set_ylabel("standardised")
    else:
        # Names are too long for the side of a low panel.
        axes.set_title(names[0], loc="left", fontsize="small", pad=2)
        axes.set_ylabel(UNITS.get(base_name(names[0]), ""))


def _curve(frames: ShortTerm, name: str) -> NDArray[np.float64]:
    """Return a column, not a number where it means nothing."""
    curve = frames.values[:, frames.names.index(name)].astype(np.float64)
    if base_name(name) in VOICED_FEATURES:
        curve[curve == 0] = np.nan
    return curve


def _of_known(statistic: Callable[..., Any], curve: NDArray[np.float64]) -> float:
    known = curve[~np.isnan(curve)]
    return float(statistic(known)) if known.size else 0.0


def plot_voice(
    axes: Axes, samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None
) -> None:
    """Draw pitch and formants of a voice over the log-mel spectrogram, with frequencies in Hz.

    Parameters
    ----------
    axes, samples, sample_rate, downmix
        As in `plot_waveform`.

    Raises
    ------
    ValueError, TypeError
        As in `quaver.short_term`, or for a rate below 8000 Hz.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> plot_voice(axes, np.sin(np.arange(16000) * 0.1), 16000)
    >>> [line.get_label() for line in axes.lines]
    ['f0', 'f1_frequency', 'f2_frequency', 'f3_frequency']
    """
    mono, rate = as_recording(samples, downmix), check_sample_rate(sample_rate)
    config = FeatureConfig(sample_rate=rate, features=tuple(_VOICE_COLORS), delta_order=0)
    frames = short_term(mono, rate, config=config)
    n_mels = 64
    plot_log_mel(axes, mono, rate, n_mels=n_mels)
    for name, color in _VOICE_COLORS.items():
        curve = _curve(frames, name)
        places = _places(np.nan_to_num(curve), rate, n_mels)
        places[np.isnan(curve)] = np.nan
        style = "-" if name == "f0" else "."
        axes.plot(frames.times, places, style, label=name, color=color, markersize=3)
    axes.legend(loc="upper right", fontsize="small")


def plot_timeline(axes: Axes, timeline: Timeline) -> None:
    """Draw the probability of each emotion over time as stacked bars, one a window.

    Silent windows are left empty.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What to draw on.
    timeline : Timeline
        What `quaver.models.svm.predict_timeline` returned.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from quaver.models import svm
    >>> axes = Figure().subplots()
    >>> clip = np.sin(np.arange(80000) * 0.1)
    >>> timeline = svm.predict_timeline(svm.load_pretrained(), clip, 16000)
    >>> plot_timeline(axes, timeline)
    >>> axes.get_ylabel()
    'probability'
    """
    # Windows may overlap: a bar is as wide as the step to the next one, around its window's middle.
    middles = (timeline.starts + timeline.ends) / 2
    edges = (middles[1:] + middles[:-1]) / 2
    left = np.concatenate([timeline.starts[:1], edges])
    widths = np.concatenate([edges, timeline.ends[-1:]]) - left
    below = np.zeros(len(timeline))
    shares = np.where(timeline.is_silent[:, None], 0, timeline.probabilities)
    for label, share in zip(timeline.classes, shares.T, strict=True):
        color = LABEL_COLORS.get(label)
        axes.bar(left, share, widths, below, align="edge", label=label, color=color)
        below += share
    axes.set_ylim(0, 1)
    axes.set_ylabel("probability")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small", frameon=False)


def plot_clip(
    samples: ArrayLike,
    sample_rate: float,
    *,
    features: Sequence[str] = ("energy", "spectral_centroid", "mfcc_1"),
    timeline: Timeline | None = None,
    title: str | None = None,
    downmix: Downmix = None,
) -> Figure:
    """Draw waveform, log-mel spectrogram, features and emotions on a new figure.

    Parameters
    ----------
    samples, sample_rate, downmix
        As in `plot_waveform`.
    features : sequence of str, default ("energy", "spectral_centroid", "mfcc_1")
        Short-term features, one panel each, of all that `FeatureConfig` lists; may be empty.
    timeline : Timeline, optional
        Emotions over time; no panel by default.
    title : str, optional
        Above the figure.

    Returns
    -------
    matplotlib.figure.Figure
        Save it with ``figure.savefig("clip.png")``.

    Raises
    ------
    ValueError, TypeError
        As in `quaver.short_term`, or for an unknown feature.

    Examples
    --------
    >>> figure = plot_clip(np.sin(np.arange(16000) * 0.1), 16000, features=["energy"])
    >>> len(figure.axes)
    3
    """
    with extra("plot", user="a picture"):
        from matplotlib.figure import Figure

    mono, rate = as_recording(samples, downmix), check_sample_rate(sample_rate)
    config = _config_of(features, rate)
    # Computed before anything is drawn: a clip that is too short must not leave half a figure.
    frames = short_term(mono, rate, config=config) if features else None
    heights = [1.0, 1.6, *[0.7] * len(features), *([1.1] if timeline is not None else [])]
    figure = Figure(figsize=(10, 1.5 * sum(heights) + 0.6), layout="constrained")
    panels = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )[:, 0]
    plot_waveform(panels[0], mono, rate)
    plot_log_mel(panels[1], mono, rate)
    for panel, name in zip(panels[2:], features, strict=False):
        assert frames is not None
        plot_features(panel, frames, [name])
    if timeline is not None:
        plot_timeline(panels[-1], timeline)
    panels[-1].set_xlim(0, mono.size / rate)
    panels[-1].set_xlabel("time (s)")
    figure.align_ylabels(panels)
    if title is not None:
        # A file name may hold $, which would start a formula.
        figure.suptitle(title, parse_math=False)
    return figure


def plot_training(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw loss and validation score of each epoch on a new figure.

    Parameters
    ----------
    history : sequence of mapping
        Numbers by name, one mapping an epoch, as in the attribute ``history_`` of the networks.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for each name.

    Raises
    ------
    ValueError
        For no epochs.

    Examples
    --------
    >>> figure = plot_training([{"loss": 1.9, "val_uar": 0.2}, {"loss": 1.7, "val_uar": 0.3}])
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['loss', 'val_uar']
    """
    with extra("plot", user="a picture"):
        from matplotlib.figure import Figure

    if not history:
        raise ValueError("history must hold at least one epoch, got none")
    names = list(history[0])
    figure = Figure(figsize=(7, 2.2 * len(names) + 0.6), layout="constrained")
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    epochs = range(1, len(history) + 1)
    for panel, name in zip(panels, names, strict=True):
        panel.plot(epochs, [epoch[name] for epoch in history], marker=".")
        panel.set_ylabel(name)
        panel.grid(alpha=0.3)
    panels[-1].set_xlabel("epoch")
    return figure


def plot_confusion(report: Report) -> Figure:
    """Draw the confusion matrix of a report on a new figure.

    Parameters
    ----------
    report : quaver.models.scores.Report

    Returns
    -------
    matplotlib.figure.Figure
        Rows are true labels; colours are shares of a row, numbers are clips.

    Examples
    --------
    >>> from quaver.models.scores import score
    >>> figure = plot_confusion(score("mine", ["a", "b"], [(["a", "b"], ["a", "a"])]))
    >>> figure.axes[0].get_xlabel()
    'predicted'
    """
    with extra("plot", user="a picture"):
        from matplotlib.figure import Figure

    counts = report.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 1.5 + 0.75 * len(counts)
    figure = Figure(figsize=(size + 1, size), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        color = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=color)
    places = range(len(counts))
    axes.set_xticks(places, report.classes, rotation=45, ha="right")
    axes.set_yticks(places, report.classes)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(
        f"{report.name}: accuracy {report.accuracy:.1%}, average recall {report.uar:.1%}",
        parse_math=False,
        fontsize="medium",
    )
    figure.colorbar(image, label="share of the true label")
    return figure


def _config_of(names: Sequence[str], sample_rate: int) -> FeatureConfig:
    """Return a configuration that has the features; those of the default set are cheap."""
    known = KNOWN_FEATURES
    if sample_rate < _core.lowest_voice_rate:
        known = tuple(name for name in known if name not in VOICE_FEATURES)
    config = FeatureConfig(sample_rate=sample_rate, features=known)
    if not names:
        return config
    _check_names(names, frame_names(config))
    rows = _core.short_term_rows(config.n_mels, config.n_mfcc)
    wanted = {feature for feature, row in rows for name in names if row == base_name(name)}
    return replace(config, features=tuple(wanted))


def _check_names(names: Sequence[str], known: tuple[str, ...]) -> None:
    if isinstance(names, str):
        raise TypeError(f"names must be a list of features, got the string {names!r}")
    if not names:
        raise ValueError("names must not be empty")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"unknown feature(s) {', '.join(map(repr, unknown))}, expected among {', '.join(known)}"
        )


def _places(frequencies: NDArray[Any], rate: float, n_mels: int) -> NDArray[np.float64]:
    """Return where they stand: band i peaks at (i + 1)/(n_mels + 1) of the mel range, in row i."""
    shares = _slaney_mel(frequencies) / _slaney_mel(np.array([rate / 2]))
    return np.asarray(shares * (n_mels + 1) - 0.5)


def _slaney_mel(frequency: NDArray[Any]) -> NDArray[np.float64]:
    """Return mel (Slaney 1998): linear below 1 kHz, logarithmic above."""
    linear = frequency * 3 / 200
    above = 15 + 27 * np.log(np.maximum(frequency, 1000) / 1000) / np.log(6.4)
    return np.where(frequency < 1000, linear, above)
