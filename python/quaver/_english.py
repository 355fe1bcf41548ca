"""What `quaver.text` knows of English: contractions, in lower case, and base forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_NEGATED = {
    "are": "aren",
    "can": "can",
    "could": "couldn",
    "did": "didn",
    "does": "doesn",
    "do": "don",
    "had": "hadn",
    "has": "hasn",
    "have": "haven",
    "is": "isn",
    "might": "mightn",
    "must": "mustn",
    "need": "needn",
    "shall": "shan",
    "should": "shouldn",
    "was": "wasn",
    "were": "weren",
    "will": "won",
    "would": "wouldn",
}
_WITH_IS = (
    "he",
    "here",
    "how",
    "it",
    "she",
    "that",
    "there",
    "what",
    "when",
    "where",
    "who",
    "why",
)


def _contractions() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {
        "ain't": ("is", "not"),
        "aint": ("is", "not"),
        "cannot": ("can", "not"),
        "im": ("i", "am"),
        "ive": ("i", "have"),
        "let's": ("let", "us"),
        "thats": ("that", "is"),
        "theyre": ("they", "are"),
        "whats": ("what", "is"),
        "y'all": ("you", "all"),
        "youre": ("you", "are"),
        "youve": ("you", "have"),
    }
    for verb, stem in _NEGATED.items():
        # As people type it, too: "dont". None of these is a common word of its own.
        table[f"{stem}'t"] = table[f"{stem}t"] = (verb, "not")
    for word in _WITH_IS:
        table[f"{word}'s"] = (word, "is")
    return table


#: Whole words.
CONTRACTIONS: Mapping[str, tuple[str, ...]] = _contractions()

#: Endings of other words; a possessive leaves nothing.
SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "n't": ("not",),
    "'d": ("would",),
    "'ll": ("will",),
    "'m": ("am",),
    "'re": ("are",),
    "'s": (),
    "'ve": ("have",),
}


def expand(form: str) -> tuple[str, ...]:
    """Return the words that a contraction stands for; a form that is none comes back alone."""
    if form in CONTRACTIONS:
        return CONTRACTIONS[form]
    for ending in ("n't", form[max(form.rfind("'"), 0) :]):
        if ending in SUFFIXES and form.endswith(ending) and len(form) > len(ending):
            stem = form[: -len(ending)]
            return (*CONTRACTIONS.get(stem, (stem,)), *SUFFIXES[ending])
    return (form,)


def wordnet_lemmatizer() -> Callable[[str], str]:
    """Return a function for `Vocabulary.build` that looks base forms up in WordNet.

    Nouns first, then verbs, as they stand, without a tagger. Only building needs NLTK; a vocabulary
    carries the answers.

    Raises
    ------
    ModuleNotFoundError
        If NLTK is not installed.
    FileNotFoundError
        If its WordNet data is not there.

    Examples
    --------
    >>> lemmatize = wordnet_lemmatizer()  # doctest: +SKIP
    >>> lemmatize("cats")  # doctest: +SKIP
    'cat'
    """
    try:
        from nltk.stem import WordNetLemmatizer
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "lemmatising needs NLTK: pip install nltk", name="nltk"
        ) from error
    lemmatizer = WordNetLemmatizer()

    def lemmatize(word: str) -> str:
        noun: str = lemmatizer.lemmatize(word, "n")
        verb: str = lemmatizer.lemmatize(word, "v")
        return noun if noun != word else verb

    try:
        lemmatize("words")
    except LookupError as error:
        raise FileNotFoundError(
            "NLTK has no WordNet data: python -m nltk.downloader wordnet"
        ) from error
    return lemmatize
