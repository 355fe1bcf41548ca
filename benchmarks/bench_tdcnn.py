"""From samples to a label by the time-distributed network: Keras, as it is and here, ONNX Runtime.

The probabilities are compared first. Run with ``--benchmark-enable``; without it each body runs
once, as a test of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from quaver.models import tdcnn
from quaver.models.tdcnn import data, onnx

RATE = 16000


def keras_predict(model: tdcnn.TDCNNClassifier, samples: NDArray[Any]) -> NDArray[np.float32]:
    """As Keras' documentation has it: model.predict on a batch of one."""
    recording = data.prepare(samples, RATE, model.config_)
    batch = data.stack([data.cut_all(recording, model.config_)])
    return np.asarray(model.network_.predict(batch, verbose=0))


@pytest.fixture(scope="module")
def ways() -> dict[str, Callable[[NDArray[Any]], NDArray[Any]]]:
    network, graph = tdcnn.load_pretrained(), onnx.load_pretrained(threads=1)
    network.sample_rate = graph.sample_rate = RATE
    return {
        "quaver, onnx": lambda samples: graph.predict_proba([samples]),
        "quaver, keras": lambda samples: network.predict_proba([samples]),
        "keras predict": lambda samples: keras_predict(network, samples),
    }


@pytest.mark.parametrize("name", ["quaver, onnx", "quaver, keras", "keras predict"])
@pytest.mark.benchmark(group="tdcnn: a clip to its probabilities")
def test_clip(
    benchmark: Any,
    name: str,
    clip: NDArray[np.float32],
    ways: dict[str, Callable[[NDArray[Any]], NDArray[Any]]],
) -> None:
    found = benchmark(ways[name], clip)
    np.testing.assert_allclose(found, ways["keras predict"](clip), atol=1e-5)
