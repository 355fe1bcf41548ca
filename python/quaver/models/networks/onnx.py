"""Networks run by ONNX Runtime: their files, and weights of Keras as ONNX has them; private."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from quaver._extras import extra
from quaver._validate import check_size
from quaver.models.archive import named, open_regular, parse_json, reading
from quaver.models.base import Stored
from quaver.models.networks import graph
from quaver.record import replacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

_E = TypeVar("_E", bound="Exported")


class Exported(Stored):
    """A network that ONNX Runtime runs, and the bytes of its file."""

    suffix: ClassVar[str] = ".onnx"
    #: What its files are called in messages.
    what: ClassVar[str]
    _content: bytes
    _session: Any
    _threads: int | None = None

    @classmethod
    def load(cls: type[_E], file: str | os.PathLike[str], *, threads: int | None = None) -> _E:
        """Read what `export` wrote, and nothing else: the graph is compared, the checksum taken.

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
            For a file that is no such model, was edited, or has no checksum because an earlier
            version wrote it; names it.
        ModuleNotFoundError
            Without onnxruntime, with the command that installs it.
        """
        start = _starter(threads)
        with open_regular(file) as stream, reading(file, cls.what):
            content = stream.read()
            said = cls._checked(content)
            model = cls._of(content, start(content), said)
        model._threads = threads
        return model

    def __reduce__(self) -> tuple[Any, ...]:
        """Put the file into a pickle: other processes begin a session of their own."""
        kept = {name: value for name, value in vars(self).items() if name != "_session"}
        return _again, (type(self), kept)

    @classmethod
    def _checked(cls, content: bytes) -> Any:
        """Return what is said in a file, once its graph is that of it; ValueError otherwise."""
        raise NotImplementedError

    @classmethod
    def _of(cls: type[_E], content: bytes, session: Any, said: Any) -> _E:
        """Return the model of a file."""
        raise NotImplementedError

    def save(self, file: str | os.PathLike[str], *, card: Mapping[str, Any] | None = None) -> None:
        """Write the model as it was read; its card is part of what `export` wrote."""
        if card is not None:
            raise ValueError("an ONNX file keeps its card: pass it when the classifier is exported")
        with replacing(named(file, ".onnx")) as temporary:
            temporary.write_bytes(self._content)


def _starter(threads: int | None) -> Callable[[bytes], Any]:
    """Return what begins a session of a file's bytes."""
    with extra("onnx"):
        import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if threads is not None:
        options.intra_op_num_threads = check_size("threads", threads)

    def start(content: bytes) -> Any:
        providers = ["CPUExecutionProvider"]
        return onnxruntime.InferenceSession(content, options, providers=providers)

    return start


def _again(cls: type[_E], kept: dict[str, Any]) -> _E:
    """Return the model that `Exported.__reduce__` took apart."""
    model = cls.__new__(cls)
    vars(model).update(kept)
    model._session = _starter(model._threads)(model._content)
    return model


def said_in(content: bytes, format: int, kinds: Mapping[str, type], home: str) -> Any:
    """Return what is in a file and what is said about it, each key of its kind, its sum checked."""
    parsed = graph.parse(content)
    if not parsed.about:
        raise ValueError("nothing is said about the network")
    if parsed.seal is None:
        raise ValueError(
            "no checksum, as in files of earlier versions: write it again from its .keras file by"
            f" quaver.models.{home}.onnx.export(quaver.models.{home}.load(...), ...)"
        )
    graph.check(content, parsed)
    about = parse_json(parsed.about, "what is said about the network")
    if not isinstance(about, dict) or about.get("format") != format:
        raise ValueError(f"what is said about the network is not of format {format}")
    wrong = [key for key, kind in kinds.items() if type(about.get(key)) is not kind]
    if wrong:
        raise ValueError(f"wrong {', '.join(wrong)}")
    return parsed, about


def lstm(layer: Any, order: NDArray[np.intp] | None = None) -> dict[str, NDArray[np.float32]]:
    """Return the weights of an LSTM layer, gates i, f, c, o of Keras as i, o, f, c of ONNX.

    `order` is that of the inputs, if it is another one in the graph.
    """
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


def normalisation(layer: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what a trained batch normalisation multiplies by and then adds."""
    gamma, beta, mean, variance = (np.asarray(w, np.float64) for w in layer.get_weights())
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return scale, beta - mean * scale
