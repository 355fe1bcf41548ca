"""Statistics of pyAudioAnalysis' short-term features, at 50 ms every 25 ms."""

import sys

import numpy as np
import soundfile
from pyAudioAnalysis import ShortTermFeatures as short_term

*paths, out = sys.argv[1:]
means, names = [], []
for path in paths:
    signal, rate = soundfile.read(path, dtype="int16")
    features, names = short_term.feature_extraction(signal, rate, 0.050 * rate, 0.025 * rate)
    means.append(np.concatenate([features.mean(axis=1), features.std(axis=1)]))
np.savez(out, means=np.array(means), names=np.array(names))
