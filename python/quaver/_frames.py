"""Results as frames of pandas, for those who have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quaver._extras import extra


def frame(columns: Mapping[str, Any], index: Any = None) -> Any:
    """Return columns by name as a `pandas.DataFrame`.

    Raises
    ------
    ModuleNotFoundError
        Without pandas, with the command that installs it.

    Examples
    --------
    >>> frame({"label": ["calm"]}).shape
    (1, 1)
    """
    with extra("pandas", user="a frame"):
        import pandas

    return pandas.DataFrame(dict(columns), index=index)
