"""Tables of scores under conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quaver.cli.tables import Table


def condition_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return scores under conditions as a table."""
    headings = ("corpus", "condition", "accuracy", "average recall", "calibration error")
    cells = []
    for row in rows:
        of_reliable = row["reliable_accuracy"]
        cells.append(
            [
                *(row["corpus"], row["name"]),
                *(f"{row[name]:.1%}" for name in ("accuracy", "uar", "calibration_error")),
                f"{row['reliable']:.1%}",
                "" if of_reliable is None else f"{of_reliable:.1%}",
            ]
        )
    return Table((*headings, "reliable", "their accuracy"), cells, frozenset({0, 1}))


def sound_table(shares: Mapping[str, float]) -> Table:
    """Return what is called unreliable of sounds that are no speech as a table."""
    rows = [[name, f"{share:.1%}"] for name, share in shares.items()]
    return Table(("sound", "called unreliable"), rows)
