"""What the scripts that train quaver-models' models share: where these go, and their cards."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quaver.models.card import to_markdown
from quaver.record import replacing

TARGET = Path(__file__).resolve().parents[1] / "python/quaver-models/quaver_models"

#: What models of several corpora are scored by.
PROTOCOLS = ("speaker-independent", "leave-one-corpus-out")

RAVDESS = (
    "RAVDESS (Livingstone & Russo 2018, The Ryerson Audio-Visual Database of Emotional Speech and"
    " Song, doi:10.1371/journal.pone.0196391)"
)
RAVDESS_LICENCE = (
    "RAVDESS is published under CC BY-NC-SA 4.0. The weights are derived from it and are"
    " offered under the same terms: not for commercial use."
)
RAVDESS_LIMITS = (
    "Decisions about people. The emotions are acted, in two sentences, by 24 actors of one"
    " region; spontaneous speech, other languages, ages and microphones are outside of what was"
    " measured. Expect less there"
)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of the one argument that all have, the folder of the data."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("directory", type=Path)
    return made


def write(file: Path, card: Mapping[str, Any]) -> None:
    """Write the card beside the weights, to be read, and say how large these are."""
    with replacing(file.with_suffix(".md")) as temporary:
        temporary.write_text(to_markdown(card), encoding="utf-8")
    print(f"{file.name}: {file.stat().st_size} bytes")
