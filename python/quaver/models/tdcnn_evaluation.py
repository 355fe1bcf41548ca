"""`quaver.models.tdcnn.evaluation` by its earlier name."""

from quaver.models.tdcnn.evaluation import (
    PROTOCOLS,
    VALIDATION_SPEAKERS,
    Split,
    evaluate,
    split,
    train,
)

__all__ = ["PROTOCOLS", "VALIDATION_SPEAKERS", "Split", "evaluate", "split", "train"]
