"""What the published names of recordings say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from quaver.corpora.names import (
    PARSERS,
    parse_cremad,
    parse_emodb,
    parse_emovo,
    parse_esd,
    parse_nemo,
    parse_ravdess,
    parse_savee,
    parse_subesco,
    parse_tess,
    parse_urdu,
)

# Names as published, and what they say: label, speaker, sex.
NAMES: list[tuple[Callable[[str], Any], str, tuple[str, str, str]]] = [
    (parse_ravdess, "03-01-01-01-01-01-01.wav", ("neutral", "01", "male")),
    (parse_ravdess, "03-01-02-01-02-02-02.wav", ("neutral", "02", "female")),
    (parse_ravdess, "03-01-03-02-01-01-13.flac", ("happiness", "13", "male")),
    (parse_ravdess, "03-01-04-01-01-01-24.wav", ("sadness", "24", "female")),
    (parse_ravdess, "03-01-05-02-02-01-07.wav", ("anger", "07", "male")),
    (parse_ravdess, "03-01-06-01-02-01-12.wav", ("fear", "12", "female")),
    (parse_ravdess, "01-01-07-01-01-02-10.mp3", ("disgust", "10", "female")),
    (parse_ravdess, "03-01-08-02-02-02-05.wav", ("surprise", "05", "male")),
    (parse_emodb, "03a01Fa.wav", ("happiness", "03", "male")),
    (parse_emodb, "08a02Na.wav", ("neutral", "08", "female")),
    (parse_emodb, "09a05Wb.wav", ("anger", "09", "female")),
    (parse_emodb, "10b10Tc.wav", ("sadness", "10", "male")),
    (parse_emodb, "13b09Aa.wav", ("fear", "13", "female")),
    (parse_emodb, "16b03Ed.wav", ("disgust", "16", "female")),
    (parse_emodb, "14a07Lc.wav", ("boredom", "14", "female")),
    (parse_tess, "OAF_back_angry.wav", ("anger", "OAF", "female")),
    (parse_tess, "YAF_youth_ps.wav", ("surprise", "YAF", "female")),
    (parse_tess, "OA_bite_neutral.wav", ("neutral", "OAF", "female")),
    (parse_tess, "YAF_dog_happy.wav", ("happiness", "YAF", "female")),
    (parse_cremad, "1001_IEO_ANG_HI.wav", ("anger", "1001", "unknown")),
    (parse_cremad, "1091_WSI_SAD_XX.wav", ("sadness", "1091", "unknown")),
    (parse_cremad, "1040_ITH_SAD_X.wav", ("sadness", "1040", "unknown")),
    (parse_cremad, "1050_DFA_NEU_LO.wav", ("neutral", "1050", "unknown")),
    (parse_savee, "DC_a01.wav", ("anger", "DC", "male")),
    (parse_savee, "JE_sa15.wav", ("sadness", "JE", "male")),
    (parse_savee, "JK_su07.wav", ("surprise", "JK", "male")),
    (parse_savee, "KL/n30.wav", ("neutral", "KL", "male")),
    (parse_savee, "KL/h05.wav", ("happiness", "KL", "male")),
    (parse_nemo, "EB0_anger_10.flac", ("anger", "EB0", "unknown")),
    (parse_nemo, "WR0_surprised_90.wav", ("surprise", "WR0", "unknown")),
    (parse_esd, "0011/Angry/0011_000351.wav", ("anger", "0011", "male")),
    (parse_esd, "0001/Happy/evaluation/0001_000701.wav", ("happiness", "0001", "female")),
    (parse_emovo, "rab-m2-l3.wav", ("anger", "m2", "male")),
    (parse_emovo, "pau-f3-d1.wav", ("fear", "f3", "female")),
    (parse_emovo, "sor-f1-n5.wav", ("surprise", "f1", "female")),
    (parse_subesco, "F_01_OISHI_S_1_ANGRY_1.wav", ("anger", "F_01", "female")),
    (parse_subesco, "M_11_NIPUN_S_10_SURPRISE_5.wav", ("surprise", "M_11", "male")),
    (parse_urdu, "SM1_F01_A12.wav", ("anger", "SM1", "male")),
    (parse_urdu, "SF6_F3_H027.wav", ("happiness", "SF6", "female")),
]


@pytest.mark.parametrize(("parse", "name", "expected"), NAMES, ids=[row[1] for row in NAMES])
def test_published_names(
    parse: Callable[[str], Any], name: str, expected: tuple[str, str, str]
) -> None:
    found = parse(name)
    assert (found.label, found.speaker, found.sex) == expected
    # No other corpus claims the name.
    assert [kind for kind, other in PARSERS.items() if other(name) is not None] == [
        parse.__name__.removeprefix("parse_")
    ]


FOREIGN = [
    "03-02-01-01-01-01-01.wav",  # a song
    "02-01-01-01-01-01-01.mp4",  # video without sound
    "03-01-09-01-01-01-01.wav",
    "03-01-01-01-01-01-25.wav",
    "03-01-01-01-01-01.wav",
    "17a01Wa.wav",
    "03c01Wa.wav",
    "XAF_back_angry.wav",
    "OAF_back_bored.wav",
    "1092_IEO_ANG_HI.wav",
    "1001_IEO_SUR_HI.wav",
    "XX_a01.wav",
    "KS0_surprise_42.wav",
    "KS0_anger_91.wav",
    "a01.wav",
    "clip.wav",
    "0021/Angry/0021_000351.wav",
    "0011/Calm/0011_000351.wav",
    "0011_000351.wav",
    "gio-f4-b1.wav",
    "F_01_OISHI_S_1_BORED_1.wav",
    "SM1_F01_D12.wav",
    "",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_names_of_no_corpus(name: str) -> None:
    assert [kind for kind, parse in PARSERS.items() if parse(name) is not None] == []
