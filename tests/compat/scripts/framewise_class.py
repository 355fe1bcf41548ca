"""A class that lists short-term features by name and gathers their statistics."""

import sys
from pathlib import Path

import numpy as np
from librosa import amplitude_to_db, load, magphase, stft
from librosa.feature import (
    mfcc,
    rms,
    spectral_bandwidth,
    spectral_centroid,
    spectral_flatness,
    spectral_rolloff,
    zero_crossing_rate,
)


class Extractor:
    FRAME, HOP = 1024, 512

    def __init__(self, path):
        self.samples, self.rate = load(path, sr=None)
        framing = {"n_fft": self.FRAME, "hop_length": self.HOP}
        self.magnitude, _ = magphase(stft(self.samples, window=np.ones, **framing))
        sound = {"y": self.samples, "sr": self.rate, **framing}
        self.rows = {
            "zcr": zero_crossing_rate(self.samples, frame_length=self.FRAME, hop_length=self.HOP),
            "rms": rms(S=self.magnitude, frame_length=self.FRAME),
            "centroid": spectral_centroid(**sound),
            "bandwidth": spectral_bandwidth(**sound),
            "rolloff": spectral_rolloff(**sound, roll_percent=0.9),
            "flatness": spectral_flatness(S=self.magnitude),
            "mfcc": mfcc(**sound, n_mfcc=13),
        }

    def summary(self):
        stacked = np.concatenate(list(self.rows.values()))
        functions = (np.mean, np.std, np.min, np.max, np.median)
        return np.concatenate([f(stacked, axis=1) for f in functions])

    def loudness(self):
        return amplitude_to_db(self.rows["rms"], ref=1.0)[0].mean()


if __name__ == "__main__":
    *paths, out = sys.argv[1:]
    extractors = [Extractor(Path(path)) for path in paths]
    np.savez(
        out,
        summaries=np.array([e.summary() for e in extractors]),
        loudness=np.array([e.loudness() for e in extractors]),
    )
