"""What is a list of texts: columns and arrays are, tables, mappings and single texts are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas
import pyarrow
import pytest

from quaver.text import TextConfig, Vocabulary, sequences


@pytest.mark.parametrize("value", ["one text", b"bytes", None, 3])
def test_one_text_is_no_list_of_texts(value: object) -> None:
    with pytest.raises(TypeError, match="must be a list of str"):
        sequences(value, Vocabulary(["a"]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (pandas.DataFrame({"text": ["a", "b"], "n": [1, 2]}), r"shape \(2, 2\); take one column"),
        (pyarrow.table({"text": ["a"]}), "take one column of it"),
        ({"text": ["a"]}, "got dict"),
        ({"a", "b"}, "got set"),
        (np.array([["a"]]), r"ndarray of shape \(1, 1\)"),
        (np.array("a"), r"ndarray of shape \(\)"),
        ("a", r"one text is \[text\]"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_tables_and_mappings_are_no_lists_of_texts(value: Any, message: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: sequences(value, Vocabulary(["a"])),
        lambda: Vocabulary.build(value),
        lambda: Vocabulary(value),
    ]
    if not isinstance(value, set):  # whose order stop words do not need
        calls.append(lambda: TextConfig(stop_words=value))
    for call in calls:
        with pytest.raises(TypeError, match=f"must be a list of str, got .*{message}|{message}"):
            call()


@pytest.mark.parametrize("inside", [["b"], 1, None, float("nan"), b"b", ("b",), np.array(["b"])])
def test_what_is_inside_a_list_of_texts_is_told(inside: Any) -> None:
    for texts in (["a", inside], pandas.Series(["a", inside], dtype=object)):
        with pytest.raises(
            TypeError, match=rf"texts\[1\] must be str, got {type(inside).__name__}"
        ):
            sequences(texts, Vocabulary(["a"]))


def test_columns_and_arrays_are_lists_of_texts() -> None:
    vocabulary = Vocabulary(["a", "b"])
    for texts in (
        pandas.Series(["a", "b"], index=[7, 3]),
        pandas.Series(["a", "b"], dtype="string"),
        np.array(["a", "b"]),
        np.array(["a", "b"], object),
        ("a", "b"),
        iter(["a", "b"]),
        {"a": 1, "b": 2}.keys(),
    ):
        assert sequences(texts, vocabulary).tolist() == [[2], [3]]


def test_lemmas_are_a_mapping() -> None:
    with pytest.raises(TypeError, match="lemmas must map words to words, got list"):
        Vocabulary(["a"], lemmas=[("as", "a")])  # type: ignore[arg-type]


def test_bytes_get_a_hint() -> None:
    with pytest.raises(TypeError, match="decode it first"):
        sequences([b"a"], Vocabulary(["a"]))  # type: ignore[list-item]
