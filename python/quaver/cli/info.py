"""``quaver info``: this installation, or a model's card."""

from __future__ import annotations

from typing import Annotated

import typer

from quaver.cli.console import write
from quaver.cli.models import card_of
from quaver.cli.options import Json
from quaver.cli.tables import Format, FormatOption, Table, chosen_format, emit, show


def info_command(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A model (a file, svm, ravdess-nemo-svm, tdcnn, text or encoder), to show its"
            " card.",
            show_default=False,
        ),
    ] = None,
    output: FormatOption = None,
    json: Json = False,
) -> None:
    """Show how quaver was built and what runs here, or the card of a model."""
    import quaver

    wanted = chosen_format(output, json)
    if model is not None:
        if output is Format.tsv:
            raise typer.BadParameter("a card is text or JSON", param_hint="--format")
        from quaver.models.card import to_markdown

        card = card_of(model)
        if wanted in (Format.json, Format.jsonl):
            emit(wanted, card, [card], ())
        else:  # a card is text
            write(to_markdown(card))
        return
    config = quaver.show_config()
    words = {k: v if isinstance(v, str) else ", ".join(v) for k, v in config.items()}
    if wanted is Format.table:
        table = Table(("", ""), [*words.items()], frozenset({0, 1}))
        show((table, table))
    else:
        pairs = [{"key": key, "value": value} for key, value in words.items()]
        emit(wanted, config, [config] if wanted is Format.jsonl else pairs, ())
