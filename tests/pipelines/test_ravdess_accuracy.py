"""All 1,440 clips of RAVDESS against the twins, 200 of them against librosa and SciPy.

The largest errors are printed at the end of each test, whether it passes or not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
import tolerances
from oracles import SHAPE_STATISTICS, bound, librosa_log_mel, librosa_mfcc, with_scipy
from quaver import _core
from quaver._lists import KNOWN_STATISTICS
from reference import log_mel as twin_log_mel
from reference import mel
from reference import short_term as twin

pytestmark = pytest.mark.slow

Array = NDArray[np.float64]
RATE, HOP, N_BASE = 16000, 160, len(quaver.frame_names()) // 2
N_LIBROSA = 200


def read(path: Path) -> NDArray[np.int16]:
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == RATE
    return samples


@pytest.fixture(scope="module")
def some_clips(ravdess: list[Path]) -> list[Path]:
    """200 clips, evenly spread over actors and emotions."""
    chosen = np.linspace(0, len(ravdess) - 1, N_LIBROSA).round().astype(int)
    assert len(set(chosen)) == N_LIBROSA
    return [ravdess[i] for i in chosen]


class Report:
    """Largest error of each quantity, and how much of its bound it uses."""

    def __init__(self) -> None:
        self.error: dict[str, float] = {}
        self.use: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    def add(self, name: str, error: Any, bounds: Any) -> None:
        error, bounds = np.broadcast_arrays(error, bounds)
        use = np.divide(error, bounds, out=np.where(error > 0, np.inf, 0.0), where=bounds > 0)
        self.error[name] = max(self.error.get(name, 0.0), float(error.max()))
        self.use[name] = max(self.use.get(name, 0.0), float(use.max()))

    def count(self, name: str, number: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def __str__(self) -> str:
        lines = [f"  {'':34} {'largest error':>13} {'of its bound':>13}"]
        lines += [f"  {k:34} {v:13.2e} {self.use[k]:13.2%}" for k, v in self.error.items()]
        lines += [f"  {k:34} {v:13,}" for k, v in self.counts.items()]
        return "\n".join(lines)


def show(capsys: pytest.CaptureFixture[str], title: str, *reports: Report) -> None:
    with capsys.disabled():
        print(f"\n{title}", *reports, sep="\n")


def on_all_targets(
    clips: list[Path], compare: Callable[[NDArray[np.int16]], Callable[[Report], None]]
) -> dict[str, Report]:
    """A report of each target; `compare` gets what is expected of a clip, the slow part, once."""
    before = _core.target()
    reports = {name: Report() for name in _core.targets()}
    try:
        for path in clips:
            add_to = compare(read(path))
            for name, report in reports.items():
                _core.set_target(name)
                add_to(report)
    finally:
        _core.set_target(before)
    return reports


def compare_short_term(report: Report, samples: NDArray[np.int16], stages: twin.Stages) -> None:
    result = quaver.short_term(samples, RATE)
    found = result.values.astype(np.float64)
    base, derivatives = found[:, :N_BASE], found[:, N_BASE:]
    settled, crossings, rolloffs = tolerances.settle_ties(
        base, stages, samples / 32768, hop_length=HOP, noise=False
    )
    report.count("frames", len(found))
    report.count("zero_crossing_rate ties", crossings)
    report.count("spectral_rolloff ties", rolloffs)
    bounds = tolerances.short_term_bounds(stages.values)
    expected = twin.with_derivatives(settled, 1, None)[:, N_BASE:]
    steps = tolerances.difference_bounds(bounds)
    for i in range(N_BASE):
        name = result.names[i]
        report.add(name, np.abs(base[:, i] - settled[:, i]), bounds[:, i])
        report.add(
            f"delta_{name}",
            np.abs(derivatives[:, i] - expected[:, i]),
            np.maximum(steps[:, i], tolerances.SHORT_TERM * np.abs(expected[:, i])),
        )


def test_short_term_of_all_clips_on_all_targets(
    ravdess: list[Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    def compare(samples: NDArray[np.int16]) -> Callable[[Report], None]:
        stages = twin.stages(samples, RATE)
        return lambda report: compare_short_term(report, samples, stages)

    for name, report in on_all_targets(ravdess, compare).items():
        show(capsys, f"short-term features of {len(ravdess)} clips, {name}", report)
        assert max(report.use.values()) <= 1
        # Ties are rare; more of them would be a mistake that looks like rounding.
        assert report.counts["zero_crossing_rate ties"] < 0.005 * report.counts["frames"]
        assert report.counts["spectral_rolloff ties"] < 0.0005 * report.counts["frames"]


def test_statistics_are_scipys(
    target: str, ravdess: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The fused vector against NumPy and SciPy on the same frames, every eighth clip."""
    report = Report()
    config = quaver.FeatureConfig(statistics=KNOWN_STATISTICS)
    for path in ravdess[::8]:
        samples = read(path)
        frames = quaver.short_term(samples, RATE)
        found = quaver.extract(samples, RATE, config=config).reshape(-1, len(KNOWN_STATISTICS))
        columns = frames.values.astype(np.float64)
        scipys = with_scipy(columns)
        for s, name in enumerate(KNOWN_STATISTICS):
            values = scipys[name]
            if name in SHAPE_STATISTICS:  # SciPy has NaN for columns of equal values
                values = np.where(np.ptp(columns, axis=0) == 0, 0.0, values)
            report.add(name, np.abs(found[:, s] - values), bound(name, values, columns))
    show(capsys, f"statistics of {len(ravdess[::8])} clips, {target}", report)
    assert max(report.use.values()) <= 1


def test_mfcc_is_librosas_on_all_targets(
    some_clips: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    config = quaver.FeatureConfig(n_mfcc=20)

    def compare(samples: NDArray[np.int16]) -> Callable[[Report], None]:
        expected = librosa_mfcc(samples, config)

        def add(report: Report) -> None:
            found = quaver.mfcc(samples, RATE, n_mfcc=20)
            report.add("mfcc [dB]", np.abs(found - expected), tolerances.MFCC_DB)

        return add

    for name, report in on_all_targets(some_clips, compare).items():
        show(capsys, f"MFCC against librosa, {len(some_clips)} clips, {name}", report)
        assert max(report.use.values()) <= 1


@pytest.mark.parametrize(
    "options",
    [{}, {"n_fft": 512, "hop_length": 128, "n_mels": 40, "htk": True}],
    ids=["librosa's defaults", "512, htk"],
)
def test_log_mel_is_librosas_on_all_targets(
    some_clips: list[Path],
    capsys: pytest.CaptureFixture[str],
    options: dict[str, Any],
) -> None:
    stft = {"n_fft": 2048, "hop_length": 512} | options
    htk, n_mels = bool(stft.pop("htk", False)), int(stft.pop("n_mels", 128))
    bank = mel.filter_bank(stft["n_fft"], RATE, n_mels, htk=htk)

    def compare(samples: NDArray[np.int16]) -> Callable[[Report], None]:
        expected = librosa_log_mel(samples / 32768, RATE, **options)
        bounds = tolerances.decibel_bounds(twin_log_mel.stft_magnitude(samples, **stft), bank)
        clear = expected >= expected.max(axis=1, keepdims=True) - tolerances.LOG_MEL_RANGE_DB

        def add(report: Report) -> None:
            error = np.abs(quaver.log_mel(samples, RATE, **options) - expected)
            report.add("log_mel [dB], within 60 dB", error[clear], tolerances.LOG_MEL_DB)
            report.count("bands within 60 dB", int(clear.sum()))
            report.count("bands below", int((~clear).sum()))
            if not clear.all():
                report.add("log_mel [dB], below", error[~clear], bounds[~clear])

        return add

    for name, report in on_all_targets(some_clips, compare).items():
        show(capsys, f"log_mel against librosa, {len(some_clips)} clips, {name}", report)
        assert max(report.use.values()) <= 1
