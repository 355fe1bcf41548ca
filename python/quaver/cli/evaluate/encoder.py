"""``quaver evaluate encoder``: heads trained and tested fold by fold, clean and changed."""

from __future__ import annotations

from quaver.cli.errors import require
from quaver.cli.evaluate.conditions import Protocol, emit_protocol
from quaver.cli.options import (
    Copies,
    Corpora,
    Drop,
    Json,
    Kind,
    Labels,
    Search,
    Speaker,
    Stress,
)
from quaver.cli.tables import FormatOption, chosen_format


def evaluate_encoder_command(
    corpora: Corpora,
    protocol: Protocol = "speaker-independent",
    stress: Stress = False,
    kind: Kind = "auto",
    labels: Labels = None,
    drop: Drop = None,
    speaker: Speaker = None,
    copies: Copies = 12,
    search: Search = True,
    output: FormatOption = None,
    json: Json = False,
) -> None:
    """Train heads on parts of the corpora and score them on the rest, fold by fold.

    Whatever is chosen is chosen inside the training part; no speaker is on both sides.
    """
    wanted = chosen_format(output, json)
    require("sklearn", "onnxruntime", "quaver_models", extra="encoder")
    from quaver.models.encoder import evaluation

    emit_protocol(
        wanted,
        evaluation.run_protocol,
        corpora,
        (kind, labels, drop, speaker),
        protocol=protocol,
        stress=stress,
        n_copies=copies,
        search=search,
    )
