"""Magnitude and phase, peaks, loudness and tilt of each clip, in a loop over pieces of it."""

import sys

import librosa
import numpy as np


def piece(samples, rate):
    magnitude, phase = librosa.magphase(librosa.stft(samples, n_fft=1024))
    pitches, strengths = librosa.piptrack(S=magnitude, sr=rate, n_fft=1024)
    loudest = strengths.argmax(axis=0)
    pitch = pitches[loudest, np.arange(pitches.shape[1])][strengths.max(axis=0) > 0.05]
    loudness = librosa.feature.rms(S=magnitude, frame_length=1024)
    decibel = librosa.power_to_db(magnitude**2, ref=np.max)
    tilt = librosa.feature.poly_features(S=magnitude, sr=rate, n_fft=1024)
    lags = librosa.autocorrelate(samples, max_size=rate // 60)
    return np.hstack([
        np.abs(np.diff(np.angle(phase[:40]), axis=1)).mean(), pitch.sum(), loudness.mean(),
        loudness.std(), decibel.mean(axis=1)[::16], tilt.mean(axis=1), lags[::20],
        librosa.feature.spectral_flatness(S=magnitude).mean(),
        librosa.feature.spectral_centroid(S=magnitude, sr=rate).mean(),
    ])  # fmt: skip


*paths, out = sys.argv[1:]
vectors = []
for path in paths:
    samples, rate = librosa.load(path, sr=16000)
    middle = len(samples) // 2
    vectors.append([piece(part, rate) for part in (samples[:middle], samples[middle:])])
np.savez(out, vectors=np.array(vectors))
