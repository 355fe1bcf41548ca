"""A corpus of emotional speech as one table: path, label, speaker, corpus, sex.

Labels are those of `quaver.LABELS`. Tables come from the readers of published corpora
(`quaver.corpora.readers`) or, for anything else, from a CSV file: `manifest`.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from quaver.config import LABELS
from quaver.recordings.segments import Segment

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REQUIRED = ("path", "label", "speaker")
# Names that others give to the columns start and end, maybe of another unit: to ignore them would
# give a whole dialogue the label of a sentence.
_OTHER_TIMES = re.compile(
    r"(?:(?:segment|seg|utterance|utt|turn|clip|time)[ _-]?)?"
    r"(?:start|end|begin|beg|stop|onset|offset|from|to|t0|t1|tmin|tmax|xmin|xmax)"
    r"(?:[ _-]?(?:times?|seconds?|secs?|s|milliseconds?|msecs?|ms|samples?|frames?)){0,2}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording of a corpus, which `quaver.load` and what takes recordings reads.

    Attributes
    ----------
    path : Path
    label : str
        One of `quaver.LABELS`.
    speaker : str
        Unique within its corpus.
    corpus : str
    sex : {"female", "male", "unknown"}
    start : float
        Where it begins in the file, in seconds.
    end : float or None
        Where it ends, in seconds; None for the end of the file.
    """

    path: Path
    label: str
    speaker: str
    corpus: str
    sex: str = "unknown"
    start: float = 0.0
    end: float | None = None

    @property
    def recording(self) -> Path | Segment:
        """What is to be read: the file, or the part of it that the clip is."""
        is_whole = self.start == 0 and self.end is None
        return self.path if is_whole else Segment(self.path, self.start, self.end)

    def __fspath__(self) -> str:
        return os.fspath(self.path)


@dataclass(frozen=True, slots=True, repr=False)
class Corpus(Sequence[Clip]):
    """A table of clips; behaves like a sequence of `Clip`.

    Attributes
    ----------
    clips : tuple of Clip
    paths, labels, speakers, groups : ndarray of shape (n_clips,)
        The columns, in the order of the clips, to be indexed by the rows of a split.
    """

    clips: tuple[Clip, ...]

    @property
    def paths(self) -> NDArray[np.object_]:
        """Paths of the clips; of a part of a file a `quaver.audio.Segment`."""
        return np.array([clip.recording for clip in self.clips], dtype=object)

    @property
    def labels(self) -> NDArray[np.str_]:
        """Labels of the clips."""
        return np.array([clip.label for clip in self.clips], dtype=np.str_)

    @property
    def speakers(self) -> NDArray[np.str_]:
        """Speakers of the clips, unique within a corpus; `RAVDESS_FOLDS` lists such names."""
        return np.array([clip.speaker for clip in self.clips], dtype=np.str_)

    @property
    def groups(self) -> NDArray[np.str_]:
        """Speakers as ``corpus/speaker``, unique across corpora: groups of a cross-validation."""
        return np.array([f"{clip.corpus}/{clip.speaker}" for clip in self.clips], dtype=np.str_)

    def __repr__(self) -> str:
        names = sorted({clip.corpus for clip in self.clips})
        return f"<Corpus of {len(self.clips)} clips: {', '.join(names)}>"

    def __len__(self) -> int:
        return len(self.clips)

    @overload
    def __getitem__(self, index: int) -> Clip: ...
    @overload
    def __getitem__(self, index: slice) -> Corpus: ...
    def __getitem__(self, index: int | slice) -> Clip | Corpus:
        if isinstance(index, slice):
            return Corpus(self.clips[index])
        return self.clips[index]

    def __iter__(self) -> Iterator[Clip]:
        return iter(self.clips)


def manifest(path: str | os.PathLike[str]) -> Corpus:
    r"""Read a CSV table: path, label, speaker and optionally corpus, sex, start, end.

    Parameters
    ----------
    path : path
        UTF-8 CSV file with a header; paths in it are relative to its directory. The corpus is the
        table's name and the sex unknown where not given. With a start or an end, in seconds, a
        clip is that part of its file. The recordings themselves are not opened.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        For a missing column or value, an unknown label or sex, times that are none, or a path (or
        part of it) listed twice, with the line's number; for columns of times of another name.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> table = pathlib.Path(tempfile.mkdtemp()) / "clips.csv"
    >>> _ = table.write_text("path,label,speaker\na.wav,anger,ann\n")
    >>> manifest(table)[0].label
    'anger'
    """
    table = Path(path)
    clips = []
    seen: dict[tuple[Path, float, float | None], int] = {}
    for line, row in csv_rows(table, _REQUIRED):
        others = [name for name in row if _is_other_time(name, row)]
        if others:
            raise ValueError(
                f"{table}, line 1: the column(s) {', '.join(others)} would be ignored: times of a"
                " part are called start and end, in seconds"
            )
        clip = _clip(row, table, line)
        first = seen.setdefault((clip.path, clip.start, clip.end), line)
        if first != line:  # a random split would test on what it trained on
            raise ValueError(f"{table}, line {line}: the same path as in line {first}: {clip.path}")
        clips.append(clip)
    if not clips:
        raise ValueError(f"{table}: no clip listed")
    return Corpus(tuple(clips))


def _is_other_time(name: str, row: dict[str, str]) -> bool:
    """Tell whether a column says which part of a file is meant, by a name that is not read."""
    if name.lower() in ("duration", "dur", "length"):  # of the file, unless a part of it begins
        return "start" in row and "end" not in row
    return name not in ("start", "end") and _OTHER_TIMES.fullmatch(name) is not None


def _clip(row: dict[str, str], table: Path, line: int) -> Clip:
    empty = [column for column in _REQUIRED if not row[column]]
    if empty:
        raise ValueError(f"{table}, line {line}: empty {', '.join(empty)}")
    allowed = {"label": LABELS, "sex": ("female", "male", "unknown")}
    for column, values in allowed.items():
        if row.get(column) and row[column] not in values:
            raise ValueError(
                f"{table}, line {line}: {column} must be one of {', '.join(values)},"
                f" got {row[column]!r}"
            )
    start, end = (_seconds(row, column, table, line) for column in ("start", "end"))
    if end is not None and end <= (start or 0):
        raise ValueError(f"{table}, line {line}: end must be after the start, got {end:g}")
    return Clip(
        table.parent / row["path"],
        row["label"],
        row["speaker"],
        row.get("corpus") or table.stem,
        row.get("sex") or "unknown",
        start or 0.0,
        end,
    )


def _seconds(row: dict[str, str], column: str, table: Path, line: int) -> float | None:
    """Return a time of a row, None for none."""
    text = row.get(column)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise ValueError(f"{table}, line {line}: {column} must be seconds, 0 or more, got {text!r}")
    return value


def csv_rows(table: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and stripped cells of each row of a CSV table with a header."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines, restval="")
            header = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = header
            missing = [name for name in required if name not in header]
            if missing:
                raise ValueError(
                    f"{table}, line 1: missing column(s) {', '.join(missing)},"
                    f" got {', '.join(header) or 'nothing'}"
                )
            for row in reader:
                if None in row:
                    raise ValueError(
                        f"{table}, line {reader.line_num}: more cells than the {len(header)}"
                        " columns of the header"
                    )
                yield reader.line_num, {name: cell.strip() for name, cell in row.items()}
    except UnicodeDecodeError as error:
        raise ValueError(f"{table}: expected UTF-8 text, {error}") from None
    except csv.Error as error:
        raise ValueError(f"{table}, line {reader.line_num}: {error}") from None
