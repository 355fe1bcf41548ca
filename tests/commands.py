"""What tests of the command line share: a runner's type, the demo clip, text in one line."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from typer.testing import Result

import quaver.data

DEMO = str(quaver.data.demo_clip())
Run = Callable[..., Result]


def squeezed(text: str) -> str:
    return " ".join(text.split())


def read_csv(file: Path) -> tuple[list[str], list[str], NDArray[np.float32]]:
    """Names, files and values of a table that `quaver extract` wrote."""
    with file.open(newline="") as lines:
        header, *rows = csv.reader(lines)
    return header[1:], [row[0] for row in rows], np.array([row[1:] for row in rows], np.float32)
