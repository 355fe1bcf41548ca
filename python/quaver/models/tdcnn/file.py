"""Files of `quaver.models.tdcnn`; private.

Beside the network (`quaver.models.networks.file`) there are, as JSON, labels, configuration, the
card and the answers to a few pictures.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.models.archive import check_labels, named
from quaver.models.networks.file import ABOUT, answers, check_probe, opened
from quaver.models.networks.file import write as write_archive
from quaver.models.tdcnn.config import TDCNNConfig
from quaver.models.tdcnn.network import build_network, run, weight_shapes

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

FORMAT = 1
_KEYS = {"kind": str, "classes": list, "config": dict, "card": dict, "probe": list}
_KIND = "tdcnn"
_WINDOWS = 2  # of each recording of the probe


def write(
    file: str | os.PathLike[str],
    network: keras.Model,
    config: TDCNNConfig,
    classes: list[Any],
    card: dict[str, Any],
) -> None:
    """Write a network with weights of float16 and what is said about it."""
    target = named(file, ".keras")
    check_labels(classes, numbers=True)
    rounded = [_rounded(weights) for weights in network.get_weights()]
    small = build_network(config, len(classes), portable=True, drawn=False)
    small.set_weights(rounded)
    same = build_network(config, len(classes), drawn=False)
    same.set_weights([weights.astype(np.float32) for weights in rounded])
    about = {
        "format": FORMAT,
        "kind": _KIND,
        "classes": classes,
        "config": config.to_dict(),
        "card": card,
        "probe": _probe(same, config).tolist(),
    }
    write_archive(target, small, {ABOUT: json.dumps(about, indent=1)})


def _rounded(weights: NDArray[np.float32]) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        found = weights.astype(np.float16)
    if not np.isfinite(found).all():
        largest = float(np.abs(weights).max())
        raise ValueError(f"weights must be within float16 to be stored, got {largest:g}")
    return found


def read(
    file: str | os.PathLike[str],
) -> tuple[keras.Model, TDCNNConfig, list[Any], dict[str, Any]]:
    """Read what `write` wrote, or raise ValueError with the name of the file."""
    with opened(file, "time-distributed model") as archive:
        about = archive.about(FORMAT, _KEYS)
        if about["kind"] != _KIND:
            raise ValueError(f"a model of kind {about['kind']!r}, expected {_KIND!r}")
        classes = check_labels(about["classes"], numbers=True)
        config = TDCNNConfig.from_dict(about["config"])
        shapes = weight_shapes(config, len(classes))
        archive.check_shapes(shapes, _WINDOWS * config.most_values)
        network = build_network(config, len(classes), drawn=False)
        archive.load_weights(network)
        check_probe(about["probe"], _probe(network, config))
    return network, config, classes, about["card"]


def _probe(network: keras.Model, config: TDCNNConfig) -> NDArray[np.float32]:
    """Return what the network says of pictures that any program can make again."""
    bands, frames = np.ogrid[: config.n_mels, : config.window_frames]
    pictures = [
        np.sin(bands / (2 + i) + frames / (3 + 2 * i)) * 2 - np.cos(bands * frames / (50 + i))
        for i in range(12)
    ]
    batch = np.reshape(pictures, (-1, _WINDOWS, config.n_mels, config.window_frames, 1))
    return answers(network, batch.astype(np.float32), _WINDOWS * config.most_values, run)
