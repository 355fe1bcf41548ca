"""What tests of data sets share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.dataset


def rows_of(folder: str | Path) -> Any:
    """All rows of a data set, as pyarrow reads it."""
    return pyarrow.dataset.dataset(folder).to_table()
