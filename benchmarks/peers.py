"""The same work done by librosa and by careful NumPy / SciPy, for comparison.

Definitions are those of `quaver.short_term` (see ``cpp/include/quaver``); each peer uses the calls
that its own documentation suggests.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.signal
import scipy.stats
from numpy.typing import NDArray

RATE, FRAME, HOP, N_FFT = 16000, 400, 160, 512
Array = NDArray[np.float32]


def frames_of(samples: Array) -> Array:
    emphasised = np.append(samples[:1], samples[1:] - np.float32(0.97) * samples[:-1])
    return np.lib.stride_tricks.sliding_window_view(emphasised, FRAME)[::HOP]


def entropy(energies: Array) -> Array:
    total = energies.sum(axis=-1, keepdims=True)
    p = np.divide(energies, total, out=np.zeros_like(energies), where=total > 0)
    return -np.sum(p * np.log2(np.where(p > 0, p, 1)), axis=-1)


def time_features(frames: Array, windowed: Array) -> list[Array]:
    negative = frames < 0
    crossings = (negative[:, 1:] != negative[:, :-1]).sum(axis=1) / np.float32(FRAME - 1)
    squares = windowed * windowed
    blocks = squares.reshape(-1, 10, FRAME // 10).sum(axis=2)
    return [crossings, squares.mean(axis=1), entropy(blocks)]


def flux_of(magnitude: Array) -> Array:
    total = magnitude.sum(axis=1, keepdims=True)
    share = np.divide(magnitude, total, out=np.zeros_like(magnitude), where=total > 0)
    return np.append(np.float32(0), np.square(np.diff(share, axis=0)).sum(axis=1))


def band_entropy(power: Array) -> Array:
    size = power.shape[1] // 10
    return entropy(power[:, : 10 * size].reshape(-1, 10, size).sum(axis=2))


def statistics(rows: Array) -> Array:
    """(n_features, n_frames) to a vector; one sort serves all order statistics."""
    ordered = np.sort(rows, axis=1)
    last = rows.shape[1] - 1

    def percentile(q: float) -> Array:
        low = int(q * last)
        part = q * last - low
        return ordered[:, low] * (1 - part) + ordered[:, min(low + 1, last)] * part

    mean = rows.mean(axis=1, dtype=np.float64)
    d = rows - mean[:, None]
    d2 = d * d
    m2 = d2.mean(axis=1)
    safe = np.where(m2 > 0, m2, 1)
    kurtosis = np.where(m2 > 0, (d2 * d2).mean(axis=1) / safe**2 - 3, 0)
    skewness = np.where(m2 > 0, (d2 * d).mean(axis=1) / safe**1.5, 0)
    low, high = ordered[:, 0], ordered[:, -1]
    columns = [
        mean, percentile(0.5), np.sqrt(m2), kurtosis, skewness,
        percentile(0.01), percentile(0.99), low, high, high - low,
    ]  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32).ravel()


def with_delta(base: Array) -> Array:
    return np.concatenate([base, np.diff(base, axis=1, prepend=base[:, :1])])


class NumpyPipeline:
    """Careful NumPy: plans made once, float32 throughout, scipy.fft."""

    def __init__(self) -> None:
        import librosa

        self.window = np.hamming(FRAME).astype(np.float32)
        self.mel = librosa.filters.mel(sr=RATE, n_fft=N_FFT, n_mels=40).T.copy()
        self.dct = scipy.fft.dct(np.eye(40, dtype=np.float32), norm="ortho", axis=0)[:13].T.copy()
        self.hz = np.fft.rfftfreq(N_FFT, 1 / RATE).astype(np.float32)

    def mfcc(self, power: Array) -> Array:
        mel = np.maximum(power @ self.mel, np.float32(1e-10))
        return np.float32(10) * np.log10(mel) @ self.dct

    def power(self, windowed: Array) -> Array:
        spectrum = scipy.fft.rfft(windowed, N_FFT, axis=1)
        return np.square(spectrum.real) + np.square(spectrum.imag)

    def short_term(self, samples: Array) -> Array:
        frames = frames_of(samples)
        windowed = frames * self.window
        power = self.power(windowed)
        magnitude = np.sqrt(power)
        total = magnitude.sum(axis=1)
        safe = np.where(total > 0, total, 1)
        centroid = magnitude @ self.hz / safe
        second = magnitude @ np.square(self.hz) / safe
        spread = np.sqrt(np.maximum(second - centroid**2, 0))
        running = np.cumsum(power, axis=1)
        rolloff = self.hz[np.argmax(running >= np.float32(0.9) * running[:, -1:], axis=1)]
        rows = [
            *time_features(frames, windowed), centroid, spread, band_entropy(power),
            flux_of(magnitude), rolloff, *self.mfcc(power).T,
        ]  # fmt: skip
        return with_delta(np.stack(rows).astype(np.float32))

    def extract(self, samples: Array) -> Array:
        return statistics(self.short_term(samples))


class LibrosaPipeline:
    """librosa's feature functions on one STFT, as its documentation shows, scipy.stats on top."""

    def __init__(self) -> None:
        import librosa

        self.librosa = librosa
        self.window = np.hamming(FRAME).astype(np.float32)

    def short_term(self, samples: Array) -> Array:
        lr = self.librosa
        emphasised = lr.effects.preemphasis(samples, coef=0.97, zi=[0.0])
        frames = lr.util.frame(emphasised, frame_length=FRAME, hop_length=HOP, axis=0)
        windowed = frames * self.window
        # librosa centres the window in n_fft; padding each end by 56 samples gives these frames.
        padded = np.pad(emphasised, (N_FFT - FRAME) // 2)
        magnitude = np.abs(
            lr.stft(
                padded, n_fft=N_FFT, hop_length=HOP, win_length=FRAME, window=self.window,
                center=False,
            )
        )  # fmt: skip
        power = magnitude**2
        crossings = lr.feature.zero_crossing_rate(
            emphasised, frame_length=FRAME, hop_length=HOP, center=False
        )[0] * np.float32(FRAME / (FRAME - 1))
        _, energy, energy_entropy = time_features(frames, windowed)
        centroid = lr.feature.spectral_centroid(S=magnitude, sr=RATE)[0]
        spread = lr.feature.spectral_bandwidth(S=magnitude, sr=RATE)[0]
        rolloff = lr.feature.spectral_rolloff(S=power, sr=RATE, roll_percent=0.9)[0]
        mel = lr.feature.melspectrogram(S=power, sr=RATE, n_mels=40)
        mfcc = lr.feature.mfcc(S=lr.power_to_db(mel, top_db=None), n_mfcc=13)
        rows = [
            crossings, energy, energy_entropy, centroid, spread, band_entropy(power.T),
            flux_of(magnitude.T), rolloff, *mfcc,
        ]  # fmt: skip
        return with_delta(np.stack(rows).astype(np.float32))

    def extract(self, samples: Array) -> Array:
        rows = self.short_term(samples)
        p1, p50, p99 = np.percentile(rows, [1, 50, 99], axis=1)
        constant = np.ptp(rows, axis=1) == 0
        centred = np.where(constant[:, None], np.arange(rows.shape[1]), rows)
        columns = [
            rows.mean(axis=1), p50, rows.std(axis=1),
            np.where(constant, 0, scipy.stats.kurtosis(centred, axis=1)),
            np.where(constant, 0, scipy.stats.skew(centred, axis=1)),
            p1, p99, rows.min(axis=1), rows.max(axis=1), np.ptp(rows, axis=1),
        ]  # fmt: skip
        return np.stack(columns, axis=1).astype(np.float32).ravel()
