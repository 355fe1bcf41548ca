"""The time-distributed network without Keras or TensorFlow: an ONNX file and ONNX Runtime.

`export` writes a model of `quaver.models.tdcnn` (needs onnx and Keras), `load` reads it (needs
onnxruntime only). The answers are the same to rounding; a process is ready in a tenth of the time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from quaver._extras import extra
from quaver._validate import Downmix, check_size
from quaver.models.base import Stored, predict, predict_timeline, short
from quaver.models.tdcnn.config import TDCNNConfig
from quaver.models.tdcnn.recognizer import Recognizer
from quaver.record import replacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.tdcnn.classifier import TDCNNClassifier

__all__ = ["OnnxClassifier", "export", "load", "load_pretrained", "predict", "predict_timeline"]

PRETRAINED = "ravdess-tdcnn"

_OPSET = 17
_FORMAT = 1
_ABOUT = "quaver"
_INPUTS = ["windows", "lengths"]


class OnnxClassifier(Recognizer, Stored):
    """A trained network run by ONNX Runtime; made by `load`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), str
        Labels in the order of the probabilities.
    config_ : TDCNNConfig
    card_ : dict
        The model card.
    sample_rate : int or None
        Rate in Hz of recordings that are arrays; required when there are any.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.

    Examples
    --------
    >>> import quaver.data
    >>> load_pretrained().predict_proba([quaver.data.demo_clip()]).shape
    (1, 7)
    """

    pretrained: ClassVar[str] = PRETRAINED
    suffix: ClassVar[str] = ".onnx"

    def __init__(
        self,
        content: bytes,
        session: Any,
        config: TDCNNConfig,
        classes: NDArray[np.str_],
        card: dict[str, Any],
        *,
        sample_rate: int | None = None,
        downmix: Downmix = "mean",
    ) -> None:
        self._content, self._session = content, session
        self.config_, self.classes_, self.card_ = config, classes, card
        self.sample_rate, self.downmix = sample_rate, downmix

    def __repr__(self) -> str:
        return short(self)

    @classmethod
    def load(cls, file: str | os.PathLike[str], *, threads: int | None = None) -> OnnxClassifier:
        """Read what `export` wrote.

        Parameters
        ----------
        file : path
        threads : int, optional
            Of ONNX Runtime; one for each core by default.

        Returns
        -------
        OnnxClassifier

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            For a file that is no such model; names it.
        ModuleNotFoundError
            Without onnxruntime, with the command that installs it.
        """
        with extra("onnx"):
            import onnxruntime

        name = os.fsdecode(file)
        if not os.path.exists(file):
            raise FileNotFoundError(f"no such model: {name}")
        content = Path(file).read_bytes()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        if threads is not None:
            options.intra_op_num_threads = check_size("threads", threads)
        try:
            session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
            about = json.loads(session.get_modelmeta().custom_metadata_map[_ABOUT])
            return cls(content, session, *_checked(session, about))
        except (
            Exception
        ) as error:  # ONNX Runtime has an exception of its own for each kind of damage
            raise ValueError(f"{name}: not a time-distributed model of quaver: {error}") from error

    def save(self, file: str | os.PathLike[str], *, card: Mapping[str, Any] | None = None) -> None:
        """Write the model as it was read; its card is part of what `export` wrote."""
        if card is not None:
            raise ValueError("an ONNX file keeps its card: pass it when the classifier is exported")
        with replacing(_named(file)) as temporary:
            temporary.write_bytes(self._content)

    def _answer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        lengths = batch.any(axis=(2, 3, 4)).sum(axis=1).astype(np.int32)
        feed = dict(zip(_INPUTS, (batch[..., 0], lengths), strict=True))
        found: NDArray[np.float32] = self._session.run(None, feed)[0]
        return found


def _checked(
    session: Any, about: dict[str, Any]
) -> tuple[TDCNNConfig, NDArray[np.str_], dict[str, Any]]:
    """Return configuration, labels and card of a session, once it fits what is said about it."""
    if about["format"] != _FORMAT:
        raise ValueError(f"format {about['format']!r}, expected {_FORMAT}")
    inputs = [given.name for given in session.get_inputs()]
    if inputs != _INPUTS:
        raise ValueError(f"expected the inputs {_INPUTS}, got {inputs}")
    config, classes = TDCNNConfig.from_dict(about["config"]), np.array(about["classes"])
    n_answers = session.get_outputs()[0].shape[-1]
    if n_answers != len(classes):
        raise ValueError(f"{len(classes)} labels for {n_answers} answers")
    shape = session.get_inputs()[0].shape[2:]
    if shape != [config.n_mels, config.window_frames]:
        raise ValueError(f"windows of {shape} for {config.n_mels} bands, {config.window_frames}")
    return config, classes, dict(about["card"])


def export(model: TDCNNClassifier, file: str | os.PathLike[str]) -> None:
    """Write a fitted classifier as an ONNX file of float32 weights.

    Batch normalisations become part of the convolutions before them. The inputs are ``windows``,
    (n, windows, mel bands, frames), and ``lengths``, how many of the windows are no padding.

    Parameters
    ----------
    model : quaver.models.tdcnn.TDCNNClassifier
        Fitted.
    file : path
        Ends in ``.onnx``; an older file is replaced once the new one is complete.

    Raises
    ------
    ValueError
        For a file of another ending.
    ModuleNotFoundError
        Without onnx, with the command that installs it.
    """
    with extra("onnx", "onnx"):
        import onnx

    target = _named(file)
    model._check_ready()
    about = {
        "format": _FORMAT,
        "config": model.config_.to_dict(),
        "classes": model.classes_.tolist(),
        "card": model.card,
    }
    written = onnx.helper.make_model(
        _graph(model),
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        ir_version=8,
        producer_name="quaver",
    )
    onnx.helper.set_model_props(written, {_ABOUT: json.dumps(about)})
    onnx.checker.check_model(written, full_check=True)
    with replacing(target) as temporary:
        temporary.write_bytes(written.SerializeToString())


def _named(file: str | os.PathLike[str]) -> Path:
    target = Path(file)
    if target.suffix != ".onnx":
        raise ValueError(f"{target}: expected a name that ends in .onnx")
    return target


class _Graph:
    """Nodes and constants of a graph as they are added, each after the one before."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: Any) -> str:
        import onnx

        self.constants.append(onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        import onnx

        outputs = output.split()
        self.nodes.append(onnx.helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[-1]


def _graph(model: TDCNNClassifier) -> Any:
    import onnx

    config, network, graph = model.config_, model.network_, _Graph()
    picture = (config.n_mels, config.window_frames)
    shape = graph.constant("picture", np.array([-1, 1, *picture], np.int64))
    x = graph.add("Reshape", ["windows", shape], "pictures")
    for i, pool in enumerate(config.pools, 1):
        layers = (network.get_layer(f"each_{name}_{i}").layer for name in ("conv", "norm"))
        kernel, bias = _folded(*layers)
        weights = [graph.constant(f"kernel_{i}", kernel), graph.constant(f"bias_{i}", bias)]
        padding = _same_padding(config.kernel)
        x = graph.add("Conv", [x, *weights], f"conv_{i}", pads=padding)
        x = graph.add("Elu", [x], f"elu_{i}", alpha=1.0)
        x = graph.add("MaxPool", [x], f"pool_{i}", kernel_shape=list(pool), strides=list(pool))
        picture = (picture[0] // pool[0], picture[1] // pool[1])
    # (n windows, channels, rows, columns) to (windows, n, features), the order of ONNX' LSTM.
    n_features = config.filters[-1] * picture[0] * picture[1]
    sizes = graph.add("Shape", ["windows"], "sizes", start=0, end=2)
    parts = [sizes, graph.constant("n_features", np.array([n_features], np.int64))]
    rows = graph.add("Concat", parts, "rows", axis=0)
    x = graph.add("Reshape", [x, rows], "features")
    x = graph.add("Transpose", [x], "sequence", perm=[1, 0, 2])
    order = np.arange(n_features).reshape(*picture, config.filters[-1]).transpose(2, 0, 1).ravel()
    one = graph.constant("one", np.array([1], np.int64))
    zero = graph.constant("zero", np.array([0], np.int64))
    for i, units in enumerate(config.units, 1):
        values = _lstm(network.get_layer(f"lstm_{i}"), order if i == 1 else None)
        names = [graph.constant(f"{kind}_{i}", each) for kind, each in values.items()]
        outputs = f"all_{i} last_{i}"
        graph.add("LSTM", [x, *names, "lengths"], outputs, hidden_size=units)
        last = i == len(config.units)
        x = graph.add("Squeeze", [f"last_{i}", zero] if last else [f"all_{i}", one], f"lstm_{i}")
    kernel, bias = network.get_layer("classification").get_weights()
    dense = [graph.constant("kernel", kernel), graph.constant("bias", bias)]
    x = graph.add("Gemm", [x, *dense], "scores")
    graph.add("Softmax", [x], "probabilities", axis=1)
    number = onnx.TensorProto.FLOAT
    values_of = onnx.helper.make_tensor_value_info
    inputs = [
        values_of("windows", number, ["n", "windows", config.n_mels, config.window_frames]),
        values_of("lengths", onnx.TensorProto.INT32, ["n"]),
    ]
    outputs_of = [values_of("probabilities", number, ["n", len(model.classes_)])]
    return onnx.helper.make_graph(graph.nodes, "tdcnn", inputs, outputs_of, graph.constants)


def _folded(convolution: Any, norm: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return kernel and bias of a convolution that normalises, too; channels first."""
    kernel, bias = (np.asarray(w, np.float64) for w in convolution.get_weights())
    gamma, beta, mean, variance = (np.asarray(w, np.float64) for w in norm.get_weights())
    scale = gamma / np.sqrt(variance + norm.epsilon)
    folded = (kernel * scale).transpose(3, 2, 0, 1)
    return folded.astype(np.float32), ((bias - mean) * scale + beta).astype(np.float32)


def _same_padding(kernel: int) -> list[int]:
    before, after = (kernel - 1) // 2, kernel // 2
    return [before, before, after, after]


def _lstm(layer: Any, order: NDArray[np.intp] | None) -> dict[str, NDArray[np.float32]]:
    """Return the weights of an LSTM layer, gates i, f, c, o of Keras as i, o, f, c of ONNX."""
    kernel, recurrent, bias = layer.get_weights()
    if order is not None:
        kernel = kernel[order]

    def gates(values: NDArray[np.float32]) -> NDArray[np.float32]:
        i, f, c, o = np.split(values, 4, axis=-1)
        turned: NDArray[np.float32] = np.concatenate([i, o, f, c], axis=-1).T[None]
        return turned

    biases = gates(bias)
    return {
        "input": gates(kernel),
        "recurrent": gates(recurrent),
        "biases": np.concatenate([biases, np.zeros_like(biases)], axis=-1),
    }


load = OnnxClassifier.load
load_pretrained = OnnxClassifier.load_pretrained
