"""What the file names of published corpora say, by their published rules."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Name:
    """What a file name says; ``label`` is None where the corpus' emotion is none of ours.

    Attributes
    ----------
    emotion : str
        As the corpus calls it.
    label : str or None
    speaker : str
    sex : {"female", "male", "unknown"}
    """

    emotion: str
    label: str | None
    speaker: str
    sex: str


_RAVDESS = {
    "01": ("neutral", "neutral"),
    "02": ("calm", "neutral"),
    "03": ("happy", "happiness"),
    "04": ("sad", "sadness"),
    "05": ("angry", "anger"),
    "06": ("fearful", "fear"),
    "07": ("disgust", "disgust"),
    "08": ("surprised", "surprise"),
}
_EMODB = {
    "W": ("anger", "anger"),
    "L": ("boredom", None),
    "E": ("disgust", "disgust"),
    "A": ("fear", "fear"),
    "F": ("happiness", "happiness"),
    "T": ("sadness", "sadness"),
    "N": ("neutral", "neutral"),
}
_EMODB_MALE = {"03", "10", "11", "12", "15"}  # the others (08, 09, 13, 14, 16) are female
_TESS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "ps": "surprise",  # pleasant surprise
}
_CREMAD = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happiness",
    "NEU": "neutral",
    "SAD": "sadness",
}
_SAVEE = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}
_NEMO = {
    "anger": "anger",
    "fear": "fear",
    "happiness": "happiness",
    "neutral": "neutral",
    "sadness": "sadness",
    "surprised": "surprise",
}


def _stem(name: str | os.PathLike[str]) -> str:
    return Path(name).stem


def parse_ravdess(name: str | os.PathLike[str]) -> Name | None:
    """Parse modality-channel-emotion-intensity-statement-repetition-actor.

    Only speech (channel 01) with sound (modality 01 or 03) is taken; the songs, which have no
    disgust and no surprise, are another corpus. Odd actors are male; calm joins neutral.
    Source: Livingstone & Russo (2018), RAVDESS.

    Parameters
    ----------
    name : str or path
        File name.

    Returns
    -------
    Name or None
        None if the name follows another rule.

    Examples
    --------
    >>> parse_ravdess("03-01-05-01-02-01-12.wav")
    Name(emotion='angry', label='anger', speaker='12', sex='female')
    """
    match = re.fullmatch(r"0[13]-01-(0[1-8])-0[12]-0[12]-0[12]-(\d\d)", _stem(name))
    if match is None or not 1 <= int(match[2]) <= 24:
        return None
    emotion, label = _RAVDESS[match[1]]
    return Name(emotion, label, match[2], "male" if int(match[2]) % 2 else "female")


def parse_emodb(name: str | os.PathLike[str]) -> Name | None:
    """Parse speaker (2 digits), text (a01..b10), emotion letter, version letter.

    W anger, L boredom, E disgust, A fear, F happiness, T sadness, N neutral (the German initials).
    Source: Burkhardt et al. (2005), Berlin Database of Emotional Speech.

    Parameters and result as in `parse_ravdess`; the label is None for boredom.

    Examples
    --------
    >>> parse_emodb("03a01Wa.wav")
    Name(emotion='anger', label='anger', speaker='03', sex='male')
    """
    match = re.fullmatch(r"(03|08|09|1[0-6])([ab]\d\d)([WLEAFTN])([a-z])?", _stem(name))
    if match is None:
        return None
    emotion, label = _EMODB[match[3]]
    return Name(emotion, label, match[1], "male" if match[1] in _EMODB_MALE else "female")


def parse_tess(name: str | os.PathLike[str]) -> Name | None:
    """Parse speaker (OAF or YAF), word and emotion, joined by underscores.

    ``ps`` is pleasant surprise; both actresses are female. The corpus' one misspelt speaker
    (OA_bite_neutral) is read as OAF. Source: Pichora-Fuller & Dupuis (2020), TESS.

    Parameters and result as in `parse_ravdess`.

    Examples
    --------
    >>> parse_tess("OAF_back_angry.wav")
    Name(emotion='angry', label='anger', speaker='OAF', sex='female')
    """
    match = re.fullmatch(r"(OAF?|YAF)_([A-Za-z]+)_([A-Za-z]+)", _stem(name))
    if match is None or match[3].lower() not in _TESS:
        return None
    emotion = match[3].lower()
    return Name(emotion, _TESS[emotion], "YAF" if match[1] == "YAF" else "OAF", "female")


def parse_cremad(name: str | os.PathLike[str]) -> Name | None:
    """Parse actor (1001..1091), sentence, emotion and intensity, joined by underscores.

    The name does not tell the sex; `cremad` takes it from VideoDemographics.csv where that lies
    in the directory. Source: Cao et al. (2014), CREMA-D.

    Parameters and result as in `parse_ravdess`.

    Examples
    --------
    >>> parse_cremad("1001_DFA_ANG_XX.wav")
    Name(emotion='ANG', label='anger', speaker='1001', sex='unknown')
    """
    match = re.fullmatch(
        r"(10\d\d)_([A-Z]{3})_(ANG|DIS|FEA|HAP|NEU|SAD)_(XX|X|LO|MD|HI)", _stem(name)
    )
    if match is None or not 1001 <= int(match[1]) <= 1091:
        return None
    return Name(match[3], _CREMAD[match[3]], match[1], "unknown")


def parse_savee(name: str | os.PathLike[str]) -> Name | None:
    """Parse emotion letters and sentence number, with the speaker as prefix or folder.

    ``DC_a01.wav`` or ``DC/a01.wav``; four male speakers DC, JE, JK, KL.
    Source: Haq & Jackson (2009), SAVEE.

    Parameters and result as in `parse_ravdess`; the name with its folder.

    Examples
    --------
    >>> parse_savee("KL/su07.wav")
    Name(emotion='su', label='surprise', speaker='KL', sex='male')
    """
    path = Path(name)
    match = re.fullmatch(r"(?:(DC|JE|JK|KL)_)?(sa|su|a|d|f|h|n)(\d\d)", path.stem)
    if match is None:
        return None
    speaker = match[1] or path.parent.name
    if speaker not in ("DC", "JE", "JK", "KL"):
        return None
    return Name(match[2], _SAVEE[match[2]], speaker, "male")


def parse_nemo(name: str | os.PathLike[str]) -> Name | None:
    """Parse speaker (such as KS0), emotion and sentence (1..90), joined by underscores.

    The name does not tell the sex. Source: Christop (2024), nEMO: Dataset of Emotional Speech in
    Polish.

    Parameters and result as in `parse_ravdess`.

    Examples
    --------
    >>> parse_nemo("KS0_surprised_42.wav")
    Name(emotion='surprised', label='surprise', speaker='KS0', sex='unknown')
    """
    match = re.fullmatch(rf"([A-Z]{{2}}\d)_({'|'.join(_NEMO)})_(\d{{1,2}})", _stem(name))
    if match is None or not 1 <= int(match[3]) <= 90:
        return None
    return Name(match[2], _NEMO[match[2]], match[1], "unknown")


#: The parser of each corpus.
PARSERS: dict[str, Callable[[str | os.PathLike[str]], Name | None]] = {
    "ravdess": parse_ravdess,
    "emodb": parse_emodb,
    "tess": parse_tess,
    "cremad": parse_cremad,
    "savee": parse_savee,
    "nemo": parse_nemo,
}
