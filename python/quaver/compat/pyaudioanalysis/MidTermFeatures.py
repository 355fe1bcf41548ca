"""Mid-term features, as `pyAudioAnalysis.MidTermFeatures`: statistics of short-term ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quaver.compat.install import original_names
from quaver.compat.pyaudioanalysis import ShortTermFeatures

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def mid_feature_extraction(
    signal: ArrayLike, sampling_rate: float, mid_window: float, mid_step: float,
    short_window: float, short_step: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str]]:  # fmt: skip
    """Compute means and standard deviations of the short-term features of longer windows.

    Arguments as pyAudioAnalysis', in samples. Returns 68 means and then 68 standard deviations,
    (136, n_windows), NaN made 0; the short-term features, (68, n_frames); and the names of the rows
    of the first. The last windows may be shorter.

    Examples
    --------
    >>> tone = np.sin(np.arange(16000) * 0.1)
    >>> mid, short, names = mid_feature_extraction(tone, 16000, 8000, 4000, 800, 400)
    >>> mid.shape, short.shape, names[0], names[68]
    ((136, 4), (68, 39), 'zcr_mean', 'zcr_std')
    """
    short, short_names = ShortTermFeatures.feature_extraction(
        signal, sampling_rate, short_window, short_step
    )
    length = round((mid_window - (short_window - short_step)) / short_step)
    step = round(mid_step / short_step)
    if step < 1:
        raise ValueError(f"mid_step must be at least one short_step ({short_step}), got {mid_step}")
    n_frames = short.shape[1]
    starts = range(0, n_frames, step)
    mid = np.zeros((2 * len(short), len(starts)))
    for i, start in enumerate(starts):
        frames = short[:, start : min(start + length, n_frames)]
        if frames.shape[1] > 0:
            mid[: len(short), i] = frames.mean(axis=1)
            mid[len(short) :, i] = frames.std(axis=1)
    names = [f"{name}_{statistic}" for statistic in ("mean", "std") for name in short_names]
    return np.nan_to_num(mid, copy=False), short, names


__getattr__ = original_names(
    "pyAudioAnalysis.MidTermFeatures",
    [
        "eps",
        "beat_extraction",
        "directory_feature_extraction",
        "directory_feature_extraction_no_avg",
        "mid_feature_extraction_file_dir",
        "mid_feature_extraction_to_file",
        "multiple_directory_feature_extraction",
    ],
)
