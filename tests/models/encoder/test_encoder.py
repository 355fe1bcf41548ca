"""An encoder's vectors: against the float64 twin, and what recordings of all kinds get."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
import quaver.data
import quaver_models
import whisper_folders
from quaver.models import base, encoder
from quaver.models.encoder import Encoder
from reference import whisper

RATE = 16000


def speech(seconds: float) -> NDArray[np.float32]:
    samples, _ = quaver.load(quaver.data.demo_clip(), RATE, downmix="mean")
    return np.resize(samples, round(seconds * RATE))


@pytest.fixture(scope="module")
def variables() -> whisper_folders.Variables:
    return whisper_folders.small_encoder()


@pytest.fixture(scope="module")
def small(variables: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = whisper_folders.write(tmp_path_factory.mktemp("small"), variables)
    encoder.convert(folder, folder / "small.onnx", weights="float32", card={"name": "small"})
    return folder / "small.onnx"


@pytest.fixture(scope="module")
def shipped() -> Encoder:
    return Encoder.load_pretrained()


def expected(variables: Any, samples: Any, blocks: tuple[int, ...]) -> NDArray[np.float64]:
    found = whisper.blocks(whisper.picture(samples), variables, max(blocks))
    return np.array([whisper.pooled(found[block - 1]) for block in blocks])


@pytest.mark.parametrize("seconds", [0.025, 0.04, 0.5, 1.015])
def test_twin(small: Path, variables: Any, seconds: float) -> None:
    samples = speech(seconds)
    found = Encoder.load(small, blocks=(1, 2, 3), precision="float32").embed(samples, RATE)
    assert found.shape == (3, 16)
    assert found.dtype == np.float32
    wanted = expected(variables, samples, (1, 2, 3))
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)


def test_shipped_weights_are_what_the_twin_makes_of_them(shipped: Encoder) -> None:
    """The file's matrices, taken back to CTranslate2's names, in float64."""
    from quaver.models.networks import graph

    content = (Path(str(quaver_models.files())) / "whisper-tiny-en-encoder.onnx").read_bytes()
    assert len(content) < 10_000_000
    weights = graph.parse(content).weights
    variables: dict[str, Any] = {
        "num_heads": 6,
        "position_encodings/encodings": weights["positions"],
    }
    for i in (1, 2):
        variables[f"conv{i}/weight"] = weights[f"kernel_{i}"]
        variables[f"conv{i}/bias"] = weights[f"bias_{i}"]
    names = {
        "qkv": "self_attention/linear_0",
        "attended": "self_attention/linear_1",
        "wide": "ffn/linear_0",
        "narrow": "ffn/linear_1",
        "norm_a": "self_attention/layer_norm",
        "norm_b": "ffn/layer_norm",
    }
    for ours, theirs in names.items():
        for block in (1, 2):
            home, name = f"layer_{block - 1}/{theirs}", f"{ours}_{block}"
            if ours.startswith("norm"):
                variables[f"{home}/gamma"] = weights[f"{name}_gain"]
                variables[f"{home}/beta"] = weights[f"{name}_bias"]
                continue
            matrix = (weights[name] * weights[f"{name}_scale"].astype(np.float64)).T
            bias = weights[f"{name}_bias"].astype(np.float64)
            if ours == "qkv":  # the twin scales the queries itself
                matrix[:384] *= 8
                bias[:384] *= 8
            variables[f"{home}/weight"], variables[f"{home}/bias"] = matrix, bias
    samples = speech(1.0)
    wanted = expected(variables, samples, (1, 2))
    single = Encoder.load_pretrained(blocks=(1, 2), precision="float32").embed(samples, RATE)
    spread = wanted[:, :384].std(axis=1, keepdims=True)
    assert float((np.abs(single - wanted) / spread).max()) < 1e-2
    quick = shipped.embed(samples, RATE)[0]
    assert float(np.corrcoef(quick, wanted[1])[0, 1]) > 0.999


def test_integers_are_near(small: Path) -> None:
    samples = speech(0.5)
    exact = Encoder.load(small, precision="float32").embed(samples, RATE)
    near = Encoder.load(small).embed(samples, RATE)
    assert not np.array_equal(near, exact)
    # Measured 0.9999; without VNNI sums may saturate.
    assert float(np.corrcoef(near.ravel(), exact.ravel())[0, 1]) > 0.95


def test_fewer_blocks_are_the_same_blocks(shipped: Encoder, small: Path) -> None:
    samples = speech(0.5)
    assert shipped.blocks == (2, 3)
    model = Encoder.load(small, precision="float32")
    both = model.embed(samples, RATE)
    for row, block in enumerate(model.blocks):
        alone = Encoder.load(small, blocks=[block], precision="float32").embed(samples, RATE)
        np.testing.assert_allclose(alone[0], both[row], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("blocks", [(), (0,), (4,), (3, 2), (2, 2)])
def test_blocks_that_are_not_there(small: Path, blocks: Any) -> None:
    with pytest.raises(ValueError, match=r"blocks must be among 1 to 3, rising, got \("):
        Encoder.load(small, blocks=blocks)
    with pytest.raises(TypeError, match="blocks must be a tuple of int, got int 2"):
        Encoder.load(small, blocks=2)  # type: ignore[arg-type]


def test_other_arguments_of_load(small: Path) -> None:
    with pytest.raises(TypeError, match="blocks must be an int, got bool"):
        Encoder.load(small, blocks=[True])
    with pytest.raises(ValueError, match="precision must be 'int8' or 'float32', got 'float16'"):
        Encoder.load(small, precision="float16")  # type: ignore[arg-type]


def test_a_long_recording_is_its_parts(small: Path) -> None:
    model = Encoder.load(small, precision="float32")
    one, other = speech(5.0), np.flip(speech(5.0)).copy()
    twice = model.embed(np.concatenate([one, one]), RATE)
    np.testing.assert_allclose(twice, model.embed(one, RATE), rtol=1e-5, atol=1e-6)
    frames = {}
    for name, part in (("one", one), ("other", other)):
        vector = model.embed(part, RATE).astype(np.float64)
        frames[name] = np.split(vector, 2, axis=1)
    (m, s), (n, t) = frames["one"], frames["other"]
    mean = (m + n) / 2
    second = (s**2 + m**2 + t**2 + n**2) / 2
    wanted = np.concatenate([mean, np.sqrt(second - mean**2)], axis=1)
    found = model.embed(np.concatenate([one, other]), RATE)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_kinds_of_samples(shipped: Encoder) -> None:
    samples = speech(0.3)
    integers = np.rint(samples * 32768).astype(np.int16)
    wanted = shipped.embed(integers / np.float32(32768), RATE)
    np.testing.assert_array_equal(shipped.embed(integers, RATE), wanted)
    stereo = np.stack([samples, np.zeros_like(samples)])
    np.testing.assert_array_equal(
        shipped.embed(stereo, RATE, downmix=0), shipped.embed(samples, RATE)
    )
    with pytest.raises(ValueError, match="2 channels"):
        shipped.embed(stereo, RATE)
    doubled = quaver.audio.resample(samples, RATE, 2 * RATE)
    near = shipped.embed(doubled, 2 * RATE)
    assert float(np.corrcoef(near.ravel(), shipped.embed(samples, RATE).ravel())[0, 1]) > 0.99


def test_silence_has_an_answer(shipped: Encoder) -> None:
    assert np.isfinite(shipped.embed(np.zeros(RATE), RATE)).all()


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        (np.zeros(0), ValueError, "must not be empty"),
        (np.zeros(399), ValueError, "at least 400 samples at 16000 Hz, which is 25 ms, got 399"),
        (np.array([0.0] * 500 + [np.nan]), ValueError, "finite .* nan at index 500"),
        (np.array([np.inf] * 500), ValueError, "finite .* inf at index 0"),
        (np.zeros(500, np.int32), TypeError, "int16, float32 or float64"),
        ("clip.wav", TypeError, "int16, float32 or float64"),
    ],
)
def test_what_cannot_be_embedded(
    shipped: Encoder, samples: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        shipped.embed(samples, RATE)


def test_many(shipped: Encoder, tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    soundfile.write(file, speech(0.3), RATE, subtype="FLOAT")
    (tmp_path / "bad.wav").write_bytes(b"no recording")
    clips = [file, np.zeros(10), speech(0.4), tmp_path / "bad.wav", tmp_path / "none.wav"]
    seen: list[tuple[int, int]] = []
    found = shipped.embed_many(
        clips, RATE, threads=2, progress=lambda done, total: seen.append((done, total))
    )
    assert len(found) == 2
    assert found.index.tolist() == [0, 2]
    np.testing.assert_array_equal(found.values[0], shipped.embed(speech(0.3), RATE))
    np.testing.assert_array_equal(found.values[1], shipped.embed(speech(0.4), RATE))
    assert [failure.index for failure in found.failures] == [1, 3, 4]
    assert [failure.error for failure in found.failures][::2] == ["ValueError", "FileNotFoundError"]
    assert "at least 400 samples" in found.failures[0].reason
    assert str(tmp_path / "bad.wav") == found.failures[1].source
    assert seen[-1] == (5, 5)
    again = encoder.embed_many(iter(clips), RATE, threads=1)
    np.testing.assert_array_equal(again.values, found.values)


def test_many_without_any_that_works(shipped: Encoder) -> None:
    found = shipped.embed_many([np.zeros(1), np.zeros(2)], RATE)
    assert found.values.shape == (0, 2, 768)
    assert len(found.failures) == 2


@pytest.mark.parametrize(
    ("clips", "options", "error", "message"),
    [
        ([], {}, ValueError, "got 0 clips"),
        ("a.wav", {}, TypeError, "must be a list"),
        (np.zeros(800), {"sample_rate": RATE}, TypeError, "single array"),
        ([np.zeros(800)], {}, ValueError, "sample_rate is required"),
        ([np.zeros(800)], {"sample_rate": 0}, ValueError, "sample_rate must be"),
        ([np.zeros(800)], {"sample_rate": RATE, "threads": 0}, ValueError, "threads"),
        ([np.zeros(800)], {"sample_rate": RATE, "downmix": "sum"}, ValueError, "downmix"),
    ],
)
def test_what_many_refuses(
    shipped: Encoder, clips: Any, options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        shipped.embed_many(clips, **options)


def test_without_onnxruntime_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModuleNotFoundError, match=r"the encoder needs .*quaver\[encoder\]"):
        Encoder.load_pretrained()


def test_without_weights_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quaver_models, "files", lambda: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"has no whisper-tiny-en-encoder\.onnx"):
        Encoder.load_pretrained()


def test_scikit_learn_is_for_training_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert base.default_voice() == "encoder"
    model = base.open_model("encoder", "recordings")
    assert model.predict_clips([speech(2.0)], RATE).labels.shape == (1,)
