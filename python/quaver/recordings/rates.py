"""Signals at another rate: by the core's kernel, and by soxr what that does not do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core
from quaver._caches import kept

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

#: soxr's recipe, after whose filter the kernel's is made: its stop band lies below the noise of
#: 16-bit recordings.
QUALITY = "HQ"

# Frames that soxr resamples at a time: they stay in the second cache, and results in memory that
# the allocator keeps. The fresh pages of a whole recording would cost as much as all the work.
PIECE = 1 << 15

# Of soxr's filters, in samples of the lower rate: where they have ended, what of them counts, and
# how far the beginning of a signal is special.
_REACH, _TAPS, _HEAD = 128, 110, 64
# A beginning that need not be soxr's to the last digit, whose filters take longer to be made than
# to be used: of full scale, and of the highest sample, for signals that are quiet as a whole.
_QUIET, _QUIETER = 1e-4, 5e-3
# Bytes of a plan: tables of the points of its transforms.
_PER_PLAN = 1 << 19


def _plan_for(
    rate: float, wanted: float, dtype: np.dtype[Any], quality: str
) -> _core.ResamplePlan | None:
    is_ours = quality == QUALITY and dtype == np.float32
    return _core.resample_plan(int(rate), int(wanted)) if is_ours else None


@kept
def _soxr_plan(rate: int, wanted: int) -> tuple[_core.ResamplePlan | None, int]:
    """Return a plan with the filter that soxr's recipe HQ has for these rates, as it answers.

    Where one rate is no multiple of the other it has several, one after the other.
    """
    if _core.resample_plan(rate, wanted) is None:
        return None, 0
    import soxr

    before, after = (each // math.gcd(rate, wanted) for each in (rate, wanted))
    # One sample that is not 0, where a sample at the rate after is as well.
    at = math.ceil(_REACH * max(1, rate / wanted) / before)
    impulse = np.zeros(2 * at * before + 1)
    impulse[at * before] = rate / wanted
    answer = soxr.resample(impulse, rate, wanted, quality=QUALITY)
    n = min(at * after + 1, len(answer) - at * after, math.ceil(_TAPS * max(1, wanted / rate)))
    middle = at * after
    taps = (answer[middle : middle + n] + answer[middle::-1][:n]) / 2
    plan = _core.ResamplePlan(rate_before=rate, rate_after=wanted, taps=taps.tolist())
    return plan, _PER_PLAN


def as_soxr(samples: NDArray[Any], rate: float, wanted: float) -> NDArray[Any]:
    """Return samples of shape (n,) at another rate as soxr's recipe HQ does, within 1e-6.

    Within 2e-5 at the beginning, where that is below 1e-4 and a 200th of the highest sample. Of
    float32 samples by the kernel, other ones and those at rates of large terms by soxr.
    """
    import soxr

    def theirs(part: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(soxr.resample(part, rate, wanted, quality=QUALITY))

    are_whole = all(float(each).is_integer() and 0 < each < 1 << 31 for each in (rate, wanted))
    plan = _soxr_plan(int(rate), int(wanted)) if are_whole and samples.dtype == np.float32 else None
    if plan is None:
        return theirs(samples)
    if not samples.flags.aligned:
        samples = samples.copy()
    out = plan.run(samples)
    # Its first samples are not what its filter makes, by a sixth of the beginning at the most.
    first = samples[: math.ceil(2 * _REACH * max(1, rate / wanted))]
    if np.abs(first).max(initial=0.0) < min(_QUIET, _QUIETER * out.max(initial=0.0)):
        return out
    head = theirs(first)
    n = min(len(head), len(out), math.ceil(_HEAD * max(1, wanted / rate)))
    out[:n] = head[:n]
    return out


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
