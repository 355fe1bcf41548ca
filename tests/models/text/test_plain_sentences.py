"""Plain sentences, whose labels were written down before any model was asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from quaver import LABELS
from quaver.models.text import onnx

ROWS = [
    line.split("\t")
    for line in Path(__file__).with_name("plain_sentences.tsv").read_text("utf-8").splitlines()
]
#: How many of each group the shipped model gets right, README has the sum: comments on Reddit have
#: few emoji, and it takes negation and irony at their words.
RIGHT = {
    "simple": 19, "spelling": 5, "capitals": 3, "typed": 1, "emoticons": 0, "emoji": 2,
    "negation": 3, "irony": 0,
}  # fmt: skip


def test_each_has_labels_that_there_are() -> None:
    assert len(ROWS) == 70
    assert len({sentence for _, _, sentence in ROWS}) == len(ROWS)
    assert {label for _, labels, _ in ROWS for label in labels.split(",")} == set(LABELS)


def test_the_shipped_model_gets_no_fewer_right() -> None:
    model = onnx.load_pretrained(threads=1)
    found = model.predict_texts([sentence for _, _, sentence in ROWS]).labels.tolist()
    right: Counter[str] = Counter()
    for (group, labels, _), label in zip(ROWS, found, strict=True):
        right[group] += label in labels.split(",")
    assert right.keys() == RIGHT.keys()
    assert {group: right[group] for group in RIGHT if right[group] < RIGHT[group]} == {}
