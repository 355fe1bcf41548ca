"""``quaver info``: this installation, or a model's card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from quaver.cli import texts
from quaver.cli.console import console, print_json
from quaver.cli.options import Json
from quaver.cli.voice import card_of, load_model


def info_command(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A model (a file, svm or tdcnn), to show its card.", show_default=False
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show how quaver was built and what runs here, or the card of a model."""
    import quaver

    if model is not None:
        from quaver.models.card import to_markdown

        card = _card(model)
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


def _card(model: str) -> dict[str, Any]:
    if Path(model).suffix == ".keras":
        from quaver.models.networks import file

        if file.kind(model) == "text":
            texts_card: dict[str, Any] = texts.load_text_model(Path(model)).card_
            return texts_card
    return card_of(load_model(model))
