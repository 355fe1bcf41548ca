"""Readers of published corpora whose emotions stand in files of their own: IEMOCAP, MELD."""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from pathlib import Path

from quaver.corpora.manifests import csv_rows
from quaver.corpora.table import Clip, Corpus

#: What the names of their recordings look like.
NAMES = {
    "iemocap": re.compile(r"(Ses0[1-5])[FM]_\w+_([FM])\d{3}"),
    "meld": re.compile(r"dia\d+_utt\d+"),
}
_IEMOCAP = {
    "ang": "anger",
    "dis": "disgust",
    "exc": "excitement",
    "fea": "fear",
    "fru": "frustration",
    "hap": "happiness",
    "neu": "neutral",
    "oth": "other",
    "sad": "sadness",
    "sur": "surprise",
}
# A line of an evaluation: [6.2901 - 8.2357], turn, emotion and more, between tabs.
_TURN = re.compile(r"\[[\d.]+ - [\d.]+\]\s+(\w+)\s+([a-z]{3})\b")
_MELD = {"joy": "happiness"}
# Beginnings of the folders of films, and of the tables, of each split.
_MELD_SPLITS = {"train": ("train",), "dev": ("dev",), "test": ("test", "output_repeated_splits")}


def iemocap(directory: Path, recordings: list[Path]) -> Corpus:
    """Return the turns of IEMOCAP, with the emotions that most of its raters named.

    ``SessionN/sentences/wav/DIALOGUE/TURN.wav``, emotions in
    ``SessionN/dialog/EmoEvaluation/DIALOGUE.txt``; whole dialogues are left out. A speaker is a
    session and a sex. Turns of which the raters do not agree (xxx) are left out, and said.
    Source: Busso et al. (2008), IEMOCAP.
    """
    emotions: dict[str, str] = {}
    for file in sorted(directory.rglob("EmoEvaluation/Ses*.txt")):
        emotions.update(_TURN.findall(file.read_text(encoding="latin-1")))
    if not emotions:
        raise ValueError(
            f"{directory}: no emotions of IEMOCAP, expected dialog/EmoEvaluation/Ses*.txt"
        )
    clips, left_out = [], Counter[str]()
    for path in recordings:
        match = NAMES["iemocap"].fullmatch(path.stem)
        if match is None:
            continue
        emotion = emotions.get(path.stem, "without an emotion")
        if emotion not in _IEMOCAP:
            left_out[emotion] += 1
            continue
        sex = "female" if match[2] == "F" else "male"
        speaker = f"{match[1]}{match[2]}"
        clips.append(Clip(path, _IEMOCAP[emotion], speaker, "iemocap", sex))
    _say(left_out, "iemocap", "turns")
    return _of(clips, "iemocap")


def meld(directory: Path, recordings: list[Path]) -> Corpus:
    """Return the utterances of MELD, with the split, and the words in the column ``text``.

    ``train_sent_emo.csv`` and those of dev and test, whose films (or their sound) are called
    ``diaN_uttM`` and lie in folders that begin with train, dev, and test or
    output_repeated_splits_test. Utterances without a film are left out, and said.
    Source: Poria et al. (2019), MELD.
    """
    films: dict[tuple[str, str], Path] = {}
    for path in recordings:
        split = _split_of(path.relative_to(directory).parts)
        if split is not None and NAMES["meld"].fullmatch(path.stem):
            films[split, path.stem] = path
    clips, left_out = [], Counter[str]()
    tables = sorted(directory.rglob("*_sent_emo.csv"))
    if not tables:
        raise ValueError(f"{directory}: no emotions of MELD, expected train_sent_emo.csv")
    columns = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
    for table in tables:
        split = _split_of((table.name,)) or ""
        for _, row in csv_rows(table, columns):
            name = f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}"
            found = films.get((split, name))
            if found is None:
                left_out[f"without a film in {split}"] += 1
                continue
            label = _MELD.get(row["Emotion"], row["Emotion"])
            more = {"text": row["Utterance"]}
            clips.append(Clip(found, label, row["Speaker"], "meld", split=split, extra=more))
    _say(left_out, "meld", "utterances")
    return _of(clips, "meld")


def _split_of(parts: tuple[str, ...]) -> str | None:
    for part in parts:
        for split, beginnings in _MELD_SPLITS.items():
            if part.startswith(beginnings):
                return split
    return None


def _say(left_out: Counter[str], corpus: str, what: str) -> None:
    if left_out:
        listed = ", ".join(f"{reason} {n}" for reason, n in left_out.most_common())
        warnings.warn(
            f"{corpus}: {left_out.total()} {what} left out: {listed}", UserWarning, stacklevel=4
        )


def _of(clips: list[Clip], corpus: str) -> Corpus:
    if not clips:
        raise ValueError(f"no clip of {corpus} is left")
    return Corpus(sorted(clips, key=lambda clip: os.fspath(clip.path)))
