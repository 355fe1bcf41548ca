"""``quaver evaluate svm``: robust SVMs trained and tested fold by fold, clean and changed."""

from __future__ import annotations

from typing import Annotated

import typer

from quaver.cli.console import say
from quaver.cli.errors import require
from quaver.cli.evaluate.conditions import condition_table
from quaver.cli.files import read_all_clips
from quaver.cli.options import Copies, Corpora, Json, Kind, Search, Stress
from quaver.cli.tables import FormatOption, chosen_format, emit

_PROTOCOLS = ("speaker-independent", "leave-one-corpus-out")


def evaluate_svm_command(
    corpora: Corpora,
    protocol: Annotated[str, typer.Option(help=" or ".join(_PROTOCOLS))] = _PROTOCOLS[0],
    stress: Stress = False,
    kind: Kind = "auto",
    copies: Copies = 3,
    search: Search = True,
    output: FormatOption = None,
    json: Json = False,
) -> None:
    """Train robust SVMs on parts of the corpora and score them on the rest, fold by fold.

    Whatever is chosen is chosen inside the training part; no speaker is on both sides.
    """
    wanted = chosen_format(output, json)
    if protocol not in _PROTOCOLS:
        raise typer.BadParameter(f"expected {' or '.join(_PROTOCOLS)}, got {protocol!r}")
    require("sklearn", "skops", extra="svm")
    from quaver.augmentation import CONDITIONS
    from quaver.models.svm import robust

    rows = robust.run_protocol(
        read_all_clips(corpora, kind),
        protocol,
        conditions=tuple(CONDITIONS) if stress else ("clean",),
        n_copies=copies,
        search=search,
        progress=say,
    )
    flat = [{key: value for key, value in row.items() if key != "choices"} for row in rows]
    emit(wanted, rows, flat, [condition_table(rows)])
