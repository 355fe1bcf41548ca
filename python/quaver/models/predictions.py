"""What models say of a list of recordings or texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._frames import frame
from quaver.batch import by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from quaver.batch import Failure

#: What may be wrong with a recording or a text that has an answer nevertheless.
WARNINGS = (
    "silence",
    "no_speech",
    "too_short",
    "clipped",
    "out_of_scale",
    "unlike_training",
    "no_known_word",
)

#: In the place of an emotion where a text has no word that the model knows.
NO_KNOWN_WORD = "no known word"


def check_warnings(told: Any, n: int) -> tuple[tuple[str, ...], ...]:
    """Return the warnings of n rows as tuples, or raise ValueError."""
    warnings = tuple(map(tuple, told))
    if len(warnings) != n:
        raise ValueError(f"warnings must have {n} rows, got {len(warnings)}")
    unknown = {warning for row in warnings for warning in row} - set(WARNINGS)
    if unknown:
        raise ValueError(f"warnings must be among {', '.join(WARNINGS)}, got {sorted(unknown)}")
    return warnings


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class Predictions:
    """Emotions and probabilities, one row a clip or text.

    Attributes
    ----------
    labels : ndarray of shape (n_ok,), str
        The most probable emotion of each clip that worked; "no known word" of a text without one.
    probabilities : ndarray of shape (n_ok, n_classes), float64
        Rows sum to 1, but those of a text model that gives any number of labels.
    classes : tuple of str
        Labels of the columns.
    index : ndarray of shape (n_ok,), intp
        Position of each row's clip in the list.
    failures : tuple of Failure
        The others.
    reliable : ndarray of shape (n_ok,), bool, optional
        Whether an answer can be trusted; all by default.
    warnings : tuple of tuple of str, optional
        Why it cannot, of `WARNINGS`, for each row; none by default.

    Raises
    ------
    ValueError
        For `reliable` or `warnings` of another length, or an unknown warning.
    """

    labels: NDArray[np.str_]
    probabilities: NDArray[np.float64]
    classes: tuple[str, ...]
    index: NDArray[np.intp]
    failures: tuple[Failure, ...]
    reliable: NDArray[np.bool_] = None  # type: ignore[assignment]  # made in __post_init__
    warnings: tuple[tuple[str, ...], ...] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        n = len(self.labels)
        given: Any = self.reliable
        told: Any = self.warnings
        reliable = np.ones(n, bool) if given is None else np.asarray(given, bool)
        if reliable.shape != (n,):
            raise ValueError(f"reliable must have {n} rows, got {reliable.shape}")
        warnings = check_warnings(((),) * n if told is None else told, n)
        object.__setattr__(self, "reliable", reliable)
        object.__setattr__(self, "warnings", warnings)

    def __len__(self) -> int:
        return len(self.labels)

    def to_frame(self) -> Any:
        """Return the rows as a `pandas.DataFrame`, whose index is that of the clips in the list.

        Columns are label, reliable, warnings (with commas between) and ``probability_LABEL``.
        """
        columns = {
            "label": self.labels.tolist(),
            "reliable": self.reliable,
            "warnings": [",".join(row) for row in self.warnings],
        }
        names = (f"probability_{label}" for label in self.classes)
        columns.update(zip(names, self.probabilities.T, strict=True))
        return frame(columns, index=self.index)

    def __repr__(self) -> str:
        doubtful = int((~self.reliable).sum())
        return (
            f"<Predictions of {by(self.probabilities)} probabilities, {len(self.failures)} failed,"
            f" {doubtful} not reliable>"
        )

    @classmethod
    def of(
        cls,
        labels: NDArray[Any],
        probabilities: NDArray[np.float64],
        index: NDArray[np.intp],
        failures: tuple[Failure, ...],
        warnings: Sequence[tuple[str, ...]] | None = None,
    ) -> Predictions:
        """Return the most probable of the labels of the columns for each row.

        With `warnings`, rows that have any are not reliable.
        """
        names, best = tuple(map(str, labels)), labels[probabilities.argmax(axis=1)]
        if warnings is None:
            return cls(best, probabilities, names, index, failures)
        reliable = np.array([not row for row in warnings], bool)
        return cls(best, probabilities, names, index, failures, reliable, tuple(warnings))
