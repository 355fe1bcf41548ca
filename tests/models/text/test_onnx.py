"""The network of texts in ONNX Runtime gives the answers that it gives in Keras."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from quaver.models import text
from quaver.models.base import open_model
from quaver.models.fusion import fuse
from quaver.models.text import TextClassifier
from quaver.models.text import onnx as text_onnx
from quaver.models.text.evaluation import read_goemotions
from quaver.models.text.network import build_network
from quaver.text import Side, Vocabulary
from test_minimal import run_python

pytestmark = pytest.mark.slow

ODD = [
    "", " ", "happy", "😀", "👩‍👩‍👧 🇵🇱 :-)", "Всё хорошо", "?!", "word " * 7, "I am sad. " * 2,
    "I am sad and angry. " * 7, "I am sad and angry. " * 8, "I love it! " * 13, "x " * 500,
]  # fmt: skip


@pytest.fixture(scope="module")
def shipped() -> text_onnx.OnnxClassifier:
    return text_onnx.load_pretrained(threads=1)


def random_model(*, multi_label: bool, truncating: Side) -> TextClassifier:
    """A network all of whose weights, moving statistics included, are drawn."""
    model = TextClassifier(multi_label=multi_label, length=16, truncating=truncating)
    words = [*"abcdefghijklmnop", "😀"]
    model.classes_, model.thresholds_ = np.array(["x", "y", "z"]), np.full(3, 0.5)
    model.vocabulary_ = Vocabulary(words)
    n_ids = model.vocabulary_.n_ids
    model.network_ = build_network(n_ids, 3, dimensions=6, multi_label=multi_label, seed=0)
    rng = np.random.default_rng(0)
    model.network_.set_weights(
        [w + 0.1 * np.abs(rng.standard_normal(w.shape)) for w in model.network_.get_weights()]
    )
    return model


@pytest.mark.parametrize(("multi_label", "truncating"), [(False, "post"), (True, "pre")])
def test_equals_what_keras_reads(tmp_path: Path, multi_label: bool, truncating: Side) -> None:
    model = random_model(multi_label=multi_label, truncating=truncating)
    text.save(model, tmp_path / "m.keras", card={"name": "mine"})
    model = text.load(tmp_path / "m.keras")
    text_onnx.export(model, tmp_path / "m.onnx")
    found = open_model(tmp_path / "m.onnx", "texts")
    assert isinstance(found, text_onnx.OnnxClassifier)
    assert (found.classes, found.card) == (("x", "y", "z"), {"name": "mine"})
    texts = ["", "a", "b c", "a b c d e f g h", "p o n m l k j i a", "a b " * 20, "q", "😀 a"]
    expected = model.predict_proba(texts)
    np.testing.assert_allclose(found.predict_proba(texts), expected, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 1e-3  # the words do make a difference
    assert found.predict_labels(texts) == model.predict_labels(texts)
    again = tmp_path / "again.onnx"
    text.save(found, again)
    assert again.read_bytes() == (tmp_path / "m.onnx").read_bytes()


def test_the_shipped_files_are_the_same_model(shipped: text_onnx.OnnxClassifier) -> None:
    network = text.load_pretrained()
    assert isinstance(open_model("text"), text_onnx.OnnxClassifier)
    assert shipped.card == network.card
    assert shipped.vocabulary_ == network.vocabulary_
    np.testing.assert_allclose(shipped.predict_proba(ODD), network.predict_proba(ODD), atol=1e-5)
    assert shipped.predict_labels(ODD) == network.predict_labels(ODD)
    found, expected = shipped.predict_texts(ODD), network.predict_texts(ODD)
    assert found.labels.tolist() == expected.labels.tolist()
    assert found.warnings == expected.warnings
    np.testing.assert_allclose(
        shipped.predict_distribution(ODD), network.predict_distribution(ODD), atol=1e-5
    )


def test_the_same_on_the_development_texts(
    shipped: text_onnx.OnnxClassifier, data_dir: Path
) -> None:
    texts = read_goemotions(data_dir / "goemotions_ekman", "dev").texts
    expected = text.load_pretrained().predict_proba(texts)
    np.testing.assert_allclose(shipped.predict_proba(texts), expected, atol=1e-5)


def test_a_text_has_the_same_answer_beside_others(shipped: text_onnx.OnnxClassifier) -> None:
    together = shipped.predict_proba(ODD)
    alone = np.concatenate([shipped.predict_proba([each]) for each in ODD])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert shipped.predict_proba([]).shape == (0, 7)


def test_its_shares_are_fused(shipped: text_onnx.OnnxClassifier) -> None:
    words = shipped.predict_distribution(["I am so happy"])
    both = fuse({"voice": np.full((1, 7), 1 / 7), "words": words})
    assert shipped.classes[int(both.argmax())] == "happiness"


def test_other_names_and_files_are_refused(
    shipped: text_onnx.OnnxClassifier, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such model: .*gone\.onnx"):
        text_onnx.load(tmp_path / "gone.onnx")
    with pytest.raises(ValueError, match=r"ends in \.onnx"):
        text_onnx.export(text.load_pretrained(), tmp_path / "model.keras")
    with pytest.raises(ValueError, match="an ONNX file keeps its card"):
        text.save(shipped, tmp_path / "m.onnx", card={})
    with pytest.raises(ValueError, match="'goemotions-text', got 'other'"):
        text_onnx.load_pretrained("other")
    again = pickle.loads(pickle.dumps(shipped))
    texts = ["I am so happy", "no"]
    np.testing.assert_array_equal(again.predict_proba(texts), shipped.predict_proba(texts))
    text.save(shipped, tmp_path / "m.onnx")
    with pytest.raises(ValueError, match="a model of texts, expected one of recordings"):
        open_model(tmp_path / "m.onnx", "recordings")


def test_neither_keras_nor_tensorflow_nor_sklearn_is_needed() -> None:
    code = """
import sys
for name in ("keras", "tensorflow", "sklearn", "scipy", "onnx"):
    sys.modules[name] = None
from quaver.models.base import open_model
print(open_model("text").predict_labels(["I am so happy today"]))
"""
    done = run_python(code)
    assert done.stdout == "[('happiness',)]\n", done.stderr
