"""Models of recordings behind one face: the SVM and the time-distributed network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quaver.cli.console import quiet
from quaver.cli.errors import require
from quaver.models.tdcnn import recognizer
from quaver.models.tdcnn.recognizer import Recognizer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from quaver.models.predictions import Predictions
    from quaver.models.svm import SvmModel
    from quaver.models.tdcnn import TDCNNClassifier
    from quaver.models.timeline import Timeline

    VoiceModel = SvmModel | Recognizer

Model = Annotated[
    str | None,
    typer.Option(
        help="svm (the default) or tdcnn, as they come with the package, or a file written by"
        " train.",
        show_default=False,
    ),
]


def load_model(model: str | None) -> VoiceModel:
    """Return the model of a file, or a pretrained one by its name."""
    suffix = "" if model is None else Path(model).suffix
    if suffix == ".onnx" or (model == "tdcnn" and find_spec("onnxruntime") is not None):
        # The same answers as Keras gives, and seconds earlier.
        require("onnxruntime", extra="onnx")
        from quaver.models.tdcnn import onnx

        return onnx.load_pretrained() if model == "tdcnn" else onnx.load(str(model))
    if model == "tdcnn" or suffix == ".keras":
        return load_tdcnn(model)
    require("sklearn", "skops", extra="svm")
    from quaver.models import svm

    return svm.load_pretrained() if model in (None, "svm") else svm.load(str(model))


def load_tdcnn(model: str | None) -> TDCNNClassifier:
    """Return the time-distributed network of a file, or the pretrained one, in Keras."""
    with quiet():
        require("sklearn", "keras", extra="tdcnn")
        from quaver.models import tdcnn

        # Compiled while reading, so that the notes on the first use come here.
        return tdcnn.load_pretrained() if model in (None, "tdcnn") else tdcnn.load(str(model))


def card_of(model: VoiceModel) -> dict[str, Any]:
    """Return the card of a model."""
    card: dict[str, Any] = model.card_ if isinstance(model, Recognizer) else model.card
    return card


def classes_of(model: VoiceModel) -> tuple[str, ...]:
    """Return the labels of a model."""
    if isinstance(model, Recognizer):
        return tuple(model.classes_.tolist())
    return model.classes


def predict(
    model: VoiceModel,
    files: Sequence[Path],
    *,
    threads: int | None,
    downmix: Any,
    progress: Callable[[int, int], object],
) -> Predictions:
    """Return what a model says of files."""
    options: dict[str, Any] = {"threads": threads, "downmix": downmix, "progress": progress}
    if isinstance(model, Recognizer):
        return recognizer.predict(model, files, **options)
    from quaver.models import svm

    return svm.predict(model, files, **options)


def timeline_of(
    model: VoiceModel, samples: ArrayLike, rate: int, *, window: float, hop: float
) -> Timeline:
    """Return what a model says of each window."""
    if isinstance(model, Recognizer):
        return recognizer.predict_timeline(model, samples, rate, window=window, hop=hop)
    from quaver.models import svm

    return svm.predict_timeline(model, samples, rate, window=window, hop=hop)
