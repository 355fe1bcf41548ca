"""Threads share plans and nothing else: results do not depend on how many there are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
from quaver import _core
from quaver.compat import librosa
from quaver.compat.librosa import decompose

N_THREADS = 8
#: Different lengths, so that the scratch memory of a thread grows and is used again.
LENGTHS = [400, 16000, 4001, 32000, 777, 9000, 401, 20000]


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(scope="module")
def clips() -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(3)
    return [np.asarray(0.1 * rng.standard_normal(n), np.float32) for n in LENGTHS]


def test_one_plan_in_many_threads(target: str, clips: list[NDArray[np.float32]]) -> None:
    values = np.random.default_rng(0).standard_normal((50, 5)).astype(np.float32)

    def work(clip: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return [
            quaver.extract(clip, 16000),
            quaver.short_term(clip, 16000).values,
            quaver.log_mel(clip, 16000, n_fft=512, n_mels=40),
            quaver.functionals(values),
            quaver.delta(values, width=9),
        ]

    expected = [work(clip) for clip in clips]
    barrier = Barrier(N_THREADS)

    def repeat(first: int) -> None:
        barrier.wait()
        for i in range(3 * len(clips)):
            k = (first + i) % len(clips)
            for found, wanted in zip(work(clips[k]), expected[k], strict=True):
                np.testing.assert_array_equal(found, wanted)

    with ThreadPoolExecutor(N_THREADS) as pool:
        list(pool.map(repeat, range(N_THREADS)))


def test_new_plans_in_many_threads(target: str, clips: list[NDArray[np.float32]]) -> None:
    """Plans are made and cached while others run; one for each thread, of different sizes."""

    def work(i: int) -> NDArray[np.float32]:
        config = quaver.FeatureConfig(n_fft=512 << (i % 4), n_mfcc=10 + i, hop_length=150 + i)
        return quaver.extract(clips[3], 16000, config=config)

    with ThreadPoolExecutor(N_THREADS) as pool:
        together = list(pool.map(work, range(20, 28)))
    for i, found in enumerate(together):
        np.testing.assert_array_equal(found, work(20 + i))


def test_streams_in_many_threads(target: str, clips: list[NDArray[np.float32]]) -> None:
    def work(clip: NDArray[np.float32]) -> NDArray[np.float32]:
        stream = quaver.Stream(16000)
        return np.concatenate([stream.feed(part) for part in np.array_split(clip, 13)])

    with ThreadPoolExecutor(N_THREADS) as pool:
        for found, clip in zip(pool.map(work, clips), clips, strict=True):
            np.testing.assert_array_equal(found, quaver.short_term(clip, 16000).values)


@pytest.mark.parametrize("threads", [1, 2, 5, None])
def test_batches_equal_single_calls(
    target: str, clips: list[NDArray[np.float32]], threads: int | None
) -> None:
    batch = quaver.extract_many(clips * 5, 16000, threads=threads)
    assert batch.failures == ()
    np.testing.assert_array_equal(batch.index, np.arange(5 * len(clips)))
    expected = np.stack([quaver.extract(clip, 16000) for clip in clips] * 5)
    np.testing.assert_array_equal(batch.values, expected)


def test_bad_clips_do_not_disturb_others(clips: list[NDArray[np.float32]]) -> None:
    short, broken = np.zeros(10, np.float32), np.full(1000, np.nan, np.float32)
    batch = quaver.extract_many([clips[0], short, *clips[1:4], broken], 16000, threads=3)
    assert [failure.index for failure in batch.failures] == [1, 5]
    assert {failure.error for failure in batch.failures} == {"ValueError"}
    np.testing.assert_array_equal(batch.index, [0, 2, 3, 4])
    expected = np.stack([quaver.extract(clip, 16000) for clip in clips[:4]])
    np.testing.assert_array_equal(batch.values, expected)


def test_a_stream_fed_by_threads_loses_nothing() -> None:
    stream = quaver.Stream(16000)
    chunk = np.zeros(1600, np.float32)
    with ThreadPoolExecutor(N_THREADS) as pool:
        frames = list(pool.map(lambda _: len(stream.feed(chunk)), range(200)))
    assert sum(frames) == 1 + (200 * 1600 - 400) // 160


NOISE = np.random.default_rng(1).standard_normal(6000)
PICTURE = np.abs(librosa.stft(NOISE, n_fft=256, hop_length=64))
#: Stages that ask for a kernel and its lanes: of one target, though another is chosen meanwhile.
STAGES: dict[str, Callable[[], tuple[NDArray[np.float64], ...]]] = {
    "yin": lambda: (librosa.yin(NOISE, fmin=200, fmax=800, sr=8000, frame_length=512),),
    "pyin": lambda: librosa.pyin(NOISE, fmin=200, fmax=800, sr=8000, frame_length=512),
    "median": lambda: decompose.hpss(PICTURE),
    "vocoder": lambda: (librosa.phase_vocoder(PICTURE.astype(np.complex128), rate=1.3),),
    "extract": lambda: (quaver.extract(NOISE, 16000),),
}


@pytest.mark.parametrize("name", STAGES)
def test_a_target_chosen_while_others_work(name: str) -> None:
    before, expected = _core.target(), STAGES[name]()

    def work(_: int) -> None:
        for _ in range(10):
            for found, wanted in zip(STAGES[name](), expected, strict=True):
                np.testing.assert_allclose(found, wanted, rtol=1e-2, atol=1e-2)

    try:
        with ThreadPoolExecutor(2) as pool:
            done = pool.map(work, range(2))
            working = [pool.submit(lambda: None) for _ in range(2)]
            while not all(future.done() for future in working):
                for target in _core.targets():
                    _core.set_target(target)
            list(done)
    finally:
        _core.set_target(before)
