"""Readers of published corpora and of folders: what names say becomes a table.

What a corpus calls otherwise than `quaver.LABELS` is mapped where it means one of these, and keeps
its own name where it does not (boredom). Nothing is downloaded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from quaver.audio import find_audio
from quaver.corpora import annotated
from quaver.corpora.manifests import ENDINGS, csv_rows, manifest
from quaver.corpora.names import PARSERS, Name
from quaver.corpora.table import Clip, Corpus, composed

#: Speakers of the five speaker-independent test folds of RAVDESS (Luna-Jiménez et al., 2021).
RAVDESS_FOLDS = (
    ("02", "05", "14", "15", "16"),
    ("03", "06", "07", "13", "18"),
    ("10", "11", "12", "19", "20"),
    ("08", "17", "21", "23", "24"),
    ("01", "04", "09", "22"),
)

Calm = Literal["neutral", "original"]

#: Kinds that `read_corpus` knows.
KINDS = ("auto", *PARSERS, *annotated.NAMES, "folders", "manifest")

# Names of folders that are parts of a corpus, not labels.
_SPLITS = ("train", "training", "dev", "val", "valid", "validation", "evaluation", "eval", "test")


def _read(
    directory: str | os.PathLike[str], kind: str, skip_unknown: bool
) -> list[tuple[Path, Name]]:
    files = _files(directory)
    if kind == "ravdess":  # whose films without sound are called 02
        files = [path for path in files if not re.fullmatch(r"02(-\d\d){6}", path.stem)]
    parsed = [(path, PARSERS[kind](path.absolute())) for path in files]
    foreign = [path.name for path, name in parsed if name is None]
    if foreign and not skip_unknown:
        raise ValueError(
            f"{len(foreign)} of {len(parsed)} files below {directory} do not follow the names of"
            f" {kind}, among them {', '.join(foreign[:3])}; skip_unknown=True in Python"
            " leaves them out"
        )
    named = [(path, name) for path, name in parsed if name is not None]
    if kind == "ravdess":
        named = _without_twins(named)
    _refuse_copies(named)
    return named


def _without_twins(named: list[tuple[Path, Name]]) -> list[tuple[Path, Name]]:
    """Leave out the sound of films (modality 01) of which there is a recording (03), too."""
    heard = {path.stem[2:] for path, _ in named if path.stem.startswith("03")}
    return [
        (path, name)
        for path, name in named
        if path.stem.startswith("03") or path.stem[2:] not in heard
    ]


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
        Clip(path, name.label, name.speaker, corpus, name.sex, split=name.split)
        for path, name in named
    ]
    if not clips:
        raise ValueError(f"no clip of {corpus} is left")
    return Corpus(clips)


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
    """Read EMO-DB, with boredom, which is none of the seven labels of the shipped models.

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
    clips = _table(_read(directory, "cremad", skip_unknown), "cremad")
    sexes = _cremad_sexes(Path(directory).absolute())
    return Corpus(replace(clip, sex=sexes.get(clip.speaker, "unknown")) for clip in clips)


def _cremad_sexes(directory: Path) -> dict[str, str]:
    for table in (directory / "VideoDemographics.csv", directory.parent / "VideoDemographics.csv"):
        if table.is_file():
            rows = [row for _, row in csv_rows(table, ("ActorID", "Sex"))]
            sexes = {row["ActorID"]: row["Sex"].lower() for row in rows}
            return {actor: sex for actor, sex in sexes.items() if sex in ("female", "male")}
    return {}


def savee(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read SAVEE. Parameters and errors as in `ravdess`."""
    return _table(_read(directory, "savee", skip_unknown), "savee")


def nemo(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read nEMO. Parameters and errors as in `ravdess`."""
    return _table(_read(directory, "nemo", skip_unknown), "nemo")


def esd(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read ESD, with the split where there are its folders. Parameters, errors as in `ravdess`."""
    return _table(_read(directory, "esd", skip_unknown), "esd")


def emovo(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read EMOVO. Parameters and errors as in `ravdess`."""
    return _table(_read(directory, "emovo", skip_unknown), "emovo")


def subesco(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read SUBESCO. Parameters and errors as in `ravdess`."""
    return _table(_read(directory, "subesco", skip_unknown), "subesco")


def urdu(directory: str | os.PathLike[str], *, skip_unknown: bool = False) -> Corpus:
    """Read the URDU dataset. Parameters and errors as in `ravdess`."""
    return _table(_read(directory, "urdu", skip_unknown), "urdu")


def iemocap(directory: str | os.PathLike[str]) -> Corpus:
    """Read the turns of IEMOCAP, from the folder that holds Session1 and so on.

    Emotions are those that most raters named, excitement, frustration and other among them; turns
    of which they do not agree are left out, with a warning. Errors as in `ravdess`.
    """
    return annotated.iemocap(Path(directory), _files(directory))


def meld(directory: str | os.PathLike[str]) -> Corpus:
    """Read the utterances of MELD, from the folder that holds its three tables and its films.

    The words are in the column ``text``. Utterances without a film are left out, with a warning.
    Errors as in `ravdess`.
    """
    return annotated.meld(Path(directory), _files(directory))


def folders(directory: str | os.PathLike[str], *, speaker: str | None = None) -> Corpus:
    """Read a folder for each label.

    Parameters
    ----------
    directory : path
        Below it ``LABEL/...``, or ``SPLIT/LABEL/...`` if all folders are called train, dev, test
        or alike. The corpus has the folder's name.
    speaker : str, optional
        Pattern that finds the speaker in a path below the directory; see `Corpus.with_speakers`.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        For recordings in no folder, or a path without a speaker.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "calm").mkdir()
    >>> _ = (folder / "calm" / "ann_1.wav").write_bytes(b"")
    >>> folders(folder, speaker="([a-z]+)_")[0].speaker
    'ann'
    """
    root = Path(directory)
    files = _files(root)
    places = [path.relative_to(root).parts for path in files]
    depth = int(_are_splits(places))
    loose = [path for path, parts in zip(files, places, strict=True) if len(parts) < depth + 2]
    if loose:
        raise ValueError(
            f"{len(loose)} of {len(files)} recordings lie in no folder that is a label, among them"
            f" {', '.join(str(path) for path in loose[:3])}"
        )
    name = root.absolute().name
    labels = composed(parts[depth] for parts in places)
    corpus = Corpus(
        Clip(path, label, "", name, split=parts[0] if depth else "")
        for path, parts, label in zip(files, places, labels, strict=True)
    )
    return corpus if speaker is None else corpus.with_speakers(speaker, root)


def _are_splits(places: list[tuple[str, ...]]) -> bool:
    return all(len(parts) > 1 and parts[0].lower() in _SPLITS for parts in places)


def read_corpus(
    path: str | os.PathLike[str],
    kind: str = "auto",
    *,
    skip_unknown: bool = False,
    speaker: str | None = None,
) -> Corpus:
    """Read a corpus of any kind.

    Parameters
    ----------
    path : path
        A directory of recordings, or a table of `quaver.corpus.manifest`.
    kind : str, default "auto"
        One of `KINDS`; "auto" takes the kind whose rule the most names follow, or where these are
        not half of them a folder for each label, if all lie in folders.
    skip_unknown : bool, default False
        Leave out files of other names instead of raising.
    speaker : str, optional
        A column of the table, or a pattern that finds the speaker in a path below the directory;
        see `Corpus.with_speakers`.

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
    if kind == "manifest" or (kind == "auto" and Path(path).suffix.lower() in ENDINGS):
        return manifest(path, speaker=speaker)
    if kind == "auto":
        kind = _guess(path)
    if kind == "folders":
        return folders(path, speaker=speaker)
    readers: dict[str, Callable[..., Corpus]] = {
        "ravdess": ravdess,
        "emodb": emodb,
        "tess": tess,
        "cremad": cremad,
        "savee": savee,
        "nemo": nemo,
        "esd": esd,
        "emovo": emovo,
        "subesco": subesco,
        "urdu": urdu,
    }
    if kind in readers:
        corpus = readers[kind](path, skip_unknown=skip_unknown)
    else:
        corpus = {"iemocap": iemocap, "meld": meld}[kind](path)
    return corpus if speaker is None else corpus.with_speakers(speaker, path)


def _guess(path: str | os.PathLike[str]) -> str:
    files = _files(path)
    names = [file.absolute() for file in files]
    counts = {kind: sum(parse(n) is not None for n in names) for kind, parse in PARSERS.items()}
    for kind, rule in annotated.NAMES.items():
        counts[kind] = sum(rule.fullmatch(name.stem) is not None for name in names)
    best = max(counts, key=lambda kind: counts[kind])
    if 2 * counts[best] >= len(files):
        return best
    places = [file.relative_to(path).parts for file in files]
    if all(len(parts) > 1 + _are_splits(places) for parts in places):
        return "folders"
    if counts[best] == 0:
        raise ValueError(
            f"the {len(files)} file names below {path} (such as {files[0].name}) follow none of"
            f" {', '.join(counts)}; put them into a folder for each label, or list them in a table"
            " with the columns path and label"
        )
    return best
