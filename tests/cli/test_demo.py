"""``quaver demo``."""

from __future__ import annotations

import quaver
import quaver.data
from commands import DEMO, Run
from quaver.models.base import default_voice, open_model


def test_demo_is_the_prediction_of_its_clip(run: Run) -> None:
    text = run("demo").stdout
    found = open_model(default_voice(), "recordings").predict_clips([DEMO])
    assert f"Emotion: {found.labels[0]}" in text
    for label, share in zip(found.classes, found.probabilities[0], strict=True):
        assert any(label in line and f"{share:.1%}" in line for line in text.splitlines())
    samples, rate = quaver.load(DEMO)
    for name, value in zip(
        quaver.feature_names()[:10], quaver.extract(samples, rate), strict=False
    ):
        line = next(line for line in text.splitlines() if f" {name} " in line)
        assert f"{value:.6g}" in line
