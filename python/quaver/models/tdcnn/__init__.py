"""Emotion of a recording by a time-distributed CNN on log-mel windows.

The recording becomes a log-mel spectrogram cut into windows that overlap; four local feature
learning blocks look at each window, two LSTM layers at their sequence (Zhao, Mao & Chen 2019,
Speech emotion recognition using deep 1D & 2D CNN LSTM networks, doi:10.1016/j.bspc.2018.08.035).
The network is Keras', pictures and windows come from the kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver._lazy import lazy

if TYPE_CHECKING:
    from quaver.models.base import predict, predict_timeline, save
    from quaver.models.tdcnn.batches import Batches
    from quaver.models.tdcnn.classifier import (
        PRETRAINED,
        TDCNNClassifier,
        load,
        load_pretrained,
    )
    from quaver.models.tdcnn.config import LONGEST, TDCNNConfig
    from quaver.models.tdcnn.data import Augmentation
    from quaver.models.tdcnn.network import build_network

__all__ = [
    "LONGEST",
    "PRETRAINED",
    "Augmentation",
    "Batches",
    "TDCNNClassifier",
    "TDCNNConfig",
    "build_network",
    "load",
    "load_pretrained",
    "predict",
    "predict_timeline",
    "save",
]

_HOMES = {
    "batches": ["Batches"],
    "classifier": ["PRETRAINED", "TDCNNClassifier", "load", "load_pretrained"],
    "config": ["LONGEST", "TDCNNConfig"],
    "data": ["Augmentation"],
    "evaluation": [],
    "network": ["build_network"],
    "onnx": [],
    "recognizer": [],
    "quaver.models.base": ["predict", "predict_timeline", "save"],
}
__getattr__, __dir__ = lazy(__name__, _HOMES, needs="tdcnn")
