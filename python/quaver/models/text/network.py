"""The network of `quaver.models.text` and its batches; private.

Padding is handled so that a text gets the same answer however long the row is that it stands in:
what lies beyond its end is zero before each convolution, counts in no statistic of a batch
normalisation and is passed over by the recurrent layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("text"):
    import keras
    from keras import layers, ops

from quaver.models.text.config import (
    FILTERS,
    HIDDEN,
    KERNEL,
    POOL,
    UNITS,
    buckets,
    in_buckets,
)
from quaver.text import PADDING_ID, UNKNOWN_ID

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    _Batch = tuple[NDArray[np.intp], int]  # rows, and how many columns they need

SPATIAL_DROPOUT = 0.3


def build_network(
    n_ids: int,
    n_classes: int,
    *,
    dimensions: int = 200,
    multi_label: bool = False,
    dropout: float = 0.0,
    seed: int | None = None,
    dtype: str = "float32",
    drawn: bool = True,
) -> keras.Model:
    """Return the untrained network from ids to probabilities.

    Parameters
    ----------
    n_ids : int
        Of the vocabulary, padding and the unknown token included.
    n_classes : int
    dimensions : int, default 200
        Of the embedding.
    multi_label : bool, default False
        Probabilities each on its own (sigmoid) instead of summing to 1 (softmax).
    dropout : float, default 0.0
        Of the inputs of the recurrent layers, in training.
    seed : int, optional
        Of the weights and dropouts; by default another one each time.
    dtype : str, default "float32"
        Of weights and computation.
    drawn : bool, default True
        Whether weights are drawn; zero otherwise, for those that are set next.

    Returns
    -------
    keras.Model
        Takes int32 of shape (n, length), the length a multiple of 8.
    """
    seeds, zeros = _seeds(seed), keras.initializers.Zeros()

    def glorot() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=next(seeds)) if drawn else zeros

    def orthogonal() -> keras.initializers.Initializer:
        return keras.initializers.Orthogonal(seed=next(seeds)) if drawn else zeros

    ids = keras.Input((None,), dtype="int32", name="ids")
    uniform = keras.initializers.RandomUniform(-0.05, 0.05, seed=next(seeds))
    x = layers.Embedding(
        n_ids,
        dimensions,
        embeddings_initializer=uniform if drawn else zeros,
        dtype=dtype,
        name="embedding",
    )(ids)
    present = ops.expand_dims(ops.cast(ops.not_equal(ids, PADDING_ID), dtype), -1)
    for i, filters in enumerate(FILTERS, 1):
        x = layers.Multiply(dtype=dtype)([x, present])
        x = layers.Conv1D(
            filters,
            KERNEL,
            padding="same",
            activation="relu",
            kernel_initializer=glorot(),
            dtype=dtype,
            name=f"conv_{i}",
        )(x)
        x = layers.MaxPooling1D(POOL, dtype=dtype, name=f"pool_{i}")(x)
        present = layers.MaxPooling1D(POOL, dtype=dtype, name=f"present_{i}")(present)
        mask = ops.greater(ops.squeeze(present, -1), 0)
        x = layers.SpatialDropout1D(
            SPATIAL_DROPOUT, seed=next(seeds), dtype=dtype, name=f"dropout_{i}"
        )(x)
        x = layers.BatchNormalization(dtype=dtype, name=f"norm_{i}")(x, mask=mask)
    for i, units in enumerate(UNITS, 1):
        x = layers.LSTM(
            units,
            return_sequences=i < len(UNITS),
            dropout=dropout,
            kernel_initializer=glorot(),
            recurrent_initializer=orthogonal(),
            seed=next(seeds),
            dtype=dtype,
            name=f"lstm_{i}",
        )(x, mask=mask)
    x = layers.Dense(
        HIDDEN, activation="relu", kernel_initializer=glorot(), dtype=dtype, name="dense"
    )(x)
    probabilities = layers.Dense(
        n_classes,
        activation="sigmoid" if multi_label else "softmax",
        kernel_initializer=glorot(),
        dtype=dtype,
        name="classification",
    )(x)
    return keras.Model(ids, probabilities, name="quaver_text")


def _seeds(seed: int | None) -> Iterator[int]:
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))


def probabilities(
    network: keras.Model, ids: NDArray[np.int32], batch_size: int = 512
) -> NDArray[np.float32]:
    """Return what the network says of rows padded behind, shorter ones in shorter batches."""
    return in_buckets(ids, network.output_shape[-1], partial(answer, network), batch_size)


def answer(network: keras.Model, ids: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return what the network says of rows of one bucket."""
    # Called, not compiled: tracing a graph for each shape costs more than it saves.
    return np.asarray(ops.convert_to_numpy(network(ids, training=False)))


class Batches:
    """Rows of like length together, in another order each epoch, words dropped at random."""

    def __init__(
        self,
        ids: NDArray[np.int32],
        targets: NDArray[np.float32],
        *,
        batch_size: int,
        word_dropout: float,
        seed: int,
    ) -> None:
        self._ids, self._targets = ids, targets
        self._batch_size, self._word_dropout, self._seed = batch_size, word_dropout, seed
        self._lengths = buckets(ids)
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Draw the order of an epoch: the same one if training is taken up again."""
        self._rng = np.random.default_rng([self._seed, epoch])
        order = self._rng.permutation(len(self._ids))
        made = []
        for length in np.unique(self._lengths).tolist():
            rows = order[self._lengths[order] == length]
            made += [
                (rows[start : start + self._batch_size], length)
                for start in range(0, len(rows), self._batch_size)
            ]
        self._batches: list[_Batch] = [made[i] for i in self._rng.permutation(len(made))]

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        rows, length = self._batches[index]
        ids = self._ids[rows, :length]
        if self._word_dropout:
            dropped = self._rng.random(ids.shape) < self._word_dropout
            ids[dropped & (ids != PADDING_ID)] = UNKNOWN_ID
        return ids, self._targets[rows]


def weighted_loss(weights: ArrayLike, *, multi_label: bool) -> Any:
    """Return a cross-entropy whose positive terms are weighted by class."""
    weight = np.asarray(weights, np.float32)

    def loss(true: Any, predicted: Any) -> Any:
        predicted = ops.clip(predicted, 1e-7, 1 - 1e-7)
        positive = weight * true * ops.log(predicted)
        if not multi_label:
            return -ops.sum(positive, axis=-1)
        return -ops.mean(positive + (1 - true) * ops.log(1 - predicted), axis=-1)

    return loss
