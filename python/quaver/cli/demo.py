"""``quaver demo``: the clip that comes with the package."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from quaver.cli.console import say, write
from quaver.cli.models import open_voice
from quaver.cli.tables import Table, show

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
    write(f"{clip.name}: {len(samples) / rate:.1f} s at {rate} Hz")
    doubts = ", ".join(found.warnings[0]).replace("_", " ")  # of a synthetic voice there may be
    write(f"\nEmotion: {found.labels[0]}{f', doubtful: {doubts}' if doubts else ''}\n")
    show(_bars(found.classes, found.probabilities[0], _bar_character()))
    names = quaver.feature_names()
    values = list(zip(names, vector.tolist(), strict=True))[:_FIRST_FEATURES]
    rows = [(name, f"{value:.6g}") for name, value in values]
    title = f"\nFirst {_FIRST_FEATURES} of {len(names)} features"
    show(Table(("feature", "value"), rows, title=title))
    say("Next: quaver predict YOUR.wav, quaver plot YOUR.wav -o picture.png, quaver --help")


def _bars(classes: Sequence[str], probabilities: NDArray[np.float64], full: str) -> Table:
    rows = []
    for i in probabilities.argsort()[::-1]:
        share = float(probabilities[i])
        rows.append((classes[i], f"{share:.1%}", full * round(_BAR * share)))
    return Table(("emotion", "probability", ""), rows, frozenset({0, 2}))


def _bar_character() -> str:
    try:
        "█".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "#"
    return "█"
