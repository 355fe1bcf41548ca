"""Descriptors of a voice: how the energy of its spectrum is spread, and how loud that sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quaver import _core
from quaver._caches import PER_POINT, kept
from quaver._validate import Downmix, as_samples, check_sample_rate
from quaver.features import ShortTerm

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: The columns of `spectral_balance`.
SPECTRAL_BALANCE = (
    "loudness",
    "alpha_ratio",
    "hammarberg_index",
    "slope_0_500",
    "slope_500_1500",
    "flux_0_5000",
    "htk_mfcc_1",
    "htk_mfcc_2",
    "htk_mfcc_3",
    "htk_mfcc_4",
)
# Seconds, as GeMAPS defines them.
_FRAME, _HOP = 0.02, 0.01


@kept
def _balance_plan(sample_rate: float) -> tuple[_core.Balance, int]:
    rate = check_sample_rate(sample_rate)
    # A transform is shorter than two frames.
    return _core.Balance(sample_rate=rate), PER_POINT * int(2 * _FRAME * rate)


def spectral_balance(
    samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None
) -> ShortTerm:
    """Compute the descriptors of the GeMAPS sets that need no pitch, as openSMILE gives them.

    Loudness, alpha ratio, Hammarberg index, spectral slopes of 0 to 500 and 500 to 1500 Hz,
    spectral flux up to 5 kHz and four cepstral coefficients in HTK's scaling; of frames of 20 ms
    every 10 ms, before any smoothing over frames.

    Parameters
    ----------
    samples, downmix
        As of `short_term`. Decibels refer to a full scale of 32767, as openSMILE's do.
    sample_rate : int
        Sampling rate in Hz, at least 8000.

    Returns
    -------
    ShortTerm
        ``values`` (n_frames, 10) float32, ``names`` as `SPECTRAL_BALANCE`, ``times`` in seconds.
        Alpha ratio and Hammarberg index are in dB, slopes in dB per Hz.

    Raises
    ------
    ValueError
        For a wrong shape, rate or length (at least one frame), NaN or infinity.
    TypeError
        For samples of another type.

    Notes
    -----
    Definitions: Eyben et al., The Geneva minimalistic acoustic parameter set (GeMAPS) for voice
    research and affective computing, IEEE Transactions on Affective Computing 7(2), 2016;
    ``cpp/include/quaver/voice/balance.hpp`` states each with its accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> frames = spectral_balance(np.sin(np.arange(16000) * 0.1), 16000)
    >>> frames.values.shape, frames.names[2], round(float(frames.times[1]), 3)
    ((99, 10), 'hammarberg_index', 0.02)
    """
    values = _balance_plan(sample_rate).run(as_samples(samples, downmix))
    times = np.arange(len(values), dtype=np.float64) * _HOP + _FRAME / 2
    return ShortTerm(values, SPECTRAL_BALANCE, times)
