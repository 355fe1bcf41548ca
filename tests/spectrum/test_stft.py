"""The raw kernels of the STFT, decibel and contrast against their twins, on every SIMD target."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

import tolerances
from quaver import _core
from reference import stft as twin

# n_fft, hop, window: powers of two, every radix, odd windows, hops beyond the frame; odd and prime
# lengths, Bluestein's, columns of 20, 49 and 256 rows, each power of two in two passes, with and
# without rows of padding.
SIZES = [
    (4, 1, 4), (6, 2, 5), (16, 5, 16), (30, 7, 21), (50, 60, 49), (64, 16, 64), (400, 160, 320),
    (512, 128, 512), (1000, 250, 999), (2048, 512, 2048), (2048, 3000, 1000),
    (1, 1, 1), (2, 1, 2), (3, 2, 3), (14, 10, 14), (15, 4, 11), (101, 30, 80), (127, 50, 127),
    (134, 33, 134), (511, 100, 400), (640, 160, 640), (1024, 256, 900), (1568, 300, 1568),
    (256, 64, 256), (256, 80, 141), (512, 160, 256), (1024, 256, 551), (4096, 1024, 4096),
    (8192, 2048, 8192),
]  # fmt: skip


def noise(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed + n).standard_normal(n).astype(np.float32)


def window_of(length: int) -> NDArray[np.float64]:
    return np.hanning(length + 2)[1:-1]


def with_twin(
    frame_counts: tuple[int, ...], n_fft: int, hop: int, win: int, center: bool
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.complex128]]]:
    """Yield noise of so many frames (without padding), and its spectrum by the twin."""
    for n_frames in frame_counts:
        y = noise(n_fft + (n_frames - 1) * hop + 1)
        yield y, twin.stft(y, n_fft, hop, window_of(win), center)


def plan_of(n_fft: int, hop: int, win: int, center: bool = True) -> _core.Stft:
    return _core.Stft(n_fft=n_fft, hop_length=hop, window=window_of(win), center=center)


def exact_plan_of(n_fft: int, hop: int, win: int, center: bool = True) -> _core.Stft64:
    return _core.Stft64(
        n_fft=n_fft, hop_length=hop, window=window_of(win), center=center, invertible=False
    )


@pytest.mark.parametrize(("n_fft", "hop", "win"), SIZES)
@pytest.mark.parametrize("center", [True, False])
def test_stft_agrees_with_its_twin(
    target: str, n_fft: int, hop: int, win: int, center: bool
) -> None:
    plan = plan_of(n_fft, hop, win, center)
    # 1, 2 and 3 frames, around the widest block of 16, and more than two of them.
    for y, expected in with_twin((1, 2, 3, 15, 16, 17, 35), n_fft, hop, win, center):
        bound = tolerances.amplitude_error(np.abs(expected)) + tolerances.UNIT_ROUNDOFF
        found = plan.run(y)
        assert found.dtype == np.complex64
        assert (np.abs(found - expected) <= bound).all()
        magnitude = np.abs(expected)
        assert (np.abs(plan.picture(y, False).T - magnitude) <= 1.1 * bound).all()
        power = 1.1 * bound * (2 * magnitude + bound) + 1e-6 * magnitude**2
        assert (np.abs(plan.picture(y, True).T - magnitude**2) <= power).all()


@pytest.mark.parametrize(("n_fft", "hop", "win"), SIZES)
@pytest.mark.parametrize("center", [True, False])
def test_transform_in_double_agrees_with_its_twin(
    target: str, n_fft: int, hop: int, win: int, center: bool
) -> None:
    plan = exact_plan_of(n_fft, hop, win, center)
    for y, expected in with_twin((1, 2, 7, 8, 9, 16, 17, 35), n_fft, hop, win, center):
        magnitude = np.abs(expected)
        size = np.sqrt((magnitude**2).sum(axis=1, keepdims=True))
        wide = plan.run(y.astype(np.float64))
        assert wide.dtype == np.complex128
        assert (np.abs(wide - expected) <= tolerances.EXACT_TRANSFORM * size).all()
        if n_fft % 2 == 0:  # a zero of the other sign would turn the phase by 2 pi
            ends = wide[:, [0, -1]].imag
            assert not ends.any()
            assert not np.signbit(ends).any()
        found = plan.run(y)
        assert found.dtype == np.complex64
        np.testing.assert_array_equal(found, wide.astype(np.complex64))
        for power in (False, True):
            picture = plan.picture(y.astype(np.float64), power).T
            np.testing.assert_allclose(
                np.sqrt(picture) if power else picture,
                magnitude, rtol=0, atol=2 * tolerances.EXACT_TRANSFORM * size.max(),
            )  # fmt: skip
            np.testing.assert_allclose(plan.picture(y, power).T, picture, rtol=2e-7)


@pytest.mark.parametrize(("n_fft", "hop", "win"), SIZES)
def test_double_keeps_quiet_bins(target: str, n_fft: int, hop: int, win: int) -> None:
    n = 20 * hop + 2 * n_fft
    y = (np.sin(0.05 * np.arange(n)) + 1e-6 * noise(n)).astype(np.float32)
    plan = exact_plan_of(n_fft, hop, win)
    expected = np.abs(twin.stft(y, n_fft, hop, window_of(win), True)).T
    size = np.sqrt((expected**2).sum(axis=0))
    for power in (False, True):
        found = plan.picture(y, power)
        np.testing.assert_allclose(
            np.sqrt(found) if power else found, expected, rtol=1e-6, atol=1e-14 * size.max()
        )


@pytest.mark.parametrize(("n_fft", "hop", "win"), SIZES)
@pytest.mark.parametrize("center", [True, False])
def test_inverse_agrees_with_its_twin(
    target: str, n_fft: int, hop: int, win: int, center: bool
) -> None:
    plan = plan_of(n_fft, hop, win, center)
    wide = _core.Stft64(
        n_fft=n_fft, hop_length=hop, window=window_of(win), center=center, invertible=True
    )
    rng = np.random.default_rng(n_fft)
    for n_frames in (1, 2, 16, 19):
        shape = (n_frames, n_fft // 2 + 1)
        spectrum = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(
            np.complex64
        )
        for n_samples in (1, n_fft, hop * n_frames + n_fft):
            expected, weight = twin.istft(spectrum, n_fft, hop, window_of(win), center, n_samples)
            found = plan.inverse(spectrum, n_frames, n_samples)
            # The division magnifies what is wrong where the windows nearly vanish.
            scale = np.where(weight > 0, np.maximum(1, 1 / np.maximum(weight, 1e-30)), 1)
            assert (np.abs(found - expected) <= 4e-6 * scale).all()
            exact = spectrum.astype(np.complex128)
            expected, _ = twin.istft(exact, n_fft, hop, window_of(win), center, n_samples)
            found = wide.inverse(exact, n_frames, n_samples)
            assert (np.abs(found - expected) <= 1e-14 * n_fft * scale).all()


def test_bands_agree_with_the_picture(target: str) -> None:
    y = noise(9000)
    plan = exact_plan_of(512, 160, 400)
    rng = np.random.default_rng(0)
    dense = rng.random((5, 257)).astype(np.float32)
    dense[1] = 0
    dense[2, :100] = dense[2, 150:] = 0
    for power in (False, True):
        for samples, rtol in ((y, 1e-6), (y.astype(np.float64), 1e-14)):
            expected = dense.astype(float) @ plan.picture(samples, power)
            found = plan.bands(samples, power, _core.FilterBank(dense))
            assert found.dtype == samples.dtype
            np.testing.assert_allclose(found, expected, rtol=rtol, atol=0)
            assert (found[1] == 0).all()


def test_silence_is_exact(target: str) -> None:
    y = np.zeros(5000, np.float32)
    plan = plan_of(512, 160, 512)
    assert (plan.run(y) == 0).all()
    assert (plan.inverse(plan.run(y), 32, 5000) == 0).all()
    exact = exact_plan_of(512, 160, 512)
    for silence in (y, y.astype(np.float64)):
        assert (exact.run(silence) == 0).all()
        assert (exact.picture(silence, False) == 0).all()


def test_fused_contrast_equals_the_two_stages(target: str) -> None:
    plan = exact_plan_of(512, 160, 512)
    bands = [(0, 20, 1), (20, 257, 5)]
    for n in (1, 160 * 20, 160 * 33):
        y = noise(n)
        expected = _core.contrast(plan.picture(y, False)[np.newaxis], False, bands)
        for found, stage in zip(plan.contrast(y, bands), expected, strict=True):
            np.testing.assert_array_equal(found, stage[0])


def test_what_does_not_fit_is_refused() -> None:
    plan = plan_of(512, 160, 512, center=False)
    with pytest.raises(ValueError, match="at least one frame, got 511 samples"):
        plan.run(noise(511))
    with pytest.raises(ValueError, match=r"one-dimensional, got shape \(2, 600\)"):
        plan.run(noise(1200).reshape(2, 600))
    with pytest.raises(TypeError):
        plan.run(np.zeros(600))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"shape \(n_frames, 257\), got \(2, 3\)"):
        plan.inverse(np.zeros((2, 3), np.complex64), 2, 100)
    with pytest.raises(ValueError, match="hop_length must be positive, got 0"):
        plan_of(512, 0, 512)
    with pytest.raises(ValueError, match="frame_length must not exceed n_fft"):
        plan_of(512, 10, 513)
    with pytest.raises(ValueError, match="length must be positive, got 0"):
        plan_of(0, 10, 0)
    exact = exact_plan_of(512, 160, 512, center=False)
    with pytest.raises(ValueError, match="at least one frame, got 511 samples"):
        exact.run(noise(511))
    with pytest.raises(ValueError, match="not made invertible"):
        exact.inverse(np.zeros((2, 257), np.complex128), 2, 100)
    with pytest.raises(ValueError, match="257 bins, got 3"):
        exact.bands(noise(600), True, _core.FilterBank(np.ones((2, 3), np.float32)))
    with pytest.raises(TypeError):
        exact.run(np.zeros(600, np.int16))  # type: ignore[type-var]
    with pytest.raises(ValueError, match="hop_length must be positive, got 0"):
        exact_plan_of(512, 0, 512)
    with pytest.raises(ValueError, match="between 1 and n_fft = 512 samples, got 513"):
        exact_plan_of(512, 10, 513)


def test_threads_share_a_plan() -> None:
    plan = exact_plan_of(512, 160, 512)
    clips = [noise(5000 + 100 * i, i) for i in range(8)]
    alone = [plan.run(y) for y in clips]
    with ThreadPoolExecutor(4) as pool:
        results = pool.map(lambda y: plan.run(y), clips * 5)
        for found, expected in zip(results, alone * 5, strict=True):
            np.testing.assert_array_equal(found, expected)
