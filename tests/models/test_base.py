"""What every model offers: the protocol, and models by name and by file."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quaver
import quaver.data
from quaver.models import base, encoder, svm, tdcnn, text
from quaver.models.base import Model, TextModel, VoiceModel, kind_of, open_model
from quaver.models.svm import SvmModel
from quaver.models.tdcnn import TDCNNClassifier, onnx
from quaver.models.tdcnn.onnx import OnnxClassifier
from quaver.models.text import TextClassifier, read_word2vec
from quaver.models.transformers import AudioFeatures

DEMO = quaver.data.demo_clip()
VOICES = (SvmModel, OnnxClassifier, TDCNNClassifier)


def members(protocol: Any) -> dict[str, Any]:
    found = {}
    for each in protocol.__mro__:
        if getattr(each, "_is_protocol", False):
            found |= {n: v for n, v in vars(each).items() if not n.startswith("_")}
    return found


@pytest.fixture(scope="module", params=["svm", "tdcnn"])
def model(request: pytest.FixtureRequest) -> VoiceModel:
    return open_model(request.param, "recordings")


def test_the_protocol_is_what_is_said() -> None:
    common = {"classes", "card", "predict", "predict_proba", "save", "load"}
    assert set(members(Model)) == common
    assert set(members(VoiceModel)) == common | {"predict_clips", "predict_timeline", "rate"}
    assert set(members(TextModel)) == common | {
        "predict_labels",
        "predict_distribution",
        "predict_texts",
    }


@pytest.mark.parametrize(
    ("model", "protocol"),
    [*((voice, VoiceModel) for voice in VOICES), (TextClassifier, TextModel)],
    ids=lambda value: value.__name__,
)
def test_every_model_takes_what_the_protocol_takes(model: Any, protocol: Any) -> None:
    for name, promised in members(protocol).items():
        if not isinstance(promised, Callable | classmethod):  # type: ignore[arg-type]
            assert name == "card" or isinstance(getattr(model, name), property)
            continue
        ours = inspect.signature(getattr(model, name)).parameters
        for parameter in inspect.signature(getattr(protocol, name)).parameters.values():
            assert ours[parameter.name].kind == parameter.kind, name
            assert ours[parameter.name].default == parameter.default, name


def test_a_registered_kind_is_a_class_that_reads_its_files() -> None:
    for kind in base.KINDS:
        module = __import__(kind.home, fromlist=[kind.model])
        assert getattr(module, kind.model).suffix == kind.suffix
        stored = getattr(module, kind.model)
        assert issubclass(stored, base.Stored)
        assert set(kind.models) == {stored.pretrained, *stored.others}
        for name in kind.models:  # as a card tells it
            assert open_model(name).card["name"] == name


def test_models_say_what_they_know(model: VoiceModel) -> None:
    assert model.classes == quaver.LABELS
    assert model.card["name"].startswith("ravdess")
    assert len(repr(model)) < 120
    assert model.card["name"] in repr(model)
    assert "surprise" in repr(model)


def test_functions_and_methods_are_one(model: VoiceModel) -> None:
    samples, rate = quaver.load(DEMO)
    by_function, by_method = base.predict(model, [DEMO]), model.predict_clips([DEMO])
    np.testing.assert_array_equal(by_function.probabilities, by_method.probabilities)
    np.testing.assert_array_equal(model.predict_proba([DEMO]), by_method.probabilities)
    assert model.predict([DEMO]).tolist() == by_method.labels.tolist()
    curves = (
        base.predict_timeline(model, samples, rate, window=1),
        model.predict_timeline(samples, rate, window=1),
    )
    np.testing.assert_array_equal(*(curve.probabilities for curve in curves))
    assert curves[0].classes == model.classes
    with pytest.raises(ValueError, match="sample_rate is required for arrays"):
        model.predict_clips([samples])


def test_a_file_gives_the_same_model(model: VoiceModel, tmp_path: Path) -> None:
    file = tmp_path / f"mine{type(model).suffix}"  # type: ignore[attr-defined]
    base.save(model, file)
    again = open_model(file, "recordings")
    assert type(again) is type(model)
    assert again.card == model.card
    np.testing.assert_allclose(again.predict_proba([DEMO]), model.predict_proba([DEMO]))


def test_a_card_can_be_given_where_it_is_not_part_of_the_file(tmp_path: Path) -> None:
    base.save(svm.load_pretrained(), tmp_path / "mine.skops", card={"name": "mine"})
    assert svm.load(tmp_path / "mine.skops").card == {"name": "mine"}
    with pytest.raises(ValueError, match="an ONNX file keeps its card"):
        base.save(onnx.load_pretrained(), tmp_path / "mine.onnx", card={})
    with pytest.raises(ValueError, match=r"ends in \.onnx"):
        base.save(onnx.load_pretrained(), tmp_path / "mine.bin")


def test_a_model_is_not_saved_under_the_ending_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"mine\.keras: expected a name that ends in \.skops"):
        base.save(svm.load_pretrained(), tmp_path / "mine.keras")
    assert not list(tmp_path.iterdir())
    with pytest.raises(TypeError, match=r"one of quaver\.models, got NoneType"):
        base.save(None, tmp_path / "mine.skops")  # type: ignore[arg-type]


def test_kinds_are_told_by_name_and_by_file(tmp_path: Path) -> None:
    assert kind_of("svm").model == kind_of("x.skops").model == kind_of("x").model == "SvmModel"
    assert kind_of("tdcnn").model == "OnnxClassifier"
    assert kind_of("encoder").model == "EncoderClassifier"
    assert kind_of("text").home == kind_of("x.bak", "texts").home == "quaver.models.text.onnx"
    assert kind_of("x.bak", "recordings").model == "SvmModel"
    for name in ("nowhere.keras", "nowhere.onnx"):
        with pytest.raises(FileNotFoundError, match=f"no such model: {name}"):
            kind_of(name)
    (tmp_path / "bad.keras").write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"bad\.keras"):
        open_model(tmp_path / "bad.keras")


def test_without_onnxruntime_the_name_means_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "find_spec", lambda name: None)
    assert kind_of("tdcnn").model == "TDCNNClassifier"
    assert kind_of("text").model == "TextClassifier"
    assert kind_of("ravdess-nemo-svm").model == "SvmModel"
    assert open_model("ravdess-nemo-svm").card["name"] == base.ROBUST_SVM
    assert kind_of("svm").model == "SvmModel"


def test_a_model_of_something_else_is_refused_unread() -> None:
    with pytest.raises(ValueError, match="text: a model of texts, expected one of recordings"):
        open_model("text", "recordings")
    with pytest.raises(ValueError, match="svm: a model of recordings, expected one of texts"):
        open_model("svm", "texts")


PAIR = "got a pair .samples, sample_rate. as quaver.load returns"
TAKERS: dict[str, Callable[[Any, int | None], Any]] = {
    "svm.predict": lambda clips, rate: svm.predict(svm.load_pretrained(), clips, rate),
    "onnx.predict": lambda clips, rate: onnx.predict(onnx.load_pretrained(), clips, rate),
    "onnx.predict_proba": lambda clips, _: onnx.load_pretrained().predict_proba(clips),
    "extract_many": quaver.extract_many,
    "embed_many": encoder.embed_many,
    "AudioFeatures": lambda clips, rate: AudioFeatures(sample_rate=rate).transform(clips),
    "EncoderFeatures": lambda clips, rate: encoder.EncoderFeatures(sample_rate=rate).transform(
        clips
    ),
}


@pytest.mark.parametrize("name", TAKERS)
def test_a_recording_with_its_rate_is_no_clip(name: str) -> None:
    pair = quaver.load(DEMO)
    for clips in ([pair], [DEMO, pair], [list(pair)], pair, list(pair), (pair,)):
        with pytest.raises((TypeError, ValueError), match=PAIR):
            TAKERS[name](clips, None)
    if name in ("extract_many", "svm.predict", "onnx.predict", "embed_many"):
        found = TAKERS[name]([DEMO, pair], pair[1])  # never dies of one bad clip
        assert found.index.tolist() == [0]
        assert "as quaver.load returns" in found.failures[0].reason


@pytest.mark.parametrize("samples", [lambda pair: pair, lambda pair: [pair], list])
def test_a_recording_with_its_rate_is_no_samples(samples: Callable[[Any], Any]) -> None:
    given = samples(quaver.load(DEMO))
    for take in (
        partial(svm.predict_timeline, svm.load_pretrained()),
        partial(onnx.predict_timeline, onnx.load_pretrained()),
        encoder.embed,
        quaver.extract,
        quaver.short_term,
        quaver.log_mel,
        quaver.mfcc,
    ):
        with pytest.raises(TypeError, match=PAIR):
            take(given, 16000)


@pytest.mark.parametrize("name", ["a\0b", "\ud800.wav"])
def test_a_name_that_no_file_can_have_is_in_the_message(name: str) -> None:
    message = re.escape(f"no file can be called {name!r}"[:-1])
    for read in (
        quaver.load,
        svm.load,
        onnx.load,
        encoder.load,
        text.load,
        tdcnn.load,
        open_model,
        read_word2vec,
        lambda file: base.save(svm.load_pretrained(), file),
    ):
        for ending in ("", ".keras") if read is open_model else ("",):
            with pytest.raises(ValueError, match=message):
                read(name + ending)
    (failure,) = quaver.extract_many([name]).failures
    assert repr(name) in failure.reason
