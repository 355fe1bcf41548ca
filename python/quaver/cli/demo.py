"""``quaver demo``: the clip that comes with the package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from quaver.cli.console import console, say
from quaver.cli.models import open_voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BAR = 30
_FIRST_FEATURES = 10


def demo_command() -> None:
    """Predict the emotion of the clip that comes with the package, and show its features.

    The clip is one synthetic sentence; no corpus and no microphone are needed.
    """
    import quaver
    import quaver.data

    model = open_voice(None)  # first: it says which packages are missing
    clip = quaver.data.demo_clip()
    samples, rate = quaver.load(clip)
    found = model.predict_clips([samples], rate)
    vector = quaver.extract(samples, rate)
    screen = console()
    screen.print(f"{clip.name}: {len(samples) / rate:.1f} s at {rate} Hz")
    screen.print(f"\nEmotion: {found.labels[0]}\n")
    full = "#" if screen.options.ascii_only else "█"
    screen.print(_bars(found.classes, found.probabilities[0], full))
    names = quaver.feature_names()
    features = Table(
        title=f"First {_FIRST_FEATURES} of {len(names)} features", title_justify="left"
    )
    features.add_column("feature")
    features.add_column("value", justify="right")
    for name, value in list(zip(names, vector.tolist(), strict=True))[:_FIRST_FEATURES]:
        features.add_row(name, f"{value:.6g}")
    screen.print(features)
    say("Next: quaver predict YOUR.wav, quaver plot YOUR.wav -o picture.png, quaver --help")


def _bars(classes: Sequence[str], probabilities: NDArray[np.float64], full: str) -> Table:
    table = Table()
    table.add_column("emotion")
    table.add_column("probability", justify="right")
    table.add_column("")
    for i in probabilities.argsort()[::-1]:
        share = float(probabilities[i])
        table.add_row(classes[i], f"{share:.1%}", full * round(_BAR * share))
    return table
