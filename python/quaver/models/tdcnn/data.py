"""From recordings to what `quaver.models.tdcnn` looks at; private.

A recording becomes a log-mel picture, cut into windows that overlap. In training, each epoch sees
each recording a little changed: noise, gain, speed and start of its samples, bands and frames of
its picture left out, and pairs of pictures mixed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._validate import as_recording, check_int, check_real
from quaver.audio import recording_at, resample
from quaver.augmentation import Augmentation as World
from quaver.models.tdcnn.config import LONGEST
from quaver.models.trust import SILENCE_DB, level_db
from quaver.spectrogram import log_mel
from quaver.windowing import windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver._validate import Downmix
    from quaver.models.tdcnn.config import TDCNNConfig

    _Batch = tuple[NDArray[np.float32], NDArray[np.float32]]

#: What a picture without any contrast, such as that of silence, is filled with: a window of zeros
#: would be padding.
FLOOR = -1.0

# A gap takes the mean, which is zero but for rounding: exactly that would be padding.
_SMALL = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How much the recordings of each epoch differ from those given.

    Parameters
    ----------
    noise_db : (float, float), default (15.0, 40.0)
        Range of the signal-to-noise ratio of white noise, in decibel.
    noise_probability : float, default 0.3
        How often there is noise at all.
    gain_db : float, default 6.0
        Louder or softer by up to so many decibel; pictures relative to their largest value change
        by it only where recordings are nearly silent.
    shift : float, default 0.25
        Up to so many seconds cut from the start, or silence put before it.
    speed : float, default 0.1
        Faster and higher, or slower and lower, by up to this share.
    bands, frames : int, default 12 and 16
        Widest gap in the mel bands and the frames of a picture (SpecAugment, Park et al. 2019).
    gaps : int, default 1
        Gaps of each kind at most.
    mixup : float, default 0.0
        Parameter of the beta distribution by which two pictures are mixed (Zhang et al. 2018);
        0 mixes none.
    world : quaver.augmentation.Augmentation, optional
        Rooms, tilts, noise, other voices, bands and codecs, for `world_probability` of the
        recordings, before their ends are trimmed; the others get noise, gain, shift and speed.
    world_probability : float, default 0.6

    Examples
    --------
    >>> Augmentation.none().gaps, Augmentation.robust().world.p_room
    (0, 0.4)
    """

    noise_db: tuple[float, float] = (15.0, 40.0)
    noise_probability: float = 0.3
    gain_db: float = 6.0
    shift: float = 0.25
    speed: float = 0.1
    bands: int = 12
    frames: int = 16
    gaps: int = 1
    mixup: float = 0.0
    world: World | None = None
    world_probability: float = 0.6

    def __post_init__(self) -> None:
        if self.world is not None and not callable(self.world):
            raise TypeError(
                "world must be a quaver.augmentation.Augmentation, or be called as one, got"
                f" {type(self.world).__name__}"
            )
        low, high = (check_real("noise_db", value) for value in self.noise_db)
        if not -math.inf < low <= high < math.inf:
            raise ValueError(f"noise_db must be (lowest, highest), got {self.noise_db}")
        for name in ("bands", "frames", "gaps"):
            if check_int(name, getattr(self, name)) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        limits = {"noise_probability": 1.0, "speed": 0.5, "gain_db": 60.0, "shift": 60.0}
        for name, largest in {**limits, "mixup": 100.0, "world_probability": 1.0}.items():
            value = check_real(name, getattr(self, name))
            if not 0 <= value <= largest:
                raise ValueError(f"{name} must be in [0, {largest:g}], got {value:g}")

    @classmethod
    def none(cls) -> Augmentation:
        """Return the augmentation that changes nothing."""
        return cls(noise_probability=0.0, gain_db=0.0, shift=0.0, speed=0.0, gaps=0, mixup=0.0)

    @classmethod
    def robust(cls) -> Augmentation:
        """Return one by which a network hears the world outside the studio, too."""
        return cls(world=World())

    def leaves(self, rng: np.random.Generator) -> World | None:
        """Return what happens to a recording outside the studio, if it leaves that."""
        if self.world is None or rng.random() >= self.world_probability:
            return None
        return self.world

    def samples(
        self, samples: NDArray[np.float32], sample_rate: int, rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return a changed copy of a prepared recording."""
        changed: NDArray[np.float32] = samples
        if self.speed and len(samples) > 64:
            factor = 1 + rng.uniform(-self.speed, self.speed)
            changed = resample(changed, round(sample_rate * factor), sample_rate)
        move = round(rng.uniform(-self.shift, self.shift) * sample_rate)
        if move < 0:
            changed = changed[min(-move, len(changed) // 4) :]
        elif move:
            changed = np.concatenate([np.zeros(move, np.float32), changed])
        changed = changed * np.float32(10 ** (rng.uniform(-1, 1) * self.gain_db / 20))
        if rng.random() < self.noise_probability:
            level = np.sqrt(np.mean(np.square(changed))) * 10 ** (-rng.uniform(*self.noise_db) / 20)
            noise = rng.standard_normal(len(changed), np.float32)
            changed = changed + np.float32(level) * noise
        return changed

    def picture(self, picture: NDArray[np.float32], rng: np.random.Generator) -> None:
        """Leave out bands and frames of a picture of shape (n_frames, n_mels), in place."""
        n_frames, n_mels = picture.shape
        level = float(picture.mean())
        level = level if abs(level) > _SMALL else _SMALL
        for _ in range(self.gaps):
            # Of a short recording, most must remain.
            width = int(rng.integers(min(self.bands, n_mels // 4) + 1))
            start = int(rng.integers(max(1, n_mels - width)))
            picture[:, start : start + width] = level
            width = int(rng.integers(min(self.frames, n_frames // 4) + 1))
            start = int(rng.integers(max(1, n_frames - width)))
            picture[start : start + width] = level

    def mix(
        self, pictures: NDArray[np.float32], targets: NDArray[np.float32], rng: np.random.Generator
    ) -> _Batch:
        """Return a batch in which each picture holds some of another one."""
        share = rng.beta(self.mixup, self.mixup, len(pictures)).astype(np.float32)
        share = np.maximum(share, 1 - share)
        other = rng.permutation(len(pictures))
        wide = share[:, None, None, None, None]
        mixed = wide * pictures + (1 - wide) * pictures[other]
        return mixed, share[:, None] * targets + (1 - share[:, None]) * targets[other]


def mono_at(
    samples: Any, sample_rate: int, config: TDCNNConfig, downmix: Downmix = "mean"
) -> NDArray[np.float32]:
    """Return mono samples at the model's rate."""
    with np.errstate(over="ignore"):  # becomes infinity, which is refused
        mono = np.asarray(as_recording(samples, downmix), np.float32)
    return recording_at(mono, sample_rate, config.sample_rate)


def prepare(
    samples: Any, sample_rate: int, config: TDCNNConfig, downmix: Downmix = "mean"
) -> NDArray[np.float32]:
    """Return the samples that count, at the model's rate: ends trimmed, cut or filled up."""
    mono = mono_at(samples, sample_rate, config, downmix)
    if config.trim_db is not None:
        mono = trim(mono, config.hop_length, config.trim_db)
    if config.offset or config.seconds is not None:
        start = round(config.offset * config.sample_rate)
        if start >= len(mono):  # so short that nothing would be left
            start = 0
        length = len(mono) if config.seconds is None else round(config.seconds * config.sample_rate)
        taken = mono[start : start + length]
        if config.seconds is not None or not taken.size:
            taken = np.pad(taken, (0, max(1, length if config.seconds else 1) - len(taken)))
        mono = taken
    return mono


def trim(samples: NDArray[np.float32], block: int, trim_db: float) -> NDArray[np.float32]:
    """Cut off blocks at both ends that are softer than the loudest one by more than `trim_db`."""
    starts = np.arange(0, len(samples), block)
    energies = np.add.reduceat(np.square(samples, dtype=np.float64), starts)
    loud = np.flatnonzero(energies >= energies.max() * 10 ** (-trim_db / 10))
    return samples[loud[0] * block : (loud[-1] + 1) * block]


def parts(samples: NDArray[np.float32], config: TDCNNConfig) -> list[NDArray[np.float32]]:
    """Return a prepared recording in equal parts of at most `LONGEST` seconds.

    Of several, the silent ones are left out, and the others trimmed as recordings are.
    """
    n_parts = -(-len(samples) // round(LONGEST * config.sample_rate))
    if n_parts <= 1:
        return [samples]
    cut = np.array_split(samples, n_parts)
    heard = [part for part in cut if level_db(part) >= SILENCE_DB] or cut[:1]
    if config.trim_db is None:
        return heard
    return [trim(part, config.hop_length, config.trim_db) for part in heard]


def picture(samples: NDArray[np.float32], config: TDCNNConfig) -> NDArray[np.float32]:
    """Return the log-mel picture of prepared samples, (n_frames, n_mels)."""
    found = log_mel(
        samples,
        config.sample_rate,
        n_fft=config.n_fft,
        hop_length=config.hop_length,
        win_length=config.win_length,
        window=config.window,
        n_mels=config.n_mels,
        fmin=config.fmin,
        fmax=config.fmax,
        ref="max",
        top_db=config.top_db,
    )
    if not config.normalize:
        # 0 dB, the loudest point, must not look like padding.
        found -= np.float32(1)
        return found
    found -= found.mean()
    deviation = float(found.std())
    if deviation < 1e-3:  # silence, whose rounding must not be blown up
        return np.full_like(found, FLOOR)
    found /= np.float32(deviation)
    return found


def cut(picture: NDArray[np.float32], config: TDCNNConfig) -> NDArray[np.float32]:
    """Return the windows of a picture, (n_windows, n_mels, window_frames)."""
    return windows(picture, config.window_frames, config.window_step)


def cut_all(samples: NDArray[np.float32], config: TDCNNConfig) -> NDArray[np.float32]:
    """Return the windows of prepared samples."""
    return cut(picture(samples, config), config)


def stack(parts: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return windows of several recordings as one batch, shorter ones followed by zeros."""
    longest = max(len(part) for part in parts)
    batch = np.zeros((len(parts), longest, *parts[0].shape[1:], 1), np.float32)
    for row, part in zip(batch, parts, strict=True):
        row[: len(part), ..., 0] = part
    return batch
