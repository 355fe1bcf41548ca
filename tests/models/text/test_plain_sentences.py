"""Plain sentences, whose labels were written down before any model was asked."""

from __future__ import annotations

from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY
from quaver import LABELS
from quaver.models.text import onnx
from quaver.text import tokenize

ROWS = [
    line.split("\t")
    for line in Path(__file__).with_name("plain_sentences.tsv").read_text("utf-8").splitlines()
]
#: How many of each group the shipped model gets right at least; its card has how many it got when
#: it was made, one more where many are right.
LEAST = {
    "simple": 20, "spelling": 5, "capitals": 3, "typed": 2, "emoticons": 1, "emoji": 6,
    "negation": 10, "irony": 1,
}  # fmt: skip


def test_each_has_labels_that_there_are() -> None:
    assert len(ROWS) >= 60
    assert len({sentence for _, _, sentence in ROWS}) == len(ROWS)
    assert {label for _, labels, _ in ROWS for label in labels.split(",")} == set(LABELS)
    assert {group for group, _, _ in ROWS} == set(LEAST)


def test_the_shipped_model_gets_most_right() -> None:
    model = onnx.load_pretrained(threads=1)
    found = model.predict_texts([sentence for _, _, sentence in ROWS]).labels.tolist()
    right: Counter[str] = Counter()
    for (group, labels, _), label in zip(ROWS, found, strict=True):
        right[group] += label in labels.split(",")
    assert {group: right[group] for group in LEAST if right[group] < LEAST[group]} == {}


@pytest.fixture(scope="module")
def made() -> Any:
    """The tool that makes sentences to train on."""
    spec = spec_from_file_location("plain_texts", REPOSITORY / "tools" / "plain_texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_none_is_trained_on(made: Any) -> None:
    texts = {
        tuple(tokenize(t.strip(" .!"))) for part in (made.feelings, made.irony) for t in part()[0]
    }
    assert ("i", "am", "not", "glad") in texts
    assert not texts & {tuple(tokenize(sentence.strip(" .!"))) for _, _, sentence in ROWS}


def test_negation_takes_the_feeling_away(made: Any) -> None:
    targets = dict(zip(*made.feelings(), strict=True))
    most = {text: LABELS[int(target.argmax())] for text, target in targets.items()}
    assert most["i am glad"] == "happiness"
    assert most["i am not glad"] == "sadness"
    assert most["i am no longer scared"] == "neutral"
    assert targets["i am not glad"][LABELS.index("happiness")] < 0.1
