"""Training of heads: what is heard, what is chosen, and that test speakers take no part in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

import quaver.data
import whisper_folders
from quaver.augmentation import Augmentation
from quaver.corpus import RAVDESS_FOLDS, Clip, Corpus
from quaver.models import encoder, scores, stress
from quaver.models.encoder import Encoder, evaluation, selection
from quaver.models.encoder import vectors as vectors_
from quaver.models.encoder.discriminant import discriminant
from quaver.models.encoder.head import left_over, read, softmax
from quaver.models.encoder.logistic import logistic_regression
from quaver.models.encoder.vectors import Vectors
from quaver.models.protocols import folds_of
from quaver.models.svm import robust

RATE = 16000
SPEAKERS = ("ann", "bob", "cid", "dan")


def tone(label: str, speaker: int, seed: int) -> NDArray[np.float32]:
    """A low or a high buzz in bursts, of a voice's own colour."""
    rng = np.random.default_rng([seed, speaker])
    t = np.arange(8000) / RATE
    hertz = {"low": 150.0, "high": 700.0}[label] * rng.uniform(0.95, 1.05)
    colour = 1.0 / (1 + np.arange(1, 9)) ** (0.5 + speaker / 4)
    wave = colour @ np.sin(2 * np.pi * hertz * np.arange(1, 9)[:, None] * t)
    bursts = np.sin(2 * np.pi * 4 * t) > 0
    return (0.1 * wave * bursts + 0.001 * rng.standard_normal(t.size)).astype(np.float32)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("tones")
    clips = []
    for number, speaker in enumerate(SPEAKERS):
        for label in ("low", "high"):
            for seed in range(2):
                file = folder / f"{speaker}_{label}_{seed}.wav"
                soundfile.write(file, tone(label, number, seed), RATE, subtype="FLOAT")
                name = "one" if number < 2 else "two"
                clips.append(Clip(file, label, speaker, name))
    return Corpus(tuple(clips))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder = tmp_path_factory.mktemp("small")
    whisper_folders.write(folder, whisper_folders.small_encoder())
    encoder.convert(folder, folder / "small.onnx", weights="float32", card={})
    return Encoder.load(folder / "small.onnx", blocks=(1, 2, 3), precision="float32")


@pytest.fixture(autouse=True)
def few_noises(monkeypatch: pytest.MonkeyPatch) -> None:
    every = vectors_.no_speech
    monkeypatch.setattr(vectors_, "no_speech", lambda seed, n_each=2: every(seed, n_each=n_each))


@pytest.fixture(scope="module")
def vectors(small: Encoder, corpus: Corpus) -> Vectors:
    with pytest.MonkeyPatch.context() as patch:
        every = vectors_.no_speech
        patch.setattr(vectors_, "no_speech", lambda seed, n_each=2: every(seed, n_each=n_each))
        return vectors_.vectors_of(small, corpus, policies=(Augmentation(),), n_copies=2)


def noises(vectors: Vectors) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    return vectors.noises, vectors.noise_speakers


def test_a_part_hears_no_other_speaker(vectors: Vectors) -> None:
    part = vectors.part(np.arange(4))
    assert set(part.speakers) == {"one/ann"}
    assert set(part.noise_speakers) == {"", "one/ann"}
    assert len(part.noises) == 20 + 12


def test_vectors_are_of_the_clips_and_of_copies(
    vectors: Vectors, small: Encoder, corpus: Corpus
) -> None:
    assert vectors.copies.shape == (3, 16, 6 * 8)
    assert vectors.noises.shape == (20 + 4 * 12, 6 * 8)
    assert set(vectors.noise_speakers) == {"", *vectors.speakers}
    clean = small.embed_many([clip.path for clip in corpus], normalize=True, trim=True).values
    np.testing.assert_array_equal(vectors.copies[0], clean.reshape(16, -1))
    assert not np.allclose(vectors.copies[0], vectors.copies[1])
    assert not np.allclose(vectors.copies[1], vectors.copies[2])


def test_copies_depend_on_seed_and_clip_only(
    vectors: Vectors, small: Encoder, corpus: Corpus
) -> None:
    some = Corpus(corpus.clips[4:8])  # all clips of one speaker
    again = vectors_.vectors_of(small, some, policies=(Augmentation(),), n_copies=1, threads=1)
    np.testing.assert_array_equal(again.copies, vectors.copies[:2, 4:8])


def test_policies_take_turns(vectors: Vectors, small: Encoder, corpus: Corpus) -> None:
    some = Corpus(corpus.clips[4:8])
    turns = (Augmentation(), Augmentation.light())
    mixed = vectors_.vectors_of(small, some, policies=turns, n_copies=3, threads=1)
    np.testing.assert_array_equal(mixed.copies[:2], vectors.copies[:2, 4:8])
    assert not np.allclose(mixed.copies[2], vectors.copies[2, 4:8])
    with pytest.raises(ValueError, match="at least one Augmentation"):
        encoder.train(corpus, augmentation=(), encoder=small)


def test_train(small: Encoder, corpus: Corpus) -> None:
    model = encoder.train(corpus, n_copies=1, encoder=small)
    assert model.classes == ("high", "low")
    fresh = [tone(label, 1, 5) for label in ("low", "high")]
    print(model.predict_proba(fresh), model.card)
    assert model.predict(fresh).tolist() == ["low", "high"]
    assert model.card["data"]["labels"] == {"high": 8, "low": 8}
    assert model.card["augmentation"]["copies"] == 1
    assert model.card["chosen"]["C"] in selection.PENALTIES
    assert 0.5 < model.card["chosen"]["uar_of_search"] <= 1


def test_three_labels_without_a_search(vectors: Vectors) -> None:
    labels = np.array(["a", "b", "c", "a"] * 4)
    three = Vectors(vectors.copies, labels, vectors.speakers, vectors.corpora, *noises(vectors))
    head, chosen = selection.fit(three, search=False)
    assert head.classes == ("a", "b", "c")
    assert (chosen.penalty, chosen.score) == (selection.PENALTIES[0], None)
    assert head.matrix.shape == (48, 3)


@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize("penalty", [0.001, 1.0])
def test_regression_is_scikit_learns(n_labels: int, penalty: float) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((300, 20)) @ np.diag(np.geomspace(0.1, 3, 20))
    rows = (rows + rows[:, :1]).astype(np.float32)
    labels = (rows[:, :3] + rng.standard_normal((300, 3))).argmax(axis=1) % n_labels
    weights = rng.uniform(0.5, 2, 300)
    # Of two labels scikit-learn has the difference of the scores, whose square is twice theirs.
    machine = LogisticRegression(C=penalty * {2: 2, 3: 1}[n_labels], max_iter=5000, tol=1e-8)
    machine.fit(rows.astype(float), labels, weights)
    matrix, bias = logistic_regression(rows, labels, weights, penalty)
    wanted = machine.predict_proba(rows.astype(float))
    np.testing.assert_allclose(softmax(rows @ matrix + bias), wanted, atol=2e-3)


@pytest.mark.parametrize("shrinkage", [0.01, 0.2, 1.0])
def test_discriminant_is_scikit_learns(shrinkage: float) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=300)
    rows = rng.standard_normal((300, 20)) @ np.diag(np.geomspace(0.1, 3, 20))
    rows = (rows + rows[:, :1] + labels[:, None]).astype(np.float32)
    weights = 1 / np.bincount(labels)[labels]
    machine = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, priors=[1 / 3] * 3)
    machine.fit(rows.astype(float), labels)
    matrix, bias = discriminant(rows, labels, weights, shrinkage)
    wanted = machine.predict_proba(rows.astype(float))
    np.testing.assert_allclose(softmax(rows @ matrix + bias), wanted, atol=1e-3)


def test_directions_are_the_main_ones(vectors: Vectors) -> None:
    scaled = selection.Scaled(vectors)
    basis = selection._basis(scaled.mean, scaled.scale, vectors.copies)
    n_values, n = basis.shape
    np.testing.assert_allclose(basis.T @ basis, np.eye(n) * n / n_values, atol=1e-4)
    rows = (vectors.copies.reshape(-1, n_values) - scaled.mean) / scaled.scale
    _, _, exact = np.linalg.svd(rows[:: selection._EVERY], full_matrices=False)
    wanted = left_over(rows, exact[:n].T * np.float32(np.sqrt(n / n_values)))
    np.testing.assert_allclose(left_over(rows, basis), wanted, rtol=0.02, atol=0.02)


def test_one_speaker_alone_is_told(vectors: Vectors) -> None:
    one = np.full(16, "one/ann")
    alone = Vectors(vectors.copies, vectors.labels, one, vectors.corpora, *noises(vectors))
    with pytest.warns(UserWarning, match="speakers cannot be kept together"):
        head, _ = selection.fit(alone, search=False)
    assert head.classes == ("high", "low")


def test_corpora_and_labels_count_the_same() -> None:
    labels = np.array(["a"] * 6 + ["b"] * 2 + ["a", "b"])
    corpora = np.array(["big"] * 8 + ["small"] * 2)
    empty = np.empty((0, 1), np.float32)
    found = selection.weights_of(Vectors(empty[None], labels, labels, corpora, empty, corpora[:0]))
    assert found.mean() == pytest.approx(1)
    for corpus in ("big", "small"):
        for label in ("a", "b"):
            assert found[(labels == label) & (corpora == corpus)].sum() == pytest.approx(2.5)


@pytest.mark.parametrize("kind", range(10))
def test_sounds_that_are_no_speech(kind: int) -> None:
    sound = list(vectors_.no_speech(0, n_each=1))[kind]
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert RATE / 2 <= sound.size <= 5 * RATE


# Evaluation.


def test_folds_of_protocols() -> None:
    clips = [Clip(Path(f"{s}.wav"), "fear", s, "ravdess") for fold in RAVDESS_FOLDS for s in fold]
    clips += [Clip(Path(f"{s}.wav"), "fear", s, "other") for s in "abcdefg"]
    table = Corpus(tuple(clips))
    folds = list(folds_of(table, "speaker-independent"))
    assert sorted(np.concatenate(folds).tolist()) == list(range(31))
    assert {table[int(i)].speaker for i in folds[0]} == {*RAVDESS_FOLDS[0], "a", "f"}
    by_corpus = list(folds_of(table, "leave-one-corpus-out"))
    assert [len(fold) for fold in by_corpus] == [7, 24]
    with pytest.raises(ValueError, match="protocol must be one of speaker-independent"):
        list(folds_of(table, "original"))
    one = Corpus(tuple(clip for clip in clips if clip.corpus == "other"))
    with pytest.raises(ValueError, match="needs at least two corpora, got other"):
        evaluation.run_protocol(one, "leave-one-corpus-out")
    with pytest.raises(ValueError, match="needs at least two speakers, got other/a"):
        evaluation.run_protocol(Corpus(one.clips[:1]))


def test_the_head_of_a_tiny_corpus_can_be_read(
    small: Encoder, corpus: Corpus, tmp_path: Path
) -> None:
    same = [Clip(corpus[0].path, label, "ann", "own") for label in ("a", "a", "b", "b")]
    with pytest.warns(UserWarning, match="speakers cannot be kept together"):
        model = encoder.train(Corpus(tuple(same)), n_copies=1, search=False, encoder=small)
    encoder.save(model, tmp_path / "tiny.onnx")
    head, _, _ = read((tmp_path / "tiny.onnx").read_bytes())
    assert head.highest[0] > 0


@pytest.mark.parametrize("label", ["", "\udc80"])
def test_names_that_no_file_can_hold(corpus: Corpus, label: str) -> None:
    clips = [Clip(clip.path, label, "ann", "own") for clip in corpus][:2]
    with pytest.raises(ValueError, match="a label must be a name in Unicode, got"):
        encoder.train(Corpus((*clips, *corpus)))


def test_a_corpus_of_any_name(small: Encoder, corpus: Corpus, tmp_path: Path) -> None:
    clips = [Clip(clip.path, clip.label, clip.speaker, "\udc80") for clip in corpus]
    model = encoder.train(Corpus(tuple(clips)), n_copies=1, search=False, encoder=small)
    encoder.save(model, tmp_path / "own.onnx")
    assert read((tmp_path / "own.onnx").read_bytes())[2]["data"]["corpora"] == ["?"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"seed": -1}, ValueError, "seed must not be negative, got -1"),
        ({"seed": "a"}, TypeError, "seed must be an int, got str 'a'"),
        ({"augmentation": ()}, ValueError, "at least one Augmentation, got none"),
        ({"augmentation": "x"}, TypeError, "must hold Augmentation, got str"),
    ],
)
def test_wrong_arguments_are_no_clips_fault(
    small: Encoder, corpus: Corpus, options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        encoder.train(corpus, encoder=small, **options)


@pytest.mark.parametrize("run", [evaluation.run_protocol, robust.run_protocol])
def test_what_cannot_be_scored_is_said_first(
    corpus: Corpus, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "vectors_of", None)
    monkeypatch.setattr(robust, "vectors_of", None)
    for conditions in (("clean", "nope"), "clean", ()):
        with pytest.raises(ValueError, match="conditions must be some of clean, 30 dB"):
            run(corpus, conditions=conditions)
    clips = [Clip(c.path, f"{c.label} {c.corpus}", c.speaker, c.corpus) for c in corpus]
    with pytest.raises(ValueError, match=r"nothing to score.* \(labels are high one, high two,"):
        run(Corpus(tuple(clips)), "leave-one-corpus-out")


def test_no_test_speaker_is_in_training(
    vectors: Vectors, small: Encoder, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []

    def fit(part: Vectors, **options: Any) -> Any:
        seen.append(set(part.speakers))
        return selection.fit(part, search=False)

    monkeypatch.setattr(evaluation, "fit", fit)
    rows = evaluation.run_protocol(
        corpus, conditions=("clean", "gain x3"), encoder=small, vectors=vectors
    )
    assert seen == [set(vectors.speakers) - {a, b} for a, b in (
        ("one/ann", "two/cid"), ("one/bob", "two/dan"),
    )]  # fmt: skip
    assert [(row["corpus"], row["name"], row["clips"]) for row in rows] == [
        ("one", "clean", 8), ("one", "gain x3", 8), ("two", "clean", 8), ("two", "gain x3", 8),
    ]  # fmt: skip
    assert rows[0]["uar"] == rows[1]["uar"]
    assert all(0 <= row["calibration_error"] <= 1 for row in rows)


def test_labels_of_another_corpus_only_are_left_out(
    vectors: Vectors, small: Encoder, corpus: Corpus
) -> None:
    clips = [
        Clip(clip.path, "odd", clip.speaker, "two") if i == 15 else clip
        for i, clip in enumerate(corpus)
    ]
    rows = evaluation.run_protocol(
        Corpus(tuple(clips)),
        "leave-one-corpus-out",
        conditions=("clean",),
        encoder=small,
        vectors=vectors,
        search=False,
    )
    assert {row["corpus"]: row["clips"] for row in rows} == {"one": 8, "two": 7}


def test_stress_is_the_same_for_every_model(corpus: Corpus) -> None:
    rows = [stress._under("10 dB", clip.recording) for clip in corpus]
    again = [stress._under("10 dB", clip.recording) for clip in corpus]
    for one, other in zip(rows, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(rows[0], rows[1])


def test_calibration_error() -> None:
    sure = np.array([0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False])
    assert scores.calibration_error(sure, right) == pytest.approx(0.05)
    assert scores.calibration_error([1.0], [False]) == 1


def test_demo_clip_is_speech_to_the_shipped_head() -> None:
    found = encoder.predict(encoder.load_pretrained(), [quaver.data.demo_clip()])
    assert "no_speech" not in found.warnings[0]
