"""Files that commands take and write."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from quaver.audio import Segment
from quaver.batch import Failure
from quaver.cli.console import counted, progress, say, shown
from quaver.cli.errors import USAGE, describe_error, report_failures, require, stop
from quaver.record import replacing
from quaver.recordings.folders import search
from quaver.recordings.views import drained

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from quaver.corpus import Corpus
    from quaver.dataset.read import CorpusFeatures


class Piped(io.BytesIO):
    """What came through standard input, which is called ``-``."""

    name = "-"

    def __fspath__(self) -> str:
        return self.name


#: A recording of the command line.
Given = Path | Piped | Segment


def collect(
    paths: Sequence[Path], max_duration: float | None = None, *, tables: bool = False
) -> tuple[list[Given], list[Failure]]:
    """Return the recordings at and below the paths, and what cannot be read there.

    ``-`` is standard input. With `tables` those of the rows of a table, too. What else lies in
    folders is counted on stderr.
    """
    from quaver.corpora.manifests import ENDINGS, manifest

    files: list[Given] = []
    failures: list[Failure] = []
    for i, path in enumerate(paths):
        try:
            if path.is_dir():
                files += _below(path, failures)
            elif tables and path.suffix.lower() in ENDINGS:
                files += manifest(path, labelled=False).paths.tolist()
            else:
                files.append(given(path))
        except (ValueError, OSError) as error:
            failures.append(
                Failure(i, os.fspath(path), type(error).__name__, describe_error(error))
            )
    if max_duration is not None:
        files = [
            replace(file, max_duration=max_duration)
            if isinstance(file, Segment)
            else Segment(file, max_duration=max_duration)
            for file in files
        ]
    return files, failures


def given(path: Path) -> Path | Piped:
    """Return the recording of a path on the command line, of which ``-`` is standard input."""
    if str(path) != "-":
        if not path.exists():
            raise FileNotFoundError(f"no such recording: {shown(path)}")
        return path
    return Piped(drained(sys.stdin.buffer, "-"))


def _below(folder: Path, failures: list[Failure]) -> list[Path]:
    found = search(folder)
    failures += [
        Failure(len(failures), str(path), "OSError", f"{shown(path)}: {reason}")
        for path, reason in found.unusable
    ]
    if found.left_out:
        say(f"{shown(folder)}: {found.left_out}.")
    if not found.recordings and not found.unusable:
        raise ValueError(f"no audio file below {shown(folder)}")
    return found.recordings


def read_clips(
    corpora: Path | Sequence[Path],
    kind: str,
    labels: str | None = None,
    drop: str | None = None,
    speaker: str | None = None,
    *,
    texts: bool = False,
) -> Corpus:
    """Return the clips of one corpus or several as one table, as the options ask for them.

    What is left out is said. A table of `texts` needs no recordings.
    """
    from quaver.corpus import KINDS, Corpus, manifest, read_corpus

    if kind not in KINDS:
        raise typer.BadParameter(f"expected one of {', '.join(KINDS)}, got {kind!r}")
    paths = [corpora] if isinstance(corpora, Path) else corpora
    if texts and all(path.is_file() for path in paths):
        read = [manifest(path, speaker=speaker, recordings=False) for path in paths]
    else:
        read = [read_corpus(path, kind, speaker=speaker) for path in paths]
    found = Corpus.joined(read)
    left_out = _listed(drop)
    kept = found.relabelled(_renamed(labels), left_out)
    _say_left_out(found, kept, left_out)
    return kept


def _say_left_out(found: Corpus, kept: Corpus, left_out: Sequence[str]) -> None:
    """Say what the options left out, and that no speakers are known where that is so."""
    if not kept.has_speakers:
        say(
            "No speakers are known: a voice may be on both sides of a split, and scores will be"
            " optimistic. --speaker names a column, or a pattern that finds them in paths."
        )
    counts = Counter(found.labels.tolist())
    if left_out:
        listed = ", ".join(f"{label} {counts[label]}" for label in sorted(set(left_out)))
        say(f"{counted(len(found) - len(kept), 'clip')} left out: {listed}.")


def read_features(
    folder: Path,
    kind: str,
    labels: str | None = None,
    drop: str | None = None,
    speaker: str | None = None,
    *,
    strict: bool = False,
) -> CorpusFeatures | None:
    """Return what `quaver extract` wrote into a folder, as the options ask for it; None of others.

    Recordings of which there are no features are counted, or the end if that is asked.
    """
    from quaver.dataset.read import is_features, read_corpus_features

    if not is_features(folder):
        return None
    if kind != "auto":
        raise typer.BadParameter("goes with recordings, not with features", param_hint="--kind")
    found = read_corpus_features(folder)
    n_failed = len(found.failures)
    if n_failed and strict:
        stop(f"{counted(n_failed, 'recording')} of {shown(folder)} failed in quaver extract")
    if n_failed:
        say(f"{counted(n_failed, 'recording')} of it failed in quaver extract.")
    left_out = _listed(drop)
    kept = found.relabelled(_renamed(labels), left_out)
    if speaker is not None:
        kept = kept.with_speakers(speaker)
    _say_left_out(found.corpus, kept.corpus, left_out)
    return kept


def heard_clips(clips: Corpus, *, strict: bool = False) -> Corpus:
    """Return the clips that can be heard; the others are listed, or the end if that is asked."""
    from quaver.corpora.check import usable

    with progress("Listening") as report:
        kept, failures = usable(clips, progress=report)
    report_failures(failures)
    if failures and (strict or not len(kept)):
        stop(f"{len(failures)} of {counted(len(clips), 'clip')} cannot be used")
    if failures:
        say(f"{counted(len(failures), 'clip')} left out, {len(kept)} kept.")
    return kept


def _listed(text: str | None) -> list[str]:
    """Return the words of an option, which have commas between them."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _renamed(text: str | None) -> dict[str, str]:
    """Return the labels of the option --labels by what they were called before."""
    pairs = [word.partition("=") for word in _listed(text)]
    wrong = [before + equals + after for before, equals, after in pairs if not (before and after)]
    if wrong:
        raise typer.BadParameter(
            f"expected found=wanted,..., got {', '.join(wrong)}", param_hint="--labels"
        )
    return {before.strip(): after.strip() for before, _, after in pairs}


def check_folders(*files: Path | None) -> None:
    """Leave with exit code 2 if a file is to be written to a folder that is not there."""
    for file in files:
        if file is not None and not file.absolute().parent.is_dir():
            stop(f"{shown(file)}: there is no such folder", USAGE)


def check_picture(output: Path) -> None:
    """Leave with exit code 2 if matplotlib writes no such files."""
    require("matplotlib", extra="plot")
    from matplotlib.figure import Figure

    kinds = Figure().canvas.get_supported_filetypes()
    if _suffix(output) not in kinds:
        expected = ", ".join(f".{known}" for known in kinds)
        stop(f"{shown(output)}: expected one of {expected}", USAGE)


def save_figure(figure: Figure, output: Path, dpi: int = 150) -> None:
    """Write a figure, once it is complete."""
    with replacing(output) as temporary:
        figure.savefig(temporary, dpi=dpi, format=_suffix(output))


def _suffix(output: Path) -> str:
    return output.suffix.lower().removeprefix(".")
