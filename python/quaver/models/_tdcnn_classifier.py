"""The estimator of `quaver.models.tdcnn`; private."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from quaver.models import require

require("sklearn", "keras", extra="tdcnn")

from sklearn.base import BaseEstimator, ClassifierMixin  # noqa: E402
from sklearn.model_selection import GroupShuffleSplit, train_test_split  # noqa: E402
from sklearn.utils.class_weight import compute_class_weight  # noqa: E402
from sklearn.utils.validation import check_is_fitted  # noqa: E402

from quaver._validate import Downmix, check_size  # noqa: E402
from quaver.batch import as_clips  # noqa: E402
from quaver.models import _tdcnn_data, _tdcnn_network, _training  # noqa: E402
from quaver.models._tdcnn_batches import Batches  # noqa: E402
from quaver.models._tdcnn_config import TDCNNConfig  # noqa: E402
from quaver.models._tdcnn_data import Augmentation  # noqa: E402
from quaver.models._tdcnn_predict import Recognizer  # noqa: E402
from quaver.models.selection import average_recall  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class TDCNNClassifier(ClassifierMixin, Recognizer, BaseEstimator):  # type: ignore[misc]  # no types
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
        Peak of the schedule: a short rise, then half a cosine.
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
    checkpoint : path, optional
        Folder where the state is kept after each epoch. If there is one, `fit` takes up from it,
        with other dropouts; after the last epoch it is emptied.
    log_directory : path, optional
        Where events for TensorBoard go.
    random_state : int, optional
        Of weights, dropouts, order and augmentation; by default other ones each time.
    verbose : int, default 0
        0 prints nothing, anything else a line for each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), str
        Labels in the order of the probabilities.
    config_ : TDCNNConfig
    network_ : keras.Model
    history_ : list of dict
        ``loss`` and ``val_uar``, the average recall on the validation data, of each epoch.

    Examples
    --------
    >>> import quaver.data
    >>> model = load_pretrained()
    >>> model.predict_proba([quaver.data.demo_clip()]).shape
    (1, 7)
    """

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
        weight_decay: float = 1e-3,
        label_smoothing: float = 0.05,
        class_weight: Literal["balanced"] | Mapping[str, float] | None = None,
        validation_fraction: float = 0.1,
        patience: int = 30,
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
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.checkpoint = checkpoint
        self.log_directory = log_directory
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: Iterable[Any],
        y: ArrayLike,
        groups: ArrayLike | None = None,
        validation_data: tuple[Iterable[Any], ArrayLike] | None = None,
    ) -> TDCNNClassifier:
        """Train the network; all recordings are kept in memory, 64 kB for each second.

        Parameters
        ----------
        X : iterable of paths, bytes, binary file objects or arrays
        y : array_like of shape (n_clips,), str
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
            If X and y do not fit together, a recording cannot be used (named), or a parameter is
            out of its range.
        """
        self._check_parameters()
        config = self.config_ = self.config or TDCNNConfig()
        clips, labels = as_clips(X), np.asarray(y)
        if labels.shape != (len(clips),) or not len(clips):
            raise ValueError(
                f"y must have shape (n_clips,) for {len(clips)} clips, got {labels.shape}"
            )
        self.classes_ = np.unique(labels).astype(np.str_)
        if len(self.classes_) < 2:
            raise ValueError(f"y must have at least two labels, got {self.classes_.tolist()}")
        recordings = [self._recording(clip) for clip in clips]
        seed = self.random_state
        if seed is None:
            seed = int(np.random.default_rng().integers(2**31))
        rows = np.arange(len(clips))
        held: list[NDArray[np.float32]] = []
        held_labels = labels[:0]
        if validation_data is not None:
            held = [self._recording(clip) for clip in as_clips(validation_data[0])]
            held_labels = np.asarray(validation_data[1])
            if held_labels.shape != (len(held),):
                raise ValueError(f"{len(held)} clips for labels of shape {held_labels.shape}")
        elif self.validation_fraction:
            rows, others = self._split(labels, groups, seed)
            held, held_labels = [recordings[i] for i in others], labels[others]
        self.network_ = _tdcnn_network.build_network(config, len(self.classes_), seed=seed)
        batches = Batches(
            [recordings[i] for i in rows],
            (labels[rows, None] == self.classes_).astype(np.float32),
            config,
            augmentation=self.augmentation or Augmentation(),
            batch_size=self.batch_size,
            seed=seed,
        )
        held_windows = [_tdcnn_data.cut_all(recording, config) for recording in held]

        def score() -> float:
            found = self.classes_[self._probabilities(held_windows).argmax(axis=1)]
            return average_recall(held_labels, found)

        self.history_ = _training.train(
            self.network_,
            batches,
            loss=_tdcnn_network.smoothed_loss(self._weights(labels[rows]), self.label_smoothing),
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            score=score if held else None,
            score_name="val_uar",
            patience=self.patience,
            checkpoint=self.checkpoint,
            verbose=self.verbose,
            weight_decay=self.weight_decay,
            log_directory=self.log_directory,
        )
        return self

    def _check_ready(self) -> None:
        check_is_fitted(self, "network_")

    def _answer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(self.network_.predict_on_batch(batch))

    def _check_parameters(self) -> None:
        for name in ("epochs", "batch_size", "patience"):
            check_size(name, getattr(self, name))
        for name in ("label_smoothing", "validation_fraction"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)!r}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be positive, got {self.learning_rate!r}")

    def _split(
        self, labels: NDArray[Any], groups: ArrayLike | None, seed: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        rows = np.arange(len(labels))
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
