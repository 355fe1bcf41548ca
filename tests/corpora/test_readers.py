"""Readers of published corpora."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import quaver
from quaver import corpus


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


def test_boredom_is_a_label(tmp_path: Path) -> None:
    touch(tmp_path, "03a01Wa.wav", "03a01La.wav")
    assert corpus.emodb(tmp_path).labels.tolist() == ["boredom", "anger"]


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


def test_sound_and_film_of_one_take_are_one_clip(tmp_path: Path) -> None:
    touch(tmp_path, "a/01-01-03-01-01-01-02.wav", "b/03-01-03-01-01-01-02.wav")
    touch(tmp_path, "a/01-01-04-01-01-01-02.mp4", "a/02-01-04-01-01-01-02.mp4")
    table = corpus.ravdess(tmp_path)
    names = ["01-01-04-01-01-01-02.mp4", "03-01-03-01-01-01-02.wav"]
    assert [path.name for path in table.paths] == names
    assert len(corpus.read_corpus(tmp_path)) == 2
    touch(tmp_path, "c/01-01-04-01-01-01-02.mp4")
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
        ("EB0_sadness_02.flac", "nemo"), ("0012/Sad/0012_001070.wav", "esd"),
        ("tri-f1-b1.wav", "emovo"), ("M_11_A_S_2_SAD_1.wav", "subesco"),
        ("SM1_F01_S12.wav", "urdu"),
    ],
)  # fmt: skip
def test_the_kind_is_guessed(tmp_path: Path, name: str, kind: str) -> None:
    found = corpus.read_corpus(touch(tmp_path, name))
    assert found[0].corpus == kind
    assert corpus.read_corpus(tmp_path, kind).labels.tolist() == found.labels.tolist()


def test_nothing_to_guess(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"such as x\.wav\) follow none of ravdess"):
        corpus.read_corpus(touch(tmp_path, "x.wav"))
    with pytest.raises(ValueError, match=r"kind must be one of auto, .*, got 'mine'"):
        corpus.read_corpus(tmp_path, "mine")


# Folders.


def test_a_folder_for_each_label(tmp_path: Path) -> None:
    touch(tmp_path, "sehr müde/ann/1.wav", "sehr müde/bob/2.flac", "wach/ann/1.wav", "wach/3.txt")
    found = corpus.read_corpus(tmp_path)
    assert found.labels.tolist() == ["sehr müde", "sehr müde", "wach"]
    assert (found.has_speakers, set(found.speakers), found[0].corpus) == (
        False, {""}, tmp_path.name
    )  # fmt: skip
    named = corpus.read_corpus(tmp_path, "folders", speaker=r"^[^/]+/(\w+)/")
    assert named.speakers.tolist() == ["ann", "bob", "ann"]
    with pytest.raises(ValueError, match=r"finds no speaker in 1 of 3 paths, among them .*2\.flac"):
        corpus.folders(tmp_path, speaker="/(ann)/")
    for pattern in ("ann", "(a)(n)", "("):
        with pytest.raises(ValueError, match="must be a column or a pattern with"):
            corpus.folders(tmp_path, speaker=pattern)


def test_folders_of_splits(tmp_path: Path) -> None:
    touch(tmp_path, "train/calm/a.wav", "test/calm/b.wav", "test/tense/c.wav")
    found = corpus.read_corpus(tmp_path)
    assert found.labels.tolist() == ["calm", "tense", "calm"]
    assert found.column("split").tolist() == ["test", "test", "train"]


def test_recordings_beside_the_folders(tmp_path: Path) -> None:
    touch(tmp_path, "calm/a.wav", "b.wav")
    with pytest.raises(ValueError, match=r"1 of 2 recordings lie in no folder .*b\.wav"):
        corpus.folders(tmp_path)


# Emotions in files of their own.


def test_iemocap(tmp_path: Path) -> None:
    turns = "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_"
    touch(tmp_path, *(f"{turns}{turn}.wav" for turn in ("F000", "F001", "M000", "M001")))
    touch(tmp_path, "Session1/dialog/wav/Ses01F_impro01.wav")
    notes = touch(tmp_path, "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt")
    (notes / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt").write_text(
        "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
        "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\n"
        "C-E2:\tNeutral;\t()\n"
        "[10.0100 - 11.3925]\tSes01F_impro01_F001\txxx\t[2.5000, 2.5000, 2.5000]\n"
        "[14.8872 - 18.0175]\tSes01F_impro01_M000\texc\t[2.5000, 2.5000, 2.5000]\n"
    )
    with pytest.warns(UserWarning, match="2 turns left out: xxx 1, without an emotion 1"):
        found = corpus.read_corpus(tmp_path)
    assert [(clip.label, clip.speaker, clip.sex, clip.corpus) for clip in found] == [
        ("neutral", "Ses01F", "female", "iemocap"), ("excitement", "Ses01M", "male", "iemocap")
    ]  # fmt: skip


def test_meld(tmp_path: Path) -> None:
    touch(tmp_path, "train_splits/dia0_utt0.mp4", "output_repeated_splits_test/dia0_utt0.mp4")
    touch(tmp_path, "output_repeated_splits_test/final_videos_testdia0_utt1.mp4")
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,StartTime,EndTime"
    times = '"00:16:16,059","00:16:21,731"'
    for split, who, emotion in (("train", "Chandler", "joy"), ("test", "Ross", "anger")):
        (tmp_path / f"{split}_sent_emo.csv").write_text(
            f'{header}\n1,"Well, no",{who},{emotion},neutral,0,0,{times}\n'
            f"2,Yes,{who},fear,neutral,7,7,{times}\n"
        )
    with pytest.warns(UserWarning, match="2 utterances left out: without a film in"):
        found = corpus.read_corpus(tmp_path)
    rows = [(clip.label, clip.speaker, clip.split, clip.extra["text"]) for clip in found]
    assert rows == [
        ("anger", "Ross", "test", "Well, no"), ("happiness", "Chandler", "train", "Well, no")
    ]  # fmt: skip


def test_corpora_without_their_emotions(tmp_path: Path) -> None:
    touch(tmp_path, "dia0_utt0.mp4")
    for kind in ("iemocap", "meld"):
        with pytest.raises(ValueError, match=f"no emotions of {kind.upper()}, expected"):
            corpus.read_corpus(tmp_path, kind)


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


def test_nemo_is_complete(data_dir: Path) -> None:
    table = corpus.nemo(data_dir / "nemo")
    assert Counter(table.labels.tolist()) == {
        "anger": 378, "fear": 366, "happiness": 373, "neutral": 405, "sadness": 386,
        "surprise": 338,
    }  # fmt: skip
    assert len(set(table.speakers)) == 9


def test_folds_partition_the_actors() -> None:
    actors = sorted(actor for fold in corpus.RAVDESS_FOLDS for actor in fold)
    assert actors == [f"{i:02}" for i in range(1, 25)]
    assert corpus.LABELS is quaver.LABELS
