"""Clips padded with zeros to one length, with noise, scaled by themselves: all of it in float64."""

import sys

import librosa
import numpy as np

RATE, LENGTH = 16000, 48000


def zscore(data):
    return (data - data.mean()) / (data.std() + 1e-9)


def describe(data):
    mel = librosa.feature.melspectrogram(y=data, sr=RATE, n_fft=1024, hop_length=256, n_mels=64)
    magnitude = np.abs(librosa.stft(data, n_fft=1024, hop_length=256))
    from_picture = librosa.feature.melspectrogram(S=magnitude**2, sr=RATE, n_mels=40)
    rows = [
        librosa.power_to_db(mel, ref=np.max),
        librosa.amplitude_to_db(magnitude, ref=1.0)[::8],
        librosa.power_to_db(from_picture),
        librosa.feature.mfcc(y=data, sr=RATE, n_mfcc=40),
        librosa.feature.rms(S=magnitude, frame_length=1024),
        librosa.feature.spectral_contrast(S=magnitude, sr=RATE, fmin=100, n_bands=5),
        librosa.feature.spectral_flatness(S=magnitude),
    ]
    return np.concatenate([np.mean(row, axis=1) for row in rows])


*paths, out = sys.argv[1:]
generator = np.random.default_rng(0)
vectors = []
for path in paths:
    samples, _ = librosa.load(path, sr=RATE)
    padded = np.concatenate([samples, np.zeros(max(0, LENGTH - len(samples)))])[:LENGTH]
    noisy = padded + 0.005 * generator.standard_normal(LENGTH)
    vectors.append([describe(zscore(padded)), describe(zscore(noisy))])
np.savez(out, vectors=np.array(vectors))
