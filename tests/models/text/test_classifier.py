"""The text network: its layers, padding, training, and files that run no code."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import forging
from quaver.models import text
from quaver.models.networks import training
from quaver.models.text import TextClassifier, best_thresholds, classifier, macro_f1, read_word2vec
from quaver.models.text import network as layers
from quaver.models.text.network import build_network, probabilities, weighted_loss
from quaver.models.text.scores import class_weights
from quaver.text import Vocabulary

pytestmark = pytest.mark.slow

GOOD = ["i love this so much", "what a great day", "happy happy joy", "thank you my friend !"]
BAD = ["i hate this so much", "what an awful day", "angry and sad", "worst of my enemies ..."]
TOY, LABELS = (GOOD + BAD) * 12, (["good"] * 4 + ["bad"] * 4) * 12
SMALL: dict[str, Any] = {
    "dimensions": 16,
    "length": 8,
    "min_count": 1,
    "batch_size": 16,
    "dropout": 0.0,
    "word_dropout": 0.0,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def fitted() -> TextClassifier:
    return TextClassifier(**SMALL, epochs=12, learning_rate=3e-3, patience=12).fit(TOY, LABELS)


@pytest.fixture(scope="module")
def multi() -> TextClassifier:
    y = np.array([[label == "good", "day" in t] for t, label in zip(TOY, LABELS, strict=True)])
    model = TextClassifier(
        **SMALL, multi_label=True, labels=("good", "day"), epochs=12, learning_rate=5e-3
    )
    return model.fit(TOY, y, validation_data=(TOY, y))


@pytest.fixture(scope="module")
def written(fitted: TextClassifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("written") / "model.keras"
    text.save(fitted, file, card={"name": "toy"})
    return file


@pytest.fixture
def saved(written: Path, tmp_path: Path) -> Path:
    """A copy, which the test may change."""
    return Path(shutil.copy(written, tmp_path))


# the network


def test_layers_are_those_described() -> None:
    network = build_network(1000, 7, dimensions=50)
    named = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    # What hides padding has no weights: it multiplies by 0 and 1, and pools those along.
    layers = [
        layer
        for layer in named
        if not isinstance(layer, keras.layers.Multiply) and not layer.name.startswith("present")
    ]
    kinds = [type(layer).__name__ for layer in layers]
    block = ["Conv1D", "MaxPooling1D", "SpatialDropout1D", "BatchNormalization"]
    assert kinds == ["Embedding", *block, *block, *block, *["LSTM"] * 3, "Dense", "Dense"]
    embedding, blocks, rest = layers[0], layers[1:13], layers[13:]
    assert (embedding.input_dim, embedding.output_dim) == (1000, 50)
    for i, filters in enumerate((128, 256, 512)):
        convolution, pool, dropout, _ = blocks[4 * i : 4 * i + 4]
        assert (convolution.filters, convolution.kernel_size) == (filters, (8,))
        assert convolution.activation is keras.activations.relu
        assert (pool.pool_size, pool.strides) == ((2,), (2,))
        assert dropout.rate == 0.3
    assert [layer.units for layer in rest] == [180, 180, 180, 128, 7]
    assert [layer.return_sequences for layer in rest[:3]] == [True, True, False]
    assert rest[-1].activation is keras.activations.softmax
    assert build_network(9, 7, multi_label=True).layers[-1].activation is (
        keras.activations.sigmoid
    )
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in network.layers)


def test_layers_are_wired_in_that_order() -> None:
    network = build_network(1000, 7, dimensions=50)
    seen = []
    tensor = network.output
    while not isinstance(operation := tensor._keras_history.operation, keras.layers.InputLayer):
        seen.append(operation.name)
        tensor = operation._inbound_nodes[0].input_tensors[0]
    blocks = [[f"conv_{i}", f"pool_{i}", f"dropout_{i}", f"norm_{i}"] for i in (1, 2, 3)]
    expected = [
        "embedding",
        *(name for block in blocks for name in block),
        "lstm_1",
        "lstm_2",
        "lstm_3",
        "dense",
    ]
    assert [name for name in seen[::-1] if not name.startswith("multiply")] == [
        *expected,
        "classification",
    ]


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """Normalisations as after training, or zeros would stay zeros."""
    network = build_network(50, 3, dimensions=8, seed=1)
    rng = np.random.default_rng(0)
    for name in ("norm_1", "norm_2", "norm_3"):
        layer = network.get_layer(name)
        layer.set_weights([rng.uniform(0.5, 2, w.shape) for w in layer.get_weights()])
    return network


@pytest.mark.parametrize("n_tokens", [0, 1, 2, 3, 7, 8, 9, 15, 16])
def test_padding_changes_nothing(network: keras.Model, n_tokens: int) -> None:
    rng = np.random.default_rng(0)
    row = np.zeros((1, 16), np.int32)
    row[0, :n_tokens] = rng.integers(1, 50, n_tokens)
    alone = np.asarray(network(row, training=False))
    longer = np.asarray(network(np.pad(row, ((0, 0), (0, 48))), training=False))
    np.testing.assert_allclose(alone, longer, atol=1e-6)
    crowd = np.concatenate([np.pad(row, ((0, 0), (0, 48))), rng.integers(1, 50, (5, 64))])
    np.testing.assert_allclose(probabilities(network, crowd.astype(np.int32))[:1], alone, atol=1e-6)


def test_short_rows_do_not_move_the_statistics_of_a_batch() -> None:
    network = build_network(50, 3, dimensions=8, seed=1)
    row = np.arange(1, 9, dtype=np.int32)[None]
    means = []
    for padded in (row, np.pad(row, ((0, 0), (0, 56)))):
        network.get_layer("norm_1").set_weights(
            [np.ones(128), np.zeros(128), np.zeros(128), np.ones(128)]
        )
        network.get_layer("dropout_1").rate = 0
        network(padded, training=True)
        means.append(network.get_layer("norm_1").get_weights()[2])
    np.testing.assert_allclose(means[0], means[1], atol=1e-6)
    assert np.abs(means[0]).max() > 0


# training


def test_it_learns_one_label(fitted: TextClassifier) -> None:
    assert fitted.score(TOY, LABELS) == 1.0
    assert fitted.classes_.tolist() == ["bad", "good"]
    found = fitted.predict_proba(["love and joy", "hate", ""])
    assert found.shape == (3, 2)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert fitted.predict_labels(["what a great day"]) == [("good",)]
    np.testing.assert_allclose(fitted.predict_distribution(["", "x"]).sum(axis=1), 1)


def test_it_learns_several_labels(multi: TextClassifier) -> None:
    assert multi.predict(GOOD + BAD).tolist() == [
        *([1, 0], [1, 1], [1, 0], [1, 0], [0, 0], [0, 1], [0, 0], [0, 0])
    ]
    assert multi.predict_labels(GOOD[:2]) == [("good",), ("good", "day")]
    assert multi.thresholds_.shape == (2,)
    shares = multi.predict_distribution(GOOD)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(shares.argmax(axis=1), multi.predict_proba(GOOD).argmax(axis=1))


@pytest.mark.parametrize("odd", ["", " ", "😀", "x" * 100_000, "word " * 25_000, "漢字 мир\ud800"])
def test_any_text_has_an_answer(fitted: TextClassifier, odd: str) -> None:
    alone = fitted.predict_proba([odd])
    assert np.isfinite(alone).all()
    beside = fitted.predict_proba([*TOY[:3], odd])
    np.testing.assert_allclose(beside[3:], alone, atol=1e-5)


def test_texts_that_are_none_are_refused(fitted: TextClassifier) -> None:
    for wrong in (["a", None], [b"a"], [1.5], [["a"]]):
        with pytest.raises(TypeError, match="must be str, got"):
            fitted.predict_proba(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="one text is"):
        fitted.predict("a")
    assert fitted.predict_proba([]).shape == (0, 2)


@pytest.mark.usefixtures("eagerly")
def test_same_seed_same_model(fitted: TextClassifier) -> None:
    short = {**SMALL, "epochs": 2}
    first = TextClassifier(**short).fit(TOY, LABELS)
    again = clone(first).fit(TOY, LABELS)
    np.testing.assert_array_equal(first.predict_proba(TOY[:8]), again.predict_proba(TOY[:8]))
    other = TextClassifier(**{**short, "random_state": 1}).fit(TOY, LABELS)
    assert np.abs(first.predict_proba(TOY[:8]) - other.predict_proba(TOY[:8])).max() > 0
    assert clone(fitted).get_params() == fitted.get_params()


@pytest.mark.usefixtures("eagerly")
def test_training_is_taken_up_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All but the masks of the dropouts, which Keras draws anew: weights, moments, rate and order.
    monkeypatch.setattr(layers, "SPATIAL_DROPOUT", 0.0)
    options = {**SMALL, "epochs": 4, "patience": 4}
    whole = TextClassifier(**options).fit(TOY, LABELS)
    calls = 0

    def stopping(*args: Any, **kwargs: Any) -> float:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return macro_f1(*args, **kwargs)

    model = TextClassifier(**options, checkpoint=tmp_path / "state")
    with monkeypatch.context() as patched:
        patched.setattr(classifier, "macro_f1", stopping)
        with pytest.raises(KeyboardInterrupt):
            model.fit(TOY, LABELS)
    model.fit(TOY, LABELS)
    assert [e["loss"] for e in model.history_] == pytest.approx(
        [e["loss"] for e in whole.history_], rel=1e-4
    )


@pytest.mark.usefixtures("eagerly")
def test_the_best_epoch_is_kept() -> None:
    network = build_network(20, 2, dimensions=4, seed=0)
    ids = np.random.default_rng(0).integers(1, 20, (32, 8)).astype(np.int32)
    targets = np.eye(2, dtype=np.float32)[np.arange(32) % 2]
    batches = layers.Batches(ids, targets, batch_size=8, word_dropout=0.0, seed=0)
    kept, scores = [], iter([0.1, 0.5, 0.4, 0.3, 0.9])
    loss = weighted_loss([1, 1], multi_label=False)

    def score() -> float:
        kept.append(network.get_layer("dense").get_weights()[0])
        return next(scores)

    options: dict[str, Any] = {"patience": 2, "checkpoint": None, "identity": "", "verbose": 0}
    options |= {"epochs": 5, "learning_rate": 1e-3, "score": score, "score_name": "val_f1"}
    history = training.train(network, batches, loss=loss, **options)
    assert [epoch["val_f1"] for epoch in history] == [0.1, 0.5, 0.4, 0.3]
    np.testing.assert_array_equal(network.get_layer("dense").get_weights()[0], kept[1])


def test_batches_hold_every_row_once_and_only_drop_words() -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(2, 50, (101, 24)).astype(np.int32)
    ids[np.arange(24) >= rng.integers(0, 25, (101, 1))] = 0
    targets = np.arange(101, dtype=np.float32)[:, None]
    batches = layers.Batches(ids, targets, batch_size=16, word_dropout=0.3, seed=0)
    orders = []
    for epoch in (0, 1):
        batches.start_epoch(epoch)
        seen = []
        for i in range(len(batches)):
            part, numbers = batches[i]
            rows = numbers[:, 0].astype(int)
            seen += rows.tolist()
            original = ids[rows, : part.shape[1]]
            assert part.shape[1] % 8 == 0
            assert not ids[rows, part.shape[1] :].any()
            assert (part[original == 0] == 0).all()
            assert ((part == original) | (part == 1)).all()
        assert sorted(seen) == list(range(101))
        orders.append(seen)
    assert orders[0] != orders[1]
    batches.start_epoch(0)
    again = [n for i in range(len(batches)) for n in batches[i][1][:, 0].astype(int).tolist()]
    assert again == orders[0]
    assert (ids != 1).all()


def test_loss_by_hand() -> None:
    true, found = np.array([[1, 0], [0, 1]], "f4"), np.array([[0.8, 0.2], [0.4, 0.6]], "f4")
    one = np.asarray(weighted_loss([1, 3], multi_label=False)(true, found))
    np.testing.assert_allclose(one, [-np.log(0.8), -3 * np.log(0.6)], rtol=1e-5)
    each = np.asarray(weighted_loss([1, 3], multi_label=True)(true, found))
    second = -(np.log(0.6) + 3 * np.log(0.6)) / 2
    np.testing.assert_allclose(each, [-np.log(0.8), second], rtol=1e-5)


def test_class_weights() -> None:
    classes = np.array(["a", "b"])
    targets = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], "f4")

    def weights(given: Any, multi_label: bool = False) -> Any:
        return class_weights(given, classes, targets, multi_label)

    np.testing.assert_allclose(weights("balanced"), [4 / 6, 2])
    np.testing.assert_allclose(weights("balanced", True), [1 / 3, 3])
    np.testing.assert_allclose(weights({"b": 5.0}), [1, 5])
    np.testing.assert_allclose(weights(None), [1, 1])
    for wrong in ({"c": 1.0}, "even"):
        with pytest.raises(ValueError, match="class_weight"):
            weights(wrong)
        with pytest.raises(ValueError, match="class_weight"):
            TextClassifier(**SMALL, class_weight=wrong).fit(TOY, LABELS)  # type: ignore[arg-type]


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("kind", ["mapping", "pair", "gensim"])
def test_vectors_are_where_training_begins(kind: str) -> None:
    words = {"great": np.arange(5.0), "unheard": np.ones(5), "day": -np.arange(5.0)}
    matrix = np.array(list(words.values()))
    embedding = {
        "mapping": words,
        "pair": (list(words), matrix),
        # gensim's KeyedVectors, by the two attributes that every version since 4.0 has
        "gensim": SimpleNamespace(
            key_to_index={"day": 2, "great": 0, "unheard": 1}, vectors=matrix
        ),
    }[kind]
    model = TextClassifier(
        **{**SMALL, "embedding": embedding, "epochs": 1, "learning_rate": 1e-12}
    ).fit(TOY, LABELS)
    (found,) = model.network_.get_layer("embedding").get_weights()
    assert found.shape == (model.vocabulary_.n_ids, 5)
    np.testing.assert_allclose(found[model.vocabulary_.id("great")], np.arange(5), atol=1e-6)
    np.testing.assert_allclose(found[model.vocabulary_.id("day")], -np.arange(5), atol=1e-6)
    assert np.abs(found[1]).max() <= 0.05


@pytest.mark.parametrize(
    ("embedding", "error"),
    [("vectors.bin", TypeError), ({"a": [np.nan]}, ValueError), ((["a"], [1, 2]), ValueError)],
)
def test_vectors_that_are_refused(embedding: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="embedding"):
        TextClassifier(**SMALL, embedding=embedding).fit(TOY, LABELS)


def test_word2vec_files(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    for content in ("2 2\na 1 2\né 3 4\n", "a 1 2\né 3 4"):
        file.write_text(content, encoding="utf-8")
        words, matrix = read_word2vec(file)
        assert words == ["a", "é"]
        np.testing.assert_array_equal(matrix, [[1, 2], [3, 4]])
    for content, line in (("a 1 2\nb 3\n", 2), ("a 1 x\n", 1), ("a\n", 1), ("a 1 nan\n", 1)):
        file.write_text(content)
        with pytest.raises(ValueError, match=f"vectors.txt, line {line}"):
            read_word2vec(file)
    file.write_text("")
    with pytest.raises(ValueError, match=r"vectors.txt: no vectors"):
        read_word2vec(file)


@pytest.mark.parametrize(
    ("options", "y", "message"),
    [
        ({}, LABELS[:-1], "of one length above 0, got 96, 95"),
        ({}, ["same"] * 96, r"at least two labels, got \['same'\]"),
        ({}, np.zeros((96, 2)), r"y must have shape \(n_texts,\), got \(96, 2\)"),
        ({"multi_label": True}, LABELS, r"y must have shape \(n_texts, n_classes\), got \(96,\)"),
        ({"multi_label": True}, np.full((96, 2), 2), "between 0 and 1"),
        ({"multi_label": True, "labels": ["a"]}, np.ones((96, 2)), "1 labels for 2 columns"),
        ({"epochs": 0}, LABELS, "epochs must be a whole number of at least 1, got 0"),
        ({"length": 2.5}, LABELS, "length must be a whole number of at least 1, got 2.5"),
        ({"word_dropout": 1}, LABELS, r"word_dropout must be in \[0, 1\), got 1"),
        ({"learning_rate": 0}, LABELS, "learning_rate must be positive, got 0"),
    ],
)
def test_what_fit_refuses(options: dict[str, Any], y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TextClassifier(**{**SMALL, **options}).fit(TOY, y)


def test_thresholds_and_scores_by_hand() -> None:
    true = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], bool)
    found = np.array([[0.9, 0.3], [0.6, 0.1], [0.3, 0.2], [0.1, 0.1]])
    thresholds = best_thresholds(true, found)
    assert 0.3 < thresholds[0] <= 0.6
    assert 0.1 < thresholds[1] <= 0.2  # one wrong text costs less than the only right one
    predicted = found >= thresholds
    assert predicted.tolist() == [[True, True], [True, False], [False, True], [False, False]]
    assert macro_f1(true, found, multi_label=True) == pytest.approx((1 + 2 / 3) / 2)
    assert macro_f1(true[:3], found[:3], multi_label=False) == pytest.approx(0.4)


# files


def test_files_give_back_the_model(
    fitted: TextClassifier, multi: TextClassifier, tmp_path: Path
) -> None:
    for model in (fitted, multi):
        file = tmp_path / "model.keras"
        text.save(model, file, card={"name": "toy"})
        back = text.load(file)
        assert back.card_ == {"name": "toy"}
        assert back.vocabulary_ == model.vocabulary_
        np.testing.assert_array_equal(back.thresholds_, model.thresholds_)
        # float16 has 11 bits of precision
        np.testing.assert_allclose(back.predict_proba(TOY), model.predict_proba(TOY), atol=5e-3)
        assert back.predict_labels(TOY) == model.predict_labels(TOY)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_keras_itself_reads_the_file(fitted: TextClassifier, saved: Path) -> None:
    network = keras.saving.load_model(saved, safe_mode=True)
    ids = fitted._encode(TOY[:8])
    found = np.asarray(network(ids, training=False))
    np.testing.assert_allclose(found, fitted.predict_proba(TOY[:8]), atol=2e-2)


def rewrite(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    names = list(entries)
    change(entries)
    forging.rewrite(file, {name: entries.get(name) for name in names if name != forging.SEAL})


def about(**values: Any) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        entries["quaver.json"] = json.dumps(json.loads(entries["quaver.json"]) | values).encode()

    return change


def other_vocabulary(entries: dict[str, bytes]) -> None:
    entries["vocabulary.json"] = Vocabulary.build(TOY[:3]).to_json().encode()


def changed_vocabulary(entries: dict[str, bytes]) -> None:
    entries["vocabulary.json"] = entries["vocabulary.json"].replace(b'"great"', b'"grate"')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_vocabulary, "the vocabulary has the digest .* the network was trained with"),
        (changed_vocabulary, "vocabulary.json: corrupted vocabulary"),
        (lambda e: e.pop("vocabulary.json"), "not a text model of quaver"),
        (lambda e: e.pop("quaver.json"), "not a text model of quaver"),
        (lambda e: e.pop("model.weights.h5"), "not a text model of quaver"),
        (lambda e: e.update({"model.weights.h5": b"no weights"}), "not a text model of quaver"),
        (lambda e: e.update({"quaver.json": b"{"}), "not a text model of quaver"),
        (about(probe=[[0.5, 0.5]] * 4), "does not compute what was stored with the network"),
        (about(format=99), "quaver.json is not of format 1"),
        (about(thresholds=[0.5]), "1 thresholds for 2 classes"),
        (about(classes=["a"], thresholds=[0.5]), "not a text model of quaver"),
        (about(classes="ab"), "classes must be list, got 'ab'"),
        (about(dimensions=17), "weights of shape .* are expected"),
    ],
)
def test_a_spoilt_model_is_refused_by_name(
    saved: Path, change: Callable[[dict[str, bytes]], None], message: str
) -> None:
    rewrite(saved, change)
    with pytest.raises(ValueError, match=message) as caught:
        text.load(saved)
    assert str(saved) in str(caught.value)


def test_files_that_are_no_archives(saved: Path, tmp_path: Path) -> None:
    for content in (b"", b"no model", saved.read_bytes()[:-1000]):
        saved.write_bytes(content)
        with pytest.raises(ValueError, match=r"model\.keras: not a text model of quaver"):
            text.load(saved)
    for path, error in ((tmp_path / "absent.keras", FileNotFoundError), (tmp_path, OSError)):
        with pytest.raises(error, match=path.name):
            text.load(path)


def test_the_description_inside_is_not_run(saved: Path, fitted: TextClassifier) -> None:
    def poison(entries: dict[str, bytes]) -> None:
        entries["config.json"] = json.dumps(
            {"module": "os", "class_name": "system", "config": {"command": "exit 1"}}
        ).encode()

    rewrite(saved, poison)
    assert text.load(saved).predict_labels(TOY) == fitted.predict_labels(TOY)


def test_saving_needs_a_fitted_model_and_the_ending(fitted: TextClassifier, tmp_path: Path) -> None:

    with pytest.raises(NotFittedError):
        text.save(TextClassifier(), tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"expected a name that ends in \.keras"):
        text.save(fitted, tmp_path / "model.h5")
