"""Corpora of emotional speech as one table: path, label, speaker, corpus, sex.

Labels are those of `quaver.LABELS`; what a corpus calls otherwise is mapped, what has no
counterpart (boredom) is left out. Nothing is downloaded: readers parse the published names.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from quaver.audio import find_audio
from quaver.config import LABELS
from quaver.corpus_names import PARSERS, Name

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Speakers of the five speaker-independent test folds of RAVDESS (Luna-Jiménez et al., 2021).
RAVDESS_FOLDS = (
    ("02", "05", "14", "15", "16"),
    ("03", "06", "07", "13", "18"),
    ("10", "11", "12", "19", "20"),
    ("08", "17", "21", "23", "24"),
    ("01", "04", "09", "22"),
)

Calm = Literal["neutral", "original"]


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


#: Kinds that `read_corpus` knows.
KINDS = ("auto", *PARSERS, "manifest")


def _read(
    directory: str | os.PathLike[str], kind: str, skip_unknown: bool
) -> list[tuple[Path, Name]]:
    files = _files(directory)
    parsed = [(path, PARSERS[kind](path.absolute())) for path in files]
    foreign = [path.name for path, name in parsed if name is None]
    if foreign and not skip_unknown:
        raise ValueError(
            f"{len(foreign)} of {len(parsed)} files below {directory} do not follow the names of"
            f" {kind}, among them {', '.join(foreign[:3])}; skip_unknown=True in Python"
            " leaves them out"
        )
    named = [(path, name) for path, name in parsed if name is not None]
    _refuse_copies(named)
    return named


def _files(directory: str | os.PathLike[str]) -> list[Path]:
    if not Path(directory).exists():
        raise FileNotFoundError(f"no such directory: {directory}")
    if not Path(directory).is_dir():
        raise NotADirectoryError(f"expected a directory of recordings, got {directory}")
    return find_audio(directory)


def _refuse_copies(named: list[tuple[Path, Name]]) -> None:
    # Archives of RAVDESS and TESS in circulation hold every clip twice: a random split of such a
    # directory would test on what it trained on.
    seen: dict[tuple[str, str], Path] = {}
    for path, name in named:
        first = seen.setdefault((name.speaker, path.stem), path)
        if first != path:
            raise ValueError(f"the same clip twice, {first} and {path}: read one directory of them")


def _table(named: list[tuple[Path, Name]], corpus: str) -> Corpus:
    clips = [
        Clip(path, name.label, name.speaker, corpus, name.sex)
        for path, name in named
        if name.label is not None
    ]
    if not clips:
        raise ValueError(f"no clip of {corpus} is left")
    return Corpus(tuple(clips))


def ravdess(
    directory: str | os.PathLike[str], *, calm: Calm = "neutral", skip_unknown: bool = False
) -> Corpus:
    """Read the speech clips of RAVDESS.

    Parameters
    ----------
    directory : path
    calm : {"neutral", "original"}, default "neutral"
        "neutral": calm joins neutral (1,440 clips). "original": neutral (code 01) is dropped and
        calm is called neutral (1,344 clips), the protocol of the original project.
    skip_unknown : bool, default False
        Leave out files of other names instead of raising.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        For a directory without recordings, with names of another corpus or with copies of a clip.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "03-01-02-01-01-01-07.wav").write_bytes(b"")
    >>> ravdess(folder).labels.tolist()
    ['neutral']
    """
    if calm not in ("neutral", "original"):
        raise ValueError(f"calm must be 'neutral' or 'original', got {calm!r}")
    named = _read(directory, "ravdess", skip_unknown)
    if calm == "original":
        named = [(path, name) for path, name in named if name.emotion != "neutral"]
    return _table(named, "ravdess")


def emodb(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read EMO-DB; boredom, which is none of the seven labels, is left out.

    Parameters and errors as in `ravdess`.
    """
    return _table(_read(directory, "emodb", skip_unknown), "emodb")


def tess(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read TESS. Parameters and errors as in `ravdess`."""
    return _table(_read(directory, "tess", skip_unknown), "tess")


def cremad(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read CREMA-D, with the actors' sex from VideoDemographics.csv.

    The table, published with the corpus, is looked for in the directory and beside it; without it
    the sex is unknown. Parameters and errors as in `ravdess`.
    """
    clips = _table(_read(directory, "cremad", skip_unknown), "cremad").clips
    sexes = _cremad_sexes(Path(directory).absolute())
    return Corpus(tuple(replace(clip, sex=sexes.get(clip.speaker, "unknown")) for clip in clips))


def _cremad_sexes(directory: Path) -> dict[str, str]:
    for table in (directory / "VideoDemographics.csv", directory.parent / "VideoDemographics.csv"):
        if table.is_file():
            rows = [row for _, row in _rows(table, ("ActorID", "Sex"))]
            sexes = {row["ActorID"]: row["Sex"].lower() for row in rows}
            return {actor: sex for actor, sex in sexes.items() if sex in ("female", "male")}
    return {}


def _rows(table: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
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


def savee(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read SAVEE. Parameters and errors as in `ravdess`."""
    return _table(_read(directory, "savee", skip_unknown), "savee")


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
    for line, row in _rows(table, _REQUIRED):
        clip = _clip(row, table, line)
        first = seen.setdefault(clip.path, line)
        if first != line:  # a random split would test on what it trained on
            raise ValueError(f"{table}, line {line}: the same path as in line {first}: {clip.path}")
        clips.append(clip)
    if not clips:
        raise ValueError(f"{table}: no clip listed")
    return Corpus(tuple(clips))


_REQUIRED = ("path", "label", "speaker")


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


def read_corpus(
    path: str | os.PathLike[str], kind: str = "auto", *, skip_unknown: bool = False
) -> Corpus:
    """Read a corpus of any kind.

    Parameters
    ----------
    path : path
        A directory of recordings, or a CSV manifest.
    kind : str, default "auto"
        One of `KINDS`; "auto" takes the kind whose rule the most names follow.
    skip_unknown : bool, default False
        Leave out files of other names instead of raising.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        For an unknown kind, or names that follow no rule.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "03a01Wa.wav").write_bytes(b"")
    >>> read_corpus(folder)[0].corpus
    'emodb'
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if kind == "manifest" or (kind == "auto" and Path(path).suffix.lower() == ".csv"):
        return manifest(path)
    if kind == "auto":
        kind = _guess(path)
    readers: dict[str, Callable[..., Corpus]] = {
        "ravdess": ravdess,
        "emodb": emodb,
        "tess": tess,
        "cremad": cremad,
        "savee": savee,
    }
    return readers[kind](path, skip_unknown=skip_unknown)


def _guess(path: str | os.PathLike[str]) -> str:
    files = _files(path)
    names = [file.absolute() for file in files]
    counts = {kind: sum(parse(n) is not None for n in names) for kind, parse in PARSERS.items()}
    best = max(counts, key=lambda kind: counts[kind])
    if counts[best] == 0:
        raise ValueError(
            f"the {len(files)} file names below {path} (such as {files[0].name}) follow none of"
            f" {', '.join(PARSERS)}; list them in a CSV manifest"
        )
    return best
