"""Protocols over speakers and corpora, and tables of scores under conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from quaver.cli.console import say
from quaver.cli.files import read_clips
from quaver.cli.tables import Format, Table, emit

_PROTOCOLS = ("speaker-independent", "leave-one-corpus-out")


def _known(protocol: str) -> str:
    if protocol not in _PROTOCOLS:
        raise typer.BadParameter(f"expected {' or '.join(_PROTOCOLS)}, got {protocol!r}")
    return protocol


Protocol = Annotated[str, typer.Option(help=" or ".join(_PROTOCOLS), callback=_known)]


def emit_protocol(
    wanted: Format,
    run: Callable[..., Sequence[Mapping[str, Any]]],
    corpora: Sequence[Path],
    asked: tuple[str, str | None, str | None, str | None],
    *,
    stress: bool,
    **options: Any,
) -> None:
    """Print what `run` finds out about models of clips, fold by fold.

    What is asked of the corpora: kind, labels, what to drop, speaker.
    """
    from quaver.augmentation import CONDITIONS

    conditions = tuple(CONDITIONS) if stress else ("clean",)
    clips = read_clips(corpora, *asked)
    rows = run(clips, conditions=conditions, progress=say, **options)
    flat = [{key: value for key, value in row.items() if key != "choices"} for row in rows]
    emit(wanted, rows, flat, [condition_table(rows)])


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
