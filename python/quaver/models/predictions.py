"""What models say of a list of recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.batch import Failure


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no single truth
class Predictions:
    """Emotions and probabilities, one row a clip.

    Attributes
    ----------
    labels : ndarray of shape (n_ok,), str
        The most probable emotion of each clip that worked.
    probabilities : ndarray of shape (n_ok, n_classes), float64
        Rows sum to 1.
    classes : tuple of str
        Labels of the columns.
    index : ndarray of shape (n_ok,), intp
        Position of each row's clip in the list.
    failures : tuple of Failure
        The others.
    """

    labels: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]
    index: NDArray[np.intp]
    failures: tuple[Failure, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(
        cls,
        labels: NDArray[Any],
        probabilities: NDArray[np.float64],
        index: NDArray[np.intp],
        failures: tuple[Failure, ...],
    ) -> Predictions:
        """Return the most probable of the labels of the columns for each row."""
        names = tuple(map(str, labels))
        return cls(labels[probabilities.argmax(axis=1)], probabilities, names, index, failures)
