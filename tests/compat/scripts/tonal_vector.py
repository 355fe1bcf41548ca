"""The 193 values per clip, tonnetz of the harmonic part among them; loaded by a Kaiser filter."""

import sys

import librosa
import numpy as np


def vector(path):
    samples, rate = librosa.load(path, res_type="kaiser_fast", duration=2.5, offset=0.5)
    stft = np.abs(librosa.stft(samples))
    harmonic = librosa.effects.harmonic(samples)
    rows = (
        librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=40),
        librosa.feature.chroma_stft(S=stft, sr=rate),
        librosa.feature.melspectrogram(y=samples, sr=rate),
        librosa.feature.spectral_contrast(S=stft, sr=rate),
        librosa.feature.tonnetz(y=harmonic, sr=rate),
    )
    return np.hstack([np.mean(row.T, axis=0) for row in rows])


*paths, out = sys.argv[1:]
np.savez(out, vectors=np.array([vector(path) for path in paths]))
