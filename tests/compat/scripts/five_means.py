"""The 162 values per clip, of the middle of each recording and of it with noise."""

import sys

import librosa
import numpy as np


def add_noise(data, rng):
    level = 0.035 * rng.uniform() * np.amax(data)
    return (data + level * rng.normal(size=data.shape[0])).astype(np.float32)


def means(data, sr):
    result = np.array([])
    result = np.hstack((result, np.mean(librosa.feature.zero_crossing_rate(y=data).T, axis=0)))
    stft = np.abs(librosa.stft(data))
    result = np.hstack((result, np.mean(librosa.feature.chroma_stft(S=stft, sr=sr).T, axis=0)))
    result = np.hstack((result, np.mean(librosa.feature.mfcc(y=data, sr=sr).T, axis=0)))
    result = np.hstack((result, np.mean(librosa.feature.rms(y=data).T, axis=0)))
    return np.hstack((result, np.mean(librosa.feature.melspectrogram(y=data, sr=sr).T, axis=0)))


*paths, out = sys.argv[1:]
generator = np.random.default_rng(0)
plain, noisy, lengths = [], [], []
for path in paths:
    samples, rate = librosa.load(path, duration=2.5, offset=0.6)
    plain.append(means(samples, rate))
    noisy.append(means(add_noise(samples, generator), rate))
    lengths.append(librosa.get_duration(y=samples, sr=rate))
np.savez(out, plain=np.vstack(plain), noisy=np.vstack(noisy), seconds=np.array(lengths))
