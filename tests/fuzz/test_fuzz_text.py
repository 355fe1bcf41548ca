"""Random texts against the twin, and anything else in the place of a text."""

from __future__ import annotations

from typing import Any

import numpy as np

from fuzzing import CALLS, STRANGERS, choice, expect, mutated, ugly_values
from quaver import _text
from quaver._emoticons import spellings
from quaver._english import CONTRACTIONS, SUFFIXES
from quaver.text import TextConfig, Vocabulary, sequences, tokenize
from reference import text as twin

SPELLINGS = {spelling: (token, around) for spelling, token, around in spellings()}
PIECES = (
    *SPELLINGS,
    *CONTRACTIONS,
    *("\u200d", "\ufe0f", "\ufe0e", "🏽", "🇬", "🇧", "👩", "❤", "🔥", "♀", "♂", "↔", "☹", "😡", "1️⃣"),
    *(
        "'",
        "`",
        "´",
        "’",
        "‘",
        "ʼ",
        "′",
        "＇",
        "\u0301",
        "\u0338",
        "ᄀ",
        "ᅡ",
        "ᆨ",
        "é",
        "İ",
        "Σ",
        "ß",
    ),
    *(
        "\0",
        "\ud83d",
        "\ude00",
        "\udfff",
        "\u202e",
        "שלום",
        "مرحبا",
        "ﷺ",
        "ﷲ",
        "कि",
        "漢",
        "かな",
        "ﾊﾟ",
    ),
    *(
        "aaaa",
        "A",
        "zzZ",
        "2024",
        "٣",
        "½",
        "…",
        "!!!!",
        "?",
        ":",
        "/",
        "//",
        "#",
        "_",
        "™",
        "¨",
        "ﬁ",
        "𝓼",
    ),
    *(" ", "\t", "\n", "\u3000", "\u00a0", "\u2028", "\u00ad", "\ufeff"),
)
OPTIONS: dict[str, tuple[Any, ...]] = {
    "tokens": ("words", "words", "whitespace"),
    "lower": (True, False),
    "contractions": (True, False),
    "punctuation": ("keep", "drop"),
    "digits": ("keep", "mask", "drop"),
    "squeeze": (True, False),
}


def random_text(rng: np.random.Generator) -> str:
    """Return pieces that take turns badly and characters of any number, seldom very many."""
    made = []
    for _ in range(int(rng.integers(0, 24))):
        made.append(choice(rng, PIECES))
        if rng.random() < 0.3:
            made.append(chr(int(rng.integers(0x110000 if rng.random() < 0.5 else 0x3000))))
    text = "".join(made)
    return text * int(rng.integers(500)) if rng.random() < 0.003 else text


def random_config(rng: np.random.Generator) -> TextConfig:
    options = {name: choice(rng, values) for name, values in OPTIONS.items()}
    return TextConfig(**options, stop_words=() if rng.random() < 0.8 else ("the", ":)", "a"))


def twin_tokens(text: str, config: TextConfig) -> list[str]:
    forms = twin.forms(
        text,
        emoticons=SPELLINGS,
        lower=config.lower,
        tokens=config.tokens,
        punctuation=config.punctuation,
        digits=config.digits,
        squeeze=config.squeeze,
    )
    if config.contractions:
        forms = [t for form in forms for t in twin.expand(form, CONTRACTIONS, SUFFIXES)]
    return [token for token in forms if token not in config.stop_words]


def test_random_texts_against_the_twin() -> None:
    rng = np.random.default_rng(1)
    for _ in range(CALLS):
        config, text = random_config(rng), random_text(rng)
        assert tokenize(text, config) == twin_tokens(text, config), (text, config)


def test_random_vocabularies_against_the_twin() -> None:
    rng = np.random.default_rng(2)
    for _ in range(CALLS // 5):
        config, texts = random_config(rng), [random_text(rng) for _ in range(4)]
        tokens = [twin_tokens(text, config) for text in texts]
        vocabulary = Vocabulary.build(texts, config=config)
        assert list(vocabulary.words) == [word for word, _ in twin.count(tokens)], (texts, config)
        ids = {word: i for i, word in enumerate(vocabulary.words, 2)}
        found = sequences(texts, vocabulary, length=9)
        np.testing.assert_array_equal(found, twin.sequences(tokens, ids, 9), repr((texts, config)))


def test_anything_in_the_place_of_texts_is_an_answer_or_a_refusal() -> None:
    rng = np.random.default_rng(3)
    vocabulary = Vocabulary(["a", "b", ":)"])
    good = {"texts": ["a b", "c"], "vocabulary": vocabulary, "length": 3}
    calls = (
        (sequences, good | {"padding": "pre", "truncating": "post"}),
        (Vocabulary.build, {"texts": ["a b", "c"], "max_words": 4, "min_count": 1}),
        (Vocabulary, {"words": ["a", "b"], "lemmas": {"as": "a"}}),
        (tokenize, {"text": "a b"}),
        (
            TextConfig,
            {name: values[0] for name, values in OPTIONS.items()} | {"stop_words": ("a",)},
        ),
        (Vocabulary.from_json, {"content": vocabulary.to_json(), "name": "words"}),
    )
    for i in range(CALLS):
        call, arguments = calls[i % len(calls)]
        expect(call, **mutated(rng, arguments))


def test_the_compiled_module_refuses_what_is_no_text() -> None:
    rng = np.random.default_rng(4)
    rules = {"lower": True, "words": True, "keep_marks": True, "digits": "keep", "squeeze": True}
    splitter = _text.splitter(**rules)  # type: ignore[arg-type]
    encoder = _text.encoder(splitter, {"a": (2,), "b": (2, 3)}, {"'s": ()})
    lists = (
        [random_text(rng)],
        ["a", None],
        [b"a"],
        [["a"]],
        ("a",),
        "a",
        {"a": 1},
        [],
        *STRANGERS,
    )
    numbers = ugly_values(3)
    allowed = (ValueError, TypeError, OverflowError, MemoryError, KeyError, AttributeError)
    for _ in range(CALLS):
        given = choice(rng, lists)
        expect(splitter.forms, choice(rng, [random_text(rng), *STRANGERS]), allowed=allowed)
        expect(splitter.count, given, allowed=allowed)
        sides = (choice(rng, (True, False)), choice(rng, (True, False, None)))
        expect(encoder.encode, given, choice(rng, numbers), *sides, allowed=allowed)
        expect(_text.splitter, **mutated(rng, rules), allowed=allowed)
        table = choice(
            rng, [{"a": (1,)}, {"": (1,)}, {"\0": ()}, {"\ud800": (1,)}, {1: 2}, *STRANGERS]
        )
        expect(
            _text.encoder,
            splitter,
            table,
            choice(rng, [{}, {"'s": (7,)}, *STRANGERS]),
            allowed=allowed,
        )
