"""The time-distributed network in ONNX Runtime gives the answers that it gives in Keras."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import soundfile
from numpy.typing import NDArray

import quaver.data
from quaver.models import tdcnn
from quaver.models.tdcnn import data
from quaver.models.tdcnn import onnx as tdcnn_onnx
from test_minimal import run_python
from toys import RATE, SMALL, tone

pytestmark = pytest.mark.slow

CONFIGS = {
    "small": SMALL,
    "default": tdcnn.TDCNNConfig(),
    "even kernel": tdcnn.TDCNNConfig(kernel=4, filters=(2, 3, 4, 5), units=(6, 7)),
}


def random_model(config: tdcnn.TDCNNConfig) -> tdcnn.TDCNNClassifier:
    """A network all of whose weights, moving statistics included, are drawn."""
    model = tdcnn.TDCNNClassifier(sample_rate=RATE)
    model.config_, model.classes_ = config, np.array(["a", "b", "c"])
    model.network_ = tdcnn.build_network(config, 3, seed=0)
    rng = np.random.default_rng(0)
    model.network_.set_weights(
        [w + 0.1 * np.abs(rng.standard_normal(w.shape)) for w in model.network_.get_weights()]
    )
    return model


@pytest.mark.parametrize("name", CONFIGS)
def test_equals_keras(tmp_path: Path, name: str) -> None:
    config = CONFIGS[name]
    model, file = random_model(config), tmp_path / "model.onnx"
    tdcnn_onnx.export(model, file)
    found = tdcnn_onnx.load(file, threads=1)
    assert (found.config_, found.classes_.tolist()) == (config, ["a", "b", "c"])
    rng = np.random.default_rng(1)
    shape = (config.n_mels, config.window_frames)
    pictures = [rng.standard_normal((n, *shape)).astype(np.float32) for n in (3, 1, 5)]
    batch = data.stack(pictures)
    expected = model._answer(batch)
    np.testing.assert_allclose(found._answer(batch), expected, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 1e-3  # the pictures do make a difference
    found.sample_rate = RATE
    clips = [tone(500, n, n) for n in (1, 4800, 20000, 200000)] + [np.zeros(8000, np.float32)]
    np.testing.assert_allclose(found.predict_proba(clips), model.predict_proba(clips), atol=1e-5)


def test_the_shipped_files_are_the_same_model(speech: NDArray[np.float32]) -> None:
    network, graph = tdcnn.load_pretrained(), tdcnn_onnx.load_pretrained(threads=1)
    assert graph.card_ == network.card_
    clips = [speech, quaver.data.demo_clip(), speech[:4800]]
    expected = tdcnn.predict(network, clips, RATE)
    found = tdcnn_onnx.predict(graph, clips, RATE)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-5)
    timeline = tdcnn_onnx.predict_timeline(graph, np.tile(speech, 3), RATE)
    np.testing.assert_allclose(
        timeline.probabilities,
        tdcnn.predict_timeline(network, np.tile(speech, 3), RATE).probabilities,
        atol=1e-5,
    )


def test_reading_on_threads_changes_nothing(tmp_path: Path) -> None:
    graph = tdcnn_onnx.load_pretrained(threads=1)
    clips: list[Any] = [tmp_path / f"{i}.wav" for i in range(12)]
    for i, file in enumerate(clips):  # the longest first, so that others overtake it
        soundfile.write(file, 0.5 * tone(300 + 100 * i, 48000 - 3600 * i, i), RATE)
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF")
    clips[5:5] = [bad, np.zeros(0), tmp_path / "gone.wav"]
    expected = tdcnn_onnx.predict(graph, clips, RATE, threads=1)
    assert len(np.unique(expected.probabilities, axis=0)) == 12
    assert [(failure.index, failure.error) for failure in expected.failures] == [
        (5, "ValueError"), (6, "ValueError"), (7, "FileNotFoundError"),
    ]  # fmt: skip
    assert expected.failures[1].source == "<array>"
    for threads in (2, 5, None):
        calls: list[tuple[int, int, Any]] = []

        def report(done: int, total: int, calls: list[Any] = calls) -> None:
            calls.append((done, total, threading.current_thread()))

        found = tdcnn_onnx.predict(graph, clips, RATE, threads=threads, progress=report)
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
        np.testing.assert_array_equal(found.index, expected.index)
        assert found.failures == expected.failures
        assert calls == [(i + 1, 15, threading.main_thread()) for i in range(15)]
    with pytest.raises(ValueError, match="threads must be positive, got 0"):
        tdcnn_onnx.predict(graph, clips, RATE, threads=0)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such model: .*gone\.onnx"):
        tdcnn_onnx.load(tmp_path / "gone.onnx")
    torn = tmp_path / "torn.onnx"
    torn.write_bytes(b"\x08\x08")
    with pytest.raises(ValueError, match=r"torn\.onnx: not a time-distributed model of quaver"):
        tdcnn_onnx.load(torn)
    other = tmp_path / "other.onnx"
    info = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    out = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "other", [info], [out])
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), other)
    with pytest.raises(ValueError, match=r"other\.onnx: not a time-distributed model of quaver"):
        tdcnn_onnx.load(other)
    with pytest.raises(ValueError, match=r"ends in \.onnx"):
        tdcnn_onnx.export(random_model(SMALL), tmp_path / "model.bin")
    with pytest.raises(ValueError, match="'ravdess-tdcnn', got 'other'"):
        tdcnn_onnx.load_pretrained("other")


def test_a_pickle_gives_the_same_answers() -> None:
    model = tdcnn_onnx.load_pretrained(threads=1)
    again = pickle.loads(pickle.dumps(model))
    clips = [quaver.data.demo_clip()]
    np.testing.assert_array_equal(again.predict_proba(clips), model.predict_proba(clips))
    assert again._threads == 1


def test_neither_keras_nor_tensorflow_nor_sklearn_is_needed() -> None:
    code = """
import sys
for name in ("keras", "tensorflow", "sklearn", "scipy"):
    sys.modules[name] = None
import quaver.data
from quaver.models import tdcnn_onnx
found = tdcnn_onnx.predict(tdcnn_onnx.load_pretrained(), [quaver.data.demo_clip()])
print(found.probabilities.shape)
"""
    done = run_python(code)
    assert done.stdout == "(1, 7)\n", done.stderr


def test_without_onnxruntime_it_says_what_is_missing() -> None:
    code = """
import sys
sys.modules["onnxruntime"] = None
from quaver.models import tdcnn_onnx
try:
    tdcnn_onnx.load_pretrained()
except ModuleNotFoundError as error:
    print(error)
"""
    done = run_python(code)
    assert done.stdout == 'this model needs onnxruntime: pip install "quaver[onnx]"\n', done.stderr


def test_what_is_wrong_with_a_recording_is_told(speech: NDArray[np.float32]) -> None:
    model = tdcnn_onnx.load_pretrained()
    clips = [speech, np.zeros(16000), speech * 32768, np.zeros(0)]
    found = model.predict_clips(clips, 16000)
    assert found.warnings == ((), ("silence",), ("out_of_scale",))
    assert found.reliable.tolist() == [True, False, False]
    integers = np.rint(speech * 32767).astype(np.int16)
    assert model.predict_clips([integers], 48000).warnings == ((),)
    timeline = model.predict_timeline(np.r_[speech, np.zeros(64000)], 16000)
    assert timeline.warnings[-1] == ("silence",)
