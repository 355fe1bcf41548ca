"""Mel-frequency cepstral coefficients.

Davis & Mermelstein, Comparison of parametric representations for monosyllabic word recognition
(IEEE Trans. ASSP 28, 1980); orthonormal DCT-II: Ahmed, Natarajan & Rao (IEEE Trans. C-23, 1974).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def dct_matrix(n_out: int, n_in: int) -> Array:
    """Rows a[k] cos(pi k (2m + 1) / (2 n_in)), a[0] = sqrt(1 / n_in), else sqrt(2 / n_in)."""
    k, m = np.arange(n_out)[:, None], np.arange(n_in)
    rows = np.sqrt(2 / n_in) * np.cos(np.pi * k * (2 * m + 1) / (2 * n_in))
    rows[0] /= np.sqrt(2)
    return rows


def mfcc(mel_db: Array, n_mfcc: int) -> Array:
    return mel_db @ dct_matrix(n_mfcc, mel_db.shape[1]).T
