"""Log-mel pictures of one size, with their first and second differences as channels."""

import sys

import librosa
import librosa.display
import librosa.feature as features
import numpy as np
from librosa.util import fix_length

SECONDS, RATE, HOP = 3, 16000, 256


def picture(path):
    samples, _ = librosa.load(path, sr=RATE)
    samples = fix_length(samples, size=SECONDS * RATE)
    mel = features.melspectrogram(
        y=samples, sr=RATE, n_fft=1024, hop_length=HOP, n_mels=64, fmax=8000
    )
    decibel = librosa.power_to_db(mel, ref=np.max)
    return np.stack([decibel, features.delta(decibel), features.delta(decibel, order=2)], axis=-1)


*paths, out = sys.argv[1:]
pictures = np.stack([picture(path) for path in paths])
times = librosa.frames_to_time(np.arange(pictures.shape[2]), sr=RATE, hop_length=HOP)
np.savez(out, pictures=pictures, times=times, edges=librosa.mel_frequencies(n_mels=64, fmax=8000))
