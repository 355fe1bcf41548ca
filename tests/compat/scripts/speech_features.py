"""Cepstra with deltas of python_speech_features, for recordings as 16-bit numbers."""

import sys

import numpy as np
import soundfile
from python_speech_features import delta, logfbank, mfcc
from python_speech_features.base import ssc

*paths, out = sys.argv[1:]
rows = []
for path in paths:
    signal, rate = soundfile.read(path, dtype="int16")
    cepstra = mfcc(
        signal, rate, winlen=0.025, winstep=0.01, numcep=13, nfft=512, winfunc=np.hamming
    )
    slope = delta(cepstra, 2)
    bands = logfbank(signal, rate, nfilt=40)
    centroids = ssc(signal, rate)
    rows.append(np.hstack([x.mean(axis=0) for x in (cepstra, slope, bands, centroids)]))
np.savez(out, features=np.array(rows))
