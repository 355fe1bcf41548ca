"""Reading recordings: formats, parts, channels, rates, and files that lie."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

import quaver
from conftest import shown
from quaver.audio import PIECE, find_audio, resample
from quaver.recordings.parts import _KEPT
from recorded import encoded
from tolerances import RESAMPLED_SOXR

RATE = 16000
# Container, subtype, and how far the samples may lie from what was written.
FORMATS = [
    ("wav", "PCM_16", 1 / 32768),
    ("wav", "PCM_24", 2.0**-23),
    ("wav", "PCM_32", 2.0**-24),
    ("wav", "PCM_U8", 1 / 128),
    ("wav", "FLOAT", 0),
    ("wav", "DOUBLE", 0),
    ("flac", "PCM_16", 1 / 32768),
    ("flac", "PCM_24", 2.0**-23),
    ("aiff", "PCM_16", 1 / 32768),
    ("aif", "PCM_24", 2.0**-23),
]
LOSSY = [("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III"), ("opus", "OPUS")]


def wav(samples: NDArray[Any], rate: int = RATE, **options: Any) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", **options)
    return buffer.getvalue()


@pytest.fixture
def clip(speech: NDArray[np.float32]) -> NDArray[np.float32]:
    return speech[:8000]


@pytest.mark.parametrize(("kind", "subtype", "tolerance"), FORMATS)
def test_lossless_formats(
    tmp_path: Path, clip: NDArray[np.float32], kind: str, subtype: str, tolerance: float
) -> None:
    path = tmp_path / f"a.{kind}"
    container = {"aif": "AIFF"}.get(kind, kind.upper())
    soundfile.write(path, clip, RATE, subtype=subtype, format=container)
    samples, rate = quaver.load(path)
    assert (rate, samples.dtype, samples.shape) == (RATE, np.float32, clip.shape)
    assert np.abs(samples - clip).max() <= tolerance
    assert samples.flags.c_contiguous
    from_text, _ = quaver.load(str(path))
    np.testing.assert_array_equal(from_text, samples)


@pytest.mark.parametrize(("kind", "subtype"), LOSSY)
def test_lossy_formats(tmp_path: Path, clip: NDArray[np.float32], kind: str, subtype: str) -> None:
    path = tmp_path / f"a.{kind}"
    container = "OGG" if kind in ("ogg", "opus") else "MP3"
    soundfile.write(path, clip, RATE, subtype=subtype, format=container)
    samples, _ = quaver.load(path, RATE)
    assert abs(len(samples) - len(clip)) < 3000  # codecs pad
    # Alike up to a shift: the largest correlation is high.
    n = 1 << 15
    a, b = np.fft.rfft(samples, n), np.fft.rfft(clip, n)
    best = np.fft.irfft(a * b.conj(), n).max()
    assert best > 0.9 * np.linalg.norm(samples) * np.linalg.norm(clip)


@pytest.mark.parametrize(
    "wrap", [bytes, bytearray, memoryview, io.BytesIO], ids=lambda w: w.__name__
)
def test_bytes_and_file_objects(clip: NDArray[np.float32], wrap: Callable[..., Any]) -> None:
    samples, rate = quaver.load(wrap(wav(clip, subtype="FLOAT")))
    np.testing.assert_array_equal(samples, clip)
    assert rate == RATE


def test_a_file_object_is_read_from_where_it_stands(clip: NDArray[np.float32]) -> None:
    stream = io.BytesIO(b"some header" + wav(clip, subtype="FLOAT"))
    stream.seek(11)
    np.testing.assert_array_equal(quaver.load(stream)[0], clip)


def test_an_open_file(tmp_path: Path, clip: NDArray[np.float32]) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(clip, subtype="FLOAT"))
    with path.open("rb") as stream:
        np.testing.assert_array_equal(quaver.load(stream)[0], clip)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_types(clip: NDArray[np.float32], dtype: Any) -> None:
    integers = np.rint(clip * 32000).astype(np.int16)
    samples, _ = quaver.load(wav(integers, subtype="PCM_16"), dtype=dtype)
    assert samples.dtype == dtype
    expected = integers if dtype == "int16" else integers / 32768
    np.testing.assert_array_equal(samples, expected)


def test_floats_become_integers_at_full_scale() -> None:
    x = np.array([0.0, 0.5, -1.0, 1.5, -2.0, 0.25 / 32768])
    samples, _ = quaver.load(wav(x, subtype="DOUBLE"), dtype="int16")
    assert samples.tolist() == [0, 16384, -32768, 32767, -32768, 0]
    with pytest.raises(ValueError, match="NaN or infinity cannot become int16"):
        quaver.load(wav(np.array([0, np.nan]), subtype="FLOAT"), dtype="int16")


def test_parts(clip: NDArray[np.float32]) -> None:
    data = wav(clip, subtype="FLOAT")
    samples, _ = quaver.load(data, offset=0.1, duration=0.2)
    np.testing.assert_array_equal(samples, clip[1600:4800])
    samples, _ = quaver.load(data, offset=0.45, duration=100)
    np.testing.assert_array_equal(samples, clip[7200:])
    samples, _ = quaver.load(data, duration=1e-9)
    np.testing.assert_array_equal(samples, clip[:1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"offset": -1}, "offset must be finite and at least 0, got -1"),
        ({"offset": np.nan}, "offset must be .*, got nan"),
        ({"duration": 0}, "duration must be finite and positive, got 0"),
        ({"duration": np.inf}, "duration must be .*, got inf"),
        ({"offset": 0.5}, r"offset 0\.5 s lies behind the end \(0\.500 s\)"),
        ({"dtype": "float16"}, "dtype must be float32, float64 or int16, got 'float16'"),
        ({"sample_rate": 0}, "sample_rate must be a positive whole number in Hz, got 0"),
        ({"sample_rate": -8000}, "got -8000"),
        ({"downmix": "sum"}, "downmix must be None, 'mean' or a channel index, got 'sum'"),
        ({"downmix": -1}, "downmix must be .*, got -1"),
        ({"sample_rate": 8000, "dtype": "int16"}, "int16 cannot be resampled from 16000 to 8000"),
        ({"sample_rate": 16}, "a factor beyond 256"),
    ],
    ids=str,
)
def test_bad_arguments(clip: NDArray[np.float32], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quaver.load(wav(clip), **options)


def test_channels(clip: NDArray[np.float32]) -> None:
    stereo = np.stack([clip, 0.5 * clip[::-1]])
    data = wav(stereo.T, subtype="FLOAT")
    np.testing.assert_array_equal(quaver.load(data)[0], stereo)
    np.testing.assert_array_equal(quaver.load(data, downmix=1)[0], stereo[1])
    mean = stereo.mean(axis=0, dtype=np.float64).astype(np.float32)
    np.testing.assert_array_equal(quaver.load(data, downmix="mean")[0], mean)
    with pytest.raises(ValueError, match=r"<.* bytes>: downmix must be a channel below 2, got 2"):
        quaver.load(data, downmix=2)
    mono = wav(clip, subtype="FLOAT")
    np.testing.assert_array_equal(quaver.load(mono, downmix=0)[0], clip)
    with pytest.raises(ValueError, match="downmix must be a channel below 1, got 1"):
        quaver.load(mono, downmix=1)


@pytest.mark.parametrize("wanted", [16000, 8000])
def test_infinities_of_both_signs_are_for_others_to_refuse(wanted: int) -> None:
    stereo = np.zeros((2000, 2))
    stereo[100] = [np.inf, -np.inf]
    file = wav(stereo, subtype="FLOAT")
    samples, _ = quaver.load(file, wanted, downmix="mean")
    assert not np.isfinite(samples).all()
    found = quaver.extract_many([file, wav(stereo[200:], subtype="FLOAT")], downmix="mean")
    assert found.index.tolist() == [1]


def test_the_mean_of_integers_is_rounded_to_even() -> None:
    pairs = np.array([[1, 2], [3, 4], [-32768, -32768]], np.int16)
    samples, _ = quaver.load(wav(pairs, subtype="PCM_16"), downmix="mean", dtype="int16")
    assert samples.tolist() == [2, 4, -32768]


@pytest.mark.parametrize(("rate", "wanted"), [(44100, 16000), (8000, 16000), (16000, 16000)])
def test_rates(clip: NDArray[np.float32], rate: int, wanted: int) -> None:
    samples, found = quaver.load(wav(clip, rate, subtype="FLOAT"), wanted)
    assert found == wanted
    expected = clip if rate == wanted else resample(clip, rate, wanted)
    np.testing.assert_array_equal(samples, expected)
    if rate == 8000:  # soxr has one filter, and that is ours
        theirs = soxr.resample(clip, rate, wanted, quality="HQ")
        np.testing.assert_allclose(samples, theirs, rtol=0, atol=RESAMPLED_SOXR)
    stereo, _ = quaver.load(wav(np.stack([clip, clip], axis=1), rate, subtype="FLOAT"), wanted)
    np.testing.assert_array_equal(stereo, np.stack([expected, expected]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("n", [10, 100, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7])
def test_pieces_are_resampled_as_the_whole(n: int, channels: int, dtype: Any) -> None:
    noise = np.random.default_rng(n).uniform(-1, 1, (n, channels)).astype(dtype)
    recording = wav(noise, 44100, subtype="DOUBLE")
    samples, _ = quaver.load(recording, RATE, downmix="mean", dtype=dtype)
    mono = noise.mean(axis=1, dtype=np.float64).astype(dtype)
    np.testing.assert_array_equal(samples, resample(mono, 44100, RATE))
    several, _ = quaver.load(recording, RATE, dtype=dtype)
    whole = resample(noise.T, 44100, RATE)
    np.testing.assert_array_equal(several, whole[0] if channels == 1 else whole)
    if dtype == "float64":
        np.testing.assert_array_equal(whole.T, soxr.resample(noise, 44100, RATE, quality="HQ"))


@pytest.mark.parametrize("extension", ["wav", "flac"])
def test_a_recording_beyond_what_a_thread_keeps(tmp_path: Path, extension: str) -> None:
    noise = np.random.default_rng(1).integers(-9999, 9999, (_KEPT // 8 + 5000, 2), np.int16)
    path = tmp_path / f"a.{extension}"
    soundfile.write(path, noise, 48000)
    samples, _ = quaver.load(path, 44100)
    again, _ = quaver.load(path, 44100)
    np.testing.assert_array_equal(samples, again)
    whole = (noise / np.float32(32768)).astype(np.float32)
    np.testing.assert_array_equal(samples, resample(whole.T, 48000, 44100))


def test_a_ratio_of_large_terms_is_left_to_soxr(clip: NDArray[np.float32]) -> None:
    samples, _ = quaver.load(wav(clip, 44101, subtype="FLOAT"), 16000)
    np.testing.assert_array_equal(samples, soxr.resample(clip, 44101, 16000, quality="HQ"))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize("seconds", [0.0001, 0.05, 1000.0])
def test_chunks_are_what_load_returns(clip: NDArray[np.float32], kind: str, seconds: float) -> None:
    data = encoded(np.stack([clip, clip[::-1]], axis=1)[:8000], kind)
    for downmix in (None, "mean", 1):
        found = list(quaver.audio.chunks(data, seconds, downmix=downmix))
        assert {rate for _, rate in found} == {RATE}
        whole, _ = quaver.load(data, downmix=downmix)
        np.testing.assert_array_equal(np.concatenate([c for c, _ in found], axis=-1), whole)
        n = max(1, round(seconds * RATE))
        assert {chunk.shape[-1] for chunk, _ in found[:-1]} <= {n}
        assert len({chunk.ctypes.data for chunk, _ in found}) == len(found)


def test_chunks_of_a_part_and_of_what_is_cut(tmp_path: Path, clip: NDArray[np.float32]) -> None:
    file = tmp_path / "a.flac"
    file.write_bytes(encoded(clip, "FLAC"))
    part = quaver.audio.Segment(file, 0.25, 0.5)
    found = np.concatenate([chunk for chunk, _ in quaver.audio.chunks(part)])
    np.testing.assert_array_equal(found, quaver.load(part)[0])
    data = encoded(clip, "FLAC")
    cut = quaver.audio.chunks(data[: len(data) * 3 // 4])
    assert next(cut)[0].shape == (RATE // 20,)
    with pytest.raises(ValueError, match=r"truncated|not a readable recording"):
        list(cut)
    long = quaver.audio.chunks(quaver.audio.Segment(file, max_duration=0.1))
    with pytest.raises(ValueError, match=r"max_duration is 0\.1 s"):
        next(long)
    for seconds in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="seconds must be finite and positive, got"):
            next(quaver.audio.chunks(file, seconds))


def test_too_few_samples_to_resample() -> None:
    message = "1 samples at 48000 Hz are too few"
    with pytest.raises(ValueError, match=message):
        resample(np.zeros(1, np.float32), 48000, 200)
    with pytest.raises(ValueError, match=message):
        quaver.load(wav(np.zeros(1), 48000), 200)


# Files that are not what they say.


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.touch()
    for file in (path, b"", io.BytesIO()):
        with pytest.raises(ValueError, match="the file is empty"):
            quaver.load(file)


def test_text_named_wav(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_text("I am no recording, whatever my name says.")
    with pytest.raises(ValueError, match=r"a\.wav: not a readable recording"):
        quaver.load(path)


def test_no_samples() -> None:
    with pytest.raises(ValueError, match="the recording holds no samples"):
        quaver.load(wav(np.zeros(0)))


def big_endian(samples: NDArray[Any], kind: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, RATE, format=kind, subtype="PCM_16")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["WAV", "AIFF", "RF64", "FLAC"])
@pytest.mark.parametrize("cut", [1, 1000])
def test_truncated(clip: NDArray[np.float32], kind: str, cut: int) -> None:
    whole = big_endian(clip, kind)
    assert len(quaver.load(whole)[0]) == len(clip)
    if kind == "FLAC" and cut == 1:
        cut = 10
    with pytest.raises(ValueError, match=r"truncated|not a readable recording"):
        quaver.load(whole[:-cut])


@pytest.mark.parametrize("wrap", [bytes, io.BytesIO])
def test_a_cut_header_prints_nothing(
    clip: NDArray[np.float32], wrap: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, clip, RATE, format="AIFF")
    for n in range(1, 60):
        with pytest.raises(ValueError, match=r"bytes|object"):
            quaver.load(wrap(buffer.getvalue()[:n]))
    assert capfd.readouterr().err == ""


def test_a_cut_mp3_that_tells_its_length(clip: NDArray[np.float32]) -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, clip, RATE, format="MP3")
    whole = buffer.getvalue()
    assert len(quaver.load(whole)[0]) == len(clip)
    message = r"truncated, the header promises 8000 samples and \d+ follow"
    with pytest.raises(ValueError, match=message):
        quaver.load(whole[: len(whole) // 2])


def test_truncated_says_how_much(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(wav(np.zeros(1000), subtype="PCM_16")[:-500])
    message = r"cut\.wav: truncated, the header promises 2000 bytes of samples and 1500 follow"
    with pytest.raises(ValueError, match=message):
        quaver.load(path)


def test_a_forged_length_does_not_fill_the_memory() -> None:
    data = bytearray(wav(np.zeros(1000), subtype="PCM_16"))
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0x7FFE0000)
    with pytest.raises(ValueError, match="truncated, the header promises 2147352576 bytes"):
        quaver.load(bytes(data))


@pytest.mark.parametrize("length", [0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFF000])
def test_a_stream_to_a_pipe_has_a_placeholder_for_its_length(
    clip: NDArray[np.float32], length: int
) -> None:
    data = bytearray(wav(clip, subtype="PCM_16"))
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", length)
    data[4:8] = struct.pack("<I", 0xFFFFFFFF)
    np.testing.assert_allclose(quaver.load(bytes(data))[0], clip, atol=1 / 32768)


def test_odd_chunks_ahead_of_the_samples(clip: NDArray[np.float32]) -> None:
    data = wav(clip, subtype="FLOAT")
    at = data.index(b"fmt ")
    odd = b"junk" + struct.pack("<I", 3) + b"abc\0"
    whole = data[:4] + struct.pack("<I", len(data) - 8 + len(odd)) + data[8:at] + odd + data[at:]
    np.testing.assert_array_equal(quaver.load(whole)[0], clip)
    with pytest.raises(ValueError, match="truncated"):
        quaver.load(whole[:-4])


def test_paths_that_are_no_recordings(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such recording: .*none\.wav"):
        quaver.load(tmp_path / "none.wav")
    with pytest.raises(IsADirectoryError, match="expected a recording, got the directory"):
        quaver.load(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(ValueError, match=r"a\.txt: not a readable recording \(text\)"):
        quaver.load(tmp_path / "a.txt")


@pytest.mark.parametrize("file", [None, 5, io.StringIO("RIFF"), [1, 2]], ids=shown)
def test_other_kinds(file: Any) -> None:
    with pytest.raises(TypeError, match="file must be a path, bytes or a binary file object, got"):
        quaver.load(file)


# Folders.


def test_find_audio(tmp_path: Path) -> None:
    for name in ("b.WAV", "a.flac", "deep/c.mp3", ".hid.wav", "._a.wav", ".venv/d.wav", "x.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "folder.wav").mkdir()
    found = [str(path.relative_to(tmp_path)) for path in find_audio(tmp_path)]
    assert found == ["a.flac", "b.WAV", "deep/c.mp3"]
    assert find_audio(tmp_path / "a.flac") == [tmp_path / "a.flac"]
    assert find_audio(tmp_path / ".venv") == [tmp_path / ".venv" / "d.wav"]


def test_find_audio_finds_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(f"below {tmp_path}")):
        find_audio(tmp_path)
    with pytest.raises(FileNotFoundError):
        find_audio(tmp_path / "none")


def test_real_recordings_of_48_khz(data_dir: Path) -> None:
    paths = find_audio(data_dir / "ravdess_48k")
    assert len(paths) == 24
    for path in paths[:5]:
        samples, rate = quaver.load(path, downmix="mean")
        assert rate == 48000
        slow, _ = quaver.load(path, 16000, downmix="mean")
        assert len(slow) == pytest.approx(len(samples) / 3, abs=2)


def test_a_rate_that_nobody_records_at() -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(800), 500_000_000, format="WAV")
    with pytest.raises(ValueError, match=r"<\d+ bytes>: claims 500000000 Hz, at most 1000000 Hz"):
        quaver.load(buffer.getvalue())
    with pytest.raises(ValueError, match="claims 500000000 Hz"):
        quaver.load(buffer.getvalue(), 16000)
