"""Sequences of ids, by Keras' TextVectorization and plain Python too, and a sentence's labels.

Answers are compared first.

Run with ``--benchmark-enable``; without it each body runs once, as a test of the ids.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from quaver._emoticons import AT_WORDS, REPEATS, SLASH, spellings
from quaver._english import CONTRACTIONS, SUFFIXES
from quaver._unicode import unified
from quaver.models.text import classifier, onnx
from quaver.text import TextConfig, Vocabulary, sequences
from reference.text import kind_of

Ids = NDArray[np.int32]
LENGTH = 40
SENTENCE = "I am so happy that you could come to the party, thank you!"


class PlainWhitespace:
    """What Keras does by default, with str.translate and str.split."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.ids = {word: i for i, word in enumerate(vocabulary.words, 2)}
        self.marks = str.maketrans("", "", string.punctuation)

    def encode(self, texts: Iterable[str]) -> Ids:
        rows = []
        for text in texts:
            words = text.lower().translate(self.marks).split()[:LENGTH]
            rows.append([self.ids.get(word, 1) for word in words])
        return padded(rows)


class PlainWords:
    """quaver's own tokens, with one regular expression and dictionaries."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.ids = {word: i for i, word in enumerate(vocabulary.words, 2)}
        of_kind: dict[str, list[int]] = {}
        for code in range(sys.maxunicode + 1):
            of_kind.setdefault(kind_of(chr(code)), []).append(code)
        letter, digit, single, mark, apostrophe = (
            character_class(of_kind[kind])
            for kind in ("letter", "digit", "single", "mark", "apostrophe")
        )
        word = f"[{letter}{digit}]+"
        inside = f"[{letter}{digit}]"
        faces, self.faces = [], {}
        for i, (spelling, token, around) in enumerate(
            sorted(spellings(), key=lambda item: -len(item[0]))
        ):
            face = re.escape(spelling.lower()).replace("'", f"[{apostrophe}]")
            face += f"{re.escape(spelling[-1].lower())}*" if around & REPEATS else ""
            face += r"(?![/\\])" if around & SLASH else ""
            apart, before = f"(?<!{inside})", f"(?!{inside})"
            free = (
                f"(?:{apart}{face}|{face}{before})" if around & AT_WORDS else apart + face + before
            )
            faces.append(f"(?P<f{i}>(?<!{re.escape(spelling[0])}){free})")
            self.faces[f"f{i}"] = self.parts(vocabulary, token, " ".join(token))
        picture = f"[\U0001f1e6-\U0001f1ff]{{2}}|[{single}](?:\u200d[{single}])*"
        self.form = re.compile(
            f"{word}(?:[{apostrophe}]{word})*|(?P<picture>{picture})|{'|'.join(faces)}"
            f"|(?P<mark>[{mark}])(?P=mark)*"
        )
        self.repeated = re.compile(f"([{letter}])\\1\\1+")
        self.number = re.compile(f"[{digit}]+")
        self.changed = dict.fromkeys(of_kind["ignored"]) | dict.fromkeys(of_kind["apostrophe"], "'")
        del self.changed[0x200D]
        self.loose = re.compile(
            f"(?<=[{single}])(?:\u200d[\u2640\u2642])+|(?<![{single}])\u200d|\u200d(?![{single}])"
        )

    def parts(self, vocabulary: Vocabulary, form: str, instead: str) -> list[int]:
        if form in self.ids:
            return [self.ids[form]]
        return [i for i in sequences([instead], vocabulary)[0].tolist() if i]

    def encode(self, texts: Iterable[str]) -> Ids:
        ids, rows = self.ids, []
        for text in texts:
            row: list[int] = []
            if not text.isascii():
                text = unified(text)
            text = self.loose.sub("", text.lower().translate(self.changed))
            for match in self.form.finditer(self.repeated.sub(r"\1\1", text)):
                form, kind = match[0], match.lastgroup
                if kind == "mark":
                    row.append(ids.get(form[:3], 1))
                elif kind == "picture":
                    row += (
                        [ids[form]]
                        if form in ids
                        else [ids.get(c, 1) for c in form if c != "\u200d"]
                    )
                elif kind is not None:
                    row += self.faces[kind]
                elif form in CONTRACTIONS:
                    row += [ids.get(word, 1) for word in CONTRACTIONS[form]]
                elif "'" in form:
                    row += self.contraction(form)
                elif self.number.fullmatch(form):
                    row.append(ids.get("0", 1))
                else:
                    row.append(ids.get(form, 1))
            rows.append(row[:LENGTH])
        return padded(rows)

    def contraction(self, form: str) -> list[int]:
        for ending in ("n't", form[form.rfind("'") :]):
            if form.endswith(ending) and ending in SUFFIXES and len(form) > len(ending):
                stem = form[: -len(ending)]
                words = [*CONTRACTIONS.get(stem, (stem,)), *SUFFIXES[ending]]
                return [self.ids.get(word, 1) for word in words]
        return [self.ids.get(form, 1)]


def character_class(codes: list[int]) -> str:
    parts, start = [], codes[0]
    for code, following in zip(codes, [*codes[1:], -1], strict=True):
        if following != code + 1:
            parts.append(f"{re.escape(chr(start))}-{re.escape(chr(code))}")
            start = following
    return "".join(parts)


def padded(rows: list[list[int]]) -> Ids:
    matrix = np.zeros((len(rows), LENGTH), np.int32)
    for row, ids in zip(matrix, rows, strict=True):
        row[: len(ids)] = ids
    return matrix


@pytest.fixture(scope="session", autouse=True)
def one_thread(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("benchmark_enable"):
        return  # a test of the answers, where TensorFlow may already be at work
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


@pytest.mark.parametrize("name", ["quaver", "keras", "keras, tensor given", "plain Python"])
def test_tokens_of_keras(benchmark: Any, texts: list[str], name: str) -> None:
    benchmark.group = "text: Keras' tokens"
    # Keras leaves the case of other letters than ASCII: so do these texts.
    texts = [t if t.isascii() else t.lower() for t in texts]
    vocabulary = Vocabulary.build(texts, config=TextConfig.like_keras())
    layer = keras.layers.TextVectorization(
        output_sequence_length=LENGTH, vocabulary=list(vocabulary.words)
    )
    tensor = tf.constant(texts)
    peers: dict[str, Callable[[], Any]] = {
        "quaver": lambda: sequences(texts, vocabulary, length=LENGTH),
        "keras": lambda: layer(texts),
        "keras, tensor given": lambda: layer(tensor),
        "plain Python": lambda: PlainWhitespace(vocabulary).encode(texts),
    }
    # TensorFlow splits at ASCII white space only.
    comparable = [not re.search(r"[^\S \t\n\v\f\r]", text) for text in texts]
    assert np.mean(comparable) > 0.999
    found, expected = np.asarray(peers[name]()), peers["quaver"]()
    np.testing.assert_array_equal(found[comparable], expected[comparable])
    benchmark.pedantic(peers[name], rounds=20 if name == "quaver" else 3, warmup_rounds=1)


@pytest.mark.parametrize("name", ["quaver", "plain Python"])
def test_own_tokens(benchmark: Any, texts: list[str], name: str) -> None:
    benchmark.group = "text: own tokens"
    vocabulary = Vocabulary.build(texts, min_count=2)
    plain = PlainWords(vocabulary)
    peers: dict[str, Callable[[], Ids]] = {
        "quaver": lambda: sequences(texts, vocabulary, length=LENGTH),
        "plain Python": lambda: plain.encode(texts),
    }
    np.testing.assert_array_equal(peers[name](), peers["quaver"]())
    benchmark.pedantic(peers[name], rounds=20 if name == "quaver" else 3, warmup_rounds=1)


@pytest.mark.parametrize("name", ["onnx", "keras"])
def test_sentence(benchmark: Any, name: str) -> None:
    benchmark.group = "text: a sentence to its labels"
    models = {"onnx": onnx.load_pretrained(threads=1), "keras": classifier.load_pretrained()}
    found = [model.predict_proba([SENTENCE]) for model in models.values()]
    np.testing.assert_allclose(*found, atol=1e-5)
    assert benchmark(models[name].predict_labels, [SENTENCE]) == [("happiness",)]
