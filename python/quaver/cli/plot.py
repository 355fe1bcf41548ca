"""``quaver plot``: a picture of a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.console import say, shown
from quaver.cli.errors import require
from quaver.cli.files import check_picture, given, save_figure
from quaver.cli.models import open_voice
from quaver.cli.options import Downmix, Hop, MaxDuration, Model, Window, goes_with, parse_downmix


def plot_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A recording; - for stdin.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="x.png, .svg or .pdf", show_default=False)
    ],
    features: Annotated[
        str,
        typer.Option(
            help="Short-term features, separated by commas; '' for none, by default energy,"
            " spectral_centroid and mfcc_1.",
            show_default=False,
        ),
    ] = "energy,spectral_centroid,mfcc_1",
    timeline: Annotated[
        bool, typer.Option(help="With a panel of the emotion over time (extra svm).")
    ] = True,
    model: Model = None,
    window: Window = 3.0,
    hop: Hop = 1.0,
    downmix: Downmix = "mean",
    max_duration: MaxDuration = None,
    dpi: Annotated[int, typer.Option(min=20, max=1200, help="Pixels per inch.")] = 150,
) -> None:
    """Draw a recording: waveform, log-mel spectrogram, features, and the emotion over time."""
    goes_with(context, timeline, "--timeline", "model", "window", "hop")
    require("matplotlib", extra="plot")
    import quaver
    from quaver import plots

    check_picture(output)
    names = [name.strip() for name in features.split(",") if name.strip()]
    samples, rate = quaver.load(
        given(file), downmix=parse_downmix(downmix), max_duration=max_duration
    )
    curve = None
    if timeline:
        curve = open_voice(model).predict_timeline(samples, rate, window=window, hop=hop)
    figure = plots.plot_clip(samples, rate, features=names, timeline=curve, title=shown(file.name))
    save_figure(figure, output, dpi)
    say(f"Wrote {shown(output)}.")
