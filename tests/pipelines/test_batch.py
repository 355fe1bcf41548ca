"""Many clips at once: rows for those that worked, a table of those that failed."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
from quaver import batch as batch_module


@pytest.fixture
def paths(tmp_path: Path, speech: NDArray[np.float32]) -> list[Path]:
    made = [tmp_path / f"{i}.wav" for i in range(6)]
    for i, path in enumerate(made):
        soundfile.write(path, speech[1000 * i :], 16000, subtype="FLOAT")
    return made


@pytest.fixture
def forbidden(paths: list[Path]) -> Iterator[Path]:
    """A good recording without permission to read it, for root as well."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        os.chmod(folder, 0o755)
        path = Path(folder) / "forbidden.wav"
        path.write_bytes(paths[0].read_bytes())
        path.chmod(0)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield path
        finally:
            os.seteuid(user)


def test_rows_are_those_of_single_calls(paths: list[Path], speech: NDArray[np.float32]) -> None:
    expected = np.stack([quaver.extract(speech[1000 * i :], 16000) for i in range(6)])
    for threads in (1, 3):
        found = quaver.extract_many(paths, threads=threads)
        np.testing.assert_array_equal(found.values, expected)
        assert found.index.tolist() == list(range(6))
        assert (found.names, found.failures) == (quaver.feature_names(), ())
        assert found.config == quaver.FeatureConfig()
        assert len(found) == 6
    arrays = [speech[1000 * i :] for i in range(6)]
    np.testing.assert_array_equal(quaver.extract_many(arrays, 16000).values, expected)
    mixed = quaver.extract_many([paths[0], arrays[1], paths[2].read_bytes()], 16000)
    np.testing.assert_array_equal(mixed.values, expected[:3])


def test_one_bad_file_does_not_end_the_others(paths: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_text("no audio")
    clips: list[Any] = [paths[0], broken, tmp_path / "none.wav", paths[1], None, np.zeros(3), b"x"]
    found = quaver.extract_many(clips, 16000)
    np.testing.assert_array_equal(found.values, quaver.extract_many(paths[:2]).values)
    assert found.index.tolist() == [0, 3]
    assert [(f.index, f.error) for f in found.failures] == [
        (1, "ValueError"), (2, "FileNotFoundError"), (4, "TypeError"), (5, "ValueError"),
        (6, "ValueError"),
    ]  # fmt: skip
    assert found.failures[0].source == str(broken)
    assert "not a readable recording" in found.failures[0].reason
    assert found.failures[3].source == "<array>"
    assert "400 samples, got 3" in found.failures[3].reason
    assert found.failures[4].source == "<1 bytes>"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_file_that_may_not_be_read(
    speech: NDArray[np.float32], forbidden: Path, threads: int
) -> None:
    with pytest.raises(PermissionError, match=r"forbidden\.wav"):
        quaver.load(forbidden)
    found = quaver.extract_many([forbidden, speech], 16000, threads=threads)
    assert found.index.tolist() == [1]
    np.testing.assert_array_equal(found.values[0], quaver.extract(speech, 16000))
    (failure,) = found.failures
    assert (failure.source, failure.error) == (str(forbidden), "PermissionError")


def test_a_sequence_may_fail_when_it_is_indexed(speech: NDArray[np.float32]) -> None:
    class Lazy(Sequence[Any]):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, i: Any) -> Any:
            if i == 1:
                raise OSError("the disk is gone")
            return speech

    found = quaver.extract_many(Lazy(), 16000)
    assert found.index.tolist() == [0, 2]
    assert [(f.index, f.source, f.reason) for f in found.failures] == [
        (1, "<array>", "the disk is gone")
    ]


def test_results_are_compared_by_identity() -> None:
    found = quaver.extract_many([np.zeros(16000)] * 2, 16000)
    assert found == found
    assert found in {found}
    assert found != quaver.extract_many([np.zeros(16000)] * 2, 16000)


def test_all_bad(tmp_path: Path) -> None:
    found = quaver.extract_many([tmp_path / "none.wav"])
    assert found.values.shape == (0, len(quaver.feature_names()))
    assert len(found.failures) == 1


def test_recordings_are_resampled_and_mixed(tmp_path: Path, speech: NDArray[np.float32]) -> None:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([speech, speech[::-1]], axis=1), 44100)
    config = quaver.FeatureConfig(sample_rate=8000, n_mels=30)
    found = quaver.extract_many([path], config=config, downmix="mean")
    samples, _ = quaver.load(path, 8000, downmix="mean")
    np.testing.assert_array_equal(found.values[0], quaver.extract(samples, 8000, config=config))
    assert found.config is config
    (failure,) = quaver.extract_many([path]).failures
    assert "2 channels" in failure.reason


@pytest.mark.parametrize("channel", [0, 1])
def test_a_channel_of_a_recording(
    tmp_path: Path, speech: NDArray[np.float32], channel: int
) -> None:
    pair = np.stack([speech, speech[::-1]])
    soundfile.write(tmp_path / "a.wav", pair.T, 16000, subtype="FLOAT")
    found = quaver.extract_many([tmp_path / "a.wav"], downmix=channel)
    np.testing.assert_array_equal(found.values[0], quaver.extract(pair[channel], 16000))


def test_short_clips_can_be_padded() -> None:
    clips = [np.ones(10, np.float32), np.ones(500, np.float32)]
    assert [f.index for f in quaver.extract_many(clips, 16000).failures] == [0]
    found = quaver.extract_many(clips, 16000, pad=True)
    np.testing.assert_array_equal(found.values[0], quaver.extract(clips[0], 16000, pad=True))


def test_iterables_and_arrays_of_clips(paths: list[Path], speech: NDArray[np.float32]) -> None:
    expected = quaver.extract_many(paths).values
    np.testing.assert_array_equal(quaver.extract_many(iter(paths)).values, expected)
    names = np.array([str(path) for path in paths])
    np.testing.assert_array_equal(quaver.extract_many(names).values, expected)
    matrix = np.stack([speech[:4000], speech[4000:8000]])
    found = quaver.extract_many(matrix, 16000)
    np.testing.assert_array_equal(found.values[1], quaver.extract(matrix[1], 16000))


@pytest.mark.parametrize("threads", [1, 4])
def test_progress_is_told_from_the_calling_thread(paths: list[Path], threads: int) -> None:
    calls = []

    def report(done: int, total: int) -> None:
        assert threading.current_thread() is threading.main_thread()
        calls.append((done, total))

    quaver.extract_many(paths, threads=threads, progress=report)
    assert calls == [(i + 1, 6) for i in range(6)]


def test_the_bar_does_not_change_the_result(paths: list[Path]) -> None:
    with_bar = quaver.extract_many(paths, progress=True)
    np.testing.assert_array_equal(with_bar.values, quaver.extract_many(paths).values)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interruption_stops_at_once(
    paths: list[Path], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Any] = []
    load = batch_module.load

    def counted(*arguments: Any, **options: Any) -> Any:
        begun.append(arguments)
        return load(*arguments, **options)

    monkeypatch.setattr(batch_module, "load", counted)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quaver.extract_many(paths * 50, threads=threads, progress=interrupt)
    assert len(begun) < 30


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_order_and_few_are_ahead(threads: int) -> None:
    begun: list[int] = []

    def work(i: int) -> int:
        begun.append(i)
        time.sleep(0.003 * (i % 3 == 0))
        return i * i

    n_threads = threading.active_count()
    with batch_module.in_order(work, 50, threads) as results:
        for i, result in enumerate(results):
            assert result == i * i
            assert len(begun) <= i + batch_module._AHEAD * threads
    assert sorted(begun) == list(range(50))
    begun.clear()

    def interrupted() -> None:
        with batch_module.in_order(work, 50, threads) as results:
            assert next(results) == 0
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(begun) <= batch_module._AHEAD * threads
    assert threading.active_count() == n_threads


@pytest.mark.parametrize("threads", [1, 3])
def test_a_defect_in_the_work_comes_in_its_turn(threads: int) -> None:
    found: list[int] = []
    ordered = batch_module.in_order(lambda i: 1 // (i - 7), 50, threads)
    with ordered as results, pytest.raises(ZeroDivisionError):
        found.extend(results)
    assert found == [1 // (i - 7) for i in range(7)]


def test_defects_of_the_program_are_not_hidden(
    paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(batch_module, "load", broken)
    with pytest.raises(ZeroDivisionError):
        quaver.extract_many([quaver.audio.Segment(path, 0.01) for path in paths])  # by `load`


@pytest.mark.parametrize(
    ("clips", "arguments", "error", "message"),
    [
        ([], {}, ValueError, "clips must not be empty, got 0 clips"),
        ("a.wav", {}, TypeError, "clips must be a list of recordings or arrays, got str"),
        ({"a.wav": 1}, {}, TypeError, "clips must be a list of recordings or arrays, got dict"),
        ({"a.wav"}, {}, TypeError, "clips must be a list of recordings or arrays, got set"),
        (SimpleNamespace(columns=["file"]), {}, TypeError, "got SimpleNamespace; take one column"),
        (["a.wav"], {"config": 0}, TypeError, "config must be a FeatureConfig, got int"),
        (Path("a.wav"), {}, TypeError, "must be a list .*, got .*Path"),
        (np.zeros(16000), {"sample_rate": 16000}, TypeError, "got a single array"),
        ([np.zeros(16000)], {}, ValueError, "sample_rate is required for arrays"),
        (np.zeros((2, 16000)), {}, ValueError, "sample_rate is required for arrays"),
        (["a.wav"], {"threads": 0}, ValueError, "threads must be positive, got 0"),
        (["a.wav"], {"threads": 1.5}, TypeError, "float"),
        (["a.wav"], {"downmix": "sum"}, ValueError, "downmix must be"),
        (["a.wav"], {"sample_rate": 0}, ValueError, "sample_rate must be"),
        (
            ["a.wav"],
            {"sample_rate": 8000, "config": quaver.FeatureConfig()},
            ValueError,
            r"8000 Hz but config\.sample_rate is 16000",
        ),
    ],
    ids=str,
)
def test_bad_arguments(
    clips: Any, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        quaver.extract_many(clips, **arguments)


class _Huge:
    """A clip for which there is no memory."""

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise MemoryError("no memory for it")


@pytest.mark.parametrize("threads", [1, 2])
def test_a_clip_without_memory_is_a_failure(threads: int) -> None:
    clips = [np.zeros(1600), _Huge(), np.ones(1600)]
    batch = quaver.extract_many(clips, 16000, threads=threads)
    assert batch.index.tolist() == [0, 2]
    (failure,) = batch.failures
    assert (failure.index, failure.error) == (1, "MemoryError")
    assert "no memory for it" in failure.reason


def test_memory_that_nothing_is_said_about(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(_Huge, "__array__", refuse)
    (failure,) = quaver.extract_many([np.zeros(1600), _Huge()], 16000).failures
    assert failure.source == "<array>"
    assert failure.reason == "there is not enough memory for it"


def test_a_batch_is_shown_in_a_line() -> None:
    found = quaver.extract_many([np.zeros(1600), np.zeros(0), np.ones(1600)], 16000)
    assert repr(found) == "<Batch of 2 x 420 values, 1 failed>"
