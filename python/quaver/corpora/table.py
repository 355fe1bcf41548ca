"""A corpus of emotional speech as one table: path, label, speaker, corpus, sex.

Labels are those of `quaver.LABELS`. Tables come from the readers of published corpora
(`quaver.corpora.readers`) or, for anything else, from a CSV file: `manifest`.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from quaver.config import LABELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REQUIRED = ("path", "label", "speaker")


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording of a corpus.

    Attributes
    ----------
    path : Path
    label : str
        One of `quaver.LABELS`.
    speaker : str
        Unique within its corpus.
    corpus : str
    sex : {"female", "male", "unknown"}
    """

    path: Path
    label: str
    speaker: str
    corpus: str
    sex: str = "unknown"


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
        """Paths of the clips."""
        return np.array([clip.path for clip in self.clips], dtype=object)

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
    r"""Read a CSV table with a header: path, label, speaker and optionally corpus, sex.

    Parameters
    ----------
    path : path
        UTF-8 CSV file; paths in it are relative to its directory. The corpus is the table's name
        and the sex unknown where not given. The recordings themselves are not opened.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        For a missing column or value, an unknown label or sex, or a path listed twice, with the
        line's number.

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
    seen: dict[Path, int] = {}
    for line, row in csv_rows(table, _REQUIRED):
        clip = _clip(row, table, line)
        first = seen.setdefault(clip.path, line)
        if first != line:  # a random split would test on what it trained on
            raise ValueError(f"{table}, line {line}: the same path as in line {first}: {clip.path}")
        clips.append(clip)
    if not clips:
        raise ValueError(f"{table}: no clip listed")
    return Corpus(tuple(clips))


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
    return Clip(
        table.parent / row["path"],
        row["label"],
        row["speaker"],
        row.get("corpus") or table.stem,
        row.get("sex") or "unknown",
    )


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
