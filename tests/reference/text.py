"""Twin of the tokeniser: one character at a time, categories from the Unicode database.

Unicode Standard Annex 44 names the general categories; what each one does is the definition in
`quaver.text.TextConfig`. Tables of contractions are arguments, so that the twin has none to drift.
"""

from __future__ import annotations

import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

APOSTROPHES = "'\u2019\u02bc\uff07"
IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
VARIATIONS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
SKIN_TONES = ((0x1F3FB, 0x1F3FF),)


def _within(code: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(low <= code <= high for low, high in ranges)


def kind_of(character: str) -> str:
    """Return what a character does: space, ignored, apostrophe, letter, digit, single or mark."""
    code, category = ord(character), unicodedata.category(character)
    if character in APOSTROPHES:
        return "apostrophe"
    if _within(code, VARIATIONS) or _within(code, SKIN_TONES) or category in ("Cf", "Me"):
        return "ignored"
    if category == "Nd":
        return "digit"
    if category == "So" or (category == "Lo" and _within(code, IDEOGRAPHS)):
        return "single"
    if category[0] in "LMN":
        return "letter"
    return "mark" if category[0] in "PS" else "space"


def kind_between_spaces(character: str, keep: bool) -> str:
    """Return the same for tokens that only white space separates."""
    if character == "\0" or unicodedata.category(character) == "Cs" or character.isspace():
        return "space"
    if character in string.punctuation:
        return "letter" if keep else "ignored"
    return "digit" if unicodedata.category(character) == "Nd" else "letter"


def forms(
    text: str,
    *,
    lower: bool = True,
    tokens: str = "words",
    punctuation: str = "keep",
    digits: str = "keep",
    squeeze: bool = True,
) -> list[str]:
    """Return words as written, marks and single characters, in order."""
    if lower:
        text = text.lower()
    if tokens == "words":
        kinds = [kind_of(character) for character in text]
    else:
        kinds = [kind_between_spaces(character, punctuation == "keep") for character in text]
    found: list[str] = []
    word = ""
    marks = ""
    all_digits = True

    def close() -> None:
        nonlocal word, marks, all_digits
        if word and not (all_digits and digits == "drop"):
            found.append("0" if all_digits and digits == "mask" else word)
        if marks:
            found.append(marks)
        word, marks, all_digits = "", "", True

    seen = [(c, k) for c, k in zip(text, kinds, strict=True) if k != "ignored"]
    for i, (character, kind) in enumerate(seen):
        if kind == "apostrophe":
            before = seen[i - 1][1] if i else "space"
            after = seen[i + 1][1] if i + 1 < len(seen) else "space"
            inside = before in ("letter", "digit") and after in ("letter", "digit")
            character, kind = ("'", "letter") if inside else (character, "space")
        if kind in ("letter", "digit"):
            if marks:
                close()
            if squeeze and kind == "letter" and word.endswith(character * 2):
                continue
            word += character
            all_digits &= kind == "digit"
        elif kind == "mark" and punctuation == "keep":
            if word or (marks and not marks.startswith(character)):
                close()
            marks = (marks + character)[:3]
        else:
            close()
            if kind == "single":
                found.append(character)
    close()
    return found


def expand(
    form: str, contractions: Mapping[str, Sequence[str]], suffixes: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the words that a contraction stands for; a form that is none comes back alone."""
    if form in contractions:
        return list(contractions[form])
    for ending in sorted(suffixes, key=len, reverse=True):
        if form.endswith(ending) and len(form) > len(ending):
            stem = form[: -len(ending)]
            return [*contractions.get(stem, [stem]), *suffixes[ending]]
    return [form]


def count(texts: Iterable[Sequence[str]]) -> list[tuple[str, int]]:
    """Return (token, count), most frequent first, equal counts in the order of code points."""
    counts = Counter(token for tokens in texts for token in tokens)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def sequences(
    texts: Sequence[Sequence[str]],
    ids: Mapping[str, int],
    length: int,
    padding: str = "post",
    truncating: str = "post",
) -> np.ndarray:
    """Return ids (n_texts, length): 0 where there is no token, 1 for a token without an id."""
    matrix = np.zeros((len(texts), length), np.int32)
    for row, tokens in zip(matrix, texts, strict=True):
        known = [ids.get(token, 1) for token in tokens]
        kept = known[:length] if truncating == "post" else known[max(0, len(known) - length) :]
        start = 0 if padding == "post" else length - len(kept)
        row[start : start + len(kept)] = kept
    return matrix
