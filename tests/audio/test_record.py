"""Recording with a stand-in for the microphone, and files that appear only when complete."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import quaver
from microphones import Microphone, PortAudioError
from quaver.record import capture, record, replacing


@pytest.fixture
def microphone(monkeypatch: pytest.MonkeyPatch) -> Microphone:
    stand_in = Microphone()
    monkeypatch.setitem(sys.modules, "sounddevice", stand_in)
    return stand_in


def test_all_samples_arrive_in_order(microphone: Microphone) -> None:
    calls: list[tuple[int, int]] = []
    found = capture(0.55, 8000, progress=lambda done, total: calls.append((done, total)))
    np.testing.assert_array_equal(found.samples, np.arange(4400, dtype=np.float32) / 65536)
    assert found.samples.dtype == np.float32
    assert found.sample_rate == 8000
    assert not found.lost
    assert calls == [(800 * (i + 1), 4400) for i in range(5)] + [(4400, 4400)]
    assert microphone.asked == {
        "samplerate": 8000, "channels": 1, "dtype": "float32", "device": None,
    }  # fmt: skip
    assert microphone.closed


def test_device_and_lost_samples(microphone: Microphone) -> None:
    microphone.overflow_at = 2
    assert capture(0.3, device="USB").lost
    assert microphone.asked["device"] == "USB"


def test_one_sample_at_least(microphone: Microphone) -> None:
    assert capture(1e-6).samples.shape == (1,)


def test_peak() -> None:
    from quaver.record import Recording

    assert Recording(np.array([0.1, -0.5], np.float32), 8000).peak_db == pytest.approx(-6.0206)
    assert Recording(np.zeros(3, np.float32), 8000).peak_db == -np.inf


def test_a_file_is_written(microphone: Microphone, tmp_path: Path) -> None:
    for name in ("voice.wav", "voice.FLAC"):
        microphone.position = 0
        recording = record(tmp_path / name, 0.5)
        samples, rate = quaver.load(tmp_path / name)
        assert rate == 16000
        np.testing.assert_allclose(samples, recording.samples, atol=1 / 32768)
        assert soundfile.info(tmp_path / name).subtype == "PCM_16"


@pytest.mark.parametrize("ending", [".wav", ".FLAC"])
def test_a_name_that_is_not_utf8(microphone: Microphone, tmp_path: Path, ending: str) -> None:
    file = tmp_path / (os.fsdecode(b"\xff") + ending)
    try:
        file.touch()
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    record(file, 0.5, 8000)
    samples, rate = quaver.load(file)
    assert (len(samples), rate) == (4000, 8000)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_bad_duration(microphone: Microphone, seconds: float) -> None:
    with pytest.raises(ValueError, match=f"seconds must be positive and finite, got {seconds}"):
        capture(seconds)
    with pytest.raises(ValueError, match="sample_rate must be"):
        capture(1, 0)
    assert microphone.blocks == 0


def test_bad_extension_is_known_before_anyone_speaks(
    microphone: Microphone, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"voice\.mp3: unknown extension '\.mp3'"):
        record(tmp_path / "voice.mp3")
    with pytest.raises(FileNotFoundError, match="no such directory"):
        record(tmp_path / "none" / "voice.wav")
    assert microphone.blocks == 0


def test_a_device_that_refuses(microphone: Microphone, tmp_path: Path) -> None:
    microphone.error = PortAudioError("Error querying device -1")
    with pytest.raises(OSError, match="cannot record at 16000 Hz: Error querying device -1"):
        record(tmp_path / "voice.wav", 0.1)
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_the_older_file(microphone: Microphone, tmp_path: Path) -> None:
    target = tmp_path / "voice.wav"
    target.write_text("older")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(target, 1, progress=interrupt)
    assert target.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["voice.wav"]
    assert microphone.closed


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "quaver\[record\]"') as caught:
        capture(0.1)
    assert caught.value.name == "sounddevice"


def test_without_the_library_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(OSError, match=r"PortAudio library not found: .* libportaudio2"):
        capture(0.1)


# Files that replace others.


def test_replacing_follows_links_and_keeps_the_extension(tmp_path: Path) -> None:
    target, link = tmp_path / "real.txt", tmp_path / "link.txt"
    target.write_text("older")
    link.symlink_to(target)
    with replacing(link) as temporary:
        assert temporary.suffix == ".txt"
        assert temporary.parent == target.parent
        temporary.write_text("newer")
        assert target.read_text() == "older"
    assert link.is_symlink()
    assert target.read_text() == "newer"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.txt", "real.txt"]


def test_whoever_reads_the_older_file_keeps_it(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("older")
    with target.open() as reader:
        with replacing(target) as temporary:
            temporary.write_text("newer")
        assert reader.read() == "older"  # renamed over it, not written into it
    assert target.read_text() == "newer"


def test_replacing_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with replacing(tmp_path / "made"):
        pass
    assert os.stat(tmp_path / "made").st_mode == os.stat(tmp_path / "plain").st_mode


def test_replacing_refuses_folders(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="expected a file to write"), replacing(tmp_path):
        pass
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "none" / "x"):
        pass


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """The lock of a file goes with its process, and only that of a living one stays."""
    (tmp_path / ".quaver-0123456789abcdef.keras").write_bytes(b"half")
    (tmp_path / ".quavers").write_bytes(b"somebody's")
    with replacing(tmp_path / "a.txt") as one, replacing(tmp_path / "b.txt") as other:
        one.write_text("a")
        other.write_text("b")
        assert sorted(tmp_path.iterdir()) == sorted([one, other, tmp_path / ".quavers"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [".quavers", "a.txt", "b.txt"]


def test_a_file_without_a_lock_that_was_taken_for_left_over_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Path] = []

    def lock(stream: Any, how: int) -> None:
        if not taken:  # another process sees it before it is locked
            taken.append(Path(stream.name))
            taken[0].unlink()

    monkeypatch.setattr("quaver.record.fcntl.flock", lock)
    with replacing(tmp_path / "a.txt") as temporary:
        assert taken == [temporary]
        temporary.write_text("a")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
