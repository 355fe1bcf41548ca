"""What is wrong with a corpus: planted faults, and the clips that can be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
from quaver import corpus
from quaver.corpora.check import FAULTS, Checked, check, usable


def write(file: Path, samples: NDArray[np.float64], rate: int = 16000) -> Path:
    soundfile.write(file, samples, rate, subtype="FLOAT" if file.suffix == ".wav" else "PCM_16")
    return file


@pytest.fixture
def good(tmp_path: Path) -> list[str]:
    """Rows of six sound clips, two labels, two speakers, each in a split of their own."""
    rng = np.random.default_rng(5)
    rows = []
    for i in range(6):
        write(tmp_path / f"good{i}.flac", 0.1 * rng.standard_normal(16000))
        rows.append(f"good{i}.flac,{'ab'[i % 2]},{'pq'[i // 3]},{('train', 'test')[i // 3]},,")
    return rows


def checked(folder: Path, rows: list[str]) -> Checked:
    table = folder / "t.csv"
    table.write_text("\n".join(["path,label,speaker,split,start,end", *rows]))
    return check(corpus.manifest(table), threads=2)


def test_nothing_is_wrong(tmp_path: Path, good: list[str]) -> None:
    found = checked(tmp_path, good)
    assert found.faults == ()
    assert (found.clips, found.seconds) == (6, 6)
    assert found.labels == {"a": 3, "b": 3}
    assert found.speakers == {"t/p": 3, "t/q": 3}
    assert found.splits == {"test": 3, "train": 3}
    assert found.rates == {16000: 6}


def test_each_of_the_planted_faults_is_found(tmp_path: Path, good: list[str]) -> None:
    rng = np.random.default_rng(6)
    speech = 0.1 * rng.standard_normal(16000)
    whole = write(tmp_path / "good0.flac", 0.1 * rng.standard_normal(32000))
    (tmp_path / "cut.flac").write_bytes(whole.read_bytes()[:20000])
    (tmp_path / "text.wav").write_text("no audio")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "pointer.wav").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    )
    write(tmp_path / "nan.wav", np.where(np.arange(16000) == 7, np.nan, speech))
    write(tmp_path / "silent.flac", np.zeros(16000))
    write(tmp_path / "short.flac", speech[:3000])
    write(tmp_path / "clipped.flac", (20 * speech).clip(-1, 1))
    write(tmp_path / "integers.wav", 20000 * speech)
    write(tmp_path / "slow.flac", speech, 8000)
    twin = (tmp_path / "good1.flac").read_bytes()
    for name in ("twin.flac", "other.flac", "leak.flac"):
        (tmp_path / name).write_bytes(twin)
    planted = [
        ("gone.wav,a,p,train,,", "missing"),
        ("cut.flac,a,p,train,,", "unreadable"),
        ("text.wav,a,p,train,,", "unreadable"),
        ("empty.wav,a,p,train,,", "unreadable"),
        ("good3.flac,a,q,test,5,6", "unreadable"),
        ("pointer.wav,a,p,train,,", "lfs_pointer"),
        ("nan.wav,a,p,train,,", "not_finite"),
        ("silent.flac,a,p,train,,", "silent"),
        ("short.flac,a,p,train,,", "short"),
        ("clipped.flac,a,p,train,,", "clipped"),
        ("integers.wav,a,p,train,,", "out_of_scale"),
        ("slow.flac,a,p,train,,", "rate"),
        ("twin.flac,b,p,train,,", "duplicate"),
        ("other.flac,a,p,train,,", "label_conflict"),
        ("good5.flac,b,q,train,0,0.6", "speaker_leak"),
        ("good4.flac,odd,q,test,0.2,0.9", "few_clips"),
        ("good2.flac,A,p,train,0.1,0.9", "label_spelling"),
    ]
    found = checked(tmp_path, [*good, *(row for row, _ in planted), "leak.flac,b,q,test,,"])
    kinds = {(fault.index, fault.kind) for fault in found.faults}
    for i, (row, kind) in enumerate(planted, len(good)):
        assert (i, kind) in kinds, row
    leak = len(good) + len(planted)
    assert (leak, "content_leak") in kinds
    # A part of a recording that is in the test split was planted in training.
    assert any(f.kind == "content_leak" and "overlaps" in f.reason for f in found.faults)
    assert set(found.counts()) == set(FAULTS)
    assert not {i for i, _ in kinds if i < len(good)} - {5}
    assert "good1.flac" in next(f.reason for f in found.faults if f.kind == "duplicate")
    assert found.to_dict()["counts"]["unreadable"] == 4
    assert found.to_frame()["kind"].tolist() == [fault.kind for fault in found.faults]


def test_what_is_expected_can_be_said(tmp_path: Path, good: list[str]) -> None:
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["path,label,speaker,split,start,end", *good]))
    clips = corpus.manifest(table)
    assert check(clips, rate=8000).counts() == {"rate": 6}
    assert check(clips, shortest=1.5).counts() == {"short": 6}
    with pytest.raises(ValueError, match="shortest must be 0 or more, got -1"):
        check(clips, shortest=-1)


def test_the_clips_that_can_be_used(tmp_path: Path, good: list[str]) -> None:
    (tmp_path / "text.wav").write_text("no audio")
    write(tmp_path / "nan.wav", np.full(16000, np.nan))
    table = tmp_path / "t.csv"
    bad = ["text.wav,a,p,,,", "nan.wav,a,p,,,"]
    table.write_text("\n".join(["path,label,speaker,split,start,end", bad[0], *good, bad[1]]))
    clips = corpus.manifest(table)
    kept, failures = usable(clips, threads=2)
    assert [f.index for f in failures] == [0, 7]
    assert kept == clips[1:7]
    assert usable(kept) == (kept, ())


def test_a_name_that_no_file_has(tmp_path: Path) -> None:
    clips = corpus.Corpus([corpus.Clip(tmp_path / "a\0.wav", "calm", "ann", "mine")])
    assert check(clips).counts() == {"unreadable": 1, "few_clips": 1}


def test_many_bad_recordings_among_good_ones(tmp_path: Path, good: list[str]) -> None:
    names = []
    for i in range(60):
        names += [f"good{j}.flac,a,p,,{0.01 * i},1" for j in range(5)]
        (tmp_path / f"bad{i}.wav").write_bytes(b"RIFF" + bytes(i))
        names.append(f"bad{i}.wav,a,p,,,")
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["path,label,speaker,split,start,end", *names]))
    clips = corpus.manifest(table)
    batch = quaver.extract_many(clips, threads=2)
    assert (len(batch), len(batch.failures)) == (300, 60)
    assert all("bad" in failure.source for failure in batch.failures)
    kept, failures = usable(clips, threads=2)
    assert (len(kept), len(failures)) == (300, 60)
    assert check(clips, threads=2).counts()["unreadable"] == 60
