"""The network of `quaver.models.tdcnn`; private.

Keras' own TimeDistributed applies its layer to one time step after the other: slow, and a batch
normalisation inside it would take its statistics from each step alone. While training and
predicting here, time is folded into the batch instead, and windows that are padding count in no
statistic. Both give the same answers, so that files hold the plain kind, which Keras reads alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("tdcnn"):
    import keras
    from keras import layers, ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.tdcnn.config import TDCNNConfig

# Attribute of a network that holds its graph.
_GRAPH = "quaver_graph"


class TimeDistributed(layers.TimeDistributed):  # type: ignore[misc]  # keras has no types
    """Keras' in one call for all windows of a batch; of its name, by which files know weights."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return what the layer says of each window."""
        shape = ops.shape(inputs)
        flat = ops.reshape(inputs, (-1, *inputs.shape[2:]))
        arguments: dict[str, Any] = {}
        if isinstance(self.layer, (layers.BatchNormalization, layers.Dropout)):
            arguments["training"] = training
        if isinstance(self.layer, layers.BatchNormalization) and mask is not None and training:
            present = ops.reshape(mask, (-1, *[1] * (len(flat.shape) - 2)))
            arguments["mask"] = ops.broadcast_to(present, ops.shape(flat)[:-1])
        found = self.layer.call(flat, **arguments)
        return ops.reshape(found, (shape[0], shape[1], *found.shape[1:]))


def build_network(
    config: TDCNNConfig,
    n_classes: int,
    *,
    seed: int | None = None,
    portable: bool = False,
    drawn: bool = True,
) -> keras.Model:
    """Return the untrained network from windows to probabilities.

    Parameters
    ----------
    config : TDCNNConfig
    n_classes : int
    seed : int, optional
        Of the weights and dropouts; by default other ones each time.
    portable : bool, default False
        With Keras' own TimeDistributed and storage of float16, for files.
    drawn : bool, default True
        Whether weights are drawn; zero otherwise, for those that are set next.

    Returns
    -------
    keras.Model
        Takes float32 of shape (n, windows, mel bands, frames, 1). A window of nothing but zeros is
        padding.
    """
    dtype = "float16" if portable else "float32"
    wrap = layers.TimeDistributed if portable else TimeDistributed
    seeds, zeros = _seeds(seed), keras.initializers.Zeros()

    def glorot() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=next(seeds)) if drawn else zeros

    def orthogonal() -> keras.initializers.Initializer:
        return keras.initializers.Orthogonal(seed=next(seeds)) if drawn else zeros

    def each(layer: layers.Layer, x: Any, mask: Any = None) -> Any:
        return wrap(layer, name=f"each_{layer.name}", dtype=dtype)(x, mask=mask)

    pictures = keras.Input(
        (None, config.n_mels, config.window_frames, 1), dtype="float32", name="windows"
    )
    present = ops.any(ops.not_equal(pictures, 0), axis=(2, 3, 4))
    x = pictures
    for i, (filters, pool) in enumerate(zip(config.filters, config.pools, strict=True), 1):
        convolution = layers.Conv2D(
            filters,
            config.kernel,
            padding="same",
            data_format="channels_last",
            kernel_initializer=glorot(),
            dtype=dtype,
            name=f"conv_{i}",
        )
        x = each(convolution, x)
        # Epochs are short: the usual 0.99 would lag behind by several of them.
        norm = layers.BatchNormalization(momentum=0.9, name=f"norm_{i}", dtype=dtype)
        # Keras' own wrapper cannot hand a mask on to it; only training would need that.
        x = each(norm, x, None if portable else present)
        x = each(layers.ELU(name=f"elu_{i}", dtype=dtype), x)
        x = each(
            layers.MaxPooling2D(pool, data_format="channels_last", name=f"pool_{i}", dtype=dtype), x
        )
        dropout = layers.Dropout(config.dropout, seed=next(seeds), name=f"dropout_{i}", dtype=dtype)
        x = each(dropout, x)
    x = each(layers.Flatten("channels_last", name="flatten", dtype=dtype), x)
    for i, units in enumerate(config.units, 1):
        x = layers.LSTM(
            units,
            return_sequences=i < len(config.units),
            dropout=config.lstm_dropout,
            kernel_initializer=glorot(),
            recurrent_initializer=orthogonal(),
            seed=next(seeds),
            dtype=dtype,
            name=f"lstm_{i}",
        )(x, mask=present)
    probabilities = layers.Dense(
        n_classes,
        activation="softmax",
        kernel_initializer=glorot(),
        dtype=dtype,
        name="classification",
    )(x)
    return keras.Model(pictures, probabilities, name="quaver_tdcnn")


def run(network: keras.Model, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a network says of a batch, by a graph that is traced once in its life.

    Keras' own would be traced for the size of the first batch, and again for the next one.
    """
    if keras.backend.backend() != "tensorflow":
        return np.asarray(network.predict_on_batch(batch))
    graph = getattr(network, _GRAPH, None)
    if graph is None:
        import tensorflow

        taken = tensorflow.TensorSpec(network.input_shape, "float32")
        graph = tensorflow.function(
            lambda windows: network(windows, training=False),
            input_signature=[taken],
            autograph=False,
        )
        setattr(network, _GRAPH, graph)
    return np.asarray(graph(batch))


def weight_shapes(config: TDCNNConfig, n_classes: int) -> list[tuple[int, ...]]:
    """Return the shapes of the weights of `build_network`, which need not be built for that."""
    found: list[tuple[int, ...]] = []
    channels = (1, *config.filters)
    for before, filters in pairwise(channels):
        found += [(config.kernel, config.kernel, before, filters), (filters,), *[(filters,)] * 4]
    for before, units in pairwise((config.n_features, *config.units)):
        found += [(before, 4 * units), (units, 4 * units), (4 * units,)]
    return [*found, (config.units[-1], n_classes), (n_classes,)]


def _seeds(seed: int | None) -> Iterator[int]:
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))


def smoothed_loss(weights: NDArray[np.float32], smoothing: float) -> Any:
    """Return a cross-entropy weighted by class, its targets smoothed."""

    def loss(true: Any, predicted: Any) -> Any:
        target = true * (1 - smoothing) + smoothing / len(weights)
        return -ops.sum(weights * target * ops.log(ops.clip(predicted, 1e-7, 1.0)), axis=-1)

    return loss
