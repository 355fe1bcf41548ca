"""What is wrong with the recordings of a corpus: `check`, and those that can be used: `usable`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import audio
from quaver._frames import frame
from quaver._validate import check_real, check_sample_rate
from quaver.batch import (
    CLIP_ERRORS,
    Failure,
    Progress,
    check_threads,
    failure_of,
    in_order,
    reporter,
)
from quaver.corpora.table import Clip, Corpus
from quaver.models.trust import SHORTEST_SECONDS, doubts

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Kinds of faults, and what each says of a clip.
FAULTS = {
    "missing": "there is no such file",
    "lfs_pointer": "a pointer of Git LFS in the place of the recording",
    "unreadable": "no recording, cut off, empty, or a part behind its end",
    "not_finite": "NaN or infinity among the samples",
    "silent": "nothing to hear",
    "short": "too short for an emotion",
    "clipped": "cut off at full scale",
    "out_of_scale": "samples of integers that nobody divided",
    "rate": "another rate than most",
    "duplicate": "the same samples as another clip",
    "label_conflict": "the same samples as another clip, under another label",
    "content_leak": "the same samples, or part of them, in two splits",
    "speaker_leak": "a speaker in two splits",
    "few_clips": "a label with one clip",
    "label_spelling": "a label that is another one but for case and spaces",
}
#: Faults of clips that no model can hear.
UNUSABLE = ("missing", "lfs_pointer", "unreadable", "not_finite")

_OF_DOUBTS = {"silence": "silent", "clipped": "clipped", "out_of_scale": "out_of_scale"}
_LFS = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a clip.

    Attributes
    ----------
    kind : str
        Of `FAULTS`.
    index : int
        Row of the clip in the corpus.
    source : str
        The recording, or part of it.
    reason : str
    """

    kind: str
    index: int
    source: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """What `check` found.

    Attributes
    ----------
    faults : tuple of Fault
        In the order of `FAULTS`, then of the clips.
    clips : int
    seconds : float
        Of all clips that can be read.
    labels, speakers, splits : dict of str to int
        Clips of each; without empty ones.
    rates : dict of int to int
        Clips of each rate in Hz.
    """

    faults: tuple[Fault, ...]
    clips: int
    seconds: float
    labels: dict[str, int]
    speakers: dict[str, int]
    splits: dict[str, int]
    rates: dict[int, int]

    def __repr__(self) -> str:
        return f"<Checked: {self.clips} clips, {len(self.faults)} faults>"

    def counts(self) -> dict[str, int]:
        """Return how many faults there are of each kind that was found."""
        found = Counter(fault.kind for fault in self.faults)
        return {kind: found[kind] for kind in FAULTS if found[kind]}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types."""
        return {
            "clips": self.clips,
            "seconds": self.seconds,
            "labels": self.labels,
            "speakers": self.speakers,
            "splits": self.splits,
            "rates": {str(rate): n for rate, n in self.rates.items()},
            "counts": self.counts(),
            "faults": [asdict(fault) for fault in self.faults],
        }

    def to_frame(self) -> Any:
        """Return the faults as a `pandas.DataFrame`."""
        names = ("kind", "index", "source", "reason")
        return frame({name: [getattr(fault, name) for fault in self.faults] for name in names})


@dataclass(frozen=True, slots=True)
class _Heard:
    """A clip that could be read."""

    rate: int
    seconds: float
    content: bytes
    finite: bool
    doubts: tuple[str, ...]


def check(
    corpus: Corpus,
    *,
    rate: int | None = None,
    shortest: float = SHORTEST_SECONDS,
    threads: int | None = None,
    progress: Progress = False,
) -> Checked:
    """Listen to every clip of a corpus, and tell what is wrong.

    Parameters
    ----------
    corpus : Corpus
    rate : int, optional
        Rate in Hz that recordings should have; by default that of most.
    shortest : float, default 0.5
        Seconds that a clip should have at least.
    threads : int, optional
        Number of workers; by default one for each processor.
    progress : bool or callable, default False
        As in `quaver.extract_many`.

    Returns
    -------
    Checked

    Raises
    ------
    ValueError, TypeError
        For a wrong `rate`, `shortest` or `threads`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from quaver.corpus import Clip
    >>> check(Corpus([Clip(Path("nowhere.wav"), "calm", "ann", "mine")])).counts()
    {'missing': 1, 'few_clips': 1}
    """
    wanted = None if rate is None else check_sample_rate(rate)
    if not check_real("shortest", shortest) >= 0:
        raise ValueError(f"shortest must be 0 or more, got {shortest}")
    with _listened(corpus, threads, progress) as results:
        heard = list(results)
    found: list[Fault] = []
    for i, each in enumerate(heard):
        found += _of_clip(i, corpus, each, shortest)
    readable = {i: each for i, each in enumerate(heard) if isinstance(each, _Heard)}
    found += _of_rates(corpus, readable, wanted)
    found += _of_contents(corpus, readable)
    found += _of_table(corpus)
    order = list(FAULTS)
    found.sort(key=lambda fault: (order.index(fault.kind), fault.index))
    return Checked(
        tuple(found),
        len(corpus),
        sum(each.seconds for each in readable.values()),
        _counted(corpus.labels),
        _counted(corpus.groups) if corpus.has_speakers else {},
        _counted(corpus.column("split")),
        dict(Counter(each.rate for each in readable.values()).most_common()),
    )


def usable(
    corpus: Corpus, *, threads: int | None = None, progress: Progress = False
) -> tuple[Corpus, tuple[Failure, ...]]:
    """Return the clips that can be heard, and the others with the reason.

    Parameters
    ----------
    corpus : Corpus
    threads, progress
        As of `check`.

    Returns
    -------
    corpus : Corpus
        The same one if nothing is wrong.
    failures : tuple of Failure
    """
    failures = []
    with _listened(corpus, threads, progress) as results:
        for i, each in enumerate(results):
            if isinstance(each, Failure):
                failures.append(each)
            elif not each.finite:
                source = audio.describe(corpus[i].recording)
                reason = f"{source}: {FAULTS['not_finite']}"
                failures.append(Failure(i, source, "ValueError", reason))
    if not failures:
        return corpus, ()
    worked = np.ones(len(corpus), bool)
    worked[[failure.index for failure in failures]] = False
    return corpus.part(worked), tuple(failures)


@contextmanager
def _listened(
    corpus: Corpus, threads: int | None, progress: Progress
) -> Iterator[Iterator[_Heard | Failure]]:
    """Yield what is heard of each clip, in their order."""
    n_threads = max(1, min(check_threads(threads), len(corpus)))

    def work(i: int) -> _Heard | Failure:
        recording = corpus[i].recording
        try:
            return _hear(*audio.load(recording))
        except CLIP_ERRORS as error:
            return failure_of(i, recording, error)

    with (
        reporter(progress, len(corpus)) as report,
        in_order(work, len(corpus), n_threads) as results,
    ):

        def told() -> Iterator[_Heard | Failure]:
            for i, result in enumerate(results):
                yield result
                report(i + 1, len(corpus))

        yield told()


def _hear(samples: NDArray[Any], rate: int) -> _Heard:
    content = hashlib.blake2b(samples.tobytes(), digest_size=16)
    content.update(f"{rate} {samples.shape}".encode())
    mono = samples if samples.ndim == 1 else samples.mean(axis=0)
    finite = bool(np.isfinite(samples).all())
    told = doubts(mono, rate) if finite else ()
    return _Heard(rate, samples.shape[-1] / rate, content.digest(), finite, told)


def _of_clip(i: int, corpus: Corpus, heard: _Heard | Failure, shortest: float) -> Iterator[Fault]:
    source = audio.describe(corpus[i].recording)
    if isinstance(heard, Failure):
        yield Fault(_why_unreadable(corpus[i], heard), i, source, heard.reason)
        return
    if not heard.finite:
        yield Fault("not_finite", i, source, FAULTS["not_finite"])
    if heard.seconds < shortest:
        yield Fault("short", i, source, f"{heard.seconds:.3f} s, expected {shortest:g} at least")
    for doubt in heard.doubts:
        if doubt in _OF_DOUBTS:
            kind = _OF_DOUBTS[doubt]
            yield Fault(kind, i, source, FAULTS[kind])


def _why_unreadable(clip: Clip, failure: Failure) -> str:
    if failure.error == "FileNotFoundError":
        return "missing"
    try:
        with clip.path.open("rb") as file:
            return "lfs_pointer" if file.read(len(_LFS)) == _LFS else "unreadable"
    except (OSError, ValueError):  # a name that no file can have
        return "unreadable"


def _of_rates(corpus: Corpus, heard: dict[int, _Heard], wanted: int | None) -> Iterator[Fault]:
    rates = Counter(each.rate for each in heard.values())
    if wanted is None and rates:
        wanted = rates.most_common(1)[0][0]
    for i, each in heard.items():
        if each.rate != wanted:
            source = audio.describe(corpus[i].recording)
            yield Fault("rate", i, source, f"{each.rate} Hz, expected {wanted}")


def _of_contents(corpus: Corpus, heard: dict[int, _Heard]) -> Iterator[Fault]:
    labels, splits = corpus.labels, corpus.column("split")
    first: dict[bytes, int] = {}
    for i, each in heard.items():
        k = first.setdefault(each.content, i)
        if k == i:
            continue
        source, other = (audio.describe(corpus[row].recording) for row in (i, k))
        kind, more = "duplicate", ""
        if labels[i] != labels[k]:
            kind, more = "label_conflict", f", {labels[i]} here and {labels[k]} there"
        yield Fault(kind, i, source, f"the same samples as {other}{more}")
        if splits[i] and splits[k] and splits[i] != splits[k]:
            reason = f"the same samples as {other}, {splits[i]} here and {splits[k]} there"
            yield Fault("content_leak", i, source, reason)
    yield from _of_overlaps(corpus)


def _of_overlaps(corpus: Corpus) -> Iterator[Fault]:
    """Yield parts of a file that share some of it though they are of different splits."""
    paths, splits = corpus.column("path"), corpus.column("split")
    starts, ends = corpus.column("start"), corpus.column("end")
    ends = np.where(np.isnan(ends), np.inf, ends)
    # File, end and row of the part that reaches furthest.
    last: tuple[str, float, int] | None = None
    for i in np.lexsort((starts, paths.astype(str))).tolist():
        if last is not None and last[0] == paths[i] and starts[i] < last[1]:
            k = last[2]
            if splits[i] and splits[k] and splits[i] != splits[k]:
                source, other = (audio.describe(corpus[row].recording) for row in (i, k))
                reason = f"overlaps {other}, {splits[i]} here and {splits[k]} there"
                yield Fault("content_leak", i, source, reason)
        if last is None or last[0] != paths[i] or ends[i] > last[1]:
            last = (paths[i], float(ends[i]), i)


def _of_table(corpus: Corpus) -> Iterator[Fault]:
    """Yield what can be seen without listening."""
    labels, splits, groups = corpus.labels, corpus.column("split"), corpus.groups
    for label, n in _counted(labels).items():
        if n == 1:
            i = int(np.flatnonzero(labels == label)[0])
            source = audio.describe(corpus[i].recording)
            yield Fault("few_clips", i, source, f"the only clip that is labelled {label}")
    yield from _of_spellings(corpus, labels)
    if not corpus.has_speakers:
        return
    seen: dict[str, str] = {}
    told: set[str] = set()
    for i, (group, split) in enumerate(zip(groups.tolist(), splits.tolist(), strict=True)):
        if split and seen.setdefault(group, split) != split and group not in told:
            told.add(group)
            source = audio.describe(corpus[i].recording)
            reason = f"the speaker {group} is in {seen[group]} and in {split}"
            yield Fault("speaker_leak", i, source, reason)


def _of_spellings(corpus: Corpus, labels: NDArray[np.str_]) -> Iterator[Fault]:
    """Yield a clip of each label that is most likely meant to be another, of more clips."""
    alike: dict[str, str] = {}
    counts = _counted(labels)
    for label in sorted(counts, key=lambda label: -counts[label]):
        other = alike.setdefault("".join(label.lower().split()), label)
        if other != label:
            i = int(np.flatnonzero(labels == label)[0])
            reason = f"{counts[label]} labelled {label!r}, {counts[other]} labelled {other!r}"
            yield Fault("label_spelling", i, audio.describe(corpus[i].recording), reason)


def _counted(words: Sequence[str] | NDArray[Any]) -> dict[str, int]:
    names, counts = np.unique(np.asarray(words, dtype=np.str_), return_counts=True)
    return {str(n): int(c) for n, c in zip(names, counts, strict=True) if n}
