"""Signals at another rate: by the core's kernel, and by soxr what that does not do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

#: soxr's recipe, after whose filter the kernel's is made: its stop band lies below the noise of
#: 16-bit recordings.
QUALITY = "HQ"

# Frames that soxr resamples at a time: they stay in the second cache, and results in memory that
# the allocator keeps. The fresh pages of a whole recording would cost as much as all the work.
PIECE = 1 << 15


def _plan_for(
    rate: float, wanted: float, dtype: np.dtype[Any], quality: str
) -> _core.ResamplePlan | None:
    is_ours = quality == QUALITY and dtype == np.float32
    return _core.resample_plan(int(rate), int(wanted)) if is_ours else None


class Stream:
    """A signal at another rate, of shape (n,) or (n, channels), bit by bit."""

    def __init__(self, plan: _core.ResamplePlan, channels: int) -> None:
        self._signals = [_core.Resampling(plan) for _ in range(channels)]

    def resample_chunk(self, x: NDArray[Any], last: bool = False) -> NDArray[np.float32]:
        """Return what is ready; with the last chunk all that is left."""
        if x.ndim == 1:
            return self._signals[0].feed(x, last)
        parts = (self._signals[i].feed(x[:, i], last) for i in range(x.shape[1]))
        return np.stack(list(parts), axis=1)


def stream(
    rate: float, wanted: float, channels: int, dtype: DTypeLike, quality: str = QUALITY
) -> Any:
    """Return a stream of samples, which gives bit for bit what `resampled` does of all of them.

    Its ``resample_chunk(samples, last=...)`` returns what is ready.
    """
    plan = _plan_for(rate, wanted, np.dtype(dtype), quality)
    if plan is not None:
        return Stream(plan, channels)
    import soxr

    return soxr.ResampleStream(rate, wanted, channels, dtype=dtype, quality=quality)


def resampled(samples: NDArray[Any], rate: int, wanted: int) -> NDArray[Any]:
    """Return float samples of shape (n,) or (channels, n) at another rate."""
    plan = _plan_for(rate, wanted, samples.dtype, QUALITY)
    if plan is None:
        import soxr

        theirs: NDArray[Any] = soxr.resample(samples.T, rate, wanted, quality=QUALITY).T
        return theirs
    if samples.ndim == 1:
        return plan.run(samples)
    return np.stack([plan.run(channel) for channel in samples])


def resample_pieces(
    blocks: Iterable[NDArray[Any]], rate: float, wanted: float, quality: str = QUALITY
) -> NDArray[Any]:
    """Resample blocks of shape (n,) or (n, channels), at least one, as if they were one array."""
    rest = iter(blocks)
    head = next(rest)
    channels = 1 if head.ndim == 1 else head.shape[1]
    signal = stream(rate, wanted, channels, head.dtype, quality)
    results: Sequence[NDArray[Any]] = [
        signal.resample_chunk(block[first : first + PIECE])
        for block in chain([head], rest)
        for first in range(0, len(block), PIECE)
    ]
    return np.concatenate([*results, signal.resample_chunk(head[:0], last=True)])
