"""The estimator of `quaver.models.tdcnn`; private."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from quaver._extras import extra

with extra("tdcnn"):
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.model_selection import GroupShuffleSplit, train_test_split
    from sklearn.utils.class_weight import compute_class_weight
    from sklearn.utils.validation import check_is_fitted

    from quaver.models.networks.training import digest, forget, train

from quaver._validate import Downmix, check_int, check_size
from quaver.batch import as_clips
from quaver.models.base import Stored
from quaver.models.scores import average_recall
from quaver.models.tdcnn import file as files
from quaver.models.tdcnn.batches import Batches
from quaver.models.tdcnn.calibration import FEWEST, begin, cool, temperature
from quaver.models.tdcnn.config import TDCNNConfig
from quaver.models.tdcnn.data import Augmentation, prepare
from quaver.models.tdcnn.network import build_network, run, smoothed_loss
from quaver.models.tdcnn.recognizer import Recognizer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


PRETRAINED = "ravdess-tdcnn"

# Of what a pickle holds; files are for keeping.
_PICKLED = 1


class TDCNNClassifier(ClassifierMixin, Recognizer, Stored, BaseEstimator):  # type: ignore[misc]  # no types
    """Time-distributed CNN and LSTM over log-mel windows of recordings.

    Parameters
    ----------
    config : TDCNNConfig, optional
        Pictures, windows and layers; the defaults if None.
    augmentation : Augmentation, optional
        How recordings change from epoch to epoch; the defaults if None.
    sample_rate : int, optional
        Rate in Hz of recordings that are arrays; required when there are any.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.
    epochs : int, default 60
        At most.
    batch_size : int, default 16
        Recordings in a step.
    learning_rate : float, default 1e-3
        Peak of the schedule: a short rise, then half a cosine in each cycle.
    cycles : int, default 1
        How often, in the epochs, the learning rate falls from its peak to 2 % of it.
    weight_decay : float, default 1e-3
    label_smoothing : float, default 0.05
        Share of each target that goes to all labels alike, in [0, 1).
    class_weight : "balanced" or mapping from labels to float, optional
        Weights of the labels in the loss; equal by default.
    validation_fraction : float, default 0.1
        Share of the recordings on which the best epoch is found, if `fit` is given no validation
        data; 0 takes the last epoch.
    patience : int, default 30
        Epochs without a better average recall on the validation data until training stops; the
        best weights are kept.
    start : "pretrained", "ravdess-tdcnn" or path, optional
        Model whose weights training begins with, and whose configuration is taken unless one is
        given, which must be the same. Labels may be others. A learning rate of a third and a
        quarter of the epochs are enough then.
    checkpoint : path, optional
        Folder where the state is kept after each epoch; needs `random_state`. The state of the same
        training is taken up from, with other dropouts, that of another one refused. `save` empties
        the folder once the model stands under its name.
    log_directory : path, optional
        Where events for TensorBoard go.
    random_state : int, optional
        Of weights, dropouts, order and augmentation; by default other ones each time.
    verbose : int, default 0
        0 prints nothing, anything else a line for each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), of the kind of y
        Labels in the order of the probabilities.
    config_ : TDCNNConfig
    network_ : keras.Model
    temperature_ : float
        What the logits of the best epoch were divided by, so that probabilities are right on the
        validation data; 1 where these are fewer than 20 recordings, or where the card of a file
        does not tell.
    history_ : list of dict
        ``loss`` and ``val_uar``, the average recall on the validation data, of each epoch.

    Examples
    --------
    >>> import quaver.data
    >>> from quaver.models.tdcnn import load_pretrained
    >>> model = load_pretrained()
    >>> model.predict_proba([quaver.data.demo_clip()]).shape
    (1, 7)
    """

    pretrained: ClassVar[str] = PRETRAINED
    suffix: ClassVar[str] = ".keras"

    def __init__(
        self,
        *,
        config: TDCNNConfig | None = None,
        augmentation: Augmentation | None = None,
        sample_rate: int | None = None,
        downmix: Downmix = "mean",
        epochs: int = 60,
        batch_size: int = 16,
        learning_rate: float = 1e-3,
        cycles: int = 1,
        weight_decay: float = 1e-3,
        label_smoothing: float = 0.05,
        class_weight: Literal["balanced"] | Mapping[str, float] | None = None,
        validation_fraction: float = 0.1,
        patience: int = 30,
        start: str | os.PathLike[str] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        log_directory: str | os.PathLike[str] | None = None,
        random_state: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.config = config
        self.augmentation = augmentation
        self.sample_rate = sample_rate
        self.downmix = downmix
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.cycles = cycles
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.start = start
        self.checkpoint = checkpoint
        self.log_directory = log_directory
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.no_validation = True
        return tags

    def fit(
        self,
        X: Iterable[Any],
        y: ArrayLike,
        groups: ArrayLike | None = None,
        validation_data: tuple[Iterable[Any], ArrayLike] | None = None,
    ) -> TDCNNClassifier:
        """Train the network; all recordings are kept in memory, 64 kB for each second of them.

        Parameters
        ----------
        X : iterable of paths, bytes, binary file objects or arrays
        y : array_like of shape (n_clips,)
        groups : array_like of shape (n_clips,), optional
            Speakers: the validation part then takes whole ones.
        validation_data : (X, y), optional
            By default a share of the recordings.

        Returns
        -------
        TDCNNClassifier
            Itself.

        Raises
        ------
        ValueError
            If X and y do not fit together, a recording cannot be used (named), a parameter is out
            of its range, or the loss becomes infinite.
        """
        seed = self._check_parameters()
        self.__dict__.pop("card_", None)  # it would be that of other weights
        start = self._start()
        config = self.config_ = self.config or (TDCNNConfig() if start is None else start.config_)
        if start is not None and config != start.config_:
            raise ValueError(f"config must be that of start, got {config}")
        recordings, labels = self._examples(X, y)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(f"y must have at least two labels, got {self.classes_.tolist()}")
        if validation_data is None:
            rows, others = self._split(labels, groups, seed)
            held, held_labels = [recordings[i] for i in others], labels[others]
            recordings, labels = [recordings[i] for i in rows], labels[rows]
        elif groups is not None:
            raise ValueError("give groups or validation_data, not both")
        else:
            held, held_labels = self._examples(*validation_data)
        untrained = set(self.classes_.tolist()) - set(labels.tolist())
        if untrained:
            raise ValueError(f"all clips of {sorted(untrained)} are in the validation part")
        self.network_ = build_network(config, len(self.classes_), seed=seed)
        if start is not None:
            begin(self.network_, self.classes_, start)
        rate = config.sample_rate
        self._train(
            recordings, labels, [prepare(each, rate, config) for each in held], held_labels, seed
        )
        return self

    def _examples(
        self, X: Iterable[Any], y: ArrayLike
    ) -> tuple[list[NDArray[np.float32]], NDArray[Any]]:
        clips, labels = as_clips(X), np.asarray(y)
        if labels.shape != (len(clips),):
            raise ValueError(
                f"y must have shape (n_clips,) for {len(clips)} clips, got {labels.shape}"
            )
        return [self._heard(clip) for clip in clips], labels

    def _train(
        self,
        recordings: list[NDArray[np.float32]],
        labels: NDArray[Any],
        held: list[NDArray[np.float32]],
        held_labels: NDArray[Any],
        seed: int,
    ) -> None:
        augmentation = self.augmentation or Augmentation()
        targets = (labels[:, None] == self.classes_).astype(np.float32)
        batches = Batches(
            recordings,
            targets,
            self.config_,
            augmentation=augmentation,
            batch_size=self.batch_size,
            seed=seed,
        )

        def score() -> float:
            found = self.classes_[self._probabilities(held).argmax(axis=1)]
            return average_recall(held_labels, found)

        weights = self._weights(labels)
        schedule = [self.epochs, self.cycles, self.batch_size, self.learning_rate]
        regular = [self.weight_decay, self.label_smoothing, asdict(augmentation)]
        described = [self.config_.to_dict(), schedule, regular, seed]
        started = [] if self.start is None else self.network_.get_weights()
        identity = digest(described, targets, weights, *recordings, *held, *started)
        self._identity = identity
        self.history_ = train(
            self.network_,
            batches,
            loss=smoothed_loss(weights, self.label_smoothing),
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            score=score if held else None,
            score_name="val_uar",
            patience=self.patience,
            checkpoint=self.checkpoint,
            identity=identity,
            verbose=self.verbose,
            weight_decay=self.weight_decay,
            cycles=self.cycles,
            log_directory=self.log_directory,
        )
        self.temperature_ = 1.0
        if len(held) >= FEWEST:
            found = self._probabilities(held)
            self.temperature_ = temperature(found, held_labels[:, None] == self.classes_)
            cool(self.network_, self.temperature_)

    def _start(self) -> TDCNNClassifier | None:
        if self.start is None:
            return None
        if self.start in ("pretrained", PRETRAINED):
            return self.load_pretrained()
        return self.load(self.start)

    def save(self, file: str | os.PathLike[str], *, card: Mapping[str, Any] | None = None) -> None:
        """Write the fitted classifier as a ``.keras`` file; see `quaver.models.base.save`."""
        self._check_ready()
        described = dict(card or self.card)
        files.write(file, self.network_, self.config_, self.classes_.tolist(), described)
        self.forget_checkpoint()

    def forget_checkpoint(self) -> None:
        """Empty the folder `checkpoint` of the state of this training, as `save` does."""
        if self.checkpoint is not None and hasattr(self, "_identity"):
            forget(self.checkpoint, self._identity)

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> TDCNNClassifier:
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
            For a file that is no such model, or whose configuration does not fit the network;
            names the file.
        """
        network, config, classes, card = files.read(file)
        model = cls(config=config)
        model.config_, model.classes_ = config, np.array(classes)
        model.network_, model.history_, model.card_ = network, [], card
        model.temperature_ = 1.0 if type(told := card.get("temperature")) is not float else told
        return model

    def __copy__(self) -> TDCNNClassifier:
        """Share the network, which a pickle builds anew."""
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__)
        return made

    def __getstate__(self) -> dict[str, Any]:
        # Keras cannot take its networks of other layers than its own out of a pickle.
        state: dict[str, Any] = dict(super().__getstate__())
        if "network_" in state:
            state["network_"] = state["network_"].get_weights()
        return {**state, "_pickled": _PICKLED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        found = state.get("_pickled")
        missing = sorted(set(self._get_param_names()) - set(state))
        if found != _PICKLED or missing:
            raise ValueError(
                f"pickled by another version of quaver (format {found}, expected {_PICKLED}):"
                " fit it again, or load the .keras file that save wrote"
            )
        super().__setstate__({name: state[name] for name in state if name != "_pickled"})
        if hasattr(self, "network_"):
            weights = self.network_
            self.network_ = build_network(self.config_, len(self.classes_))
            self.network_.set_weights(weights)

    def _check_ready(self) -> None:
        check_is_fitted(self, "network_")

    def _answer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return run(self.network_, batch)

    def _check_parameters(self) -> int:
        """Return the seed."""
        for name in ("epochs", "batch_size", "cycles", "patience"):
            check_size(name, getattr(self, name))
        for name in ("label_smoothing", "validation_fraction"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)!r}")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(
                f"learning_rate must be positive and finite, got {self.learning_rate!r}"
            )
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight_decay must not be negative, got {self.weight_decay!r}")
        if self.random_state is not None:
            return check_int("random_state", self.random_state)
        if self.checkpoint is not None:
            raise ValueError("checkpoint needs a random_state, or nothing could be taken up")
        return int(np.random.default_rng().integers(2**31))

    def _split(
        self, labels: NDArray[Any], groups: ArrayLike | None, seed: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        rows = np.arange(len(labels))
        if not self.validation_fraction:
            return rows, rows[:0]
        if groups is not None:
            speakers = np.asarray(groups)
            splitter = GroupShuffleSplit(1, test_size=self.validation_fraction, random_state=seed)
            train, held = next(splitter.split(rows, labels, speakers))
            return train, held
        counts = np.unique(labels, return_counts=True)[1]
        n_held = max(1, round(self.validation_fraction * len(labels)))
        stratify = labels if counts.min() > 1 and n_held >= len(counts) else None
        train, held = train_test_split(rows, test_size=n_held, random_state=seed, stratify=stratify)
        return train, held

    def _weights(self, labels: NDArray[Any]) -> NDArray[np.float32]:
        if self.class_weight is None:
            return np.ones(len(self.classes_), np.float32)
        given: Any = self.class_weight
        weights = compute_class_weight(
            given if given == "balanced" else dict(given), classes=self.classes_, y=labels
        )
        return np.asarray(weights, np.float32)


load = TDCNNClassifier.load
load_pretrained = TDCNNClassifier.load_pretrained
