"""Protocols on any corpus: a kind of model trained and tested fold by fold."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quaver.cli.console import progress, quiet
from quaver.cli.errors import report_failures, require
from quaver.cli.files import heard_clips, save_figure
from quaver.cli.tables import Format, emit_evaluation, write_rows

if TYPE_CHECKING:
    from quaver.corpus import Corpus
    from quaver.dataset.read import CorpusFeatures

#: Protocols, and kinds of models, of any corpus; as `quaver.models` names them.
OF_ANY = ("speaker-independent", "leave-one-speaker-out", "leave-one-corpus-out", "random")
KINDS = ("svm", "robust", "encoder", "tdcnn", "text")


def training_options(
    kind: str, *, plain: bool, search: bool, jobs: int | None, epochs: int | None
) -> dict[str, Any]:
    """Return what a kind of model is trained with."""
    from quaver import FeatureConfig

    if kind == "svm":
        return {"config": FeatureConfig() if plain else None, "search": search, "n_jobs": jobs}
    if kind in ("robust", "encoder"):
        return {"search": search}
    return {} if epochs is None else {"epochs": epochs}


def cross_validate(
    wanted: Format,
    clips: Corpus | CorpusFeatures,
    kind: str,
    files: tuple[Path | None, Path | None],
    *,
    strict: bool,
    **options: Any,
) -> None:
    """Print what a cross-validation of these clips finds out, and write the files asked for."""
    from quaver.corpus import Corpus
    from quaver.models import evaluation

    if strict and isinstance(clips, Corpus):
        clips = heard_clips(clips, strict=True)
    if kind in ("tdcnn", "text"):
        with quiet():
            require("sklearn", "keras", extra=kind)
            importlib.import_module(f"quaver.models.{kind}.classifier")
    elif kind == "encoder":
        require("sklearn", "onnxruntime", "quaver_models", extra=kind)
    with progress("Folds") as report:
        found = evaluation.cross_validate(clips, kind, progress=report, **options)
    predictions, picture = files
    emit_evaluation(wanted, found)
    if predictions is not None:
        write_rows(predictions, found.rows())
    if picture is not None:
        from quaver.plots import plot_confusion

        save_figure(plot_confusion(found.report), picture)
    report_failures(found.failures)
