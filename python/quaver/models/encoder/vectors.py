"""What a head is trained on: vectors of clips and changed copies, and of sounds without speech."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import audio, augmentation
from quaver._validate import check_int
from quaver.augmentation import Augmentation
from quaver.models.encoder.mel import SAMPLE_RATE
from quaver.models.encoder.model import Encoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.corpus import Corpus

#: Changed copies of each clip in training, and by what they are made, one after the other.
N_COPIES = 12
POLICIES = (Augmentation(), Augmentation(), Augmentation.light(), Augmentation.rooms())

_SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What a head is trained on.

    Attributes
    ----------
    copies : ndarray of shape (n_copies, n_clips, n_values), float32
        The clips as they are, then changed copies of them.
    labels, speakers, corpora : ndarray of shape (n_clips,), str
    noises : ndarray of shape (n_noises, n_values), float32
        Of sounds that are no speech of one person.
    noise_speakers : ndarray of shape (n_noises,), str
        Whose voices a babble is made of, "" of other sounds.
    """

    copies: NDArray[np.float32]
    labels: NDArray[np.str_]
    speakers: NDArray[np.str_]
    corpora: NDArray[np.str_]
    noises: NDArray[np.float32]
    noise_speakers: NDArray[np.str_]

    def part(self, rows: NDArray[np.intp]) -> Vectors:
        """Return those of some of the clips, without the voices of other speakers."""
        columns = (self.labels[rows], self.speakers[rows], self.corpora[rows])
        heard = np.isin(self.noise_speakers, ["", *columns[1]])
        noises = (self.noises[heard], self.noise_speakers[heard])
        return Vectors(self.copies[:, rows], *columns, *noises)


def vectors_of(
    encoder: Encoder,
    corpus: Corpus,
    *,
    policies: Sequence[Augmentation] = POLICIES,
    n_copies: int = N_COPIES,
    seed: int = _SEED,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Vectors:
    """Compute the vectors of all clips, of changed copies, and of sounds that are no speech.

    The voices of a babble are the speaker's own, so that no other speaker's voice gets into copies.

    Raises
    ------
    ValueError
        If a clip cannot be used, which is named.
    """
    if check_int("seed", seed) < 0:
        raise ValueError(f"seed must not be negative, got {seed}")
    mates = {s: np.flatnonzero(corpus.groups == s) for s in np.unique(corpus.groups)}
    paths, groups = corpus.paths, corpus.groups

    def rows(i: int, mono: NDArray[Any]) -> NDArray[np.float32]:
        others = _Recordings([paths[j] for j in mates[groups[i]]])
        name = augmentation.seed_of(corpus[i])
        made = [mono]
        for copy in range(n_copies):
            rng = np.random.default_rng([seed, copy, name])
            policy = policies[copy % len(policies)]
            made.append(policy(mono, SAMPLE_RATE, rng, others))
        return np.array([_heard(encoder, each) for each in made])

    found, _, failures = encoder.each(
        rows, paths, None, downmix="mean", threads=threads, progress=progress or False
    )
    if failures:
        raise ValueError(
            f"{len(failures)} of {len(corpus)} clips cannot be used, among them"
            f" {failures[0].source}: {failures[0].reason}"
        )
    sounds = [("", sound) for sound in no_speech(seed)]
    for speaker, own in mates.items():
        sounds += [(speaker, sound) for sound in _babbles([paths[i] for i in own], seed)]
    noises = [_heard(encoder, sound) for _, sound in sounds]
    return Vectors(
        np.ascontiguousarray(np.array(found, np.float32).transpose(1, 0, 2)),
        corpus.labels,
        groups,
        np.array([clip.corpus for clip in corpus], dtype=np.str_),
        np.array(noises),
        np.array([str(speaker) for speaker, _ in sounds]),
    )


def policies_of(augmentation: Augmentation | Sequence[Augmentation]) -> Sequence[Augmentation]:
    """Return what copies are made by, one after the other; at least one."""
    found = (augmentation,) if isinstance(augmentation, Augmentation) else tuple(augmentation)
    if not found:
        raise ValueError("augmentation must hold at least one Augmentation, got none")
    for each in found:
        if not isinstance(each, Augmentation):
            raise TypeError(f"augmentation must hold Augmentation, got {type(each).__name__}")
    return found


def _heard(encoder: Encoder, mono: NDArray[Any]) -> NDArray[np.float32]:
    return encoder.vector(mono, normalize=True, trim=True).ravel()


def _babbles(paths: Sequence[Any], seed: int, n: int = 12) -> Iterator[NDArray[np.float32]]:
    """Yield murmurs of five to twelve recordings of a speaker at once."""
    rng = np.random.default_rng([seed, len(paths)])
    recordings = _Recordings(paths)
    for _ in range(n):
        voices = [recordings[i] for i in rng.integers(len(paths), size=int(rng.integers(5, 13)))]
        size = int(rng.uniform(0.7, 5) * SAMPLE_RATE)
        yield augmentation.babble(voices, size, rng)


class _Recordings(Sequence[Any]):
    """Recordings of a list of paths, read when one is asked for."""

    def __init__(self, paths: Sequence[Any]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Any) -> Any:
        return audio.load(self._paths[index], SAMPLE_RATE, downmix="mean")[0]


def no_speech(seed: int = _SEED, n_each: int = 60) -> Iterator[NDArray[np.float32]]:
    """Yield sounds that are no speech: noises, tones, chords, hums, clicks, sweeps and silence.

    Parameters
    ----------
    seed : int
    n_each : int, default 60
        Of each kind, at 16 kHz, half a second to five seconds long.
    """
    rng = np.random.default_rng(seed)
    for _ in range(n_each):
        n = int(rng.uniform(0.5, 5) * SAMPLE_RATE)
        t = np.arange(n) / SAMPLE_RATE
        noise = augmentation.coloured_noise(n, rng, exponent=rng.uniform(-0.5, 3))
        tone = np.sin(2 * np.pi * 10 ** rng.uniform(1.7, 3.8) * t)
        roots = 10 ** rng.uniform(1.9, 3.2, int(rng.integers(2, 6)))
        chord = sum(_harmonics(t, root, rng) for root in roots)
        hum = _harmonics(t, float(rng.choice([50.0, 60.0, 100.0, 120.0])), rng)
        sweep = np.sin(2 * np.pi * (100 + rng.uniform(100, 1500) * t) * t)
        pulses = (rng.random(n) < rng.uniform(1, 200) / SAMPLE_RATE) * rng.standard_normal(n)
        slow = 1 + rng.uniform(0, 1) * np.sin(2 * np.pi * rng.uniform(0.3, 12) * t)
        faint = 0.01 * augmentation.coloured_noise(n, rng)
        sounds = (noise, noise * slow, tone, tone * slow, chord, chord * slow, hum, sweep, pulses)
        for sound in sounds:
            yield (sound + faint * rng.choice([0.0, 1.0, 10.0])).astype(np.float32)
        yield np.zeros(n, np.float32)


def _harmonics(t: NDArray[np.float64], hertz: float, rng: np.random.Generator) -> Any:
    numbers = np.arange(1, max(2, min(40, int(7600 / hertz))))
    heights = rng.uniform(0, 1, numbers.size) / numbers ** rng.uniform(0.5, 2)
    phases = rng.uniform(0, 2 * np.pi, numbers.size)
    return heights @ np.sin(2 * np.pi * hertz * numbers[:, None] * t + phases[:, None])
