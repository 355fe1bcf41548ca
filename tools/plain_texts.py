"""Sentences made of a small lexicon, for what comments on Reddit hardly have.

Who is not happy is not happy; who is no longer afraid is not afraid; praise of what is bad is
irony; an emoji or emoticon behind a text says how it is meant. Targets are rules of thumb, written
here. No sentence of tests/models/text/plain_sentences.tsv is among them (`read_sentences`), but
some are built alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quaver import LABELS
from quaver.text import tokenize

SENTENCES = Path(__file__).resolve().parents[1] / "tests/models/text/plain_sentences.tsv"

#: What somebody is, by the emotion that it is of.
FEELINGS = {
    "happiness": "happy glad pleased delighted excited proud satisfied cheerful thrilled amused"
    " impressed thankful relieved",
    "sadness": "sad unhappy lonely miserable depressed heartbroken disappointed upset hurt",
    "anger": "angry mad furious annoyed outraged irritated pissed",
    "fear": "afraid scared frightened terrified worried anxious nervous",
    "disgust": "disgusted nauseated revolted",
    "surprise": "surprised shocked amazed astonished",
}
#: What something is.
QUALITIES = {
    "happiness": "good great nice funny fun wonderful beautiful amazing lovely interesting cool",
    "sadness": "sad tragic depressing heartbreaking disappointing",
    "anger": "infuriating annoying outrageous unfair stupid",
    "fear": "scary terrifying frightening creepy",
    "disgust": "disgusting gross nasty revolting",
    "surprise": "surprising shocking unexpected unbelievable",
}
NOUNS = ["movie", "book", "food", "game", "idea", "day", "place", "story", "joke", "plan", "song"]
THINGS = [*(f"the {noun}" for noun in NOUNS), "it", "this"]
WHO = ["i am", "i'm", "we are", "she is", "he was", "they are", "my brother is", "i was"]
NOT = ["not", "not really", "not very", "no longer", "not at all", "never"]
ENDS = ["", "", " today", " anymore", " about it", " about that", " with it", "."]
#: What is praised only in irony.
BAD = [
    "another meeting", "more homework", "a parking ticket", "another bill", "a power cut",
    "a traffic jam", "more paperwork", "a broken printer", "a headache", "rain again",
    "another exam", "a cancelled flight", "more ads", "another update", "a dead battery",
]  # fmt: skip
BAD_DOINGS = [
    "my phone dies", "they cancel my order", "nobody listens", "my boss yells at me",
    "people lie to me", "the bus does not come", "it rains on my day off", "my car breaks down",
    "the neighbours scream all night", "they raise the rent",
]  # fmt: skip
PRAISES = [
    "oh great,",
    "great,",
    "just great,",
    "wonderful,",
    "oh good,",
    "how nice,",
    "fantastic,",
]
LOVES = ["i just love it when", "i love how", "it is so nice when", "don't you just love it when"]
SIGNS = {
    "happiness": "😀 😃 😄 😁 😊 😍 😂 🤣 🥰 ❤ 💕 🎉 😎 🙂 :) :-) :D :-D =) <3 ^_^ xD",
    "sadness": "😢 😭 😞 😔 💔 ☹ 😥 🥺 😩 :( :-( :'( =( ;_; T_T",
    "anger": "😡 😠 🤬 👿 😤 >:(",
    "fear": "😱 😨 😰 😧",
    "disgust": "🤢 🤮",
    "surprise": "😮 😲 😯 🤯 :O :-O o_O",
}

Made = tuple[list[str], NDArray[np.float32]]
_NEGATED = {"sadness": 0.45, "anger": 0.35, "disgust": 0.2, "neutral": 0.3, "happiness": 0.03}
_CALM = {"neutral": 0.7, "happiness": 0.25}
_IRONY = {"anger": 0.55, "sadness": 0.25, "disgust": 0.2, "neutral": 0.2, "happiness": 0.1}


def read_sentences() -> list[tuple[str, list[str], str]]:
    """Return the group, the right labels and the text of each of the stated sentences."""
    rows = (line.split("\t") for line in SENTENCES.read_text("utf-8").splitlines())
    return [(group, labels.split(","), text) for group, labels, text in rows]


def feelings() -> Made:
    """Return what the lexicon makes of feelings and qualities, there and not there."""
    return _made(_feelings())


def irony() -> Made:
    """Return what the lexicon praises in irony."""
    return _made(_irony())


def _made(pairs: Iterator[tuple[str, dict[str, float]]]) -> Made:
    stated = {tuple(tokenize(text.strip(" .!"))) for _, _, text in read_sentences()}
    rows = {}
    for text, target in pairs:
        if tuple(tokenize(text.strip(" .!"))) not in stated:
            rows[text] = _row(target)
    return list(rows), np.array(list(rows.values()), np.float32)


def signed(texts: list[str], targets: NDArray[np.float32], rng: np.random.Generator) -> Made:
    """Return the texts with a sign behind each, and targets that believe it."""
    signs = [(label, sign) for label, row in SIGNS.items() for sign in row.split()]
    chances = np.array([1 / len(SIGNS[label].split()) for label, _ in signs])
    made, rows = [], []
    drawn = rng.choice(len(signs), len(texts), p=chances / chances.sum())
    for text, target, i in zip(texts, targets, drawn, strict=True):
        label, sign = signs[i]
        made.append(f"{text} {sign}")
        rows.append(np.maximum(0.3 * target, _row({label: 0.8})))
    return made, np.array(rows, np.float32)


def _feelings() -> Iterator[tuple[str, dict[str, float]]]:
    for label, words in FEELINGS.items():
        negated = _NEGATED if label == "happiness" else {**_CALM, label: 0.05}
        for word, who, end in product(words.split(), WHO, ENDS):
            yield f"{who} {word}{end}", {label: 0.9}
            yield f"{who} so {word}{end}", {label: 0.95}
            for no in NOT:
                yield f"{who} {no} {word}{end}", negated
        for word, who in product(words.split(), ("nobody is", "no one is", "nobody was")):
            yield f"{who} {word}", negated
        for word in words.split():
            yield f"there is nothing that makes me {word}", negated
            yield f"nothing about it makes me {word}", negated
            yield f"it makes me {word}", {label: 0.9}
    for label, words in QUALITIES.items():
        negated = _NEGATED if label == "happiness" else {**_CALM, label: 0.05}
        for word, noun in product(
            words.split(), [*(f"the {noun}" for noun in NOUNS), "it", "this"]
        ):
            yield f"{noun} is {word}", {label: 0.8, "neutral": 0.1}
            yield f"{noun} was so {word}", {label: 0.85}
            for no in ("is not", "was not", "isn't", "wasn't", "is not that", "was never"):
                yield f"{noun} {no} {word}", negated
    for noun, verb in product(NOUNS, ("like", "love", "enjoy")):
        yield f"i {verb} the {noun}", {"happiness": 0.9}
        for no in ("don't", "do not", "didn't", "can't", "never"):
            yield f"i {no} {verb} the {noun}", _NEGATED


def _irony() -> Iterator[tuple[str, dict[str, float]]]:
    for praise, thing in product([*PRAISES, "just what i wanted,"], BAD):
        yield f"{praise} {thing}", _IRONY
    for love, doing in product(LOVES, BAD_DOINGS):
        yield f"{love} {doing}", _IRONY


def _row(target: dict[str, float]) -> NDArray[np.float32]:
    return np.array([target.get(label, 0.02) for label in LABELS], np.float32)
