"""Corpora of emotional speech as one table: path, label, speaker, corpus, sex.

Labels are those of `quaver.LABELS`; what a corpus calls otherwise is mapped, what has no
counterpart (boredom) is left out. Nothing is downloaded: readers parse the published names.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from quaver.audio import find_audio

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")

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


@dataclass(frozen=True, slots=True)
class Name:
    """What a file name says; ``label`` is None where the corpus' emotion is none of ours.

    Attributes
    ----------
    emotion : str
        As the corpus calls it.
    label : str or None
    speaker : str
    sex : {"female", "male", "unknown"}
    """

    emotion: str
    label: str | None
    speaker: str
    sex: str


_RAVDESS = {
    "01": ("neutral", "neutral"),
    "02": ("calm", "neutral"),
    "03": ("happy", "happiness"),
    "04": ("sad", "sadness"),
    "05": ("angry", "anger"),
    "06": ("fearful", "fear"),
    "07": ("disgust", "disgust"),
    "08": ("surprised", "surprise"),
}
_EMODB = {
    "W": ("anger", "anger"),
    "L": ("boredom", None),
    "E": ("disgust", "disgust"),
    "A": ("fear", "fear"),
    "F": ("happiness", "happiness"),
    "T": ("sadness", "sadness"),
    "N": ("neutral", "neutral"),
}
_EMODB_MALE = {"03", "10", "11", "12", "15"}  # the others (08, 09, 13, 14, 16) are female
_TESS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "ps": "surprise",  # pleasant surprise
}
_CREMAD = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
_SAVEE = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}


def _stem(name: str | os.PathLike[str]) -> str:
    return Path(name).stem


def parse_ravdess(name: str | os.PathLike[str]) -> Name | None:
    """Parse modality-channel-emotion-intensity-statement-repetition-actor.

    Only speech (channel 01) with sound (modality 01 or 03) is taken; the songs, which have no
    disgust and no surprise, are another corpus. Odd actors are male; calm joins neutral.
    Source: Livingstone & Russo (2018), RAVDESS.

    Parameters
    ----------
    name : str or path
        File name.

    Returns
    -------
    Name or None
        None if the name follows another rule.

    Examples
    --------
    >>> parse_ravdess("03-01-05-01-02-01-12.wav")
    Name(emotion='angry', label='anger', speaker='12', sex='female')
    """
    match = re.fullmatch(r"0[13]-01-(0[1-8])-0[12]-0[12]-0[12]-(\d\d)", _stem(name))
    if match is None or not 1 <= int(match[2]) <= 24:
        return None
    emotion, label = _RAVDESS[match[1]]
    return Name(emotion, label, match[2], "male" if int(match[2]) % 2 else "female")


def parse_emodb(name: str | os.PathLike[str]) -> Name | None:
    """Parse speaker (2 digits), text (a01..b10), emotion letter, version letter.

    W anger, L boredom, E disgust, A fear, F happiness, T sadness, N neutral (the German initials).
    Source: Burkhardt et al. (2005), Berlin Database of Emotional Speech.

    Parameters and result as in `parse_ravdess`; the label is None for boredom.

    Examples
    --------
    >>> parse_emodb("03a01Wa.wav")
    Name(emotion='anger', label='anger', speaker='03', sex='male')
    """
    match = re.fullmatch(r"(03|08|09|1[0-6])([ab]\d\d)([WLEAFTN])([a-z])?", _stem(name))
    if match is None:
        return None
    emotion, label = _EMODB[match[3]]
    return Name(emotion, label, match[1], "male" if match[1] in _EMODB_MALE else "female")


def parse_tess(name: str | os.PathLike[str]) -> Name | None:
    """Parse speaker (OAF or YAF), word and emotion, joined by underscores.

    ``ps`` is pleasant surprise; both actresses are female. The corpus' one misspelt speaker
    (OA_bite_neutral) is read as OAF. Source: Pichora-Fuller & Dupuis (2020), TESS.

    Parameters and result as in `parse_ravdess`.

    Examples
    --------
    >>> parse_tess("OAF_back_angry.wav")
    Name(emotion='angry', label='anger', speaker='OAF', sex='female')
    """
    match = re.fullmatch(r"(OAF?|YAF)_([A-Za-z]+)_([A-Za-z]+)", _stem(name))
    if match is None or match[3].lower() not in _TESS:
        return None
    emotion = match[3].lower()
    return Name(emotion, _TESS[emotion], "YAF" if match[1] == "YAF" else "OAF", "female")


def parse_cremad(name: str | os.PathLike[str]) -> Name | None:
    """Parse actor (1001..1091), sentence, emotion and intensity, joined by underscores.

    The name does not tell the sex; `cremad` takes it from VideoDemographics.csv where that lies
    in the directory. Source: Cao et al. (2014), CREMA-D.

    Parameters and result as in `parse_ravdess`.

    Examples
    --------
    >>> parse_cremad("1001_DFA_ANG_XX.wav")
    Name(emotion='ANG', label='anger', speaker='1001', sex='unknown')
    """
    match = re.fullmatch(
        r"(10\d\d)_([A-Z]{3})_(ANG|DIS|FEA|HAP|NEU|SAD)_(XX|X|LO|MD|HI)", _stem(name)
    )
    if match is None or not 1001 <= int(match[1]) <= 1091:
        return None
    return Name(match[3], _CREMAD[match[3]], match[1], "unknown")


def parse_savee(name: str | os.PathLike[str]) -> Name | None:
    """Parse emotion letters and sentence number, with the speaker as prefix or folder.

    ``DC_a01.wav`` or ``DC/a01.wav``; four male speakers DC, JE, JK, KL.
    Source: Haq & Jackson (2009), SAVEE.

    Parameters and result as in `parse_ravdess`; the name with its folder.

    Examples
    --------
    >>> parse_savee("KL/su07.wav")
    Name(emotion='su', label='surprise', speaker='KL', sex='male')
    """
    path = Path(name)
    match = re.fullmatch(r"(?:(DC|JE|JK|KL)_)?(sa|su|a|d|f|h|n)(\d\d)", path.stem)
    if match is None:
        return None
    speaker = match[1] or path.parent.name
    if speaker not in ("DC", "JE", "JK", "KL"):
        return None
    return Name(match[2], _SAVEE[match[2]], speaker, "male")


_PARSERS: dict[str, Callable[[str | os.PathLike[str]], Name | None]] = {
    "ravdess": parse_ravdess,
    "emodb": parse_emodb,
    "tess": parse_tess,
    "cremad": parse_cremad,
    "savee": parse_savee,
}

#: Kinds that `read_corpus` knows.
KINDS = ("auto", *_PARSERS, "manifest")


def _read(
    directory: str | os.PathLike[str], kind: str, skip_unknown: bool
) -> list[tuple[Path, Name]]:
    files = _files(directory)
    parsed = [(path, _PARSERS[kind](path.absolute())) for path in files]
    foreign = [path.name for path, name in parsed if name is None]
    if foreign and not skip_unknown:
        raise ValueError(
            f"{len(foreign)} of {len(parsed)} files below {directory} do not follow the names of"
            f" {kind}, among them {', '.join(foreign[:3])}; skip_unknown=True leaves them out"
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
        For a missing column or value, an unknown label or sex, with the line's number.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> table = pathlib.Path(tempfile.mkdtemp()) / "clips.csv"
    >>> _ = table.write_text("path,label,speaker\na.wav,anger,ann\n")
    >>> manifest(table)[0].label
    'anger'
    """
    table = Path(path)
    clips = tuple(_clip(row, table, line) for line, row in _rows(table, _REQUIRED))
    if not clips:
        raise ValueError(f"{table}: no clip listed")
    return Corpus(clips)


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
    counts = {kind: sum(parse(n) is not None for n in names) for kind, parse in _PARSERS.items()}
    best = max(counts, key=lambda kind: counts[kind])
    if counts[best] == 0:
        raise ValueError(
            f"the {len(files)} file names below {path} (such as {files[0].name}) follow none of"
            f" {', '.join(_PARSERS)}; list them in a CSV manifest"
        )
    return best
