"""Random calls of the stand-ins beside the originals: the same results, kinds and errors.

QUAVER_FUZZ_CALLS is the number of calls of each group; a failure names the seed of its call, so
that `python -m pytest tests/fuzz/test_fuzz_compat.py` finds it again.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

import originals
import quaver.compat.librosa as our_librosa
import quaver.compat.python_speech_features as our_speech_features
from fuzz import calls
from fuzz.drawing import Case, Draw
from quaver.compat.pyaudioanalysis import MidTermFeatures, ShortTermFeatures

Array = NDArray[Any]

CALLS = int(os.environ.get("QUAVER_FUZZ_CALLS", "20"))

#: Results that pick a bin, a sample or a path, where two may stand within rounding.
PICKS = {
    "feature.spectral_rolloff", "yin", "pyin", "piptrack", "estimate_tuning", "pitch_tuning",
    "zero_crossings", "feature.zero_crossing_rate", "effects.trim", "effects.split",
    "sigproc.logpowspec",  # bins of rounding alone
}  # fmt: skip


def outcome(case: Case, module: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return case.run(module)
        except Exception as error:
            return error


def mismatch(found: Any, expected: Any, bounds: Bounds) -> str:
    """Say in what two outcomes differ; nothing where they do not."""
    if isinstance(found, Exception) or isinstance(expected, Exception):
        return (
            "" if _fails_alike(found, expected) else f"{found!r:.200} instead of {expected!r:.200}"
        )
    if isinstance(expected, (tuple, list)):
        if type(found) is not type(expected) or len(found) != len(expected):
            return f"{type(found)} instead of {type(expected)}"
        parts = (mismatch(f, e, bounds) for f, e in zip(found, expected, strict=True))
        return next((part for part in parts if part), "")
    if not isinstance(expected, (np.ndarray, np.generic)):
        same = found == expected or (found != found and expected != expected)
        if isinstance(expected, float) and isinstance(found, float) and not same:
            same = bounds.picks or abs(found - expected) <= bounds.share * abs(expected)
        return (
            "" if type(found) is type(expected) and same else f"{found!r} instead of {expected!r}"
        )
    kinds = [(type(x).__name__, x.shape, x.dtype.newbyteorder("=")) for x in (found, expected)]
    if kinds[0] != kinds[1]:
        return f"{kinds[0]} instead of {kinds[1]}"
    return _difference(np.asarray(found), np.asarray(expected), bounds)


def _fails_alike(found: Any, expected: Any) -> bool:
    """Tell whether both refuse, and as librosa's own error where it is one.

    What is refused below librosa alone, by Numba or SciPy because of a type, may be accepted.
    """
    theirs = type(expected).__name__
    if isinstance(found, Exception):
        ours = [kind.__name__ for kind in type(found).__mro__]
        return theirs in ours or (isinstance(expected, Exception) and theirs != "ParameterError")
    return (
        theirs in ("NotImplementedError", "NumbaValueError", "TypingError", "UFuncTypeError")
        or str(expected) == "array type not supported"
    )


def _difference(found: Array, expected: Array, bounds: Bounds) -> str:
    if expected.dtype.kind not in "fc":
        wrong = found != expected
    else:
        finite = np.isfinite(expected)
        size = np.abs(expected[finite]).max(initial=bounds.floor)
        share = max(bounds.share, 10 * float(np.finfo(expected.dtype).eps))
        with np.errstate(all="ignore"):
            bound = share * (np.abs(expected) + size) + np.finfo(np.float32).tiny
            wrong = ~(np.abs(found - expected) <= bound)
        wrong &= ~((found == expected) | (np.isnan(found) & np.isnan(expected)))
    allowed = 0.02 * wrong.size + 1 if bounds.picks else 0
    if wrong.sum() <= allowed:
        return ""
    first = np.unravel_index(np.argmax(wrong), wrong.shape)
    return f"{wrong.sum()} of {wrong.size}, first {found[first]!r} instead of {expected[first]!r}"


class _Pair:
    """Modules of pyAudioAnalysis by the names that cases use."""

    def __init__(self, short: Any, mid: Any) -> None:
        self.short, self.mid = short, mid


def _speech_features() -> tuple[Any, Any]:
    return our_speech_features, originals.load("python_speech_features")


def _audio_analysis() -> tuple[Any, Any]:
    theirs = [originals.load(f"pyAudioAnalysis.{x}TermFeatures") for x in ("Short", "Mid")]
    return _Pair(ShortTermFeatures, MidTermFeatures), _Pair(*theirs)


def _librosa() -> tuple[Any, Any]:
    return our_librosa, librosa


GROUPS: dict[Callable[[Draw], Case], Callable[[], tuple[Any, Any]]] = {
    calls.core: _librosa,
    calls.tonal: _librosa,
    calls.conversions: _librosa,
    calls.features: _librosa,
    calls.pictures: _librosa,
    calls.effects: _librosa,
    calls.pitch: _librosa,
    calls.utilities: _librosa,
    calls.speech_features: _speech_features,
    calls.audio_analysis: _audio_analysis,
}


@dataclass
class Bounds:
    """How far results may differ: a share of each value plus the largest one, or a floor."""

    share: float
    floor: float = 0.0
    picks: bool = False

    @classmethod
    def of(cls, case: Case) -> Bounds:
        arrays = [x for x in (*case.arguments, *case.options.values()) if isinstance(x, np.ndarray)]
        sizes = [x.real.dtype.itemsize for x in arrays if x.dtype.kind in "fc" and x.ndim]
        name = case.name.rpartition(".")[2]
        # Masks of what is almost silent are quotients of roundings; loudness is always float32.
        if name in ("hpss", "harmonic", "percussive", "rms"):
            sizes.append(4)
        share = 1e-8 if all(size == 8 for size in sizes) else 1e-4
        if name in ("feature_extraction", "mid_feature_extraction"):
            share = 1e-6  # cepstra of what is almost silent
        if name == "spectral_flatness":  # whose means librosa takes in float32
            share *= 10
        if name in ("cqt", "chroma_cqt", "tonnetz", "resample"):  # of tables in float32 in librosa
            share = max(share, 1e-4)
        floor = 0.0
        if name in ("power_to_db", "amplitude_to_db", "mfcc", "spectral_contrast"):
            floor = 1.0  # decibel
        if name == "delta":
            floor = np.abs(np.nan_to_num(arrays[0], posinf=0, neginf=0)).max(initial=0)
        return cls(share, floor, case.name in PICKS)


def is_known(case: Case) -> bool:
    """Tell differences that docs/compat.md names, where PICKS does not."""
    if case.name == "phase_vocoder" and not case.arguments[0].shape[-1]:
        return True  # no frames
    spoiled = any(isinstance(x, np.ndarray) and not np.isfinite(x).all() for x in case.arguments)
    of_spectra = ("mfcc", "fbank", "logfbank", "ssc", "phase_vocoder")
    if spoiled and (case.name in of_spectra or case.name.startswith("sigproc.")):
        return True
    S = case.options.get("S")
    is_weighed = case.name in ("feature.spectral_centroid", "feature.spectral_bandwidth")
    return is_weighed and S is not None and S.dtype in (np.int16, np.float16)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_calls(group: Callable[[Draw], Case]) -> None:
    ours, theirs = GROUPS[group]()
    problems = []
    for seed in range(CALLS):
        with np.errstate(all="ignore"):  # of the numbers drawn, float16 among them
            case = group(Draw(seed))
        found, expected = outcome(case, ours), outcome(case, theirs)
        told = mismatch(found, expected, Bounds.of(case))
        if told and not is_known(case):
            problems.append(f"seed {seed}: {case}: {told}")
    assert not problems, f"{len(problems)} of {CALLS}\n" + "\n".join(problems)
