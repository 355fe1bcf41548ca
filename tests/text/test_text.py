"""Tokens, vocabularies and sequences against the twin, and on what nobody means to pass."""

from __future__ import annotations

import copy
import json
import pickle
import string
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaver._emoticons import spellings
from quaver._english import CONTRACTIONS, SUFFIXES, expand
from quaver._unicode import unified
from quaver.text import EMOTICONS, TextConfig, Vocabulary, sequences, tokenize, wordnet_lemmatizer
from reference import text as twin

# Characters that take turns badly: case of two letters, joiners, tones, marks, zero bytes.
AWKWARD = "aAbB'’.!?1２ \u3000\t\n\u200d\ufe0f😀🏽漢字éÉ\u0301İßΣकि\ud800\x00_-#“”·¼Ⅳ𝔄ʼ`´¨¯™ﬁ…≠"
AWKWARD += ":;=<>^()[/\\|3DdPoO@*♀↔🇬🇧❤\u1161\u1100\u0338"
TEXTS = [
    "I can't BELIEVE it's 2024!!! 😀",
    "Sooooo happy... we’ve won, haven't we? 100%",
    "don't dont DON'T shouldn't've 'quoted' rock'n'roll o'clock y'all",
    "Привет, МИР! naïve café 漢字かな 안녕",
    "👩\u200d👩\u200d👧 👍🏽 ☂️ #tag @name _under_ a-b e=mc²",
    "",
    "   \t\n",
    "'''",
]
SPELLINGS = {spelling: (token, around) for spelling, token, around in spellings()}
configs = st.builds(
    TextConfig,
    tokens=st.sampled_from(["words", "whitespace"]),
    lower=st.booleans(),
    contractions=st.booleans(),
    punctuation=st.sampled_from(["keep", "drop"]),
    digits=st.sampled_from(["keep", "mask", "drop"]),
    squeeze=st.booleans(),
)
texts = st.text(st.sampled_from(AWKWARD), max_size=16) | st.text(max_size=16)


def twin_tokens(text: str, config: TextConfig) -> list[str]:
    forms = twin.forms(
        text,
        lower=config.lower,
        tokens=config.tokens,
        punctuation=config.punctuation,
        digits=config.digits,
        squeeze=config.squeeze,
        emoticons=SPELLINGS,
    )
    if config.contractions:
        forms = [t for form in forms for t in twin.expand(form, CONTRACTIONS, SUFFIXES)]
    return [token for token in forms if token not in config.stop_words]


# tokens


@given(texts, configs)
def test_tokens_are_those_of_the_twin(text: str, config: TextConfig) -> None:
    assert tokenize(text, config) == twin_tokens(text, config)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("config", [TextConfig(), TextConfig.like_keras()], ids=["own", "keras"])
def test_tokens_of_chosen_texts(text: str, config: TextConfig) -> None:
    assert tokenize(text, config) == twin_tokens(text, config)


@pytest.mark.parametrize("tokens", ["words", "whitespace"])
def test_every_code_point(tokens: str) -> None:
    config = TextConfig(tokens=tokens)
    points = [*range(0x3000), *range(0x3000, sys.maxunicode + 1, 23)]
    for start in range(0, len(points), 4096):
        text = " ".join(f"a{chr(point)}{chr(point)}b" for point in points[start : start + 4096])
        assert tokenize(text, config) == twin_tokens(text, config)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("don't", ["do", "not"]),
        ("DON’T", ["do", "not"]),
        ("it's the dog's", ["it", "is", "the", "dog"]),
        ("they'll've", ["they'll", "have"]),
        ("shouldn't've", ["should", "not", "have"]),
        ("who'd dare n't", ["who", "would", "dare", "n't"]),
        ("rock'n'roll 'tis o'clock", ["rock'n'roll", "tis", "o'clock"]),
        ("goooood yeeees 1000", ["good", "yees", "0"]),
        ("what?!?! ... --- ;)", ["what", "?", "!", "?", "!", "...", "---", ";)"]),
        ("👍🏽 ❤️ ok👌ok", ["👍", "❤", "ok", "👌", "ok"]),
        ("漢字 かな", ["漢", "字", "かな"]),
        ("e\u0301te\u0301 soft\u00adhyphen", ["\u00e9t\u00e9", "softhyphen"]),
        ("ﬁne ｗｉｄｅ 𝓼𝓪𝓭 ½…", ["fine", "wide", "sad", "0", "⁄", "0", "..."]),
        ("Monsanto™ ¨ ¯", ["monsanto", "™", "¨", "¯"]),
        ("ΣΑΣ İ", ["σας", "i\u0307"]),
        ("can`t can´t can‘t can′t can＇t canʼt", ["can", "not"] * 6),
        ("`code` ‘quoted’ ''", ["code", "quoted"]),
        ("great :( I :'( no", ["great", ":(", "i", ":'(", "no"]),
        (":-) =) :] :)))) :^)", [":)"] * 5),
        ("<3 </3 :D ;) xD :/ :*", ["<3", "</3", ":D", ";)", "xd", ":/", ":*"]),
        ("<3<3 :):) Été :D ：（", ["<3", "<3", ":)", ":)", "été", ":D", ":("]),
        ("I can’t :’( ;-;", ["i", "can", "not", ":'(", ":'("]),
        ("(see:) a:( a:(b :(b", ["(", "see", ":)", "a", ":(", "a", ":", "(", "b", ":(", "b"]),
        (
            "http://a 8:30 a::b x<3",
            [*["http", ":", "//", "a"], *["0", ":", "0", "a", "::", "b", "x", "<", "0"]],
        ),
        (
            "👩\u200d👩\u200d👧 ❤️\u200d🔥 🙂\u200d↔️",
            ["👩\u200d👩\u200d👧", "❤\u200d🔥", "🙂\u200d↔"],
        ),
        ("🤷🏻\u200d♀️ 🤷 🇬🇧🇺🇸🇫 🏴\U000e0067\U000e007f", ["🤷", "🤷", "🇬🇧", "🇺🇸", "🇫", "🏴"]),
        ("😡😡☹︎", ["😡", "😡", "☹"]),
    ],
)
def test_tokens_by_hand(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


def test_options_of_tokens() -> None:
    text = "It's 3 Dogs, isn't it?"
    assert tokenize(text, TextConfig(lower=False, contractions=False)) == [
        *("It's", "0", "Dogs", ",", "isn't", "it", "?")
    ]
    assert tokenize(text, TextConfig(punctuation="drop", digits="keep")) == [
        *("it", "is", "3", "dogs", "is", "not", "it")
    ]
    assert tokenize(text, TextConfig(digits="drop", stop_words=("it", "is", "?"))) == [
        *("dogs", ",", "not")
    ]
    assert tokenize("sooo", TextConfig(squeeze=False)) == ["sooo"]


def test_a_text_of_any_length() -> None:
    long = "word " * 20_000 + "x" * 100_000 + "!" * 100_000
    assert tokenize(long) == ["word"] * 20_000 + ["xx", "!!!"]
    config = TextConfig(squeeze=False)
    assert tokenize("x" * 100_000 + " é" * 3, config) == ["x" * 100_000, "é", "é", "é"]
    assert len(tokenize("a's" * 50_000)) == 1


@pytest.mark.parametrize("value", [None, b"bytes", 3, ["list"], bytearray(b"b")])
def test_what_is_no_text_is_refused(value: object) -> None:
    vocabulary = Vocabulary(["a"])
    with pytest.raises(TypeError, match=f"text must be a str, got {type(value).__name__}"):
        tokenize(value)  # type: ignore[arg-type]
    for call in (
        lambda: sequences(["a", value], vocabulary),  # type: ignore[list-item]
        lambda: Vocabulary.build(["a", value]),  # type: ignore[list-item]
    ):
        with pytest.raises(TypeError, match=rf"texts\[1\] must be str, got {type(value).__name__}"):
            call()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tokens": "letters"}, "tokens must be one of 'words', 'whitespace', got 'letters'"),
        ({"punctuation": None}, "punctuation must be one of"),
        ({"digits": "hide"}, "digits must be one of"),
    ],
)
def test_config_values(options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TextConfig(**options)  # type: ignore[arg-type]


def test_config_types() -> None:
    for options in ({"lower": 1}, {"stop_words": "the"}, {"stop_words": (1,)}):
        with pytest.raises(TypeError, match="must be"):
            TextConfig(**options)  # type: ignore[arg-type]


def test_emoticons_are_tokens_where_marks_are_not() -> None:
    assert tokenize("so, (great) :( 👍", TextConfig(punctuation="drop")) == [
        "so",
        "great",
        ":(",
        "👍",
    ]
    assert tokenize(":-( can`t", TextConfig(tokens="whitespace")) == [":-(", "can`t"]


@pytest.mark.parametrize("token", EMOTICONS)
def test_every_spelling_is_its_emoticon(token: str) -> None:
    spelled = [spelling for spelling, meant, _ in spellings() if meant == token]
    assert token in spelled
    for spelling in spelled:
        assert tokenize(f"so {spelling} so") == ["so", token, "so"]
    assert len(token) <= 3  # the compiled table has room for no more


def test_accents_alone_are_those_of_the_standard() -> None:
    points = map(chr, range(sys.maxunicode + 1))
    assert [c for c in points if unified(c) != twin.unified(c)] == []


# sequences


@given(
    st.lists(texts, max_size=5),
    configs,
    st.integers(0, 6),
    st.sampled_from(["pre", "post"]),
    st.sampled_from(["pre", "post"]),
)
def test_sequences_are_those_of_the_twin(
    some: list[str], config: TextConfig, length: int, padding: str, truncating: str
) -> None:
    vocabulary = Vocabulary.build([*TEXTS, *some[:2]], config=config, max_words=40)
    found = sequences(some, vocabulary, length=length, padding=padding, truncating=truncating)  # type: ignore[arg-type]
    ids = {word: i for i, word in enumerate(vocabulary.words, 2)}
    tokens = [twin_tokens(text, config) for text in some]
    expected = twin.sequences(tokens, ids, length, padding, truncating)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, expected)


def test_padding_and_truncating() -> None:
    vocabulary = Vocabulary(["a", "b", "c"])
    rows = ["a b c", "c", ""]
    assert sequences(rows, vocabulary).tolist() == [[2, 3, 4], [4, 0, 0], [0, 0, 0]]
    assert sequences(rows, vocabulary, length=2, padding="pre").tolist() == [
        *([2, 3], [0, 4], [0, 0])
    ]
    assert sequences(rows, vocabulary, length=2, truncating="pre").tolist() == [
        *([3, 4], [4, 0], [0, 0])
    ]
    assert sequences([], vocabulary).shape == (0, 0)
    assert sequences([""], vocabulary).shape == (1, 0)
    assert sequences(rows, vocabulary, length=0).shape == (3, 0)
    assert sequences(np.array(rows), vocabulary, length=1).shape == (3, 1)


def test_sequences_refuse_sides_and_lengths() -> None:
    vocabulary = Vocabulary(["a"])
    with pytest.raises(ValueError, match="padding must be 'pre' or 'post', got 'left'"):
        sequences(["a"], vocabulary, padding="left")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="truncating must be"):
        sequences(["a"], vocabulary, truncating="")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="length must be 0 to 16777216, got -1"):
        sequences(["a"], vocabulary, length=-1)


def test_unknown_contractions_keep_their_known_parts() -> None:
    vocabulary = Vocabulary(["dog", "not", "will", "dare"])
    assert sequences(["dog'll daren't cat'll Dog's xn't 'll"], vocabulary).tolist() == [
        [2, 4, 5, 3, 1, 4, 2, 1, 3, 1]
    ]


def test_what_a_vocabulary_lacks_has_the_ids_of_its_parts() -> None:
    before = Vocabulary([":", "(", "great", "🇬", "❤", "🤷", "♀", "😀"])
    rows = ["great :-(", "🇬🇧", "❤\u200d🔥", "🤷\u200d♀️", "😀\u200d😀", "🔥\u200d🔥"]
    assert sequences(rows, before, length=3).tolist() == [
        *([4, 2, 3], [5, 1, 0], [6, 1, 0], [7, 0, 0], [9, 9, 0], [1, 1, 0])
    ]
    assert before.id(":(") == 1
    built = Vocabulary.build(rows)
    assert {":(", "🇬🇧", "❤\u200d🔥", "😀\u200d😀"} <= set(built.words)
    assert (sequences(rows, built, length=1) > 1).all()
    told = Vocabulary(["sad", "great"], lemmas={":(": "sad"})
    assert sequences(["great :-("], told).tolist() == [[3, 2]]


def test_vocabularies_of_before_can_be_read() -> None:
    vocabulary = Vocabulary(["a", "b"])
    content = vocabulary.to_json()
    assert '"version": 2' in content
    older = Vocabulary.from_json(content.replace('"version": 2', '"version": 1'))
    assert older == vocabulary
    with pytest.raises(ValueError, match="format 'quaver vocabulary' 3"):
        Vocabulary.from_json(content.replace('"version": 2', '"version": 3'))


def test_threads_agree() -> None:
    rng = np.random.default_rng(0)
    many = ["".join(rng.choice(list(AWKWARD), 30)) for _ in range(400)]
    vocabulary = Vocabulary.build(many)
    expected = sequences(many, vocabulary, length=20)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: sequences(many, vocabulary, length=20), range(32)):
            np.testing.assert_array_equal(found, expected)


# vocabularies


@given(st.lists(texts, max_size=6), configs, st.integers(1, 3))
def test_vocabulary_counts_as_the_twin(some: list[str], config: TextConfig, min_count: int) -> None:
    expected = [
        word
        for word, count in twin.count([twin_tokens(text, config) for text in some])
        if count >= min_count
    ]
    assert list(Vocabulary.build(some, config=config, min_count=min_count).words) == expected


def test_vocabulary_sizes() -> None:
    many = [f"word{i} word{i % 100}" for i in range(5000)]
    vocabulary = Vocabulary.build(many)
    assert len(vocabulary) == 5000
    assert vocabulary.n_ids == 5002
    assert [vocabulary.id(word) for word in vocabulary.words] == list(range(2, 5002))
    assert sequences(list(vocabulary.words), vocabulary).ravel().tolist() == list(range(2, 5002))
    assert len(Vocabulary.build(many, max_words=100)) == 100
    for options in ({"max_words": 0}, {"min_count": 0}):
        with pytest.raises(ValueError, match="must be at least 1, got 0"):
            Vocabulary.build(many, **options)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a", "b", "a"], "words must differ, got 'a' 2 times"),
        (["a", ""], "must not be empty"),
        (["\ud800"], "half characters"),
        (["a\0"], "half characters"),
    ],
)
def test_vocabulary_values(words: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Vocabulary(words)


def test_vocabulary_types() -> None:
    with pytest.raises(TypeError, match="words must be str, got NoneType"):
        Vocabulary(["a", None])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="lemma 'b' of 'bs' is not among the words"):
        Vocabulary(["a"], lemmas={"bs": "b"})


def test_vocabulary_survives_copies_and_files(tmp_path: Path) -> None:
    vocabulary = Vocabulary.build(TEXTS, config=TextConfig(stop_words=("the", "😀")))
    vocabulary.save(tmp_path / "words.json")
    for other in (
        Vocabulary.load(tmp_path / "words.json"),
        copy.deepcopy(vocabulary),
        pickle.loads(pickle.dumps(vocabulary)),
    ):
        assert other == vocabulary
        assert hash(other) == hash(vocabulary)
        assert other.config == vocabulary.config
        np.testing.assert_array_equal(sequences(TEXTS, other), sequences(TEXTS, vocabulary))
    assert vocabulary != Vocabulary.build(TEXTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["words.json"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c: c[:-20], "not a vocabulary of quaver"),
        (lambda c: b"\x80\x04\x95", "not a vocabulary of quaver"),
        (lambda c: b"[]", "not a vocabulary of quaver"),
        (lambda c: b"[" * 100_000, "not a vocabulary of quaver"),
        (lambda c: b'{"format": "other", "version": 1}', "format 'other' 1"),
        (lambda c: c.replace(b'"believe"', b'"beleive"'), "corrupted vocabulary: its digest is"),
        (lambda c: c.replace(b'"mask"', b'"keep"'), "corrupted vocabulary: its digest is"),
        (lambda c: c.replace(b'"mask"', b'"hide"'), "digits must be one of"),
        (lambda c: c.replace(b'"digits"', b'"numbers"'), "not a vocabulary of quaver"),
        (lambda c: c.replace(b'"words"', b'"terms"'), "no 'words'"),
    ],
)
def test_a_spoilt_vocabulary_is_refused_by_name(
    tmp_path: Path, spoil: Callable[[bytes], bytes], message: str
) -> None:
    file = tmp_path / "words.json"
    Vocabulary.build(TEXTS).save(file)
    before = file.read_bytes()
    file.write_bytes(spoil(before))
    assert file.read_bytes() != before
    with pytest.raises(ValueError, match=message) as caught:
        Vocabulary.load(file)
    assert str(file) in str(caught.value)
    with pytest.raises(FileNotFoundError):
        Vocabulary.load(tmp_path / "absent.json")


def test_vocabulary_file_is_plain_json(tmp_path: Path) -> None:
    Vocabulary(["naïve"]).save(tmp_path / "words.json")
    content = json.loads((tmp_path / "words.json").read_text(encoding="utf-8"))
    assert content["words"] == ["naïve"]


# lemmas


def test_lemmas_are_part_of_the_vocabulary(tmp_path: Path) -> None:
    asked: list[str] = []

    def lemmatize(word: str) -> str:
        asked.append(word)
        return {"dogs": "dog", "ran": "run", "runs": "run"}.get(word, word)

    vocabulary = Vocabulary.build(["dogs ran", "a dog runs", "dogs"], lemmatize=lemmatize)
    assert len(asked) == len(set(asked)) == 5
    assert vocabulary.words == ("dog", "run", "a")
    assert vocabulary.id("ran") == vocabulary.id("run") == 3
    vocabulary.save(tmp_path / "words.json")
    for made in (vocabulary, Vocabulary.load(tmp_path / "words.json")):
        assert sequences(["dog dogs run ran runs"], made).tolist() == [[2, 2, 3, 3, 3]]


def test_lemmatising_without_nltk_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nltk", None)
    monkeypatch.setitem(sys.modules, "nltk.stem", None)
    with pytest.raises(ModuleNotFoundError, match="pip install nltk"):
        wordnet_lemmatizer()


@pytest.mark.parametrize("there", [True, False])
def test_lemmatising_with_nltk(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    class WordNetLemmatizer:
        def lemmatize(self, word: str, kind: str) -> str:
            if not there:
                raise LookupError("no data")
            return {("cats", "n"): "cat", ("ran", "v"): "run"}.get((word, kind), word)

    fake = ModuleType("nltk.stem")
    fake.WordNetLemmatizer = WordNetLemmatizer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nltk", ModuleType("nltk"))
    monkeypatch.setitem(sys.modules, "nltk.stem", fake)
    if there:
        assert [wordnet_lemmatizer()(w) for w in ("cats", "ran", "the")] == ["cat", "run", "the"]
    else:
        with pytest.raises(FileNotFoundError, match="downloader wordnet"):
            wordnet_lemmatizer()


# what it knows of English


def test_contractions_are_in_the_form_that_they_are_looked_up_in() -> None:
    for form, words in CONTRACTIONS.items():
        assert twin.forms(form, emoticons=SPELLINGS) == [form]
        assert expand(form) == words
        assert all(tokenize(word) == [word] for word in words)


@given(st.text(st.sampled_from("ants'dl"), min_size=1, max_size=8))
def test_expanding_is_that_of_the_twin(form: str) -> None:
    assert list(expand(form)) == twin.expand(form, CONTRACTIONS, SUFFIXES)


def test_marks_of_keras() -> None:
    config = TextConfig.like_keras()
    assert tokenize(string.punctuation + " a" + string.punctuation + "b", config) == ["ab"]
