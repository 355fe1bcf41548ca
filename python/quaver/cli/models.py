"""How commands open a model: its runtime kept quiet, and told what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from quaver.cli.console import quiet, say
from quaver.cli.errors import USAGE, stop
from quaver.models.base import default_voice, open_model

if TYPE_CHECKING:
    from quaver.models.base import TextModel, VoiceModel
    from quaver.models.tdcnn import TDCNNClassifier


def open_voice(model: str | None) -> VoiceModel:
    """Return the model of recordings of a file, or the pretrained one of a name.

    Without either the best that is installed is taken, and said.
    """
    with _opening():
        chosen = default_voice() if model is None else model
        opened = open_model(chosen, "recordings")
    if model is None:
        say(f"Model: {opened.card.get('name', chosen)}.")
    return opened


def open_words(file: Path | None) -> TextModel:
    """Return the model of texts of a file, or the pretrained one."""
    with _opening():
        model = open_model("text" if file is None else file, "texts")
        model.predict_proba([""])  # so that the notes on the first use come here
    return model


def open_tdcnn(model: str | None) -> TDCNNClassifier:
    """Return the time-distributed network of a file, or the pretrained one, in Keras."""
    with _opening():
        from quaver.models import tdcnn

        # Compiled while reading, so that the notes on the first use come here.
        return tdcnn.load_pretrained() if model in (None, "tdcnn") else tdcnn.load(str(model))


def card_of(model: str) -> dict[str, object]:
    """Return the card of any model, or of an encoder, which has vectors in place of labels."""
    with _opening():
        try:
            return open_model(model).card
        except ValueError:
            if Path(model).suffix != ".onnx":
                raise
            from quaver.models import encoder

            with suppress(ValueError):
                return encoder.Encoder.load(model).card
            raise


@contextmanager
def _opening() -> Iterator[None]:
    """Leave with exit code 2 and the command that installs what is missing."""
    try:
        with quiet():
            yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("quaver."):  # a mistake of ours
            raise
        stop(str(error), USAGE)
