"""How a model of recordings does outside the studio: the same clips under conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import audio, augmentation
from quaver.augmentation import CONDITIONS
from quaver.models.base import VoiceModel
from quaver.models.scores import average_recall, calibration_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.corpus import Corpus

#: Of clips in memory at a time.
_TOGETHER = 256
_RATE = 16000
_SEED = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """How a model does under one condition.

    Attributes
    ----------
    corpus, name : str
        Name of the condition as in `quaver.augmentation.CONDITIONS`.
    clips : int
    accuracy, uar : float
        Accuracy and unweighted average recall, of all clips.
    calibration_error : float
        Expected calibration error in ten bins of equal width.
    reliable : float
        Share of the clips without a warning.
    reliable_accuracy : float or None
        Accuracy of these, None where there are none.
    """

    corpus: str
    name: str
    clips: int
    accuracy: float
    uar: float
    calibration_error: float
    reliable: float
    reliable_accuracy: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON has them."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What a model said of clips under a condition.

    Attributes
    ----------
    labels : ndarray of shape (n_clips,), str
    confidences : ndarray of shape (n_clips,), float64
        Probabilities of these labels.
    reliable : ndarray of shape (n_clips,), bool
    """

    labels: NDArray[np.str_]
    confidences: NDArray[np.float64]
    reliable: NDArray[np.bool_]


def answered(
    model: VoiceModel,
    corpus: Corpus,
    name: str,
    *,
    progress: Callable[[int], object] | None = None,
) -> Answered:
    """Return what a model says of each clip of a corpus under a condition, at 16 kHz.

    Parameters
    ----------
    model : VoiceModel
    corpus : Corpus
    name : str
        Of `quaver.augmentation.CONDITIONS`.
    progress : callable, optional
        Called with the number of clips after some of them.

    Raises
    ------
    ValueError
        If a clip cannot be used, or for an unknown condition.
    """
    found = []
    for first in range(0, len(corpus), _TOGETHER):
        clips = [_under(name, clip.recording) for clip in corpus[first : first + _TOGETHER]]
        answers = model.predict_clips(clips, _RATE)
        if answers.failures:
            failure = answers.failures[0]
            source = corpus[first + failure.index].path
            raise ValueError(f"{source}: cannot be used under {name}: {failure.reason}")
        found.append(answers)
        if progress is not None:
            progress(len(clips))
    return joined(
        [Answered(each.labels, each.probabilities.max(axis=1), each.reliable) for each in found]
    )


def joined(parts: Sequence[Answered]) -> Answered:
    """Return the answers to all clips of several lists."""
    return Answered(
        np.concatenate([each.labels for each in parts]),
        np.concatenate([each.confidences for each in parts]),
        np.concatenate([each.reliable for each in parts]),
    )


def _heard(recording: Any) -> NDArray[np.float32]:
    if not audio.is_recording(recording):
        return np.asarray(recording, np.float32)
    samples, _ = audio.load(recording, _RATE, downmix="mean")
    return np.asarray(samples, np.float32)


def _under(name: str, recording: Any) -> NDArray[np.float32]:
    seed = augmentation.seed_of(recording)
    return augmentation.apply(name, _heard(recording), _RATE, seed)


def stress(
    model: VoiceModel,
    corpus: Corpus,
    *,
    conditions: Sequence[str] = tuple(CONDITIONS),
    progress: Callable[[int, int], object] | None = None,
) -> list[Condition]:
    """Score a model on each corpus of a table under each condition.

    Parameters
    ----------
    model : VoiceModel
    corpus : Corpus
        Other clips than the model was trained on.
    conditions : sequence of str, optional
        Of `quaver.augmentation.CONDITIONS`; all by default.
    progress : callable, optional
        Called with (done, total) clips.

    Returns
    -------
    list of Condition
        Corpus by corpus, in the order of the conditions.

    Raises
    ------
    ValueError
        If a clip cannot be used, or for an unknown condition.
    """
    total, done = len(corpus) * len(conditions), 0

    def step(n: int) -> None:
        nonlocal done
        done += n
        if progress is not None:
            progress(done, total)

    rows = []
    for name, part in by_corpus(corpus):
        for condition in conditions:
            answers = answered(model, part, condition, progress=step)
            rows.append(row_of(name, condition, part.labels, answers))
    return rows


def by_corpus(corpus: Corpus) -> Iterator[tuple[str, Corpus]]:
    """Yield name and clips of each corpus in a table."""
    for name in sorted({clip.corpus for clip in corpus}):
        yield name, type(corpus)(tuple(clip for clip in corpus if clip.corpus == name))


def row_of(
    corpus: str,
    condition: str,
    labels: NDArray[np.str_],
    answers: Answered,
) -> Condition:
    """Return the scores of answers."""
    right = answers.labels == labels
    trusted = answers.reliable
    return Condition(
        corpus,
        condition,
        len(labels),
        float(right.mean()),
        average_recall(labels, answers.labels),
        calibration_error(answers.confidences, right),
        float(trusted.mean()),
        float(right[trusted].mean()) if trusted.any() else None,
    )


def sounds(voices: Sequence[Any] = (), *, n_each: int = 50) -> dict[str, list[NDArray[np.float32]]]:
    """Return sounds that are no speech of one person, by name, at 16 kHz.

    Parameters
    ----------
    voices : sequence of recordings, or arrays at 16 kHz
        For a babble of eight of them; without any there is none.
    n_each : int, default 50
        Of each kind; one to four seconds, at -10 to -50 dB of full scale.

    Returns
    -------
    dict of str to list of ndarray
        white, pink, babble, tones, chords and silence.

    Examples
    --------
    >>> sorted(sounds(n_each=1))
    ['chords', 'pink', 'silence', 'tones', 'white']
    """
    rng = np.random.default_rng(_SEED)
    found: dict[str, list[NDArray[np.float32]]] = {}

    def add(kind: str, samples: NDArray[Any]) -> None:
        level = 10 ** (-rng.uniform(10, 50) / 20)
        largest = max(float(np.abs(samples).max()), 1e-9)
        found.setdefault(kind, []).append((samples / largest * level).astype(np.float32))

    for _ in range(n_each):
        n = int(rng.uniform(1, 4) * _RATE)
        t = np.arange(n) / _RATE
        for colour in ("white", "pink"):
            exponent = augmentation.COLOURS[colour]
            add(colour, augmentation.coloured_noise(n, rng, exponent=exponent))
        if len(voices):
            chosen = [voices[i] for i in rng.integers(len(voices), size=8)]
            add("babble", augmentation.babble([_heard(each) for each in chosen], n, rng))
        add("tones", np.sin(2 * np.pi * 10 ** rng.uniform(1.8, 3.7) * t))
        third = 10 ** rng.uniform(2, 2.9)
        ratios = np.array([[1.0], [1.25], [1.5], [2.0]])
        add("chords", np.sin(2 * np.pi * third * ratios * t).sum(axis=0))
        add("silence", np.zeros(n))
    return found


def called_unreliable(
    model: VoiceModel, voices: Sequence[Any] = (), *, n_each: int = 50
) -> dict[str, float]:
    """Return the share of each kind of `sounds` that a model calls unreliable."""
    return {
        kind: float((~model.predict_clips(clips, _RATE).reliable).mean())
        for kind, clips in sounds(voices, n_each=n_each).items()
    }
