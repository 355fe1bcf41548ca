"""What the file names of published corpora say, by their published rules."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Name:
    """What a file name says.

    Attributes
    ----------
    emotion : str
        As the corpus calls it.
    label : str
        Of `quaver.LABELS` where it is one of these.
    speaker : str
    sex : {"female", "male", "unknown"}
    split : str
        Part of the corpus that its makers put the clip into; empty for none.
    """

    emotion: str
    label: str
    speaker: str
    sex: str
    split: str = ""


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
    "L": ("boredom", "boredom"),
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
_ESD = {
    "angry": "anger",
    "happy": "happiness",
    "neutral": "neutral",
    "sad": "sadness",
    "surprise": "surprise",
}
_ESD_FEMALE = {1, 2, 3, 7, 9, 15, 16, 17, 18, 19}  # 1 to 10 speak Chinese, 11 to 20 English
_ESD_SPLITS = ("train", "evaluation", "test")
_EMOVO = {
    "dis": "disgust",
    "gio": "happiness",
    "neu": "neutral",
    "pau": "fear",
    "rab": "anger",
    "sor": "surprise",
    "tri": "sadness",
}
_SUBESCO = {
    "ANGRY": "anger",
    "DISGUST": "disgust",
    "FEAR": "fear",
    "HAPPY": "happiness",
    "NEUTRAL": "neutral",
    "SAD": "sadness",
    "SURPRISE": "surprise",
}
_URDU = {"A": "anger", "H": "happiness", "N": "neutral", "S": "sadness"}
_SEXES = {"f": "female", "m": "male"}
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
    Name(emotion='angry', label='anger', speaker='12', sex='female', split='')
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

    Parameters and result as in `parse_ravdess`.

    Examples
    --------
    >>> parse_emodb("03a01Wa.wav")
    Name(emotion='anger', label='anger', speaker='03', sex='male', split='')
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
    Name(emotion='angry', label='anger', speaker='OAF', sex='female', split='')
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
    Name(emotion='ANG', label='anger', speaker='1001', sex='unknown', split='')
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
    Name(emotion='su', label='surprise', speaker='KL', sex='male', split='')
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
    Name(emotion='surprised', label='surprise', speaker='KS0', sex='unknown', split='')
    """
    match = re.fullmatch(rf"([A-Z]{{2}}\d)_({'|'.join(_NEMO)})_(\d{{1,2}})", _stem(name))
    if match is None or not 1 <= int(match[3]) <= 90:
        return None
    return Name(match[2], _NEMO[match[2]], match[1], "unknown")


def parse_esd(name: str | os.PathLike[str]) -> Name | None:
    """Parse speaker (0001..0020) and number, with the emotion as folder.

    ``0011/Angry/0011_000351.wav``, or below one more folder, train, evaluation or test.
    Source: Zhou et al. (2021), Emotional Speech Database, its read-me file.

    Parameters and result as in `parse_ravdess`; the name with its folders.

    Examples
    --------
    >>> parse_esd("0011/Sad/train/0011_001070.wav")
    Name(emotion='Sad', label='sadness', speaker='0011', sex='male', split='train')
    """
    path = Path(name)
    match = re.fullmatch(r"(00\d\d)_(\d{6})", path.stem)
    if match is None or not 1 <= int(match[1]) <= 20:
        return None
    folder = path.parent
    split = folder.name if folder.name in _ESD_SPLITS else ""
    emotion = folder.parent.name if split else folder.name
    if emotion.lower() not in _ESD:
        return None
    sex = "female" if int(match[1]) in _ESD_FEMALE else "male"
    return Name(emotion, _ESD[emotion.lower()], match[1], sex, split)


def parse_emovo(name: str | os.PathLike[str]) -> Name | None:
    """Parse emotion (three Italian letters), speaker (f1..f3, m1..m3) and sentence, by hyphens.

    dis(gusto), gio(ia) joy, neu(trale), pau(ra) fear, rab(bia) anger, sor(presa), tri(stezza).
    Source: Costantini et al. (2014), EMOVO Corpus.

    Parameters and result as in `parse_ravdess`.

    Examples
    --------
    >>> parse_emovo("gio-f1-b1.wav")
    Name(emotion='gio', label='happiness', speaker='f1', sex='female', split='')
    """
    match = re.fullmatch(rf"({'|'.join(_EMOVO)})-([fm][1-3])-([bldn]\d)", _stem(name))
    if match is None:
        return None
    return Name(match[1], _EMOVO[match[1]], match[2], _SEXES[match[2][0]])


def parse_subesco(name: str | os.PathLike[str]) -> Name | None:
    """Parse sex, speaker, speaker's name, S, sentence, emotion and take, joined by underscores.

    Source: Sultana et al. (2021), SUST Bangla Emotional Speech Corpus.

    Parameters and result as in `parse_ravdess`.

    Examples
    --------
    >>> parse_subesco("F_01_OISHI_S_1_ANGRY_1.wav")
    Name(emotion='ANGRY', label='anger', speaker='F_01', sex='female', split='')
    """
    rule = rf"([FM]_\d+)_[A-Z]+_S_\d+_({'|'.join(_SUBESCO)})_\d"
    match = re.fullmatch(rule, _stem(name))
    if match is None:
        return None
    return Name(match[2], _SUBESCO[match[2]], match[1], _SEXES[match[1][0].lower()])


def parse_urdu(name: str | os.PathLike[str]) -> Name | None:
    """Parse S with sex and number of the speaker, F with the file's, emotion with its number.

    A angry, H happy, N neutral, S sad. Source: Latif et al. (2018), Cross Lingual Speech Emotion
    Recognition: Urdu vs. Western Languages; the read-me file of the data.

    Parameters and result as in `parse_ravdess`.

    Examples
    --------
    >>> parse_urdu("SM1_F01_A12.wav")
    Name(emotion='A', label='anger', speaker='SM1', sex='male', split='')
    """
    match = re.fullmatch(r"(S[FM]\d+)_F\d+_([AHNS])\d+", _stem(name))
    if match is None:
        return None
    return Name(match[2], _URDU[match[2]], match[1], _SEXES[match[1][1].lower()])


#: The parser of each corpus.
PARSERS: dict[str, Callable[[str | os.PathLike[str]], Name | None]] = {
    "ravdess": parse_ravdess,
    "emodb": parse_emodb,
    "tess": parse_tess,
    "cremad": parse_cremad,
    "savee": parse_savee,
    "nemo": parse_nemo,
    "esd": parse_esd,
    "emovo": parse_emovo,
    "subesco": parse_subesco,
    "urdu": parse_urdu,
}
