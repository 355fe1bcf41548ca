"""A corpus of emotional speech as one table: path, label, speaker, corpus, sex, times, split.

Labels are any strings. Tables come from the readers of published corpora and of folders
(`quaver.corpora.readers`) or from a file: `quaver.corpora.manifests`.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload
from unicodedata import normalize

import numpy as np

from quaver._frames import frame
from quaver.recordings.segments import Segment

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Columns that every corpus has, in this order; further ones follow.
COLUMNS = ("path", "label", "speaker", "corpus", "sex", "start", "end", "split")

_WORDS = ("label", "speaker", "corpus", "sex", "split")


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording of a corpus, which `quaver.load` and what takes recordings reads.

    Attributes
    ----------
    path : Path
    label : str
        Any word; empty where nobody knows.
    speaker : str
        Unique within its corpus; empty where nobody knows.
    corpus : str
    sex : {"female", "male", "unknown"}
    start : float
        Where it begins in the file, in seconds.
    end : float or None
        Where it ends, in seconds; None for the end of the file.
    split : str
        Which part of the corpus its makers put it into, such as "train"; empty for none.
    extra : mapping of str to str
        Further columns of its table, by name.
    """

    path: Path
    label: str
    speaker: str
    corpus: str
    sex: str = "unknown"
    start: float = 0.0
    end: float | None = None
    split: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def recording(self) -> Path | Segment:
        """What is to be read: the file, or the part of it that the clip is."""
        is_whole = self.start == 0 and self.end is None
        return self.path if is_whole else Segment(self.path, self.start, self.end)

    def __fspath__(self) -> str:
        return os.fspath(self.path)


def composed(words: Iterable[str]) -> list[str]:
    """Return words in Unicode's form NFC, as people type them; a Mac calls its files in NFD.

    Examples
    --------
    >>> composed(["mu\N{COMBINING DIAERESIS}de"]) == ["m\N{LATIN SMALL LETTER U WITH DIAERESIS}de"]
    True
    """
    given = list(words)
    forms = {word: normalize("NFC", word) for word in set(given) if not word.isascii()}
    return [forms.get(word, word) for word in given] if forms else given


class Corpus(Sequence[Clip]):
    """A table of clips, kept by columns; behaves like a sequence of `Clip`.

    Parameters
    ----------
    clips : iterable of Clip

    Examples
    --------
    >>> corpus = Corpus([Clip(Path("a.wav"), "calm", "ann", "mine")])
    >>> corpus.labels.tolist(), corpus[0].speaker
    (['calm'], 'ann')
    """

    __slots__ = ("_columns",)
    _columns: dict[str, Any]
    __hash__ = None  # type: ignore[assignment]  # it has an equality

    def __init__(self, clips: Iterable[Clip] = ()) -> None:
        given = list(clips)
        words = {name: [getattr(clip, name) for clip in given] for name in _WORDS}
        ends = [math.nan if clip.end is None else clip.end for clip in given]
        # In the order in which they come up, once each.
        further = dict.fromkeys(name for clip in given for name in clip.extra)
        self._columns = {
            "path": [os.fspath(clip.path) for clip in given],
            **words,
            "start": np.array([clip.start for clip in given], np.float64),
            "end": np.array(ends, np.float64),
            **{name: [clip.extra.get(name, "") for clip in given] for name in further},
        }

    @classmethod
    def of_columns(cls, columns: Mapping[str, Any]) -> Corpus:
        """Return the table of columns, which is not copied and opens no recording.

        Parameters
        ----------
        columns : mapping
            By name, of one length: lists of str, and arrays of float64 of ``start`` and ``end``, in
            seconds, NaN for the end of a file. ``path`` is needed; words that are missing are
            empty, a missing sex is unknown.

        Examples
        --------
        >>> Corpus.of_columns({"path": ["a.wav"], "label": ["calm"]})[0].label
        'calm'
        """
        n = len(columns["path"])
        made = cls()
        defaults = {name: "unknown" if name == "sex" else "" for name in _WORDS}
        made._columns = {
            "path": columns["path"],
            **{name: columns.get(name, [word] * n) for name, word in defaults.items()},
            "start": np.asarray(columns.get("start", np.zeros(n)), np.float64),
            "end": np.asarray(columns.get("end", np.full(n, math.nan)), np.float64),
            **{name: column for name, column in columns.items() if name not in COLUMNS},
        }
        lengths = {name: len(column) for name, column in made._columns.items()}
        if set(lengths.values()) != {n}:
            raise ValueError(f"columns must have {n} rows, got {lengths}")
        return made

    @classmethod
    def joined(cls, corpora: Sequence[Corpus]) -> Corpus:
        """Return several tables as one."""
        if len(corpora) == 1:
            return corpora[0]
        names = dict.fromkeys(name for corpus in corpora for name in corpus._columns)
        columns: dict[str, Any] = {}
        for name in names:
            parts = [each._columns.get(name, [""] * len(each)) for each in corpora]
            numeric = name in ("start", "end")
            columns[name] = np.concatenate(parts) if numeric else [w for p in parts for w in p]
        return cls.of_columns(columns) if columns else cls()

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The rows as `Clip`, made anew."""
        return tuple(self)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns: `COLUMNS`, then further ones."""
        return (*COLUMNS, *(name for name in self._columns if name not in COLUMNS))

    def column(self, name: str) -> NDArray[Any]:
        """Return a column: float64 of ``start`` and ``end`` (NaN for the end of a file), else str.

        Paths, and further columns with a cell that is far longer than most, are of dtype object.

        Raises
        ------
        ValueError
            For an unknown name.
        """
        if name not in self._columns:
            raise ValueError(f"no column {name!r}, there are {', '.join(self.names)}")
        column = self._columns[name]
        if isinstance(column, np.ndarray):
            return column
        if name == "path" or (name not in COLUMNS and _is_uneven(column)):
            return np.array(column, dtype=object)
        return np.array(column, dtype=np.str_)

    @property
    def paths(self) -> NDArray[np.object_]:
        """Paths of the clips; of a part of a file a `quaver.audio.Segment`."""
        found = np.empty(len(self), dtype=object)
        for i, clip in enumerate(self):
            found[i] = clip.recording
        return found

    @property
    def labels(self) -> NDArray[np.str_]:
        """Labels of the clips."""
        return self.column("label")

    @property
    def speakers(self) -> NDArray[np.str_]:
        """Speakers of the clips, unique within a corpus; `RAVDESS_FOLDS` lists such names."""
        return self.column("speaker")

    @property
    def groups(self) -> NDArray[np.str_]:
        """Speakers as ``corpus/speaker``, unique across corpora: groups of a cross-validation."""
        pairs = zip(self._columns["corpus"], self._columns["speaker"], strict=True)
        return np.array([f"{corpus}/{speaker}" for corpus, speaker in pairs], dtype=np.str_)

    @property
    def has_speakers(self) -> bool:
        """Whether the speaker of every clip is known."""
        return all(self._columns["speaker"])

    def part(self, rows: Any) -> Corpus:
        """Return some of the clips.

        Parameters
        ----------
        rows : array_like of int, or of bool for each clip
        """
        wanted = np.asarray(rows)
        wanted = np.flatnonzero(wanted) if wanted.dtype == bool else wanted.astype(np.intp)
        order = wanted.tolist()
        return Corpus.of_columns(
            {
                name: column[wanted]
                if isinstance(column, np.ndarray)
                else [column[i] for i in order]
                for name, column in self._columns.items()
            }
        )

    def relabelled(
        self, labels: Mapping[str, str] | None = None, drop: Iterable[str] = ()
    ) -> Corpus:
        """Return the table with labels called otherwise, and without the clips of some.

        Parameters
        ----------
        labels : mapping of str to str, optional
            From what the corpus says to what is meant; what is not listed stays as it is.
        drop : iterable of str
            Labels whose clips are left out, as the corpus calls them.

        Raises
        ------
        ValueError
            For a label that no clip has, or if no clip is left.

        Examples
        --------
        >>> clips = [Clip(Path(f"{label}.wav"), label, "", "mine") for label in ("angry", "bored")]
        >>> Corpus(clips).relabelled({"angry": "anger"}, ["bored"]).labels.tolist()
        ['anger']
        """
        found = labels or {}
        names = dict(zip(composed(found), found.values(), strict=True))
        own, left_out = composed(self._columns["label"]), set(composed(drop))
        known = set(own)
        unknown = sorted({*names, *left_out} - known)
        if unknown:
            raise ValueError(
                f"no clip is labelled {', '.join(map(repr, unknown))},"
                f" the labels are {', '.join(sorted(known))}"
            )
        kept = self.part([label not in left_out for label in own])
        if not len(kept):
            raise ValueError(f"no clip is left without {', '.join(sorted(left_out))}")
        words = [names.get(label, label) for label in own if label not in left_out]
        return Corpus.of_columns({**kept._columns, "label": words})

    def with_speakers(self, speaker: str, root: str | os.PathLike[str] = "") -> Corpus:
        """Return the table with speakers from a column or from what paths say.

        Parameters
        ----------
        speaker : str
            Name of a column, or a regular expression with one group that is searched in each path,
            from `root` on, with ``/`` between folders.
        root : path, optional
            Folder that is no part of what is searched.

        Raises
        ------
        ValueError
            For what is neither, or a path without a speaker.

        Examples
        --------
        >>> corpus = Corpus([Clip(Path("ann_01.wav"), "calm", "", "mine")])
        >>> corpus.with_speakers("^([a-z]+)_").speakers.tolist()
        ['ann']
        """
        if speaker in self._columns:
            words = [str(word) for word in self._columns[speaker]]
            if not all(words):
                raise ValueError(f"the column {speaker!r} has empty cells, no speaker is known")
            return Corpus.of_columns({**self._columns, "speaker": words})
        pattern = _speaker_pattern(speaker)
        below = f"{Path(root).as_posix()}/" if os.fspath(root) else ""
        paths = [Path(path).as_posix().removeprefix(below) for path in self._columns["path"]]
        found = [pattern.search(path) for path in paths]
        without = [path for path, hit in zip(paths, found, strict=True) if not (hit and hit[1])]
        if without:
            raise ValueError(
                f"{speaker!r} finds no speaker in {len(without)} of {len(paths)} paths, among them"
                f" {', '.join(without[:3])}"
            )
        words = composed(match[1] for match in found if match is not None)
        return Corpus.of_columns({**self._columns, "speaker": words})

    def to_frame(self) -> Any:
        """Return the table as a `pandas.DataFrame`; an end that is that of the file is NaN."""
        return frame({name: self._columns[name] for name in self.names})

    def __repr__(self) -> str:
        names = sorted(set(self._columns["corpus"]))
        return f"<Corpus of {len(self)} clips: {', '.join(names)}>"

    def __len__(self) -> int:
        return len(self._columns["path"])

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> Corpus: ...
    def __getitem__(self, index: int | slice) -> Clip | Corpus:
        if isinstance(index, slice):
            return self.part(range(len(self))[index])
        columns = self._columns
        end = float(columns["end"][index])
        return Clip(
            Path(columns["path"][index]),
            columns["label"][index],
            columns["speaker"][index],
            columns["corpus"][index],
            columns["sex"][index],
            float(columns["start"][index]),
            None if math.isnan(end) else end,
            columns["split"][index],
            {name: column[index] for name, column in columns.items() if name not in COLUMNS},
        )

    def __iter__(self) -> Iterator[Clip]:
        return (self[i] for i in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Corpus):
            return NotImplemented
        return self.clips == other.clips


def _is_uneven(words: Sequence[str]) -> bool:
    """Tell whether an array, whose cells are as wide as the longest, would be mostly empty."""
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    return bool(lengths.size and lengths.max() * lengths.size > 16 * lengths.sum() + (1 << 20))


def _speaker_pattern(speaker: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(speaker)
    except re.error as error:
        raise ValueError(
            f"speaker must be a column or a pattern with a group, got {speaker!r}: {error}"
        ) from None
    if pattern.groups != 1:
        raise ValueError(
            f"speaker must be a column or a pattern with one group such as '^([^_]+)_',"
            f" got {speaker!r}"
        )
    return pattern
