"""What every model offers, whatever is behind it, and how to get one: `open_model`.

A kind of model is a package, such as `quaver.models.svm`, and a line in `KINDS`. Its class has what
`Model` names, and `VoiceModel` or `TextModel` by what it takes; the rest of quaver, the command
line included, asks for no more. What the classes share is here as well: `Stored`, `Voice` and
`Learned`.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar, overload

import numpy as np

from quaver._extras import PACKAGES, need
from quaver._validate import Downmix, refuse_without_rate
from quaver.audio import is_recording
from quaver.batch import Batch, Progress, as_clips
from quaver.models.archive import check_names
from quaver.models.networks import file as network_file
from quaver.models.networks import graph
from quaver.models.predictions import Predictions
from quaver.models.pretrained import shipped
from quaver.models.timeline import Timeline, sliding
from quaver.models.trust import doubts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

File = str | os.PathLike[str]
Takes = Literal["recordings", "texts"]
_M = TypeVar("_M", bound="Stored")


class Model(Protocol):
    """A trained model of recordings or of texts."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels, in the order of the probabilities."""

    @property
    def card(self) -> dict[str, Any]:
        """The model card: data, licence, protocol, scores; empty if nobody wrote one."""

    def predict(self, X: Iterable[Any]) -> NDArray[Any]:
        """Return the labels of recordings or texts; one that cannot be used is an error."""

    def predict_proba(self, X: Iterable[Any]) -> NDArray[Any]:
        """Return the probabilities of the labels, shape (n, n_classes)."""

    def save(self, file: File, *, card: Mapping[str, Any] | None = None) -> None:
        """Write the model, with another card if one is given."""

    @classmethod
    def load(cls, file: File) -> Model:
        """Read what `save` wrote; no code of the file is run."""


class VoiceModel(Model, Protocol):
    """A model of recordings."""

    @property
    def rate(self) -> int:
        """Rate that the model takes, in Hz; recordings of another are resampled to it."""

    def predict_clips(
        self,
        clips: Iterable[Any] | Batch,
        sample_rate: int | None = None,
        *,
        downmix: Downmix = "mean",
        threads: int | None = None,
        progress: Progress = False,
    ) -> Predictions:
        """Predict each clip, and list those that cannot be used; as `predict` of this module."""

    def predict_timeline(
        self,
        samples: ArrayLike,
        sample_rate: float,
        *,
        window: float = 3.0,
        hop: float = 1.0,
        downmix: Downmix = "mean",
    ) -> Timeline:
        """Predict the windows of a long recording; as `predict_timeline` of this module."""


class TextModel(Model, Protocol):
    """A model of texts."""

    def predict_texts(self, X: Iterable[str]) -> Predictions:
        """Return the most probable label of each text, and whether it can be trusted."""

    def predict_labels(self, X: Iterable[str]) -> list[tuple[str, ...]]:
        """Return the labels of each text by name."""

    def predict_distribution(self, X: Iterable[str]) -> NDArray[np.float64]:
        """Return shares of the labels that sum to 1 for each text."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Where the code of a kind of model is, and what its files are called.

    Attributes
    ----------
    name : str
        What the command line calls it.
    home, model : str
        Module and class.
    suffix : str
        Of its files.
    takes : {"recordings", "texts"}
    extra : str
        What it needs, of `quaver._extras.PACKAGES`.
    """

    name: str
    home: str
    model: str
    suffix: str
    takes: Takes
    extra: str

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the pretrained models of the kind, as their cards tell them."""
        return _PRETRAINED[self.name]


#: The SVM that holds outside the studio and says when it does not.
ROBUST_SVM = "ravdess-nemo-svm"
_PRETRAINED = {
    "svm": ("ravdess-svm", ROBUST_SVM),
    "encoder": ("ravdess-nemo-encoder",),
    "tdcnn": ("ravdess-tdcnn",),
    "text": ("goemotions-text",),
}

#: Every kind of model; of several with one name the first whose extra is installed is opened.
KINDS = (
    Kind("svm", "quaver.models.svm", "SvmModel", ".skops", "recordings", "svm"),
    Kind("encoder", "quaver.models.encoder", "EncoderClassifier", ".onnx", "recordings", "encoder"),
    # The same answers as Keras gives, and seconds earlier.
    Kind("tdcnn", "quaver.models.tdcnn.onnx", "OnnxClassifier", ".onnx", "recordings", "onnx"),
    Kind("tdcnn", "quaver.models.tdcnn", "TDCNNClassifier", ".keras", "recordings", "tdcnn"),
    Kind("text", "quaver.models.text.onnx", "OnnxClassifier", ".onnx", "texts", "onnx"),
    Kind("text", "quaver.models.text", "TextClassifier", ".keras", "texts", "text"),
)


def kind_of(model: File, takes: Takes | None = None) -> Kind:
    """Return the kind of a model by its name, or by its file.

    Parameters
    ----------
    model : str or path
        A name in `KINDS`, or a file.
    takes : {"recordings", "texts"}, optional
        What a file of no known ending is taken for.

    Examples
    --------
    >>> kind_of("encoder").model, kind_of("mine.skops").model
    ('EncoderClassifier', 'SvmModel')
    """
    named = [kind for kind in KINDS if model == kind.name or model in kind.models]
    if named:
        return next((k for k in named if all(map(find_spec, PACKAGES[k.extra]))), named[-1])
    suffix = Path(model).suffix
    alike = [kind for kind in KINDS if kind.suffix == suffix]
    if not alike:  # whose reader says what is wrong with the file
        return next(kind for kind in KINDS if takes in (None, kind.takes))
    if len(alike) == 1:
        return alike[0]
    written = graph.kind(model) if suffix == ".onnx" else network_file.kind(model)
    return next((kind for kind in alike if kind.name == written), alike[0])


def default_voice() -> str:
    """Return the name of the best model of recordings that is installed: an encoder or an SVM."""
    kind = next(kind for kind in KINDS if kind.name == "encoder")
    if not all(map(find_spec, (*PACKAGES[kind.extra], "quaver_models"))):
        return ROBUST_SVM
    import quaver_models

    best: type[Stored] = getattr(importlib.import_module(kind.home), kind.model)
    file = quaver_models.files() / f"{best.pretrained}{best.suffix}"
    return kind.name if file.is_file() else ROBUST_SVM


@overload
def open_model(model: File, takes: Literal["recordings"]) -> VoiceModel: ...
@overload
def open_model(model: File, takes: Literal["texts"]) -> TextModel: ...
@overload
def open_model(model: File, takes: None = None) -> Model: ...
def open_model(model: File, takes: Takes | None = None) -> Model:
    """Return the model of a file, or the pretrained one of a name.

    Parameters
    ----------
    model : str or path
        "svm", "encoder", "tdcnn" or "text", a name in `KINDS`, or a file.
    takes : {"recordings", "texts"}, optional
        What it must take.

    Returns
    -------
    Model
        A `VoiceModel` or a `TextModel`.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        As the operating system says.
    ValueError
        For a file that is no model, or a model that takes something else; names the file.
    ModuleNotFoundError
        Without a package that it needs, with the command that installs it.

    Examples
    --------
    >>> open_model("svm").classes
    ('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise')
    """
    kind = kind_of(model, takes)
    if takes not in (None, kind.takes):
        raise ValueError(f"{os.fsdecode(model)}: a model of {kind.takes}, expected one of {takes}")
    need(kind.extra)
    found: Any = getattr(importlib.import_module(kind.home), kind.model)
    name = found.pretrained if model == kind.name else model
    opened: Model = (found.load_pretrained if name in kind.models else found.load)(name)
    return opened


def save(model: Model, file: File, *, card: Mapping[str, Any] | None = None) -> None:
    """Write a model; an older file is replaced once the new one is complete.

    Networks are stored with weights of float16.

    Parameters
    ----------
    model : Model
        Fitted.
    file : path
        Of the ending of its kind: ``.skops`` by custom, ``.keras`` and ``.onnx`` always.
    card : mapping, optional
        The model card, JSON types; by default the model's.

    Raises
    ------
    TypeError
        For what is no model.
    ValueError
        For a file of another kind's ending.
    """
    if not isinstance(model, Stored):
        raise TypeError(f"model must be one of quaver.models, got {type(model).__name__}")
    suffix = Path(file).suffix
    if suffix != model.suffix and suffix in {kind.suffix for kind in KINDS}:
        raise ValueError(
            f"{os.fsdecode(file)}: expected a name that ends in {model.suffix},"
            f" as of every stored {type(model).__name__}"
        )
    model.save(file, card=card)


def predict(
    model: VoiceModel,
    clips: Iterable[Any] | Batch,
    sample_rate: int | None = None,
    *,
    downmix: Downmix = "mean",
    threads: int | None = None,
    progress: Progress = False,
) -> Predictions:
    """Predict the emotion of each clip; one that cannot be used does not stop the others.

    Parameters
    ----------
    model : VoiceModel
        Fitted.
    clips : sequence of paths, bytes, binary file objects or arrays, or Batch
        A batch of `quaver.extract_many`, which only an SVM takes, must have been made with the
        model's configuration.
    sample_rate : int, optional
        Rate in Hz of clips that are arrays, by default the model's attribute of that name if it has
        one; required when there are any. They are resampled to what the model takes.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.
    threads : int, optional
        Number of workers that read, and resample or extract, ahead of the model; by default one
        for each processor this process may use.
    progress
        As in `quaver.extract_many`.

    Returns
    -------
    Predictions
        Clips that cannot be used are listed in ``failures``. A model has an answer for anything,
        silence and noise included.

    Raises
    ------
    ValueError
        For no clips, arrays without a rate, a wrong `threads`, or vectors of another configuration.

    Examples
    --------
    >>> import quaver.data
    >>> predict(open_model("svm", "recordings"), [quaver.data.demo_clip()]).labels.shape
    (1,)
    """
    return model.predict_clips(
        clips, sample_rate, downmix=downmix, threads=threads, progress=progress
    )


def predict_timeline(
    model: VoiceModel,
    samples: ArrayLike,
    sample_rate: float,
    *,
    window: float = 3.0,
    hop: float = 1.0,
    downmix: Downmix = "mean",
) -> Timeline:
    """Predict the emotion of each window that slides over a long recording.

    Each window is looked at as if it were a recording of its own, as in training; the memory does
    not grow with the recording but by its samples.

    Parameters
    ----------
    model : VoiceModel
        Fitted.
    samples : array_like of shape (n,) or (channels, n), int16, float32 or float64
    sample_rate : int
        In Hz; resampled to the model's.
    window, hop : float, default 3.0 and 1.0
        Length of a window and step from one to the next, in seconds. The last window ends with
        the recording; a recording shorter than a window is one window.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.

    Returns
    -------
    Timeline

    Raises
    ------
    ValueError, TypeError
        As in `quaver.short_term`, or for a window or hop shorter than a sample.

    Examples
    --------
    >>> recording = np.sin(np.arange(80000) * 0.1)
    >>> predict_timeline(open_model("svm", "recordings"), recording, 16000).starts
    array([0., 1., 2.])
    """
    return model.predict_timeline(samples, sample_rate, window=window, hop=hop, downmix=downmix)


class Stored:
    """A class whose models are in files, one of which comes with quaver-models."""

    __slots__ = ()
    #: Name and ending of the file that comes with quaver-models.
    pretrained: ClassVar[str]
    #: Names of further ones.
    others: ClassVar[tuple[str, ...]] = ()
    suffix: ClassVar[str]

    @classmethod
    def load(cls: type[_M], file: File) -> _M:
        """Read what `save` wrote; no code of the file is run."""
        raise NotImplementedError

    @classmethod
    def load_pretrained(cls: type[_M], name: str | None = None, **options: Any) -> _M:
        """Read a model that comes with quaver-models.

        Parameters
        ----------
        name : str, optional
            By default the first of the kind.
        **options
            As for `load`.

        Raises
        ------
        ValueError
            For an unknown name.
        """
        wanted = cls.pretrained if name is None else name
        with shipped(wanted, (cls.pretrained, *cls.others), cls.suffix) as file:
            return cls.load(file, **options)


class Learned:
    """Labels and card of an estimator that keeps them as scikit-learn does."""

    __slots__ = ()
    classes_: NDArray[Any]
    card_: dict[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels, in the order of the probabilities."""
        return tuple(map(str, self.classes_))

    @property
    def card(self) -> dict[str, Any]:
        """The model card; empty if nobody wrote one."""
        found: dict[str, Any] = getattr(self, "card_", {})
        return found


class Voice:
    """What models of recordings make of probabilities, however they come to them."""

    __slots__ = ()

    def predict_proba(self, X: Iterable[Any]) -> NDArray[np.float64]:
        """Return the probability of each label, shape (n_clips, n_classes)."""
        raise NotImplementedError

    def _labels(self) -> NDArray[Any]:
        """Return the labels, in the order of the probabilities."""
        raise NotImplementedError

    @property
    def rate(self) -> int:
        """Rate that the model takes, in Hz; an error if it is not fitted."""
        raise NotImplementedError

    def _of_parts(self, parts: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """Return the probabilities of mono samples at that rate."""
        raise NotImplementedError

    def predict(self, X: Iterable[Any]) -> NDArray[Any]:
        """Return the most probable label of each recording, shape (n_clips,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self._labels()[best])

    def predict_timeline(
        self,
        samples: ArrayLike,
        sample_rate: float,
        *,
        window: float = 3.0,
        hop: float = 1.0,
        downmix: Downmix = "mean",
    ) -> Timeline:
        """Predict the windows of a long recording; see `quaver.models.base.predict_timeline`."""
        parts, (starts, ends), levels = sliding(
            samples, sample_rate, self.rate, window=window, hop=hop, downmix=downmix
        )
        classes = tuple(map(str, self._labels()))
        found, warnings = self._with_doubts(parts)
        return Timeline(starts, ends, found, classes, levels, warnings)

    def _with_doubts(
        self, parts: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[np.float64], tuple[tuple[str, ...], ...]]:
        """Return the probabilities of mono samples, and why they cannot be trusted."""
        return self._of_parts(parts), tuple(doubts(part, self.rate) for part in parts)


def clips_at(clips: Any, sample_rate: int | None) -> Sequence[Any]:
    """Return clips as a sequence; arrays must have a rate."""
    given = as_clips(clips)
    if sample_rate is None and not all(map(is_recording, given)):
        refuse_without_rate(given)
    return given


def check_trainable(labels: NDArray[np.str_]) -> None:
    """Raise ValueError unless there are two labels with two clips each, and names."""
    names, counts = np.unique(labels, return_counts=True)
    if len(names) < 2 or counts.min() < 2:
        listed = ", ".join(f"{n}: {c}" for n, c in zip(names, counts, strict=True)) or "none"
        raise ValueError(f"training needs at least two labels with two clips each, got {listed}")
    check_names(names)  # before hours of training


def short(model: Model) -> str:
    """Return a line that tells one model from another, for its `repr`."""
    name = model.card.get("name")
    called = "" if name is None else f" {name!r}"
    return f"<{type(model).__name__}{called}: {', '.join(model.classes)}>"
