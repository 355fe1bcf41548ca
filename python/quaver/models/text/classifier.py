"""Emotion of a text by convolutions and recurrent layers over its words.

The estimator takes str and follows scikit-learn: one label for each text, or any number of them.
Sequences come from `quaver.text`, the network is Keras', and a file holds it with its vocabulary.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from quaver._extras import extra
from quaver.models.base import Stored

with extra("text"):
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.model_selection import train_test_split
    from sklearn.utils.validation import check_is_fitted

    from quaver.models.networks.training import digest, forget, train

from quaver.models.text import file as files
from quaver.models.text.config import PRETRAINED
from quaver.models.text.file import as_word_vectors
from quaver.models.text.network import (
    Batches,
    answer,
    build_network,
    probabilities,
    weighted_loss,
)
from quaver.models.text.reader import Reader
from quaver.models.text.scores import best_thresholds, class_weights, macro_f1
from quaver.text import UNKNOWN_ID, Side, TextConfig, Vocabulary, as_texts

if TYPE_CHECKING:
    import keras
    from numpy.typing import ArrayLike, NDArray

    _Examples = tuple[Iterable[str], ArrayLike]


class TextClassifier(ClassifierMixin, Reader, Stored, BaseEstimator):  # type: ignore[misc]  # sklearn has no types
    """Network of convolutions and LSTM over the words of a text.

    Embedding; three blocks of convolution (128, 256 and 512 filters of width 8), max pooling of 2,
    spatial dropout of 0.3 and batch normalisation; three LSTM layers of 180; a dense layer of 128;
    the classification.

    Parameters
    ----------
    multi_label : bool, default False
        Any number of labels for a text, each with a probability of its own and a threshold.
    labels : sequence of str, optional
        Names of the columns of a multi-label target; their numbers by default.
    config : TextConfig, optional
        What is a token; the defaults of `quaver.text.TextConfig` if None.
    max_words : int, default 20000
        Size of the vocabulary at most.
    min_count : int, default 2
        How often a token must occur to be in the vocabulary.
    length : int, default 64
        Tokens of a text that are looked at; rounded up to a multiple of 8.
    truncating : {"post", "pre"}, default "post"
        The side on which longer texts are cut.
    dimensions : int, default 200
        Of the embedding; those of `embedding` if that is given.
    embedding : optional
        Vectors of words to begin with: gensim's KeyedVectors, a mapping from words to vectors, or
        (words, matrix) as from `read_word2vec`. They are trained further.
    class_weight : None, "balanced" or dict of label to float, default None
        Weight of the positive examples of each label; "balanced" is inverse to their frequency.
    dropout : float, default 0.2
        Of the inputs of the LSTM layers, in training.
    word_dropout : float, default 0.1
        Share of the tokens that are taken for unknown, in training.
    epochs : int, default 10
    batch_size : int, default 64
    learning_rate : float, default 0.001
        Peak of a cosine over all epochs (Adam).
    validation_fraction : float, default 0.1
        Share of the texts that is kept apart for stopping and thresholds, unless `fit` is given
        validation data; 0 for none.
    patience : int, default 3
        Epochs without a better macro-F1 on the validation data until training stops; the best
        weights are kept.
    checkpoint : path, optional
        Folder where the state is kept after each epoch. If there is one, `fit` takes up from it,
        with other dropouts; `save` empties it once the model stands under its name.
    random_state : int, optional
        Of weights, dropouts and order; by default other ones each time.
    verbose : int, default 0
        That of Keras.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels in the order of the probabilities.
    thresholds_ : ndarray of shape (n_classes,), float64
        From which probability on a label is given (multi-label); best for the F1 on the validation
        data, 0.5 without.
    vocabulary_ : Vocabulary
    network_ : keras.Model
    history_ : list of dict
        Loss and validation score of each epoch.

    Examples
    --------
    >>> model = TextClassifier.load_pretrained()
    >>> model.predict_labels(["What a wonderful day, thank you so much!"])
    [('happiness',)]
    """

    pretrained: ClassVar[str] = PRETRAINED
    suffix: ClassVar[str] = ".keras"

    def __init__(
        self,
        *,
        multi_label: bool = False,
        labels: Sequence[str] | None = None,
        config: TextConfig | None = None,
        max_words: int | None = 20000,
        min_count: int = 2,
        length: int = 64,
        truncating: Side = "post",
        dimensions: int = 200,
        embedding: Any = None,
        class_weight: Literal["balanced"] | Mapping[Any, float] | None = None,
        dropout: float = 0.2,
        word_dropout: float = 0.1,
        epochs: int = 10,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
        validation_fraction: float = 0.1,
        patience: int = 3,
        checkpoint: str | os.PathLike[str] | None = None,
        random_state: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.multi_label = multi_label
        self.labels = labels
        self.config = config
        self.max_words = max_words
        self.min_count = min_count
        self.length = length
        self.truncating = truncating
        self.dimensions = dimensions
        self.embedding = embedding
        self.class_weight = class_weight
        self.dropout = dropout
        self.word_dropout = word_dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.checkpoint = checkpoint
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = self.multi_label
        return tags

    def fit(
        self, X: Iterable[str], y: ArrayLike, validation_data: _Examples | None = None
    ) -> TextClassifier:
        """Build the vocabulary and train the network.

        Parameters
        ----------
        X : iterable of str
        y : array_like of shape (n_texts,), or (n_texts, n_classes) if `multi_label`
            Labels; or 0 and 1 for each label. Numbers in between are taken as probabilities, such
            as another model's.
        validation_data : (texts, y), optional
            By default a share of the texts.

        Returns
        -------
        TextClassifier
            Itself.

        Raises
        ------
        TypeError
            If a text is no str.
        ValueError
            If texts and y do not fit together, or a parameter is out of its range.
        """
        self._check_parameters()
        texts, targets = self._examples(X, y, fitting=True)
        seed = self._seed()
        if validation_data is not None:
            held_texts, held = self._examples(*validation_data)
        elif self.validation_fraction > 0:
            rows = self._split(targets, seed)
            held_texts, held = [texts[i] for i in rows[1]], targets[rows[1]]
            texts, targets = [texts[i] for i in rows[0]], targets[rows[0]]
        else:
            held_texts, held = [], targets[:0]
        self.vocabulary_ = Vocabulary.build(
            texts, config=self.config, max_words=self.max_words, min_count=self.min_count
        )
        self.network_ = self._initial_network(seed)
        self._train(self._encode(texts), targets, self._encode(held_texts), held, seed)
        self.thresholds_ = np.full(len(self.classes_), 0.5)
        if self.multi_label and len(held):
            self.thresholds_ = best_thresholds(held > 0.5, self.predict_proba(held_texts))
        return self

    def _check_ready(self) -> None:
        check_is_fitted(self, "network_")

    def _answer(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        return answer(self.network_, ids)

    def save(self, file: str | os.PathLike[str], *, card: Mapping[str, Any] | None = None) -> None:
        """Write the fitted classifier as a ``.keras`` file that holds its vocabulary, too.

        See `quaver.models.base.save`.
        """
        check_is_fitted(self, "network_")
        about = self._about(card or self.card)
        files.write(file, self.network_, about, self.vocabulary_)
        if self.checkpoint is not None and hasattr(self, "_identity"):
            forget(self.checkpoint, self._identity)

    def _about(self, card: Mapping[str, Any]) -> dict[str, Any]:
        """Return what files say of the classifier beside its weights."""
        return {
            "classes": self.classes_.tolist(),
            "multi_label": self.multi_label,
            "thresholds": self.thresholds_.tolist(),
            "length": self.length,
            "truncating": self.truncating,
            "dimensions": int(self.network_.get_layer("embedding").output_dim),
            "card": dict(card),
        }

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> TextClassifier:
        """Read a classifier that `save` wrote; no code of the file is run.

        Only numbers are taken from it: the network is built here.

        Parameters
        ----------
        file : path

        Returns
        -------
        TextClassifier
            Fitted; its attribute ``card_`` is the model card.

        Raises
        ------
        FileNotFoundError, IsADirectoryError, PermissionError
            As the operating system says.
        ValueError
            For a file that is no such model, or whose vocabulary was changed or does not fit the
            network; names the file.
        """
        network, about, vocabulary = files.read(file)
        model = cls(
            multi_label=about["multi_label"],
            labels=about["classes"] if about["multi_label"] else None,
            config=vocabulary.config,
            length=about["length"],
            truncating=about["truncating"],
            dimensions=about["dimensions"],
        )
        model.classes_ = np.array(about["classes"])
        model.thresholds_ = np.array(about["thresholds"], np.float64)
        model.vocabulary_, model.network_, model.history_ = vocabulary, network, []
        model.card_ = about["card"]
        return model

    def _examples(
        self, X: Iterable[str], y: ArrayLike, *, fitting: bool = False
    ) -> tuple[list[str], NDArray[np.float32]]:
        texts, given = as_texts(X), np.asarray(y)
        if given.ndim != 1 + self.multi_label:
            expected = "(n_texts, n_classes)" if self.multi_label else "(n_texts,)"
            raise ValueError(f"y must have shape {expected}, got {given.shape}")
        if len(texts) != len(given) or not texts:
            raise ValueError(f"X and y must be of one length above 0, got {len(texts)}, {len(y)}")  # type: ignore[arg-type]
        if fitting:
            self.classes_ = self._classes(given)
        if not self.multi_label:
            unknown = set(given.tolist()) - set(self.classes_.tolist())
            if unknown:
                raise ValueError(f"y has labels that were not trained: {sorted(unknown)}")
            return texts, (given[:, None] == self.classes_).astype(np.float32)
        if given.shape[1] != len(self.classes_):
            raise ValueError(f"y must have {len(self.classes_)} columns, got {given.shape[1]}")
        targets = given.astype(np.float32)
        if not ((targets >= 0) & (targets <= 1)).all():
            raise ValueError("y must be between 0 and 1 for each label")
        return texts, targets

    def _check_parameters(self) -> None:
        for name in ("length", "dimensions", "epochs", "batch_size", "patience"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
        for name in ("dropout", "word_dropout", "validation_fraction"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)!r}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be positive, got {self.learning_rate!r}")

    def _classes(self, given: NDArray[Any]) -> NDArray[Any]:
        if not self.multi_label:
            found = np.unique(given)
            if len(found) < 2:
                raise ValueError(f"y must have at least two labels, got {found.tolist()}")
            return found
        if self.labels is None:
            return np.arange(given.shape[1])
        if len(self.labels) != given.shape[1]:
            raise ValueError(f"{len(self.labels)} labels for {given.shape[1]} columns of y")
        return np.array(self.labels)

    def _seed(self) -> int:
        if self.random_state is None:
            if self.checkpoint is not None:
                raise ValueError("checkpoint needs a random_state, or nothing could be taken up")
            return int(np.random.default_rng().integers(2**31))
        return int(self.random_state)

    def _split(self, targets: NDArray[np.float32], seed: int) -> list[NDArray[np.intp]]:
        strongest = targets.argmax(axis=1)
        counts = np.bincount(strongest)
        n_held = max(1, round(self.validation_fraction * len(targets)))
        stratify = strongest if counts[counts > 0].min() > 1 and n_held >= len(counts) else None
        rows = np.arange(len(targets))
        return list(train_test_split(rows, test_size=n_held, random_state=seed, stratify=stratify))

    def _initial_network(self, seed: int) -> keras.Model:
        words = None if self.embedding is None else as_word_vectors(self.embedding)
        network = build_network(
            self.vocabulary_.n_ids,
            len(self.classes_),
            dimensions=self.dimensions if words is None else words[1].shape[1],
            multi_label=self.multi_label,
            dropout=self.dropout,
            seed=seed,
        )
        if words is not None:
            layer = network.get_layer("embedding")
            (matrix,) = layer.get_weights()
            for word, vector in zip(*words, strict=True):
                if self.vocabulary_.id(word) != UNKNOWN_ID:
                    matrix[self.vocabulary_.id(word)] = vector
            layer.set_weights([matrix])
        return network

    def _train(
        self,
        ids: NDArray[np.int32],
        targets: NDArray[np.float32],
        held_ids: NDArray[np.int32],
        held: NDArray[np.float32],
        seed: int,
    ) -> None:
        batches = Batches(
            ids, targets, batch_size=self.batch_size, word_dropout=self.word_dropout, seed=seed
        )

        def score() -> float:
            found = probabilities(self.network_, held_ids)
            return macro_f1(held > 0.5, found, multi_label=self.multi_label)

        parameters = {name: str(value) for name, value in self.get_params(deep=False).items()}
        for name in ("checkpoint", "verbose", "embedding"):
            del parameters[name]
        started = self.network_.get_weights()
        identity = digest(parameters, ids, targets, held_ids, held, *started)
        self._identity = identity
        self.history_ = train(
            self.network_,
            batches,
            loss=weighted_loss(
                class_weights(self.class_weight, self.classes_, targets, self.multi_label),
                multi_label=self.multi_label,
            ),
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            score=score if len(held) else None,
            score_name="val_f1",
            patience=self.patience,
            checkpoint=self.checkpoint,
            identity=identity,
            verbose=self.verbose,
        )


load = TextClassifier.load
load_pretrained = TextClassifier.load_pretrained
