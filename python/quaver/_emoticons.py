"""Emoticons: how they are spelled, and which token they are.

A token is the plainest spelling: noses, other eyes and repeated mouths change no meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

#: May stand at a word and before one ("great:(").
AT_WORDS = 1
#: Its last character may be repeated (":)))").
REPEATS = 2
#: Ends in a slash: none may follow, as in "http://".
SLASH = 4

_NOSES = ("", "-", "^", "o")
# Token: eyes, noses, mouths, and what may stand around.
_FACES: Mapping[str, tuple[str, tuple[str, ...], str, int]] = {
    ":)": (":", _NOSES, ")", AT_WORDS | REPEATS),
    ":(": (":", _NOSES, "(", AT_WORDS | REPEATS),
    ";)": (";", _NOSES, ")", AT_WORDS | REPEATS),
    ":D": (":;=", ("", "-"), "Dd", REPEATS),
    ":P": (":;=", ("", "-"), "Pp", 0),
    ":O": (":=", ("", "-"), "Oo", 0),
    ":/": (":=", ("", "-"), "/\\", SLASH),
    ":|": (":=", ("", "-"), "|", 0),
    ":S": (":", ("", "-"), "Ss", 0),
    ":*": (":;", ("", "-"), "*", 0),
    ":3": (":", ("",), "3", 0),
    ":@": (":", ("", "-"), "@", 0),
    ":'(": (":;", ("'", "'-", ","), "(", AT_WORDS | REPEATS),
    ":')": (":;", ("'", "'-"), ")", AT_WORDS | REPEATS),
}
_OTHERS: Mapping[str, tuple[tuple[str, ...], int]] = {
    ":)": (("=)", "=-)", "=]", ":]", ":-]"), REPEATS),
    ":(": (("=(", "=-(", "=[", ":[", ":-["), REPEATS),
    ";)": ((";]", ";-]"), REPEATS),
    ":'(": ((";(", ";-(", ";_;", ";-;", "='("), REPEATS),
    ">:(": ((">:(", ">:-(", ">=(", ">:["), REPEATS),
    ">:)": ((">:)", ">:-)", ">=)"), REPEATS),
    "<3": (("<3",), REPEATS),
    "</3": (("</3",), REPEATS),
    "^_^": (("^_^", "^.^", "^-^", "^__^"), 0),
    "-_-": (("-_-", "-__-", "-.-"), 0),
    ">_<": ((">_<", ">.<", ">__<"), 0),
    "\\o/": (("\\o/",), 0),
}


def spellings() -> Iterator[tuple[str, str, int]]:
    """Yield (spelling, token, what may stand around)."""
    for token, (eyes, noses, mouths, rules) in _FACES.items():
        for parts in product(eyes, noses, mouths):
            yield "".join(parts), token, rules
    for token, (written, rules) in _OTHERS.items():
        for spelling in written:
            yield spelling, token, rules


#: All tokens.
EMOTICONS = tuple(dict.fromkeys((*_FACES, *_OTHERS)))
