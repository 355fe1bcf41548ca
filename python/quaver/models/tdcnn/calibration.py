"""Weights that training begins with, and probabilities that are worth their names; private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

#: Recordings that a temperature takes; from fewer it would be chance.
FEWEST = 20
_TEMPERATURES = np.geomspace(0.25, 4, 81)
_SMALLEST = 1e-12


def temperature(probabilities: NDArray[np.float64], true: NDArray[np.bool_]) -> float:
    """Return what logits are to be divided by, so that the truth is the most likely.

    Parameters
    ----------
    probabilities : ndarray of shape (n_clips, n_classes), float64
        Of recordings that were not trained on.
    true : ndarray of shape (n_clips, n_classes), bool

    References
    ----------
    C. Guo et al., "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> sure = np.array([[0.99, 0.01]] * 10)
    >>> temperature(sure, np.arange(2) == np.array([[0]] * 8 + [[1]] * 2)) > 2  # right in 8 of 10
    True
    """
    logits = np.log(np.maximum(probabilities, _SMALLEST))

    def loss(divisor: float) -> float:
        scaled = logits / divisor
        scaled -= scaled.max(axis=1, keepdims=True)
        scaled -= np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-scaled[true].mean())

    return float(min(_TEMPERATURES, key=loss))


def cool(network: keras.Model, divisor: float) -> None:
    """Divide the logits of a network by a number, in the weights of its last layer."""
    last = network.layers[-1]
    last.set_weights([weights / np.float32(divisor) for weights in last.get_weights()])


def begin(network: keras.Model, classes: NDArray[Any], start: Any) -> None:
    """Give a network the weights of a fitted one of the same configuration.

    The scores of labels that only one of them has are left as they are drawn.
    """
    kernel, bias = network.get_weights()[-2:]
    *others, known_kernel, known_bias = start.network_.get_weights()
    columns = {str(label): i for i, label in enumerate(start.classes_)}
    for i, label in enumerate(classes):
        known = columns.get(str(label))
        if known is not None:
            kernel[:, i], bias[i] = known_kernel[:, known], known_bias[known]
    network.set_weights([*others, kernel, bias])
