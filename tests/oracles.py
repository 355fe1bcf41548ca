"""What SciPy and librosa say of the same samples, fed float64 on frames aligned to quaver's."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from typing import Any

import librosa
import numpy as np
import pytest
import scipy.signal
import scipy.stats
from numpy.typing import NDArray

import quaver
import tolerances
from reference import framing

Array = NDArray[np.float64]
SHAPE_STATISTICS = ("kurtosis", "skewness")


def with_scipy(column: Array) -> dict[str, Any]:
    """Each statistic of a column, or of each column."""
    slope, curvature, residual = _trend(column)
    with warnings.catch_warnings():
        # SciPy warns of rows that are nearly constant, in float64 terms.
        warnings.simplefilter("ignore", RuntimeWarning)
        return {
            "mean": column.mean(axis=0),
            "median": np.median(column, axis=0),
            "std": column.std(axis=0),
            "kurtosis": scipy.stats.kurtosis(column),
            "skewness": scipy.stats.skew(column),
            "percentile_1": np.percentile(column, 1, axis=0),
            "percentile_99": np.percentile(column, 99, axis=0),
            "min": column.min(axis=0),
            "max": column.max(axis=0),
            "range": np.ptp(column, axis=0),
            "quartile_1": np.percentile(column, 25, axis=0),
            "quartile_3": np.percentile(column, 75, axis=0),
            "iqr": scipy.stats.iqr(column, axis=0),
            "slope": slope,
            "curvature": curvature,
            "residual": residual,
        }


def _trend(column: Array) -> tuple[Any, Any, Any]:
    """What NumPy's orthogonal polynomials take of a column, and what is left."""
    n = len(column)
    basis, _ = np.linalg.qr(np.vander(np.linspace(-1, 1, n), 3, increasing=True))
    basis *= np.sign(basis[-1])
    shares = np.zeros((3, *column.shape[1:]))
    shares[: basis.shape[1]] = basis.T @ column
    left = column - basis @ shares[: basis.shape[1]]
    return *(shares[1:] / np.sqrt(n)), np.sqrt((left**2).mean(axis=0))


def bound(name: str, value: Any, column: Array) -> Any:
    """Relative to the value; near zero, to the row's deviation, or 1 for skewness and kurtosis."""
    near_zero = 1.0 if name in SHAPE_STATISTICS else column.std(axis=0)
    return tolerances.STATISTICS * np.maximum(np.abs(value), near_zero)


def librosa_log_mel(samples: NDArray[Any], sample_rate: int, **options: Any) -> Array:
    """The same in librosa, fed float64 throughout; time first."""
    decibel = {k: options.pop(k) for k in ("ref", "amin", "top_db") if k in options}
    if decibel.get("ref") == "max":
        decibel["ref"] = np.max
    if "win_length" in options and options["win_length"] is None:
        del options["win_length"]
    if options.get("window") == "boxcar":
        options["window"] = np.ones
    mel_power = librosa.feature.melspectrogram(
        y=samples.astype(np.float64), sr=sample_rate, dtype=np.float64, **options
    )
    return librosa.power_to_db(mel_power, **({"top_db": None} | decibel)).T


def librosa_mfcc(samples: NDArray[Any], config: quaver.FeatureConfig) -> Array:
    """librosa in float64 on quaver's frames: it centres the window in n_fft, hence the margin."""
    y = framing.pre_emphasis(framing.scale(samples), config.pre_emphasis)
    margin = config.n_fft - config.frame_length
    window = scipy.signal.get_window(config.window, config.frame_length, fftbins=False)
    mel_power = librosa.feature.melspectrogram(
        y=np.pad(y, (margin // 2, margin - margin // 2)),
        sr=config.sample_rate,
        n_fft=config.n_fft,
        hop_length=config.hop_length,
        win_length=config.frame_length,
        window=window,
        center=False,
        n_mels=config.n_mels,
        fmin=config.fmin,
        fmax=config.fmax,
        dtype=np.float64,
    )
    decibel = librosa.power_to_db(mel_power, top_db=None)
    return librosa.feature.mfcc(S=decibel, n_mfcc=config.n_mfcc).T


# openSMILE's engine aborts its process now and then where single levels of its graph are asked for.
SMILE = """
import pickle, sys
from pathlib import Path
import numpy as np, opensmile
clips, levels = pickle.load(sys.stdin.buffer)
graph = Path(opensmile.__file__).parent / "core/config/egemaps/v02/eGeMAPSv02.conf"
smiles = {x: opensmile.Smile(feature_set=str(graph), feature_level=x) for x in levels}
found = [
    {x: smile.process_signal(y, rate).to_numpy(np.float64) for x, smile in smiles.items()}
    for y, rate in clips
]
pickle.dump(found, sys.stdout.buffer)
"""


def smile_levels(
    clips: list[tuple[NDArray[np.int16], int]], levels: list[str]
) -> list[dict[str, Any]]:
    """What openSMILE's eGeMAPSv02 holds of each clip at some of its levels."""
    scaled = [(samples.astype(np.float32) / 32768, rate) for samples, rate in clips]
    done = subprocess.run(
        [sys.executable, "-c", SMILE], input=pickle.dumps((scaled, levels)), capture_output=True
    )
    if done.returncode < 0:
        pytest.skip(f"openSMILE ended its process with signal {-done.returncode}")
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    found: list[dict[str, Any]] = pickle.loads(done.stdout)
    return found
