"""`quaver.models.svm.selection` by its earlier name."""

from quaver.models.scores import average_recall
from quaver.models.svm.selection import (
    DEFAULT_CONFIG,
    GRID,
    KERNEL_WIDTHS,
    N_LOOKS,
    PENALTIES,
    VARIANCE,
    Fitted,
    Vectors,
    fit,
    make_steps,
)

__all__ = [
    "DEFAULT_CONFIG",
    "GRID",
    "KERNEL_WIDTHS",
    "N_LOOKS",
    "PENALTIES",
    "VARIANCE",
    "Fitted",
    "Vectors",
    "average_recall",
    "fit",
    "make_steps",
]
