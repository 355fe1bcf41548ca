"""Several recordings in one file, and ends of Ogg files: all samples, or an error of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
from quaver.audio import Segment
from quaver.recordings import containers
from quaver.recordings.ogg import OggLink, ogg_links
from recorded import RATE, Wrap, encoded

CONTAINERS = ("WAV", "WAVEX", "RF64", "AIFF", "CAF", "W64", "AU", "FLAC")
TAG = b"TAG" + bytes(125)


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("between", [b"", TAG], ids=["", "tag"])
def test_files_that_follow_one_another(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], kind: str, between: bytes
) -> None:
    parts = [encoded(noise[:n], kind) for n in (9000, 501, 7000)]
    whole = np.concatenate([quaver.load(part)[0] for part in parts])
    assert len(whole) == 16501
    found, rate = quaver.load(wrap(between.join(parts), tmp_path))
    np.testing.assert_array_equal(found, whole)
    assert rate == RATE
    part, _ = quaver.load(wrap(between.join(parts), tmp_path), offset=0.5, duration=0.25)
    np.testing.assert_array_equal(part, whole[8000:12000])


@pytest.mark.parametrize("kind", CONTAINERS)
def test_files_that_follow_one_another_and_are_cut(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], kind: str
) -> None:
    data, short = encoded(noise, kind), encoded(noise[:500], kind)
    for damaged in (data[:-5000] + short, data[:-20] + data, short + data[:-20]):
        with pytest.raises(ValueError, match=r"^(<\d|/|<file).*(truncated|not a readable record)"):
            quaver.load(wrap(damaged, tmp_path))


@pytest.mark.parametrize("kind", CONTAINERS)
def test_files_of_other_kinds_that_follow_one_another(
    noise: NDArray[np.float32], kind: str
) -> None:
    for other in (np.stack([noise, noise], axis=1), noise):
        rate, channels = (RATE, 2) if other.ndim == 2 else (8000, 1)
        message = rf"2 recordings in one file, .*number 2 of {channels} channel\(s\) at {rate} Hz"
        with pytest.raises(ValueError, match=message):
            quaver.load(encoded(noise, kind) + encoded(other, kind, rate=rate))


def test_files_of_several_kinds_that_follow_one_another(noise: NDArray[np.float32]) -> None:
    parts = [encoded(noise[: 500 + i], kind) for i, kind in enumerate(CONTAINERS[:-1] * 2)]
    assert len(quaver.load(b"".join(parts))[0]) == sum(500 + i for i in range(len(parts)))


# Where an MP3 begins behind a FLAC or Ogg, no mark tells.
UNLIKE = [
    (first, second)
    for first in ("WAV", "AIFF", "FLAC", "OGG", "MP3")
    for second in (*CONTAINERS, "OGG", "MP3")
    if second != "MP3" or first in ("WAV", "AIFF")
]


@pytest.mark.parametrize(("first", "second"), UNLIKE)
def test_a_file_that_follows_one_of_another_kind(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], first: str, second: str
) -> None:
    parts = [encoded(noise[: 16000 - 800 * i], kind) for i, kind in enumerate((first, second))]
    found, _ = quaver.load(wrap(b"".join(parts), tmp_path))
    last, _ = quaver.load(parts[1])
    np.testing.assert_allclose(found[-len(last) + 2000 :], last[2000:], atol=1e-6)
    assert len(found) == pytest.approx(len(quaver.load(parts[0])[0]) + len(last), abs=2400)


def test_a_file_between_two_of_ogg(noise: NDArray[np.float32]) -> None:
    parts = [encoded(noise[:9000], "OGG"), encoded(noise[:501], "WAV"), encoded(noise, "OGG")]
    whole = np.concatenate([quaver.load(part)[0] for part in parts])
    np.testing.assert_array_equal(quaver.load(b"".join(parts))[0], whole)


def test_a_flac_is_not_ended_by_what_is_in_front_of_its_frames(noise: NDArray[np.float32]) -> None:
    data, held = encoded(noise, "FLAC"), b"riff" + encoded(noise[:50], "WAV")
    block = b"\x02" + len(held).to_bytes(3, "big") + held  # of another program
    found, _ = quaver.load(data[:42] + block + data[42:])
    np.testing.assert_array_equal(found, quaver.load(data)[0])


@pytest.mark.parametrize(
    "page", ["OggS", "OggS\0\0" + "\0" * 20 + "\2\xff", "OggS" + "\0" * 22 + "\1\2x", "OggSx"]
)
@pytest.mark.parametrize("is_behind", [False, True])
def test_forged_pages_are_not_all_looked_at(
    noise: NDArray[np.float32], page: str, is_behind: bool
) -> None:
    data = (encoded(noise, "OGG") if is_behind else b"") + page.encode("latin-1") * 300_000
    n_bytes = 0

    def read(at: int, n: int) -> bytes:
        nonlocal n_bytes
        n_bytes += min(n, len(data) - at)
        return data[at : at + n]

    assert ogg_links(read, len(data))[-1].is_cut
    assert n_bytes < 4 * len(data) + 2**20
    with pytest.raises(ValueError, match="truncated"):
        quaver.load(data)


def test_more_files_than_anyone_would_put_together() -> None:
    message = "more than 4096 recordings in one file, take them apart"
    empty = with_checksum(b"OggS\0\2" + bytes(21)) + with_checksum(b"OggS\0\4" + bytes(21))
    for data in (
        encoded(np.zeros(1, np.float32), "WAV"),
        b"fLaC\0\0\0\x22" + bytes(34),
        empty,
    ):
        with pytest.raises(ValueError, match=message):
            quaver.load(data * 5000)


def test_files_of_other_samples_that_follow_one_another(noise: NDArray[np.float32]) -> None:
    joined = encoded(noise, "WAV", "FLOAT") + encoded(noise, "WAV")
    with pytest.raises(ValueError, match=r"the first of .* as floats, number 2 of .*: take"):
        quaver.load(joined, dtype="int16")  # either would be scaled as the other


@pytest.mark.parametrize("kind", [*CONTAINERS, "OGG"])
def test_what_follows_and_is_no_recording(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], kind: str
) -> None:
    data = encoded(noise, kind)
    for more in (TAG, bytes(3001)):
        found, _ = quaver.load(wrap(data + more, tmp_path))
        np.testing.assert_array_equal(found, quaver.load(data)[0])


def test_mp3_that_follow_one_another(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32]
) -> None:
    one = encoded(noise, "MP3")
    found, _ = quaver.load(wrap(one + one, tmp_path))
    assert len(found) >= 2 * len(noise)
    assert np.std(found[-len(noise) // 2 :]) > 0.1


@pytest.mark.parametrize("codec", ["VORBIS", "OPUS"])
def test_ogg_links_are_one_recording(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], codec: str
) -> None:
    links = [encoded(noise[:n], "OGG", codec) for n in (16000, 5000, 9000)]
    parts = [quaver.load(link)[0] for link in links]
    whole = np.concatenate(parts)
    chain = b"".join(links)
    np.testing.assert_array_equal(quaver.load(wrap(chain, tmp_path))[0], whole)
    part, _ = quaver.load(wrap(chain, tmp_path), offset=0.9, duration=0.5)
    np.testing.assert_array_equal(part, whole[14400:22400])
    slow, _ = quaver.load(wrap(chain, tmp_path), 8000)
    assert len(slow) == len(whole) // 2


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 2)])
def test_ogg_links_of_other_kinds(rate: int, channels: int, noise: NDArray[np.float32]) -> None:
    other = encoded(np.stack([noise] * channels, axis=1), "OGG", rate=rate)
    message = rf"2 recordings in one file, .*number 2 of {channels} channel\(s\) at {rate} Hz"
    with pytest.raises(ValueError, match=message):
        quaver.load(encoded(noise, "OGG") + other)


def test_many_links(noise: NDArray[np.float32]) -> None:
    link = encoded(noise[:1], "OGG")
    n = len(quaver.load(link)[0])
    assert len(quaver.load(link * 1200)[0]) == 1200 * n


def test_a_page_that_is_lost(tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32]) -> None:
    data = encoded(np.tile(noise, 6), "OGG")
    third = [found.start() for found in re.finditer(b"OggS", data)][3:5]
    hole = data[: third[0]] + data[third[1] :]
    with pytest.raises(ValueError, match=r"truncated, the header promises 96000 samples"):
        quaver.load(wrap(hole, tmp_path))
    with pytest.raises(ValueError, match=r"number 2 of 3 .* is damaged, \d+ of 96000 samples"):
        quaver.load(wrap(data + hole + data, tmp_path))
    between = data + b"TAG" + bytes(125) + data
    assert len(quaver.load(wrap(between, tmp_path))[0]) == 2 * 96000


def test_pages_of_one_recording_are_one_link(noise: NDArray[np.float32]) -> None:
    data = encoded(noise, "OGG")
    read = lambda at, n: data[at : at + n]  # noqa: E731
    assert ogg_links(read, len(data)) == [OggLink(0, len(data), has_head=True, is_cut=False)]


# Where an Ogg ends.


def with_checksum(page: bytes) -> bytes:
    """A page with the checksum that belongs to it, bit by bit as RFC 3533 says."""
    register = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register >> 31 else 0)) & 0xFFFFFFFF
    return page[:22] + register.to_bytes(4, "little") + page[26:]


@pytest.mark.parametrize("codec", ["VORBIS", "OPUS"])
def test_ogg_that_is_cut(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], codec: str
) -> None:
    whole = encoded(np.tile(noise, 6), "OGG", codec)
    pages = [found.start() for found in re.finditer(b"OggS", whole)]
    for more in (1, 3, 4, 26, 27, 60, 1000):
        cut = whole[: pages[4] + more]
        with pytest.raises(ValueError, match="truncated, the last page is not whole: copy it"):
            quaver.load(wrap(cut, tmp_path))
        if more >= 4:
            message = "number 1 of 2 recordings in one file: truncated"
            with pytest.raises(ValueError, match=message):
                quaver.load(wrap(cut + whole, tmp_path), duration=0.5)
    for n in (len(whole) // 2, len(whole) - 1, 20):
        with pytest.raises(ValueError, match="truncated"):
            quaver.load(whole[:n])


@pytest.mark.parametrize("codec", ["VORBIS", "OPUS"])
def test_ogg_whose_cut_page_claims_what_ends_at_a_page(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], codec: str
) -> None:
    """The first page of the next recording is not swallowed by the last of the one before."""
    whole = encoded(np.tile(noise, 6), "OGG", codec)
    pages = [found.start() for found in re.finditer(b"OggS", whole)]
    claimed, rest = divmod(pages[1], 255)
    table = bytes([255] * claimed + [rest])
    head = whole[pages[4] : pages[4] + 26] + bytes([len(table)]) + table
    joined = whole[: pages[4]] + head + whole
    with pytest.raises(ValueError, match="number 1 of 2 recordings in one file: truncated"):
        quaver.load(wrap(joined, tmp_path), duration=0.5)


@pytest.mark.parametrize(("codec", "delay", "factor"), [("VORBIS", 0, 1), ("OPUS", 312, 3)])
def test_ogg_without_a_mark_of_the_last_page(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], codec: str, delay: int, factor: int
) -> None:
    """As Android's recorder and ffmpeg's segments have none; or a recorder was killed."""
    whole = encoded(np.tile(noise, 6), "OGG", codec)
    before, last = [found.start() for found in re.finditer(b"OggS", whole)][-2:]
    assert whole[last + 5] == 4
    n_samples = (int.from_bytes(whole[before + 6 : before + 14], "little") - delay) // factor
    assert 3 * RATE < n_samples < 6 * RATE
    found, _ = quaver.load(wrap(whole[:last], tmp_path))
    assert len(found) == n_samples
    np.testing.assert_allclose(found[:-960], quaver.load(whole)[0][: n_samples - 960], atol=1e-6)


def test_ogg_whose_last_packet_goes_on(noise: NDArray[np.float32]) -> None:
    data = encoded(noise, "OGG")
    at = data.rindex(b"OggS")
    page = bytearray(data[at:])
    n = page[26]
    page[5], page[26 + n] = 0, 255
    page += bytes(27 + n + sum(page[27 : 27 + n]) - len(page))
    with pytest.raises(ValueError, match="truncated"):
        quaver.load(data[:at] + with_checksum(bytes(page)))


def test_ogg_whose_last_page_is_damaged(noise: NDArray[np.float32]) -> None:
    data = bytearray(encoded(noise, "OGG"))
    data[-9] ^= 1  # libsndfile would leave the page out
    with pytest.raises(ValueError, match="truncated"):
        quaver.load(bytes(data))


def test_flac_in_ogg_that_promises_more() -> None:
    def page(flags: int, granule: int, packet: bytes) -> bytes:
        head = b"OggS\0" + bytes([flags]) + granule.to_bytes(8, "little") + bytes(12)
        return with_checksum(head + bytes([1, len(packet)]) + packet)

    info = b"\x7fFLAC\1\0\0\1fLaC\0\0\0\x22" + bytes(13) + (32000).to_bytes(5, "big") + bytes(16)
    for granule, is_cut in ((31999, True), (32000, False)):
        data = page(2, 0, info) + page(0, granule, bytes(99))
        links = ogg_links(lambda at, n, data=data: data[at : at + n], len(data))
        assert links == [OggLink(0, len(data), has_head=True, is_cut=is_cut)]


@pytest.mark.parametrize("codec", ["VORBIS", "OPUS"])
def test_ogg_that_was_joined_while_it_ran(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], codec: str
) -> None:
    whole = encoded(np.tile(noise, 6), "OGG", codec)
    third = [found.start() for found in re.finditer(b"OggS", whole)][3]
    for joined in (whole[third:], whole[third + 100 :], whole[third:] + whole):
        with pytest.raises(ValueError, match="an Ogg without its beginning, which says how"):
            quaver.load(wrap(joined, tmp_path))


@pytest.mark.parametrize("start", [1, 5, 100, 1000])
@pytest.mark.parametrize("tag", [b"", b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)], ids=["", "tag"])
def test_mp3_that_was_joined_within_a_frame(
    tmp_path: Path, wrap: Wrap, noise: NDArray[np.float32], start: int, tag: bytes
) -> None:
    data = encoded(np.tile(noise, 3), "MP3")
    whole, _ = quaver.load(data)
    found, _ = quaver.load(wrap(tag + data[start:], tmp_path))
    assert len(found) % 576 == 0
    assert len(found) > len(whole) - 6 * 576
    # The first frames lack what the lost ones kept for them, and the delay is no longer known.
    shifts = [len(whole) - len(found) + shift for shift in range(-1200, 1200)]
    middle = slice(9000, 30000)
    expected = [whole[middle.start + shift : middle.stop + shift] for shift in shifts]
    assert min(np.abs(found[middle] - each).max() for each in expected) < 1e-4


def test_a_part_of_a_flac_is_not_looked_for_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = np.random.default_rng(4).integers(-9000, 9000, 64000).astype(np.int16)
    soundfile.write(tmp_path / "a.flac", samples[:48000], 16000)
    soundfile.write(tmp_path / "b.flac", samples[48000:], 16000)
    joined = (tmp_path / "a.flac").read_bytes() + (tmp_path / "b.flac").read_bytes()
    file = tmp_path / "c.flac"
    file.write_bytes(joined)
    # A part that reaches beyond the first recording still finds the second one.
    for start, end in ((0, 1), (1.5, 1.75), (2.5, 3.5), (3.25, 4)):
        found, _ = quaver.load(Segment(file, start, end), dtype="int16")
        np.testing.assert_array_equal(found, samples[int(start * 16000) : int(end * 16000)])

    def scanned(*_: Any) -> None:
        raise AssertionError("the whole file was looked through")

    monkeypatch.setattr(containers, "next_recording", scanned)
    found, _ = quaver.load(Segment(file, 1, 1.5), dtype="int16")
    np.testing.assert_array_equal(found, samples[16000:24000])
    assert containers.flac_seconds(joined[:64]) == 3
    assert containers.flac_seconds(joined[:8]) == containers.flac_seconds(b"RIFF" + joined) == 0
