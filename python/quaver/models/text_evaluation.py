"""`quaver.models.text.evaluation` by its earlier name."""

from quaver.models.text.evaluation import (
    Probabilistic,
    TextReport,
    Texts,
    compare,
    evaluate,
    make_baseline,
    read_goemotions,
    score,
)

__all__ = [
    "Probabilistic",
    "TextReport",
    "Texts",
    "compare",
    "evaluate",
    "make_baseline",
    "read_goemotions",
    "score",
]
