"""`Augmentation`: what may happen to a recording in training, and how often."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._validate import as_recording, check_sample_rate
from quaver.augmentation import effects, sources

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How recordings are changed in training, so that a model has heard the world.

    In this order, each by chance: another speed, a room, a tilt of the spectrum, noise or other
    voices, hiss at the ends, a narrow band, clipping, a codec, and last of all another level. A
    range is of uniformly drawn values.

    Attributes
    ----------
    p_speed : float, default 0.8
        Share of recordings that this happens to, as with every name that begins with ``p_``.
    speed : (float, float), default (0.85, 1.18)
        A factor; pitch and formants change with it.
    p_room : float, default 0.4
    rt60 : (float, float), default (0.15, 0.8)
        In seconds, as of `impulse_response`.
    direct_to_reverberant : (float, float), default (-5.0, 15.0)
        In decibel.
    p_tilt : float, default 0.5
    tilt : (float, float), default (-12.0, 12.0)
        In decibel three octaves from 1 kHz.
    p_noise : float, default 0.9
    snr : (float, float), default (-2.0, 35.0)
        In decibel.
    exponent : (float, float), default (0.0, 1.5)
        Of the noise: 0 is white, 1 pink.
    p_babble : float, default 0.25
        Share of the noise that is other voices, where there are any.
    p_ends : float, default 0.15
    ends : (float, float), default (0.1, 1.5)
        Seconds of hiss at each end, 30 to 60 dB under the recording.
    p_band : float, default 0.3
    low, high : (float, float), default (50.0, 350.0) and (3000.0, 6500.0)
        In Hz.
    p_overdrive : float, default 0.1
    overdrive : (float, float), default (1.0, 15.0)
        In decibel over full scale.
    p_codec : float, default 0.1
        By mu-law, or by MP3 where the libsndfile at hand writes it.
    level : (float, float), default (-20.0, 10.0)
        In decibel.

    Raises
    ------
    ValueError
        For a share outside 0 to 1 or a range that does not rise.

    Examples
    --------
    >>> changed = Augmentation()(np.ones(1600), 16000, np.random.default_rng(0))
    >>> changed.dtype
    dtype('float32')
    """

    p_speed: float = 0.8
    speed: Range = (0.85, 1.18)
    p_room: float = 0.4
    rt60: Range = (0.15, 0.8)
    direct_to_reverberant: Range = (-5.0, 15.0)
    p_tilt: float = 0.5
    tilt: Range = (-12.0, 12.0)
    p_noise: float = 0.9
    snr: Range = (-2.0, 35.0)
    exponent: Range = (0.0, 1.5)
    p_babble: float = 0.25
    p_ends: float = 0.15
    ends: Range = (0.1, 1.5)
    p_band: float = 0.3
    low: Range = (50.0, 350.0)
    high: Range = (3000.0, 6500.0)
    p_overdrive: float = 0.1
    overdrive: Range = (1.0, 15.0)
    p_codec: float = 0.1
    level: Range = (-20.0, 10.0)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.startswith("p_"):
                if not 0 <= value <= 1:
                    raise ValueError(f"{field.name} must be a share from 0 to 1, got {value}")
            elif not (len(value) == 2 and -math.inf < value[0] <= value[1] < math.inf):
                raise ValueError(f"{field.name} must be two rising numbers, got {value}")

    def __call__(
        self,
        samples: ArrayLike,
        sample_rate: float,
        rng: np.random.Generator,
        others: Sequence[ArrayLike] = (),
    ) -> NDArray[np.float32]:
        """Return a changed copy of a recording.

        Parameters
        ----------
        samples : array_like of shape (n,), int16, float32 or float64
        sample_rate : int
            In Hz.
        rng : numpy.random.Generator
            The same state gives the same copy.
        others : sequence of array_like, optional
            Other recordings at that rate, for a babble of four of them. In training take them from
            the training part.

        Returns
        -------
        ndarray of shape (m,), float32
            As long as the samples, but for another speed or hiss at both ends.
        """
        rate = check_sample_rate(sample_rate)
        made: NDArray[Any] = as_recording(samples)
        if rng.random() < self.p_speed:
            made = effects.change_speed(made, rng.uniform(*self.speed))
        if rng.random() < self.p_room:
            room = sources.impulse_response(
                rate,
                rng,
                rt60=rng.uniform(*self.rt60),
                direct_to_reverberant=rng.uniform(*self.direct_to_reverberant),
            )
            made = effects.reverberate(made, room)
        if rng.random() < self.p_tilt:
            made = effects.tilt(made, rate, rng.uniform(*self.tilt))
        if rng.random() < self.p_noise:
            made = effects.add_noise(
                made, self._noise(made.size, rng, others), rng.uniform(*self.snr)
            )
        made = self._channel(made, rate, rng)
        return effects.amplify(made, rng.uniform(*self.level))

    def _noise(
        self, n: int, rng: np.random.Generator, others: Sequence[ArrayLike]
    ) -> NDArray[np.float32]:
        if others and rng.random() < self.p_babble:
            chosen = rng.integers(len(others), size=4)
            return sources.babble([others[i] for i in chosen], n, rng)
        return sources.coloured_noise(n, rng, exponent=rng.uniform(*self.exponent))

    def _channel(
        self, made: NDArray[Any], rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        if rng.random() < self.p_ends:
            made = _with_ends(made, rate, rng, self.ends)
        if rng.random() < self.p_band:
            low, high = rng.uniform(*self.low), rng.uniform(*self.high)
            made = effects.limit_band(made, rate, low, high)
        if rng.random() < self.p_overdrive:
            made = effects.overdrive(made, rng.uniform(*self.overdrive))
        if rng.random() < self.p_codec:
            made = _encoded(made, rate, rng)
        return np.asarray(made, np.float32)

    @classmethod
    def light(cls) -> Augmentation:
        """Return mild noise and other speeds, with little else: a room that is nearly a studio.

        Beside heavier copies it teaches a model that a little noise changes nothing.

        Examples
        --------
        >>> Augmentation.light().snr
        (8.0, 35.0)
        """
        return cls(
            p_room=0.1,
            p_tilt=0.3,
            p_noise=1.0,
            snr=(8.0, 35.0),
            exponent=(0.0, 1.0),
            p_babble=0.1,
            p_ends=0.1,
            p_band=0.1,
            p_overdrive=0.05,
            p_codec=0.05,
        )

    @classmethod
    def rooms(cls) -> Augmentation:
        """Return small rooms, always, in which the speech may come from afar; little else.

        Examples
        --------
        >>> Augmentation.rooms().p_room
        1.0
        """
        return cls(
            p_room=1.0,
            rt60=(0.2, 0.9),
            direct_to_reverberant=(-6.0, 8.0),
            p_tilt=0.3,
            p_noise=0.4,
            snr=(8.0, 35.0),
            p_babble=0.1,
            p_ends=0.1,
            p_band=0.1,
            p_overdrive=0.05,
            p_codec=0.05,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON has them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


def _with_ends(
    samples: NDArray[Any], rate: int, rng: np.random.Generator, seconds: Range
) -> NDArray[np.float32]:
    level = effects.rms(samples) * 10 ** (-rng.uniform(30, 60) / 20)
    sizes = [max(1, round(rng.uniform(*seconds) * rate)) for _ in range(2)]
    ends = [sources.coloured_noise(n, rng, exponent=rng.uniform(0, 1)) * level for n in sizes]
    return effects.surround(samples, *ends)


def _encoded(samples: NDArray[Any], rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Pass through a codec at a level that it expects, and back."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0:
        return np.asarray(samples, np.float32)
    factor = np.float32(rng.uniform(0.1, 0.9) / peak)
    scaled = np.asarray(samples * factor, np.float32)
    if rng.random() < 0.5 and _has_mp3() and 8000 <= rate <= 48000:
        kbps = rng.uniform(32, 64)
        try:
            made = effects.encode(scaled, rate, "mp3", kbps=kbps)
        except RuntimeError:  # of soundfile: a rate that MP3 has not
            made = effects.encode(scaled, rate, "mu-law")
    else:
        made = effects.encode(scaled, rate, "mu-law")
    return np.asarray(made / factor, np.float32)


def _has_mp3() -> bool:
    import soundfile

    return "MP3" in soundfile.available_formats()
