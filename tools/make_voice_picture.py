"""Make docs/voice.png: pitch and formants of the demo sentence over its spectrogram."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

import quaver
from quaver import plots
from quaver.data import demo_clip

TARGET = Path(__file__).resolve().parents[1] / "docs" / "voice.png"


def main() -> None:
    samples, rate = quaver.load(demo_clip())
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    axes = figure.subplots()
    plots.plot_voice(axes, samples, rate)
    axes.set_xlabel("time (s)")
    figure.savefig(TARGET, dpi=90)
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
