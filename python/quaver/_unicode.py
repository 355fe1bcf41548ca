"""One form for characters that are written in several ways."""

from __future__ import annotations

import re
from unicodedata import category, normalize

from quaver._emoticons import EMOTICONS

#: All that people type for an apostrophe, within a word one and the same.
APOSTROPHES = (
    "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u055a\u1fbd\u1fbf\u1fef\u1ffd\u1ffe"
    "\u2018\u2019\u201b\u2032\u2035\u275b\u275c\ua78c\uff07\uff40"
)

# Accents that stand alone, which NFKC would make a space and an accent without a letter, and
# signs behind words (trade mark, service mark), which it would make letters of the word.
_ALONE = (
    "\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u037a\u0384\u0385\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf"
    "\u1fdd-\u1fdf\u1fed\u1fee\u1ffd\u1ffe\u2017\u203e\u309b\u309c\ufc5e-\ufc63\ufe49-\ufe4c"
    "\ufe70\ufe72\ufe74\ufe76\ufe78\ufe7a\ufe7c\ufe7e\uffe3\u2120\u2122"
)
_OTHERS = re.compile(f"[^{_ALONE}]+")


def unified(text: str) -> str:
    r"""Return text in Unicode's form NFKC, but for accents that stand alone and trade marks.

    Letters with accents are single characters, ligatures, wide and mathematical letters are plain
    ones, an ellipsis is three dots.

    Examples
    --------
    >>> unified("cafe\u0301 \ufb01ne \U0001d41a\u2026") == "caf\u00e9 fine a..."
    True
    """
    return _OTHERS.sub(lambda part: normalize("NFKC", part[0]), text)


def is_whole(word: str) -> bool:
    """Return whether there is no half of a surrogate pair in a word."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_word(token: str) -> bool:
    """Return whether a token says something alone: has a letter, is a picture or an emoticon."""
    return token in EMOTICONS or any(c.isalpha() or category(c) == "So" for c in token)
