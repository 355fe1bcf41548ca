"""What a network of `quaver.models.text` says of texts, whatever runs it; private."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.models.base import Learned
from quaver.models.predictions import NO_KNOWN_WORD, Predictions
from quaver.models.text.config import has_words, in_buckets, round_up
from quaver.text import PADDING_ID, UNKNOWN_ID, Side, Vocabulary, as_texts, sequences

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Reader(Learned):
    """Texts to probabilities; what runs the network is up to the subclass."""

    __slots__ = ()
    multi_label: bool
    length: int
    truncating: Side
    vocabulary_: Vocabulary
    thresholds_: NDArray[np.float64]

    def _check_ready(self) -> None:
        """Raise if there is no network yet."""

    def _answer(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return what the network says of rows of one bucket, padded behind."""
        raise NotImplementedError

    def predict_proba(self, X: Iterable[str]) -> NDArray[np.float32]:
        """Return the probability of each label.

        Returns
        -------
        ndarray of shape (n_texts, n_classes), float32
            Rows sum to 1 unless `multi_label`. A text without any known word, of which nothing can
            be said, has the same for each label: 1 / n_classes, or 0 if `multi_label`.

        Raises
        ------
        TypeError
            If a text is no str.
        """
        return self._probabilities(X)[0]

    def predict(self, X: Iterable[str]) -> NDArray[Any]:
        """Return the most probable label of each text, or 0 and 1 for each label if `multi_label`.

        A text without a known word has none if `multi_label`, else the first: see `predict_texts`.

        Returns
        -------
        ndarray of shape (n_texts,), or (n_texts, n_classes), int64
        """
        found, known, _ = self._probabilities(X)
        if self.multi_label:
            return ((found >= self.thresholds_) & known[:, None]).astype(np.int64)
        return np.asarray(self.classes_[found.argmax(axis=1)])

    def predict_texts(self, X: Iterable[str]) -> Predictions:
        """Return the most probable label of each text, and whether it can be trusted.

        Returns
        -------
        Predictions
            A text without any known word (of another language, empty, only marks and numbers) has
            the label "no known word" and the warning ``no_known_word``; one of which less than half
            is known has the warning ``unlike_training``. Neither is reliable.

        Examples
        --------
        >>> from quaver.models.base import open_model
        >>> found = open_model("text", "texts").predict_texts(["How sad.", "Всё хорошо"])
        >>> found.labels.tolist(), found.reliable.tolist(), found.warnings
        (['sadness', 'no known word'], [True, False], ((), ('no_known_word',)))
        """
        found, known, ids = self._probabilities(X)
        familiar = 2 * (ids > UNKNOWN_ID).sum(axis=1) >= (ids != PADDING_ID).sum(axis=1)
        warnings = np.where(known, np.where(familiar, "", "unlike_training"), "no_known_word")
        labels = np.where(known, np.array(self.classes)[found.argmax(axis=1)], NO_KNOWN_WORD)
        return Predictions(
            labels,
            found.astype(np.float64),
            self.classes,
            np.arange(len(found)),
            (),
            known & familiar,
            tuple((each,) if each else () for each in warnings.tolist()),
        )

    def predict_labels(self, X: Iterable[str]) -> list[tuple[str, ...]]:
        """Return the labels of each text by name, none to all of them if `multi_label`."""
        predicted = self.predict(X)
        if not self.multi_label:
            return [(str(label),) for label in predicted]
        return [tuple(str(label) for label in self.classes_[row == 1]) for row in predicted]

    def predict_distribution(self, X: Iterable[str]) -> NDArray[np.float64]:
        """Return shares of the labels that sum to 1 for each text, as `quaver.models.fusion` takes.

        They are the probabilities over their sum, or equal for a text without any known word.
        """
        found, known, _ = self._probabilities(X)
        shares = np.where(known[:, None], found, 1.0).astype(np.float64)
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def _probabilities(
        self, X: Iterable[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int32]]:
        """Return the probabilities of texts, which of them have a known word, and their ids."""
        self._check_ready()
        ids = self._encode(as_texts(X))
        known = has_words(ids, self.vocabulary_)
        share = 0 if self.multi_label else 1 / len(self.classes_)
        found = np.full((len(ids), len(self.classes_)), share, np.float32)
        found[known] = in_buckets(ids[known], len(self.classes_), self._answer)
        return found, known, ids

    def _encode(self, texts: list[str]) -> NDArray[np.int32]:
        ids = sequences(
            texts,
            self.vocabulary_,
            length=round_up(self.length),
            truncating=self.truncating,
        )
        ids[~ids.any(axis=1), 0] = UNKNOWN_ID  # a text of nothing is one of nothing known
        return ids
