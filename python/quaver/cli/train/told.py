"""What ``quaver train`` says when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quaver.cli.console import counted, say, shown

if TYPE_CHECKING:
    from quaver.corpus import Corpus
    from quaver.models.base import Model


def say_trained(output: Path, clips: Corpus, model: Model) -> None:
    """Say what was written, and of the search's score that it is no result."""
    speakers = ""
    if clips.has_speakers:
        speakers = f", {counted(len(set(clips.groups)), 'speaker')}"
    n_clips, n_labels = counted(len(clips), "clip"), len(model.classes)
    say(f"Wrote {shown(output)}: {n_clips}, {n_labels} labels{speakers}.")
    score = model.card["chosen"]["uar_of_search"]
    if score is not None:
        say(
            f"The search's score is {score:.1%} average recall: the best of all that it tried, no"
            " result. What to expect says quaver evaluate, with --protocol."
        )
