"""``quaver info``: this installation, or a model's card."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from quaver.cli.console import console, print_json
from quaver.cli.models import card_of
from quaver.cli.options import Json


def info_command(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A model (a file, svm, tdcnn or text), to show its card.", show_default=False
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show how quaver was built and what runs here, or the card of a model."""
    import quaver

    if model is not None:
        from quaver.models.card import to_markdown

        card = card_of(model)
        print_json(card) if json else typer.echo(to_markdown(card))
        return
    config = quaver.show_config()
    if json:
        print_json(config)
        return
    table = Table(show_header=False)
    for key, value in config.items():
        table.add_row(key, value if isinstance(value, str) else ", ".join(value))
    console().print(table)
