"""Corpora by their published names, and tables for anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import quaver
from quaver import corpus
from quaver.corpus_names import (
    PARSERS,
    parse_cremad,
    parse_emodb,
    parse_ravdess,
    parse_savee,
    parse_tess,
)

# Names as published, and what they say: label, speaker, sex.
NAMES: list[tuple[Callable[[str], Any], str, tuple[str | None, str, str]]] = [
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
    (parse_emodb, "14a07Lc.wav", (None, "14", "female")),
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
]


@pytest.mark.parametrize(("parse", "name", "expected"), NAMES, ids=[row[1] for row in NAMES])
def test_published_names(
    parse: Callable[[str], Any], name: str, expected: tuple[str | None, str, str]
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
    "a01.wav",
    "clip.wav",
    "",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_names_of_no_corpus(name: str) -> None:
    assert [kind for kind, parse in PARSERS.items() if parse(name) is not None] == []


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_corpus_is_a_table(tmp_path: Path) -> None:
    touch(tmp_path, "03-01-05-01-01-01-02.wav", "03-01-04-01-01-01-01.wav")
    table = corpus.ravdess(tmp_path)
    assert table.labels.tolist() == ["sadness", "anger"]
    assert table.speakers.tolist() == ["01", "02"]
    assert table.groups.tolist() == ["ravdess/01", "ravdess/02"]
    assert [path.name[-6:-4] for path in table.paths] == ["01", "02"]
    assert (len(table), table[1].sex, len(table[:1])) == (2, "female", 1)
    assert repr(table) == "<Corpus of 2 clips: ravdess>"


def test_boredom_is_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "03a01Wa.wav", "03a01La.wav")
    assert corpus.emodb(tmp_path).labels.tolist() == ["anger"]
    with pytest.raises(ValueError, match="no clip of emodb is left"):
        corpus.emodb(touch(tmp_path / "b", "03a01La.wav"))


def test_savee_by_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "DC/a01.wav", "JE/a01.wav", "JE/sa02.wav")
    assert corpus.savee(tmp_path).speakers.tolist() == ["DC", "JE", "JE"]
    monkeypatch.chdir(tmp_path / "DC")  # a relative path still has its folder's name
    assert corpus.savee(".").speakers.tolist() == ["DC"]


def test_the_sex_of_cremads_actors(tmp_path: Path) -> None:
    touch(tmp_path, "wav/1001_IEO_ANG_HI.wav", "wav/1002_IEO_ANG_HI.wav")
    assert [clip.sex for clip in corpus.cremad(tmp_path / "wav")] == ["unknown", "unknown"]
    (tmp_path / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n1001,51,Male\n1002,21,Female")
    assert [clip.sex for clip in corpus.cremad(tmp_path / "wav")] == ["male", "female"]


def test_foreign_names_are_refused_or_skipped(tmp_path: Path) -> None:
    touch(tmp_path, "03-01-05-01-01-01-02.wav", "other.wav")
    with pytest.raises(
        ValueError, match=r"1 of 2 files .* names of ravdess, among them other\.wav"
    ):
        corpus.ravdess(tmp_path)
    assert len(corpus.ravdess(tmp_path, skip_unknown=True)) == 1


def test_copies_of_a_clip_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "Actor_02/03-01-05-01-01-01-02.wav", "audio/Actor_02/03-01-05-01-01-01-02.wav")
    with pytest.raises(ValueError, match="the same clip twice"):
        corpus.ravdess(tmp_path)


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such directory"):
        corpus.ravdess(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        corpus.ravdess(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no audio file"):
        corpus.ravdess(tmp_path / "empty")
    with pytest.raises(ValueError, match="calm must be 'neutral' or 'original', got 'happy'"):
        corpus.ravdess(tmp_path, calm="happy")  # type: ignore[arg-type]


# Any corpus.


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("03-01-05-01-01-01-02.wav", "ravdess"), ("03a01Wa.wav", "emodb"),
        ("OAF_back_angry.wav", "tess"), ("1001_IEO_ANG_HI.wav", "cremad"), ("DC_a01.wav", "savee"),
    ],
)  # fmt: skip
def test_the_kind_is_guessed(tmp_path: Path, name: str, kind: str) -> None:
    found = corpus.read_corpus(touch(tmp_path, name))
    assert found[0].corpus == kind
    assert corpus.read_corpus(tmp_path, kind).labels.tolist() == found.labels.tolist()


def test_nothing_to_guess(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"such as x\.wav\) follow none of ravdess"):
        corpus.read_corpus(touch(tmp_path, "x.wav"))
    with pytest.raises(ValueError, match=r"kind must be one of auto, .*, got 'iemocap'"):
        corpus.read_corpus(tmp_path, "iemocap")


def test_manifest(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(
        "\ufeffspeaker, label ,path,sex,corpus\nann,fear,a.wav,female,\n bob , joy ,/b.wav,,x\n",
        encoding="utf-8",
    )
    with pytest.raises(ValueError, match=r"mine\.csv, line 3: label must be .*, got 'joy'"):
        corpus.manifest(table)
    table.write_text(table.read_text(encoding="utf-8").replace("joy", "anger"), encoding="utf-8")
    first, second = corpus.read_corpus(table)
    assert first == corpus.Clip(tmp_path / "a.wav", "fear", "ann", "mine", "female")
    assert second == corpus.Clip(Path("/b.wav"), "anger", "bob", "x", "unknown")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: missing column\(s\) path, label, speaker, got nothing"),
        ("path,label\na.wav,fear\n", r"line 1: missing column\(s\) speaker, got path, label"),
        ("path,label,speaker\n", "no clip listed"),
        ("path,label,speaker\na.wav,,ann\n", "line 2: empty label"),
        ("path,label,speaker\n\na.wav,fear,\n", "line 3: empty speaker"),
        ("path,label,speaker\na.wav,fear,ann,x\n", "line 2: more cells than the 3 columns"),
        ("path,label,speaker,sex\na.wav,fear,ann,f\n", "line 2: sex must be .*, got 'f'"),
        (
            "path,label,speaker\na,fear,x\nb,fear,x\na,fear,x\n",
            "line 4: the same path as in line 2",
        ),
    ],
)
def test_bad_manifests(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text(text)
    with pytest.raises(ValueError, match=rf"t\.csv.*{message}"):
        corpus.manifest(table)


def test_a_manifest_in_another_encoding(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes("path,label,speaker\nä.wav,fear,ann\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"t\.csv: expected UTF-8 text"):
        corpus.manifest(table)


# The real one.


def test_ravdess_is_complete(data_dir: Path) -> None:
    table = corpus.ravdess(data_dir / "ravdess")
    assert Counter(table.labels.tolist()) == {
        "neutral": 288, "happiness": 192, "sadness": 192, "anger": 192, "fear": 192,
        "disgust": 192, "surprise": 192,
    }  # fmt: skip
    assert set(Counter(table.speakers.tolist()).values()) == {60}
    assert Counter(clip.sex for clip in table) == {"male": 720, "female": 720}
    original = corpus.ravdess(data_dir / "ravdess", calm="original")
    assert set(Counter(original.labels.tolist()).values()) == {192}
    assert len(original) == 1344


def test_folds_partition_the_actors() -> None:
    actors = sorted(actor for fold in corpus.RAVDESS_FOLDS for actor in fold)
    assert actors == [f"{i:02}" for i in range(1, 25)]
    assert corpus.LABELS is quaver.LABELS
