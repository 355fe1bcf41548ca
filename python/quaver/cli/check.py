"""``quaver check``: what is wrong with a corpus."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from quaver.cli.console import counted, progress, say
from quaver.cli.errors import SOME_FAILED
from quaver.cli.files import read_clips
from quaver.cli.options import Clips, Drop, Json, Kind, Labels, Speaker, Threads
from quaver.cli.tables import FormatOption, Table, chosen_format, emit


def check_command(
    corpus: Clips,
    kind: Kind = "auto",
    labels: Labels = None,
    drop: Drop = None,
    speaker: Speaker = None,
    rate: Annotated[
        int | None,
        typer.Option(
            min=1, help="Hz that recordings should have; by default as most.", show_default=False
        ),
    ] = None,
    shortest: Annotated[float, typer.Option(min=0, help="Seconds of a clip at least.")] = 0.5,
    threads: Threads = None,
    output: FormatOption = None,
    json: Json = False,
) -> None:
    """Listen to every clip of a corpus and list what is wrong.

    Unreadable, silent, short, clipped and doubled recordings, pointers of Git LFS, other rates;
    speakers and contents that are in two of its splits. The exit code is 1 if there is anything.
    """
    from quaver.corpora.check import check

    wanted = chosen_format(output, json)
    clips = read_clips(corpus, kind, labels, drop, speaker)
    with progress("Listening") as report:
        found = check(clips, rate=rate, shortest=shortest, threads=threads, progress=report)
    document = found.to_dict()
    rows: list[dict[str, Any]] = document["faults"]
    kinds = _counts(document)
    counts = [{"what": what, "name": name, "clips": n} for what, name, n in kinds]
    tables = [
        Table(
            ("", "", "clips"),
            [[what, name, str(n)] for what, name, n in kinds],
            frozenset({0, 1}),
        )
    ]
    if rows:
        cells = [[row["kind"], row["source"], row["reason"]] for row in rows]
        tables.append(Table(("fault", "clip", "reason"), cells, frozenset({0, 1, 2})))
    emit(wanted, document, rows, tables, counts)
    faults = ", ".join(f"{kind} {n}" for kind, n in document["counts"].items()) or "no faults"
    say(f"{counted(found.clips, 'clip')}, {found.seconds / 60:.1f} min: {faults}.")
    if rows:
        raise typer.Exit(SOME_FAILED)


def _counts(document: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [
        (what.removesuffix("s"), name, n)
        for what in ("labels", "speakers", "splits", "rates")
        for name, n in document[what].items()
    ]
