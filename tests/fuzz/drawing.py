"""Random arguments of the stand-ins' functions: signals and spectrograms as people have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class Case:
    """One call: a function by its name below the library, and its arguments."""

    name: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, module: Any) -> Any:
        function = reduce(getattr, self.name.split("."), module)
        given = [x.copy("K") if isinstance(x, np.ndarray) else x for x in self.arguments]
        return function(*given, **self.options)

    def __str__(self) -> str:
        words = [shown(value) for value in self.arguments]
        words += [f"{key}={shown(value)}" for key, value in self.options.items()]
        return f"{self.name}({', '.join(words)})"


def shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"<{value.dtype} {value.shape} strides {value.strides}>"
    return getattr(value, "__name__", repr(value))


def first(x: Array, ndim: int) -> Array:
    """Return the first of the channels."""
    return x[(0,) * (x.ndim - ndim)]


class Draw:
    """Arguments as people pass them, and now and then as they should not."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def pick(self, *values: Any) -> Any:
        return values[int(self.rng.integers(len(values)))]

    def often(self, common: Any, *rare: Any) -> Any:
        return common if self.rng.random() < 0.8 else self.pick(*rare)

    def some(self, **choices: tuple[Any, ...]) -> dict[str, Any]:
        """Choose a few of the options, each from its values."""
        share = self.pick(0.0, 0.2, 0.6)
        return {
            name: self.pick(*values)
            for name, values in choices.items()
            if self.rng.random() < share
        }

    def lead(self) -> tuple[int, ...]:
        return self.pick((), (), (), (1,), (2,), (2, 3))

    def laid(self, x: Array) -> Array:
        """The same values, elsewhere in memory."""
        ways = ("Fortran", "frames first", "backwards", "spread", "unaligned", "fixed")
        way = self.pick(*["as it is"] * 3, *ways)
        if way == "Fortran":
            return np.asfortranarray(x)
        if way == "frames first" and x.ndim > 1:
            return np.ascontiguousarray(x.swapaxes(-1, -2)).swapaxes(-1, -2)
        if way == "backwards":
            return np.ascontiguousarray(x[..., ::-1])[..., ::-1]
        if way == "spread":
            return np.repeat(x, 2, axis=-1)[..., ::2]
        if way == "unaligned":
            room = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
            room[...] = x
            return room
        x.flags.writeable = way != "fixed"
        return x

    def _spoiled(self, x: Array) -> Array:
        if x.size and x.dtype.kind == "f" and self.rng.random() < 0.04:
            x.flat[self.rng.integers(x.size)] = self.pick(np.nan, np.inf, -np.inf)
        return x

    def signal(
        self,
        shape: tuple[int, ...] | None = None,
        *,
        integers: bool = True,
        half: bool = True,
        noisy: bool = False,
    ) -> Array:
        """Samples; `noisy` where peaks of nothing but rounding would be compared."""
        if shape is None:
            n = self.often(
                int(self.rng.integers(2048, 7000)), 0, 1, 2, 3, 100, 511, 512, 2047, 2048, 2049
            )
            shape = (*self.lead(), n)
        t = np.arange(shape[-1])
        kind = self.often("speech", "noise", "silence", "steps", "pulse", "constant", "half")
        y = self.rng.standard_normal(shape)
        if kind == "speech":
            y = 0.1 * y + 0.5 * np.sin(2e-2 * t + 1e-6 * t**2)
            y *= np.abs(np.sin(t / 1500 + self.rng.random()))
        elif kind == "silence":
            y *= 0
        elif kind == "steps":
            y = np.round(y)
        elif kind == "pulse":
            y *= self.rng.random(shape) < 1e-3
        elif kind == "constant":
            y = y * 0 + 0.25
        elif kind == "half":
            y[..., shape[-1] // 2 :] = 0
        if noisy:
            y = y + 1e-2 * self.rng.standard_normal(shape)
        y = y * self.often(1.0, 1e-12, 1e-4, 3e4)
        rare = (np.int16, np.int32, ">f4", *((np.float16,) if half else ()))
        dtype = self.often(self.pick(np.float32, np.float64), *rare)
        if np.dtype(dtype).kind == "i":
            y = np.clip(y * 32767, -32768, 32767) if integers else y
        return self.laid(self._spoiled(y.astype(dtype)))

    def picture(
        self, n_bins: int | None = None, *, negative: bool = False, finite: bool = False
    ) -> Array:
        n_bins = n_bins or self.often(self.pick(1025, 257, 129), 1, 2, 3, 40, 128)
        n_frames = self.often(int(self.rng.integers(9, 30)), 0, 1, 2, 8)
        S = self.rng.random((*self.lead(), n_bins, n_frames)) ** self.pick(1, 4, 12)
        S *= self.often(1.0, 1e-20, 1e-8, 1e6)
        if negative:
            S -= S.mean() if S.size else 0
        elif self.rng.random() < 0.05:
            S *= 0
        dtype = self.often(self.pick(np.float32, np.float64), np.float16, np.int16)
        if dtype is np.int16:
            S = np.clip(S * 1000, -32768, 32767)
        S = S.astype(dtype)
        return self.laid(S if finite else self._spoiled(S))

    def rate(self) -> Any:
        rate = self.pick(22050, 16000, 8000, 44100, 48000)
        return self.often(rate, float(rate), np.array(rate), np.float64(rate), np.int32(rate))

    def framing(self) -> dict[str, Any]:
        return self.some(
            n_fft=(2048, 512, 1024, 400, 441, 0, 512.0),
            hop_length=(512, 160, 100, 3000, 0, None, np.int64(256), 160.0),
            win_length=(None, 400, 300, 4096, 1),
            window=("hann", "hamming", "boxcar", ("kaiser", 4.0), "bogus", np.ones(400)),
            center=(True, False, True),
            pad_mode=("constant", "reflect", "edge", "wrap", "symmetric", "linear_ramp"),
        )  # fmt: skip
