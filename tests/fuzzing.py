"""What fuzzers share: ugly values, seeded, and the one rule for what a call may do with them."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Calls of a fuzzer: few in the test suite, thousands where the variable says so.
CALLS = int(os.environ.get("QUAVER_FUZZ_CALLS", "150"))

REFUSALS: tuple[type[Exception], ...] = (ValueError, TypeError)

INTEGERS = (
    *(0, 1, 2, 3, 5, 16, 17, 255, 4096, -1, -(2**63)),
    *(2**16, 2**24, 2**31, 2**32, 2**61, 2**62, 2**62 + 1, 2**63, 2**64 - 1, 2**64, 10**30),
)
REALS = (0.0, -0.0, 1.0, -1.0, 1e-300, 5e-324, 1e39, 1.7e308, np.nan, np.inf, -np.inf)
TEXTS = ("", "a", "hann", "mfcc", "\0", "a\0b", "é", "\ud800", "👍🏽", "x" * 5000)
STRANGERS = (None, True, b"bytes", object(), (), [], {}, {"a": 1}, 1j, np.float32(2), np.int8(-3))


@contextmanager
def memory_limit(n_bytes: int) -> Iterator[None]:
    """Let an allocation fail that takes this process further than so many bytes from here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except FileNotFoundError:  # no Linux: without a limit
        used = None
    if used is not None and soft == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_AS, (used + n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def expect(
    call: Callable[..., Any],
    *arguments: Any,
    allowed: tuple[type[Exception], ...] = REFUSALS,
    name: str | None = None,
    **options: Any,
) -> Any:
    """Return what a call returns, or None where it refuses with a reason; any other error is one.

    What it was called with is said with the error, so that the case can be tried alone.
    """
    try:
        return call(*arguments, **options)
    except Exception as error:
        if isinstance(error, allowed) and (str(error).strip() or isinstance(error, MemoryError)):
            return None
        given = [shown(value) for value in arguments]
        given += [f"{key}={shown(value)}" for key, value in options.items()]
        name = name or getattr(call, "__qualname__", repr(call))
        problem = f"{type(error).__name__}: {error}"
        raise AssertionError(f"{name}({', '.join(given)}) -> {problem}") from error


def shown(value: object) -> str:
    """Return a value as short as an error message needs it."""
    if isinstance(value, np.ndarray):
        return f"<{value.dtype} {value.shape}, strides {value.strides}>"
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def unaligned(x: NDArray[Any]) -> NDArray[Any]:
    """Return the array one byte off its alignment."""
    room = np.zeros(x.nbytes + 1, np.uint8)
    copy = room[1:].view(x.dtype).reshape(x.shape)
    copy[...] = x
    return copy


def ugly_arrays(x: NDArray[Any]) -> list[Any]:
    """Return the array in other types, shapes, orders and places, and with other values."""
    real = [x.real.astype(kind) for kind in ("i2", "i8", "u1", "f2", "f4", "f8", "O", "U", "?")]
    swapped = x.astype(x.dtype.newbyteorder())
    read_only = x.copy()
    read_only.flags.writeable = False
    shapes = [x[()], x[..., None], x.ravel(), x[None], x.ravel()[:1], x[:0], x[..., :0], x[..., :1]]
    places = [x[::-1], x[..., ::2], np.repeat(x, 3, -1)[..., ::3], x.T, np.asfortranarray(x)]
    places += [unaligned(x), np.broadcast_to(x.ravel()[:1], (1000,)), x[..., ::-1], read_only]
    empty = [np.empty((0, 2**40), x.dtype), np.empty((2**40, 0), x.dtype), np.empty(0, x.dtype)]
    values = [np.full_like(x, v) for v in (0, 1)]
    if x.dtype.kind in "fc":
        values += [np.full_like(x, v) for v in (np.nan, np.inf, -np.inf, 3e38, 1e-42)]
        spoiled = x.copy()
        spoiled.flat[x.size // 2 : x.size // 2 + 1] = np.nan
        values.append(spoiled)
    return [*real, x.astype("c8"), x.astype("c16"), swapped, *shapes, *places, *empty, *values]


def ugly_values(good: Any) -> list[Any]:
    """Return what might be passed in the place of a good value, of its kind and of others."""
    if isinstance(good, np.ndarray):
        return [*ugly_arrays(good), *STRANGERS, list(good.ravel()[:3]), 3, "text"]
    if isinstance(good, bool):
        return [not good, *STRANGERS, 2, 0.5, "yes"]
    if isinstance(good, int):
        return [*INTEGERS, good + 1, good - 1, *STRANGERS, *REALS, "3", np.array(good)]
    if isinstance(good, float):
        return [*REALS, good * 2, -good, *STRANGERS, 2**64, 10**400, "1.0", np.array(good)]
    if isinstance(good, str):
        return [*TEXTS, good * 2, good[:-1], *STRANGERS, 3]
    if isinstance(good, dict):
        keys = [dict.fromkeys(good, v) for v in (None, -1, (), (2**31,), (-1,), (1, 2, 3), "x")]
        return [{}, *keys, *STRANGERS, {v: (1,) for v in TEXTS[:3]}, {1: (1,)}, [], "text"]
    if isinstance(good, (list, tuple)):
        kind = type(good)
        inner = [kind([v]) for v in (ugly_values(good[0]) if good else INTEGERS)]
        return [kind(), good[:1], good + good, good[1:], *inner, *STRANGERS, iter(good), "text"]
    return [*STRANGERS, 3, "text"]


def mutated(rng: np.random.Generator, good: Mapping[str, Any], most: int = 3) -> dict[str, Any]:
    """Return the arguments with one to `most` of them replaced by ugly ones."""
    result = dict(good)
    for i in rng.permutation(len(good))[: rng.integers(1, most + 1)]:
        name = list(good)[i]
        result[name] = choice(rng, ugly_values(good[name]))
    return result


def choice(rng: np.random.Generator, values: Sequence[Any]) -> Any:
    """Return one of the values as it is; NumPy's `choice` would make an array of them."""
    return values[int(rng.integers(len(values)))]


def mutated_bytes(rng: np.random.Generator, data: bytes, most: int = 8) -> bytes:
    """Return a file's content with one to `most` bits, runs of bytes or ends changed."""
    result = bytearray(data)
    for _ in range(int(rng.integers(1, most + 1))):
        at = int(rng.integers(len(result) + 1))
        length = int(min(rng.geometric(0.05), len(result) - at))
        way = int(rng.integers(6))
        if way == 0 and at < len(result):
            result[at] ^= 1 << int(rng.integers(8))
        elif way == 1:
            result[at : at + length] = rng.bytes(length)
        elif way == 2:
            result[at : at + length] = b""
        elif way == 3:
            result[at:at] = result[at : at + length]
        elif way == 4:
            result[at : at + length] = bytes([choice(rng, (0, 1, 0x7F, 0x80, 0xFF))]) * length
        elif rng.random() < 0.2:
            del result[at:]
    return bytes(result)
