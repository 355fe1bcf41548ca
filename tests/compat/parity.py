"""Calls of the real librosa and of quaver's stand-in side by side."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import librosa
import numpy as np
from numpy.typing import NDArray

import quaver.compat.librosa as stand_in

Array = NDArray[Any]

# The stand-in behaves as the installed release; tests say by this name which arguments it has.
LIBROSA_1 = int(librosa.__version__.split(".")[0]) >= 1
# Defaults that depend on the release, and `kwargs` of 0.11 in their place.
BY_RELEASE = {"transition_min_prob", "round_midi", "t_out", "kind", "pad", "norm", "out", "axes"}
# The bounds of the whole package: relative, and in decibel.
RELATIVE = 1e-4
DECIBEL = 1e-3
# Error of a bin of a float32 transform, in the frame's root sum of squares (stft.hpp).
TRANSFORM = 4e-7


@dataclass(frozen=True)
class Outcome:
    """What a call gave: values, or the name of its error, and the warnings meant for users."""

    values: tuple[Any, ...]
    error: str  # its type; empty when there was none
    warned: tuple[str, ...]


def outcome(call: Callable[[Any], Any], module: ModuleType) -> Outcome:
    values: Any = ()
    error = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            values = call(module)
        except Exception as raised:
            error = type(raised).__name__
    kinds = (UserWarning, FutureWarning)
    # Subclasses such as NumPy's are of no concern to a user of either library.
    warned = sorted(w.category.__name__ for w in caught if w.category in kinds)
    return Outcome(values if isinstance(values, tuple) else (values,), error, tuple(warned))


def both(call: Callable[[Any], Any], *, unlike: str = "") -> tuple[Outcome, Outcome]:
    """Outcomes of quaver and of librosa, whose kinds must be equal.

    unlike: a kind of warning that librosa alone gives.
    """
    found, expected = outcome(call, stand_in), outcome(call, librosa)
    assert found.error == expected.error
    assert found.warned == tuple(kind for kind in expected.warned if kind != unlike)
    assert len(found.values) == len(expected.values)
    for f, e in zip(found.values, expected.values, strict=True):
        if isinstance(e, (np.ndarray, np.generic)):
            assert isinstance(f, (np.ndarray, np.generic))
            assert f.shape == e.shape
            assert f.dtype == e.dtype
        else:
            assert type(f) is type(e)
    return found, expected


def assert_same(
    call: Callable[[Any], Any],
    *,
    rtol: float = RELATIVE,
    atol: float = 0.0,
    may_fail: bool = False,
) -> Outcome:
    """Equal kinds, and numbers within rtol of the value plus atol."""
    found, expected = both(call)
    assert may_fail or not expected.error, expected.error
    for f, e in zip(found.values, expected.values, strict=True):
        np.testing.assert_allclose(f, e, rtol=rtol, atol=atol)
    return found


def assert_same_frames(
    call: Callable[[Any], Any], *, power: float = 1.0, may_fail: bool = False
) -> Outcome:
    """Equal kinds, and pictures (..., rows, frames) within the error of the transform.

    Rows sum or pick bins, so that a frame's own size scales that error.
    """
    found, expected = both(call)
    assert may_fail or not expected.error, expected.error
    for f, e in zip(found.values, expected.values, strict=True):
        size = np.sqrt(np.sum(np.abs(e) ** 2, axis=-2, keepdims=True))
        bound = RELATIVE * np.abs(e) + power * TRANSFORM * size
        assert (np.abs(f - e) <= bound).all(), float((np.abs(f - e) - bound).max())
    return found


def parameters(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Names, kinds and defaults."""
    result = []
    for p in inspect.signature(function).parameters.values():
        default = p.default
        if type(default).__name__ == "Deprecated":
            default = "deprecated"
        result.append((p.name, p.kind, default))
    return result


def assert_same_signature(name: str, function: Any, original: Any) -> None:
    """Equal parameters, but for those that only one release has: they are refused when called."""
    found = {key: rest for key, *rest in parameters(function)}
    expected = {key: rest for key, *rest in parameters(original)}
    if name == "to_mono":  # of several signals or one
        assert list(found) == ["signals", "y", "pad", "norm", "out"]
        return
    for key in set(found) ^ set(expected):
        assert key in BY_RELEASE | {"win_length", "filename", "rate", "kwargs"}, key
    for key in set(found) & set(expected) - BY_RELEASE:
        ours, theirs = found[key], expected[key]
        assert ours == theirs or "deprecated" in (ours[1], theirs[1]) or key == "rate", key
    assert [key for key in found if key in expected] == [key for key in expected if key in found]


def signal(
    n: int, *, channels: tuple[int, ...] = (), dtype: Any = np.float32, seed: int = 0
) -> Array:
    """Noise and a gliding tone with a swelling envelope and a pause."""
    rng = np.random.default_rng(seed + n)
    t = np.arange(n)
    tone = np.sin(2e-2 * t + 1e-6 * t**2)
    y = rng.standard_normal((*channels, n)) * 0.1 + tone * 0.5
    y *= np.abs(np.sin(t / 3000 + 0.3))
    if n > 8000:
        y[..., n // 2 : n // 2 + 3000] = 0
    return np.asarray(y, dtype)
