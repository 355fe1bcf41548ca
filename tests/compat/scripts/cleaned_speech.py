"""Silence trimmed, pre-emphasis, and augmentation by stretching and shifting before the means."""

import sys

import librosa
import numpy as np

*paths, out = sys.argv[1:]
rows, lengths = [], []
for path in paths:
    y, sr = librosa.load(path, sr=16000)
    y, index = librosa.effects.trim(y, top_db=30)
    lengths.append(index)
    emphasised = librosa.effects.preemphasis(y)
    stretched = librosa.effects.time_stretch(y, rate=0.9)
    shifted = librosa.effects.pitch_shift(y, sr=sr, n_steps=2)
    versions = [y, emphasised, stretched, shifted]
    rows.append([np.mean(librosa.feature.mfcc(y=v, sr=sr, n_mfcc=40).T, axis=0) for v in versions])
np.savez(out, means=np.array(rows), index=np.array(lengths))
