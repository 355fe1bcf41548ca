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

APOSTROPHES = (
    "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u055a\u1fbd\u1fbf\u1fef\u1ffd\u1ffe"
    "\u2018\u2019\u201b\u2032\u2035\u275b\u275c\ua78c\uff07\uff40"
)
KEPT = "\u2122\u2120"  # trade mark and service mark
ZERO_WIDTH_JOINER = "\u200d"
IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
VARIATIONS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
SKIN_TONES = ((0x1F3FB, 0x1F3FF),)


def _within(code: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(low <= code <= high for low, high in ranges)


def unified(text: str) -> str:
    """Return NFKC, but for what it would make a space of, with an accent, and for trade marks."""
    parts = [""]
    for character in text:
        form = unicodedata.normalize("NFKC", character)
        if character in KEPT or (form[0] == " " and len(form) > 1):
            parts += [character, ""]
        else:
            parts[-1] += character
    return "".join(p if i % 2 else unicodedata.normalize("NFKC", p) for i, p in enumerate(parts))


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


Emoticons = Mapping[str, tuple[str, int]]
AT_WORDS, REPEATS, SLASH = 1, 2, 4


def emoticon_at(text: str, i: int, free_from: int, emoticons: Emoticons) -> tuple[str, int]:
    """Return the token of the longest emoticon at a place and where it ends, or "" and the place.

    It stands apart from words, or only touches one if it may; a run of its first mark is no
    emoticon; what is before `free_from` is another one.
    """

    def in_a_word(j: int) -> bool:
        return 0 <= j < len(text) and kind_of(text[j]) in ("letter", "digit")

    best = ("", i)
    plain = "".join("'" if c in APOSTROPHES else c for c in text[i : i + 5])
    before = i - 1 if i > free_from else -1
    if before >= 0 and text[before] == text[i]:
        return best
    for spelling, (token, around) in sorted(emoticons.items(), key=lambda item: len(item[0])):
        if not plain.startswith(spelling):
            continue
        end = i + len(spelling)
        while around & REPEATS and text[end : end + 1] == text[i + len(spelling) - 1]:
            end += 1
        touching = [in_a_word(before), in_a_word(end)]
        if any(touching) and not (around & AT_WORDS and not all(touching)):
            continue
        if around & SLASH and text[end : end + 1] in ("/", "\\"):
            continue
        best = (token, end)
    return best


def is_picture(character: str) -> bool:
    return kind_of(character) == "single" and not _within(ord(character), IDEOGRAPHS)


def is_flag_letter(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF


def picture_at(text: str, i: int) -> tuple[str, int]:
    """Return the picture at a place, of joined characters or of a flag's two, and where it ends."""
    parts, joined = text[i], False
    flag = is_flag_letter(text[i])
    i += 1
    while i < len(text):
        if kind_of(text[i]) == "ignored":
            joined |= text[i] == ZERO_WIDTH_JOINER
            i += 1
        elif joined and text[i] in "\u2640\u2642":  # the gender of who gestures
            joined = False
            i += 1
        elif joined and (kind_of(text[i]) == "single" or text[i] == "\u2194"):
            parts, joined, flag = parts + ZERO_WIDTH_JOINER + text[i], False, False
            i += 1
        elif flag and is_flag_letter(text[i]):
            parts, flag = parts + text[i], False
            i += 1
        else:
            break
    return parts, i


def forms(
    text: str,
    *,
    emoticons: Emoticons,
    lower: bool = True,
    tokens: str = "words",
    punctuation: str = "keep",
    digits: str = "keep",
    squeeze: bool = True,
) -> list[str]:
    """Return words as written, marks, emoticons and pictures, in order."""
    words = tokens == "words"
    if words:
        text = unified(text)
    if lower:
        text = unified(text.lower()) if words else text.lower()
    found: list[str] = []
    word = ""
    marks = ""
    all_digits = True
    free_from = 0

    def close() -> None:
        nonlocal word, marks, all_digits
        if word and not (all_digits and digits == "drop"):
            found.append("0" if all_digits and digits == "mask" else word)
        if marks:
            found.append(marks)
        word, marks, all_digits = "", "", True

    def kind_at(i: int) -> str:
        if i >= len(text):
            return "space"
        if not words:
            return kind_between_spaces(text[i], punctuation == "keep")
        return kind_of(text[i])

    i = 0
    while i < len(text):
        character, kind = text[i], kind_at(i)
        if words and kind == "mark":
            token, end = emoticon_at(text, i, free_from, emoticons)
            if token:
                close()
                found.append(token)
                i = free_from = end
                continue
        i += 1
        if kind == "ignored":
            continue
        if kind == "apostrophe":
            ahead = i
            while kind_at(ahead) == "ignored" and ahead < len(text):
                ahead += 1
            inside = word and word[-1] != "'" and kind_at(ahead) in ("letter", "digit")
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
            if kind == "single" and is_picture(character):
                character, i = picture_at(text, i - 1)
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
