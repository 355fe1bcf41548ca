"""Emotion of a recording by a time-distributed CNN on log-mel windows.

The recording becomes a log-mel spectrogram cut into windows that overlap; four local feature
learning blocks look at each window, two LSTM layers at their sequence (Zhao, Mao & Chen 2019,
Speech emotion recognition using deep 1D & 2D CNN LSTM networks, doi:10.1016/j.bspc.2018.08.035).
The network is Keras', pictures and windows come from the kernels.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from quaver.models import require, shipped

require("sklearn", "keras", extra="tdcnn")

from sklearn.utils.validation import check_is_fitted  # noqa: E402

from quaver.models import _tdcnn_file, _tdcnn_network  # noqa: E402
from quaver.models._tdcnn_batches import Batches  # noqa: E402
from quaver.models._tdcnn_classifier import TDCNNClassifier  # noqa: E402
from quaver.models._tdcnn_config import TDCNNConfig  # noqa: E402
from quaver.models._tdcnn_data import LONGEST, Augmentation  # noqa: E402
from quaver.models._tdcnn_predict import predict, predict_timeline  # noqa: E402

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

PRETRAINED = "ravdess-tdcnn"

build_network = _tdcnn_network.build_network


def save(
    model: TDCNNClassifier, file: str | os.PathLike[str], *, card: Mapping[str, Any] | None = None
) -> None:
    """Write a fitted classifier as a Keras file; weights are stored as float16.

    Parameters
    ----------
    model : TDCNNClassifier
    file : path
        Ends in ``.keras``; an older file is replaced once the new one is complete.
    card : mapping, optional
        The model card, JSON types.
    """
    check_is_fitted(model, "network_")
    described = dict(card or getattr(model, "card_", {}))
    _tdcnn_file.write(file, model.network_, model.config_, model.classes_.tolist(), described)


def load(file: str | os.PathLike[str]) -> TDCNNClassifier:
    """Read a classifier that `save` wrote; no code of the file is run.

    Only numbers are taken from it: the network is built here.

    Parameters
    ----------
    file : path

    Returns
    -------
    TDCNNClassifier
        Fitted; its attribute ``card_`` is the model card.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        As the operating system says.
    ValueError
        For a file that is no such model, or whose configuration does not fit the network; names
        the file.
    """
    network, config, classes, card = _tdcnn_file.read(file)
    model = TDCNNClassifier(config=config)
    model.config_, model.classes_ = config, np.array(classes)
    model.network_, model.history_, model.card_ = network, [], card
    return model


def load_pretrained(name: str = PRETRAINED) -> TDCNNClassifier:
    """Read a model that comes with the package.

    Parameters
    ----------
    name : str, default "ravdess-tdcnn"

    Returns
    -------
    TDCNNClassifier
        Over the seven labels of `quaver.LABELS`.

    Raises
    ------
    ValueError
        For an unknown name.

    Examples
    --------
    >>> load_pretrained().classes_.tolist()
    ['anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise']
    """
    with shipped(name, PRETRAINED, ".keras") as file:
        return load(file)
