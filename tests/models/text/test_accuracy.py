"""The shipped text model: its size, and its scores on GoEmotions as the card has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import quaver_models
from quaver import LABELS
from quaver.models import text
from quaver.models.card import to_markdown
from quaver.models.text import evaluation
from quaver.models.text.evaluation import Texts, make_baseline, read_goemotions, score

pytestmark = pytest.mark.slow

PRETRAINED = Path(str(quaver_models.files()))


@pytest.fixture(scope="module")
def shipped() -> text.TextClassifier:
    return text.load_pretrained()


@pytest.fixture(scope="module")
def goemotions(data_dir: Path) -> Path:
    return data_dir / "goemotions_ekman"


def test_the_file_is_small_and_its_card_beside_it(shipped: text.TextClassifier) -> None:
    assert (PRETRAINED / "goemotions-text.keras").stat().st_size < 12e6
    card = (PRETRAINED / "goemotions-text.md").read_text(encoding="utf-8")
    assert card == to_markdown(shipped.card_)
    assert shipped.classes_.tolist() == list(LABELS)
    with pytest.raises(ValueError, match="name must be 'goemotions-text', got 'other'"):
        text.load_pretrained("other")


@pytest.mark.parametrize(
    ("sentence", "label"),
    [
        ("Thank you so much, this is wonderful!", "happiness"),
        ("This is disgusting, gross", "disgust"),
        ("I am so scared, this is terrifying", "fear"),
        ("my dog died, I am so sad", "sadness"),
        ("shut up, I hate you, you fucking idiot", "anger"),
        ("Wow, what a surprise, I did not expect that!", "surprise"),
        ("The shop opens at nine", "neutral"),
    ],
)
def test_plain_sentences(shipped: text.TextClassifier, sentence: str, label: str) -> None:
    assert label in shipped.predict_labels([sentence])[0]
    assert LABELS[shipped.predict_proba([sentence])[0].argmax()] == label


def test_scores_are_those_of_the_card(shipped: text.TextClassifier, goemotions: Path) -> None:
    (report,) = evaluation.compare(goemotions, shipped, baseline=False)
    card = shipped.card_
    assert (report.n_test, report.n_single) == (5427, 4968)
    for name in ("dev_macro_f1", "test_macro_f1", "single_accuracy", "single_macro_f1"):
        assert getattr(report, name) == pytest.approx(card["Scores: network"][name], abs=2e-3)
        # At least level with the linear model, whose scores the same command wrote to the card.
        assert card["Scores: network"][name] > card["Scores: TF-IDF"][name]
    # The thresholds are those that the development part gives, not better ones for the test part.
    assert list(report.thresholds.values()) == pytest.approx(shipped.thresholds_.tolist())


def test_goemotions_is_read_as_published(goemotions: Path) -> None:
    parts = {part: read_goemotions(goemotions, part) for part in ("train", "dev", "test")}
    assert {part: len(texts) for part, texts in parts.items()} == {
        "train": 43410,
        "dev": 5426,
        "test": 5427,
    }
    assert parts["train"].texts[0].startswith("My favourite food")
    assert parts["train"].labels[0].tolist() == [label == "neutral" for label in LABELS]
    assert parts["train"].labels.any(axis=1).all()


def test_folders_that_are_not_goemotions(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"labels\.txt"):
        read_goemotions(tmp_path, "dev")
    (tmp_path / "labels.txt").write_text("good\nbad\n")
    with pytest.raises(ValueError, match=r"labels\.txt: expected anger, .* got \['good', 'bad'\]"):
        read_goemotions(tmp_path, "dev")
    (tmp_path / "labels.txt").write_text("\n".join(LABELS[::-1]))
    for line in ("a\t0", "a\tx\tid", "a\t7\tid", "a\t\tid"):
        (tmp_path / "dev.tsv").write_text(f"b\t0\tid\n{line}\n")
        with pytest.raises(ValueError, match=r"dev\.tsv, line 2: expected text, label ids and id"):
            read_goemotions(tmp_path, "dev")
    (tmp_path / "dev.tsv").write_text("b\t0,6\tid\n")
    assert read_goemotions(tmp_path, "dev").labels.tolist() == [[True, *[False] * 5, True]]
    (tmp_path / "dev.tsv").write_text("")
    with pytest.raises(ValueError, match="no texts"):
        read_goemotions(tmp_path, "dev")


def test_scores_by_hand() -> None:
    labels = np.eye(7, dtype=bool)[[0, 1, 2, 3, 4, 5, 6, 0]]
    labels[7, 1] = True
    part = Texts(["x"] * 8, labels)
    perfect = score("perfect", labels, labels, part, part)
    assert perfect.test_macro_f1 == perfect.single_accuracy == perfect.single_macro_f1 == 1.0
    assert (perfect.n_test, perfect.n_single) == (8, 7)
    found = labels.astype(float)
    found[2] = [0, 0, 0.4, 0.6, 0, 0, 0]  # fear taken for happiness, the second choice right
    wrong = score("wrong", labels, found, part, part)
    assert wrong.single_accuracy == pytest.approx(6 / 7)
    assert wrong.f1["happiness"] == pytest.approx(
        1.0 if wrong.thresholds["happiness"] > 0.6 else 2 / 3
    )
    assert wrong.single_macro_f1 == pytest.approx((5 + 0 + 2 / 3) / 7)
    with pytest.raises(ValueError, match=r"expected probabilities \(8, 7\), got \(8, 6\)"):
        score("other", labels, found[:, :6], part, part)


def test_the_linear_model_learns() -> None:
    texts = [f"it is {word} {i}" for i in range(12) for word in ("good", "bad")]
    labels = np.array([[1, 0], [0, 1]] * 12)
    found = make_baseline().fit(texts, labels).predict_proba(["how good", "so bad"])
    assert (found.argmax(axis=1) == [0, 1]).all()
