"""Models on top of the features: estimators to the scikit-learn contract.

A kind of model is a package: `quaver.models.svm`, the classical pipeline, `quaver.models.tdcnn` and
`quaver.models.text`; `quaver.models.networks` is what networks share. `quaver.models.encoder` knows
no emotions, but makes vectors for other models. What all kinds offer is in `quaver.models.base`,
which opens one by name or file. Around them are `quaver.models.evaluation` with the protocols,
`quaver.models.timeline` for emotions over a long recording, `quaver.models.live` for those of a
signal that arrives in chunks, `quaver.models.transformers` with steps for other pipelines,
`quaver.models.fusion` of several answers, and `quaver.models.persistence` for files without pickle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver._lazy import lazy

if TYPE_CHECKING:
    from quaver.models import base as base
    from quaver.models import card as card
    from quaver.models import encoder as encoder
    from quaver.models import evaluation as evaluation
    from quaver.models import fusion as fusion
    from quaver.models import live as live
    from quaver.models import persistence as persistence
    from quaver.models import predictions as predictions
    from quaver.models import scores as scores
    from quaver.models import selection as selection
    from quaver.models import svm as svm
    from quaver.models import tdcnn as tdcnn
    from quaver.models import text as text
    from quaver.models import timeline as timeline
    from quaver.models import transformers as transformers

__all__ = [
    "base",
    "card",
    "encoder",
    "evaluation",
    "fusion",
    "live",
    "persistence",
    "predictions",
    "scores",
    "selection",
    "svm",
    "tdcnn",
    "text",
    "timeline",
    "transformers",
]

#: Earlier names of modules.
_EARLIER = ("tdcnn_evaluation", "tdcnn_onnx", "text_evaluation")

__getattr__, __dir__ = lazy(__name__, dict.fromkeys((*__all__, *_EARLIER), ()))
