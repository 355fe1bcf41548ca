"""Text as sequences of ids: normalise, split into tokens, look up, pad.

The work is done in Cython on the buffers of the strings. What the tokens are is said by a
`TextConfig`, which ids they have by a `Vocabulary`; `sequences` turns texts into a matrix.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from quaver._compiled import explained
from quaver._emoticons import EMOTICONS
from quaver._english import CONTRACTIONS, SUFFIXES, expand, wordnet_lemmatizer
from quaver._unicode import is_whole
from quaver._validate import as_texts, check_int, check_kind
from quaver.record import replacing

try:
    from quaver import _text
except ImportError as error:
    raise explained("_text", error) from None

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "EMOTICONS",
    "PADDING_ID",
    "UNKNOWN_ID",
    "TextConfig",
    "Vocabulary",
    "as_texts",
    "sequences",
    "tokenize",
    "wordnet_lemmatizer",
]

Side = Literal["pre", "post"]

#: Id of the places in a row where there is no token.
PADDING_ID = 0

#: Id of tokens that the vocabulary does not have.
UNKNOWN_ID = 1

FIRST_ID = 2
_LONGEST = 1 << 24
_FORMAT, _VERSION = "quaver vocabulary", 2
#: Those of version 1 were made of texts whose emoticons, flags and joined emoji were split.
_READABLE = (1, _VERSION)
_CHOICES = {
    "tokens": ("words", "whitespace"),
    "punctuation": ("keep", "drop"),
    "digits": ("keep", "mask", "drop"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextConfig:
    """What is a token.

    Texts are brought to one Unicode form, NFKC but for accents that stand alone and trade marks.
    Characters are told apart by their category, so that no script is left out: letters and
    combining marks make words, as do digits; an apostrophe within a word belongs to it, and all
    that people type for one ("can`t", "can’t") is one. Emoji, other symbols and Han ideographs are
    tokens of their own, joined emoji and flags are one; skin tones, the gender of who gestures,
    variation selectors and other format characters are dropped. `EMOTICONS` are tokens: ":-)" and
    ":)))" are ":)". A vocabulary without one, or without a flag, has the ids of its parts, so that
    models answer as they were trained. With ``tokens="whitespace"`` only case is changed.

    Parameters
    ----------
    tokens : {"words", "whitespace"}, default "words"
        "whitespace": tokens are whatever stands between white space.
    lower : bool, default True
        Whether case is ignored.
    contractions : bool, default True
        Whether English contractions are written out: "don't" becomes "do not".
    punctuation : {"keep", "drop"}, default "keep"
        "keep": a run of one mark is a token, cut to three. "drop": marks separate words; with
        ``tokens="whitespace"`` ASCII marks are removed and separate nothing.
    digits : {"keep", "mask", "drop"}, default "mask"
        What becomes of numbers; "mask" turns each into "0".
    squeeze : bool, default True
        Whether three and more of the same letter become two: "sooooo" is "soo".
    stop_words : iterable of str, default ()
        Tokens that are left out, written as they are after all other steps.

    Raises
    ------
    ValueError, TypeError
        For another value.

    Examples
    --------
    >>> tokenize("I can't BELIEVE it's 2024!!! 😀")
    ['i', 'can', 'not', 'believe', 'it', 'is', '0', '!!!', '😀']
    >>> tokenize("I can't BELIEVE it!", TextConfig(contractions=False, punctuation="drop"))
    ['i', "can't", 'believe', 'it']
    """

    tokens: str = "words"
    lower: bool = True
    contractions: bool = True
    punctuation: str = "keep"
    digits: str = "mask"
    squeeze: bool = True
    stop_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                expected = ", ".join(map(repr, choices))
                raise ValueError(f"{name} must be one of {expected}, got {getattr(self, name)!r}")
        for name in ("lower", "contractions", "squeeze"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be True or False, got {getattr(self, name)!r}")
        given: Any = self.stop_words
        words = tuple(
            given if isinstance(given, (set, frozenset)) else as_texts(given, "stop_words")
        )
        for word in words:
            if not isinstance(word, str):
                raise TypeError(f"stop_words must be str, got {type(word).__name__}")
        object.__setattr__(self, "stop_words", tuple(sorted(set(words))))

    @classmethod
    def like_keras(cls) -> TextConfig:
        """Return what ``keras.layers.TextVectorization`` does by default.

        Lower case, ASCII punctuation removed, split at white space. Non-ASCII letters become lower
        case here, which Keras does not do.

        Examples
        --------
        >>> tokenize("Don't stop, 99 times!", TextConfig.like_keras())
        ['dont', 'stop', '99', 'times']
        """
        return cls(
            tokens="whitespace",
            contractions=False,
            punctuation="drop",
            digits="keep",
            squeeze=False,
        )

    def _splitter(self) -> _text.Splitter:
        return _text.splitter(
            lower=self.lower,
            words=self.tokens == "words",
            keep_marks=self.punctuation == "keep",
            digits=self.digits,
            squeeze=self.squeeze,
        )


def tokenize(text: str, config: TextConfig | None = None) -> list[str]:
    """Return the tokens of one text.

    Parameters
    ----------
    text : str
        Any length; the empty one has no tokens.
    config : TextConfig, optional
        The defaults if None.

    Returns
    -------
    list of str

    Raises
    ------
    TypeError
        If the text is no str.

    Examples
    --------
    >>> tokenize("You're right, I'm sooooo happy :)")
    ['you', 'are', 'right', ',', 'i', 'am', 'soo', 'happy', ':)']
    """
    config = _given(config)
    check_kind("text", text, str)
    stop_words = frozenset(config.stop_words)
    forms = config._splitter().forms(text)
    return [t for form in forms for t in _tokens_of(form, config) if t not in stop_words]


class Vocabulary:
    """The tokens that have an id: 0 is padding, 1 stands for every other token.

    Parameters
    ----------
    words : iterable of str
        Tokens in the order of their ids, which begin at 2.
    config : TextConfig, optional
        How texts become tokens; the defaults if None.
    lemmas : mapping of str to str, optional
        Other forms of words; each takes the id of the word it points to.

    Attributes
    ----------
    words : tuple of str
    config : TextConfig
    lemmas : dict
    n_ids : int
        Number of ids, the two special ones included.
    digest : str
        SHA-256 of all of this, hexadecimal; tells vocabularies apart.

    Raises
    ------
    ValueError
        If a word is empty or there twice, or a lemma's word is not there.
    TypeError
        If a word is no str.

    Examples
    --------
    >>> vocabulary = Vocabulary.build(["so good", "good grief"])
    >>> vocabulary.words
    ('good', 'grief', 'so')
    >>> vocabulary.id("good"), vocabulary.id("unheard")
    (2, 1)
    """

    def __init__(
        self,
        words: Iterable[str],
        config: TextConfig | None = None,
        lemmas: Mapping[str, str] | None = None,
    ) -> None:
        self.words = tuple(as_texts(words, "words"))
        self.config = _given(config)
        forms: Any = {} if lemmas is None else lemmas
        if not isinstance(forms, Mapping):
            raise TypeError(f"lemmas must map words to words, got {type(lemmas).__name__}")
        self.lemmas = dict(sorted(forms.items()))
        for word in (*self.words, *self.lemmas, *self.lemmas.values()):
            if not isinstance(word, str):
                raise TypeError(f"words must be str, got {type(word).__name__}")
            if not word or "\0" in word or not is_whole(word):
                raise ValueError(f"words must not be empty or hold half characters, got {word!r}")
        self._ids = {word: i for i, word in enumerate(self.words, FIRST_ID)}
        if len(self._ids) != len(self.words):
            ((word, count),) = Counter(self.words).most_common(1)
            raise ValueError(f"words must differ, got {word!r} {count} times")
        for form, word in self.lemmas.items():
            if word not in self._ids:
                raise ValueError(f"the lemma {word!r} of {form!r} is not among the words")
        content = json.dumps([dataclasses.asdict(self.config), self.lemmas, self.words])
        self.digest = hashlib.sha256(content.encode()).hexdigest()
        self._encoder = self._make_encoder()

    @property
    def n_ids(self) -> int:
        """Number of ids, the special ones included."""
        return FIRST_ID + len(self.words)

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self.words)} words, digest {self.digest[:12]})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __reduce__(self) -> tuple[Any, ...]:
        return Vocabulary, (self.words, self.config, self.lemmas)

    def id(self, word: str) -> int:
        """Return the id of a token, 1 if it has none."""
        return self._ids.get(self.lemmas.get(word, word), UNKNOWN_ID)

    @classmethod
    def build(
        cls,
        texts: Iterable[str],
        *,
        config: TextConfig | None = None,
        max_words: int | None = None,
        min_count: int = 1,
        lemmatize: Callable[[str], str] | None = None,
    ) -> Vocabulary:
        """Return the most frequent tokens of some texts.

        Parameters
        ----------
        texts : iterable of str
            Usually the training set.
        config : TextConfig, optional
            The defaults if None.
        max_words : int, optional
            How many tokens are kept at most.
        min_count : int, default 1
            How often a token must occur to be kept.
        lemmatize : callable, optional
            Takes a token and returns its base form, such as `wordnet_lemmatizer`. It is called once
            for each distinct token, here; its answers are part of the vocabulary.

        Returns
        -------
        Vocabulary
            Most frequent tokens first, equally frequent ones in the order of code points.

        Raises
        ------
        TypeError
            If a text is no str.
        ValueError
            If a number is not positive.

        Examples
        --------
        >>> Vocabulary.build(["no no no", "yes no", "yes"], min_count=2).words
        ('no', 'yes')
        """
        config = _given(config)
        for name, value in (("max_words", max_words), ("min_count", min_count)):
            if value is not None and check_int(name, value) < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        counts: Counter[str] = Counter()
        for form, count in config._splitter().count(as_texts(texts)).items():
            for token in _tokens_of(form, config):
                counts[token] += count
        for word in config.stop_words:
            counts.pop(word, None)
        lemmas = {}
        if lemmatize is not None:
            lemmas = {token: lemmatize(token) for token in counts}
            merged: Counter[str] = Counter()
            for token, count in counts.items():
                merged[lemmas[token]] += count
            counts = merged
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        words = [token for token, count in ranked if count >= min_count][:max_words]
        kept = set(words)
        lemmas = {t: base for t, base in lemmas.items() if t != base and base in kept}
        return cls(words, config, lemmas)

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the vocabulary as JSON, in UTF-8.

        Examples
        --------
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "words.json"
        >>> Vocabulary(["yes", "no"]).save(file)
        >>> Vocabulary.load(file).words
        ('yes', 'no')
        """
        with replacing(file) as temporary:
            temporary.write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> Vocabulary:
        """Read a vocabulary that `save` wrote; no code in the file is run.

        Raises
        ------
        ValueError
            If the file is no vocabulary or was changed, with its name.
        OSError
            If it cannot be read.
        """
        return cls.from_json(Path(file).read_bytes(), os.fspath(file))

    def to_json(self) -> str:
        """Return what `save` writes."""
        content = {
            "format": _FORMAT,
            "version": _VERSION,
            "digest": self.digest,
            "config": dataclasses.asdict(self.config),
            "lemmas": self.lemmas,
            "words": self.words,
        }
        return json.dumps(content, ensure_ascii=False, indent=0) + "\n"

    @classmethod
    def from_json(cls, content: str | bytes, name: str = "vocabulary") -> Vocabulary:
        """Return the vocabulary that `to_json` wrote; `name` is for messages.

        Raises
        ------
        ValueError
            As `load`.
        """
        try:
            values = json.loads(content)
            if values["format"] != _FORMAT or values["version"] not in _READABLE:
                raise ValueError(f"format {values['format']!r} {values['version']!r}")
            made = cls(values["words"], TextConfig(**values["config"]), values["lemmas"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else error
            raise ValueError(f"{name}: not a vocabulary of quaver: {reason}") from error
        if made.digest != values.get("digest"):
            raise ValueError(
                f"{name}: corrupted vocabulary: its digest is {made.digest},"
                f" expected {values.get('digest')}"
            )
        return made

    def _make_encoder(self) -> _text.Encoder:
        config = self.config
        stop_words = frozenset(config.stop_words)

        def ids(tokens: Iterable[str]) -> tuple[int, ...]:
            return tuple(self.id(token) for token in tokens if token not in stop_words)

        forms = [*self.words, *self.lemmas, *stop_words]
        if config.contractions:
            forms += CONTRACTIONS
        suffixes = SUFFIXES if config.contractions else {}
        table = {form: ids(_tokens_of(form, config)) for form in forms}
        for emoticon in EMOTICONS if config.tokens == "words" else ():
            if emoticon not in table:
                table[emoticon] = ids(self._instead_of(emoticon))
        return _text.encoder(
            config._splitter(),
            table,
            {ending: ids(tokens) for ending, tokens in suffixes.items()},
        )

    def _instead_of(self, emoticon: str) -> list[str]:
        """Return the marks that an emoticon is made of, which models of before were trained on."""
        return self.config._splitter().forms(" ".join(emoticon))


def sequences(
    texts: Iterable[str],
    vocabulary: Vocabulary,
    *,
    length: int | None = None,
    padding: Side = "post",
    truncating: Side = "post",
) -> NDArray[np.int32]:
    """Encode texts as rows of ids of one length.

    Parameters
    ----------
    texts : iterable of str
        A list, an array or a column of a table; not one str alone, nor the table.
    vocabulary : Vocabulary
        The ids, and how texts become tokens.
    length : int, optional
        Number of columns; that of the longest text if None.
    padding, truncating : {"pre", "post"}, default "post"
        The side on which shorter texts are filled with 0 and on which longer ones are cut.

    Returns
    -------
    ndarray of shape (n_texts, length), int32
        0 is padding, 1 a token without an id.

    Raises
    ------
    TypeError
        If a text is no str; the message says which.
    ValueError
        For a negative length or an unknown side.

    Examples
    --------
    >>> vocabulary = Vocabulary(["not", "good", "is"])
    >>> sequences(["it isn't good", "good"], vocabulary, length=5)
    array([[1, 4, 2, 3, 0],
           [3, 0, 0, 0, 0]], dtype=int32)
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f"{name} must be 'pre' or 'post', got {side!r}")
    if length is not None and not 0 <= check_int("length", length) <= _LONGEST:
        raise ValueError(f"length must be 0 to {_LONGEST}, got {length}")
    return check_kind("vocabulary", vocabulary, Vocabulary)._encoder.encode(
        as_texts(texts), -1 if length is None else length, padding == "pre", truncating == "pre"
    )


def _given(config: TextConfig | None) -> TextConfig:
    return TextConfig() if config is None else check_kind("config", config, TextConfig)


def _tokens_of(form: str, config: TextConfig) -> tuple[str, ...]:
    return expand(form) if config.contractions else (form,)
