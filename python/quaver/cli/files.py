"""Files that commands take and write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from quaver.audio import find_audio
from quaver.batch import Failure
from quaver.cli.console import shown
from quaver.cli.errors import USAGE, describe_error, require, stop
from quaver.record import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from quaver.corpus import Corpus


def collect(paths: Sequence[Path]) -> tuple[list[Path], list[Failure]]:
    """Return the recordings at and below the paths, and the paths that hold none."""
    files: list[Path] = []
    failures = []
    for i, path in enumerate(paths):
        try:
            files += find_audio(path)
        except (ValueError, OSError) as error:
            failures.append(Failure(i, str(path), type(error).__name__, describe_error(error)))
    return files, failures


def read_clips(corpus: Path, kind: str) -> Corpus:
    """Return the clips of a corpus."""
    from quaver.corpus import KINDS, read_corpus

    if kind not in KINDS:
        raise typer.BadParameter(f"expected one of {', '.join(KINDS)}, got {kind!r}")
    return read_corpus(corpus, kind)


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
