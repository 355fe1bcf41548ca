"""Emotion of a recording by an RBF support vector machine on global statistics.

Features (`quaver.models.transformers.AudioFeatures`), standardisation, principal components, SVC
with calibrated probabilities. Everything here is scikit-learn's; what is ours is the search that
keeps speakers apart and the file without pickle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver._lazy import lazy

if TYPE_CHECKING:
    from quaver.models.base import predict, predict_timeline, save
    from quaver.models.predictions import Predictions
    from quaver.models.svm.model import (
        PRETRAINED,
        ROBUST,
        SvmModel,
        evaluate,
        load,
        load_pretrained,
    )
    from quaver.models.svm.training import make_pipeline, train

__all__ = [
    "PRETRAINED",
    "ROBUST",
    "Predictions",
    "SvmModel",
    "evaluate",
    "load",
    "load_pretrained",
    "make_pipeline",
    "predict",
    "predict_timeline",
    "save",
    "train",
]

_HOMES = {
    "model": ["PRETRAINED", "ROBUST", "SvmModel", "evaluate", "load", "load_pretrained"],
    "robust": [],
    "selection": [],
    "training": ["make_pipeline", "train"],
    "quaver.models.base": ["predict", "predict_timeline", "save"],
    "quaver.models.predictions": ["Predictions"],
}
__getattr__, __dir__ = lazy(__name__, _HOMES, needs="svm")
