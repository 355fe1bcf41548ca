"""`quaver.models.tdcnn.onnx` by its earlier name."""

from quaver.models.tdcnn.onnx import (
    PRETRAINED,
    OnnxClassifier,
    export,
    load,
    load_pretrained,
    predict,
    predict_timeline,
)

__all__ = [
    "PRETRAINED",
    "OnnxClassifier",
    "export",
    "load",
    "load_pretrained",
    "predict",
    "predict_timeline",
]
