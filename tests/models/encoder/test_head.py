"""The head on an encoder: its graph, its file, and what it says of recordings."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
import quaver.data
import quaver_models
import whisper_folders
from quaver.models import encoder, stress
from quaver.models.base import kind_of, open_model
from quaver.models.encoder import Encoder, EncoderClassifier
from quaver.models.encoder.head import Head, graph_of, read
from quaver.models.networks import graph

RATE = 16000
FILES = Path(str(quaver_models.files()))
CLASSES = ("high", "low", "noise")


def basis(n_values: int, n: int, drawn: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return orthogonal directions of the length that heads have."""
    orthonormal, _ = np.linalg.qr(drawn.astype(np.float64))
    return np.asarray(orthonormal * np.sqrt(n / n_values), np.float32)


def any_head(n_values: int, seed: int = 0) -> Head:
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> NDArray[np.float32]:
        return rng.standard_normal(shape).astype(np.float32)

    return Head(
        CLASSES,
        draw(n_values),
        np.exp(draw(n_values)),
        draw(n_values, 3),
        draw(3),
        draw(n_values, 1),
        draw(1),
        np.full(3, 1 / 3, np.float32),
        basis(n_values, 4, draw(n_values, 4)),
        np.array([20.0], np.float32),
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    whisper_folders.write(folder, whisper_folders.small_encoder())
    encoder.convert(folder, folder / "small.onnx", weights="float32", card={"name": "small"})
    return folder / "small.onnx"


@pytest.fixture(scope="module")
def model(small: Path) -> EncoderClassifier:
    used = Encoder.load(small, precision="float32")
    return EncoderClassifier(used, any_head(2 * 16), {"name": "mine"})


@pytest.fixture(scope="module")
def stored(model: EncoderClassifier, small: Path) -> Path:
    encoder.save(model, small.parent / "head.onnx")
    return small.parent / "head.onnx"


def speech(seconds: float = 2.0) -> NDArray[np.float32]:
    samples, _ = quaver.load(quaver.data.demo_clip(), RATE, downmix="mean")
    return np.resize(samples, round(seconds * RATE))


# The graph.


def test_onnx_runtime_computes_the_same() -> None:
    head = any_head(40)
    session = onnxruntime.InferenceSession(head.written({}, {}))
    vectors = np.random.default_rng(1).standard_normal((50, 40)).astype(np.float32)
    vectors *= np.geomspace(0.01, 100, 50, dtype=np.float32)[:, None]
    wanted = session.run(None, {"vector": vectors})
    found = head.answers(vectors)
    np.testing.assert_allclose(found.probabilities, wanted[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.speech, wanted[1][:, 0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.novelty, wanted[2][:, 0], rtol=1e-5)
    assert (found.novelty > 1).any()
    assert (found.novelty < 1).any()


def test_answers_in_float64() -> None:
    """The definition, one row at a time."""
    head = any_head(40)
    vectors = 3 * np.random.default_rng(2).standard_normal((20, 40)).astype(np.float32)
    found = head.answers(vectors)
    for i, vector in enumerate(vectors.astype(np.float64)):
        scores = (vector - head.mean) / head.scale
        limited = np.clip(scores, -3, 3)
        logits = limited @ head.matrix.astype(np.float64) + head.bias
        emotions = np.exp(logits) / np.exp(logits).sum()
        speech = 1 / (1 + np.exp(-(limited @ head.speech_matrix[:, 0] + head.speech_bias[0])))
        directions = head.basis.astype(np.float64) / np.sqrt(4 / 40)
        rest = scores - directions @ (directions.T @ scores)
        novelty = np.mean(rest**2) / head.highest[0]
        known = min(1, 2 * speech) / max(1, novelty) ** 2.5
        wanted = known * emotions + (1 - known) * head.priors
        np.testing.assert_allclose(found.probabilities[i], wanted, rtol=1e-4, atol=1e-6)


def test_far_from_training_nothing_is_known() -> None:
    far = any_head(40).answers(np.full((1, 40), 1e6, np.float32))
    np.testing.assert_allclose(far.probabilities, 1 / 3, atol=1e-6)
    assert "unlike_training" in far.doubts()[0]
    farther = np.full((1, 40), 1e30, np.float32)
    assert np.isfinite(any_head(40).answers(farther).probabilities).all()
    session = onnxruntime.InferenceSession(any_head(40).written({}, {}))
    assert np.isfinite(session.run(None, {"vector": farther})[0]).all()


def test_what_lies_in_the_directions_of_training_is_not_new() -> None:
    head = any_head(40)
    along = head.mean + head.scale * 50 * head.basis.T
    across = head.mean + head.scale * 50 * np.roll(head.basis.T, 1, axis=1)
    assert head.answers(along).novelty.max() < 1e-3
    assert head.answers(across).novelty.min() > 0.1


@pytest.mark.parametrize("shape", [(32,), (31, 4), (4, 32), (32, 33)])
def test_forged_directions(
    model: EncoderClassifier, small: Path, tmp_path: Path, shape: tuple[int, ...]
) -> None:
    forged = dataclasses.replace(model.head, basis=np.zeros((32, 4), np.float32))
    content = forged.written({"blocks": [2, 3], "sha256": model.encoder.sha256}, {})
    about = {"blocks": [2, 3], "sha256": model.encoder.sha256}
    assert read(content)[1] == about
    parsed = graph.parse(content)
    weights = {**parsed.weights, "basis": np.zeros(shape, np.float32)}
    network = graph_of(32, 3, shape[-1])
    with pytest.raises(ValueError, match=r"directions|shape|basis"):
        read(graph.write(network, weights, parsed.about.decode()))


# The file.


def test_what_is_written_is_read(model: EncoderClassifier, stored: Path, small: Path) -> None:
    read = encoder.load(stored, encoder=small)
    assert read.encoder.precision == "float32"  # in which it was trained
    other = encoder.load(stored, encoder=small, precision="int8")
    assert other.encoder.precision == "int8"
    assert read.classes == CLASSES
    assert read.card == {"name": "mine"}
    assert repr(read) == "<EncoderClassifier 'mine': high, low, noise>"
    for field in dataclasses.fields(Head):
        np.testing.assert_array_equal(
            getattr(read.head, field.name), getattr(model.head, field.name)
        )
    clips = [speech(), speech(0.7)]
    np.testing.assert_array_equal(read.predict_proba(clips), model.predict_proba(clips))


def test_kind_is_told_by_the_file(stored: Path) -> None:
    assert kind_of(stored).model == "EncoderClassifier"
    with pytest.raises(ValueError, match=r"head\.onnx: .*the head of another encoder"):
        open_model(stored)


@pytest.mark.parametrize("position", [0.3, 0.6, 0.99])
def test_a_flipped_bit_is_refused(
    stored: Path, small: Path, tmp_path: Path, position: float
) -> None:
    content = bytearray(stored.read_bytes())
    content[int(position * len(content))] ^= 4
    (tmp_path / "edited.onnx").write_bytes(content)
    with pytest.raises(ValueError, match=r"edited\.onnx"):
        encoder.load(tmp_path / "edited.onnx", encoder=small)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("scale", np.zeros(32, np.float32), "scale must be positive"),
        ("highest", np.array([-1], np.float32), "highest must be positive"),
        ("bias", np.array([0, np.nan, 0], np.float32), "bias must be finite"),
        ("bias", np.array([0, 1e7, 0], np.float32), "bias must be at most 1e"),
        ("priors", np.array([0.1, 0.1, 0.1], np.float32), "priors must sum to 1"),
        ("matrix", np.ones((32, 4), np.float32), "(makes|of shape)"),
        ("classes", ("a", "b"), "(makes|of shape)"),
        ("mean", np.zeros(70000, np.float32), "expected means of at most 65536 values"),
    ],
)
def test_forged_heads(
    model: EncoderClassifier, small: Path, tmp_path: Path, field: str, value: Any, message: str
) -> None:
    forged = dataclasses.replace(model.head, **{field: value})
    about = {"blocks": [2, 3], "sha256": model.encoder.sha256}
    (tmp_path / "forged.onnx").write_bytes(forged.written(about, {}))
    with pytest.raises(ValueError, match=rf"forged\.onnx: .*{message}"):
        encoder.load(tmp_path / "forged.onnx", encoder=small)


@pytest.mark.parametrize("blocks", [None, [2.0, 3.0], [3, 2], [1, 99], [2]])
def test_forged_blocks(model: EncoderClassifier, small: Path, tmp_path: Path, blocks: Any) -> None:
    about = {"blocks": blocks, "sha256": model.encoder.sha256}
    (tmp_path / "forged.onnx").write_bytes(model.head.written(about, {}))
    with pytest.raises(ValueError, match="block"):
        encoder.load(tmp_path / "forged.onnx", encoder=small)


@pytest.mark.parametrize(("said", "trim"), [({}, False), ({"trim": True}, True)])
def test_heads_hear_what_they_were_trained_on(
    model: EncoderClassifier, small: Path, tmp_path: Path, said: dict[str, bool], trim: bool
) -> None:
    about = {"blocks": [2, 3], "sha256": model.encoder.sha256, **said}
    (tmp_path / "head.onnx").write_bytes(model.head.written(about, {}))
    found = encoder.load(tmp_path / "head.onnx", encoder=small, precision=model.encoder.precision)
    assert found.trim is trim
    word = np.sin(np.arange(RATE) * 0.3).astype(np.float32)
    padded = np.concatenate([np.zeros(2 * RATE, np.float32), word])
    heard = found.encoder.embed(padded, RATE, normalize=True, trim=trim)
    wanted = found.head.answers(heard.reshape(1, -1)).probabilities
    np.testing.assert_array_equal(found.predict_proba([padded]), wanted)


def test_trim_is_true_or_false(model: EncoderClassifier, small: Path, tmp_path: Path) -> None:
    about = {"blocks": [2, 3], "sha256": model.encoder.sha256, "trim": 1}
    (tmp_path / "forged.onnx").write_bytes(model.head.written(about, {}))
    with pytest.raises(ValueError, match=r"forged\.onnx: .*trim must be true or false, got 1"):
        encoder.load(tmp_path / "forged.onnx", encoder=small)


def test_names_of_files(model: EncoderClassifier, tmp_path: Path, small: Path) -> None:
    with pytest.raises(ValueError, match=r"expected a name that ends in \.onnx"):
        model.save(tmp_path / "head.bin")
    with pytest.raises(ValueError, match=r"small\.onnx: not a head of a speech encoder"):
        encoder.load(small)


# Recordings.


def test_gain_changes_nothing(model: EncoderClassifier) -> None:
    clip = speech()
    answers = model.predict_proba([clip, clip * 0.01, clip * 30, clip.astype(np.float64)])
    np.testing.assert_allclose(answers, answers[:1].repeat(4, axis=0), atol=2e-3)
    long = speech(14)
    answers = model.predict_proba([long, long * 0.01])
    np.testing.assert_allclose(answers[0], answers[1], atol=2e-3)


def test_clips_with_their_doubts(model: EncoderClassifier, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", speech(), RATE)
    clips = [speech(), np.zeros(RATE), speech(0.3), speech() * 32768, np.zeros(0)]
    found = encoder.predict(model, clips, RATE)
    assert found.index.tolist() == [0, 1, 2, 3]
    assert [failure.index for failure in found.failures] == [4]
    told = [set(row) for row in found.warnings]
    assert "silence" in told[1]
    assert "too_short" in told[2]
    assert "out_of_scale" in told[3]
    assert found.reliable.tolist() == [not row for row in told]
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    by_path = encoder.predict(model, [tmp_path / "a.wav"])
    np.testing.assert_allclose(by_path.probabilities[0], found.probabilities[0], atol=2e-3)


def test_windows_are_recordings(model: EncoderClassifier) -> None:
    samples = np.concatenate([speech(3), np.zeros(3 * RATE, np.float32)])
    curve = encoder.predict_timeline(model, samples, RATE, window=3, hop=3)
    each = encoder.predict(model, [samples[: 3 * RATE], samples[3 * RATE :]], RATE)
    np.testing.assert_array_equal(curve.probabilities, each.probabilities)
    assert curve.warnings == each.warnings
    assert "silence" in curve.warnings[1]
    np.testing.assert_array_equal(curve.reliable, each.reliable)


@pytest.mark.parametrize("card", [{"name": "\udc80"}, {"a": "x" * (5 << 20)}])
def test_nothing_is_written_that_nobody_can_read(
    model: EncoderClassifier, tmp_path: Path, card: Any
) -> None:
    file = tmp_path / "head.onnx"
    file.write_bytes(b"before")
    with pytest.raises(ValueError, match=r"head\.onnx: not a head of a speech encoder"):
        encoder.save(model, file, card=card)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"before"]


def test_what_is_no_head(tmp_path: Path) -> None:
    for name in ("ravdess-tdcnn.onnx", "whisper-tiny-en-encoder.onnx"):
        with pytest.raises(ValueError, match=f"{name}: .*of another kind, or the encoder itself"):
            encoder.load(FILES / name)


def test_copies_for_other_processes(model: EncoderClassifier) -> None:
    for each in (model, encoder.load_pretrained()):
        copied = pickle.loads(pickle.dumps(each))
        np.testing.assert_array_equal(
            copied.predict_proba([speech()]), each.predict_proba([speech()])
        )
    assert len(pickle.dumps(encoder.load_pretrained())) < 1_000_000  # without the encoder


def test_vectors_are_refused(model: EncoderClassifier) -> None:
    batch = quaver.extract_many([speech()], RATE)
    with pytest.raises(TypeError, match="clips must be recordings"):
        model.predict_clips(batch)
    with pytest.raises(ValueError, match="the head takes 7 values"):
        EncoderClassifier(model.encoder, any_head(7), {})


def test_sounds_of_the_stress() -> None:
    found = stress.sounds([speech(), speech(1)], n_each=2)
    assert list(found) == ["white", "pink", "babble", "tones", "chords", "silence"]
    for kind, clips in found.items():
        assert len(clips) == 2
        assert all(np.abs(clip).max() <= 0.32 for clip in clips)
        assert any(clip.any() for clip in clips) == (kind != "silence")
