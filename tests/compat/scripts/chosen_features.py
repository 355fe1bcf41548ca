"""MFCC, chroma and mel means of sound files, each switched on by a flag."""

import argparse
import os

import librosa
import numpy as np
import soundfile

EMOTIONS = {
    "01": "neutral", "02": "calm", "03": "happy", "04": "sad",
    "05": "angry", "06": "fearful", "07": "disgust", "08": "surprised",
}  # fmt: skip


def describe(file_name, **wanted):
    with soundfile.SoundFile(file_name) as sound:
        samples = sound.read(dtype="float32")
        rate = sound.samplerate
    parts = []
    if wanted.get("mfcc"):
        parts.append(np.mean(librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=40).T, axis=0))
    if wanted.get("chroma"):
        spectrum = np.abs(librosa.stft(samples))
        parts.append(np.mean(librosa.feature.chroma_stft(S=spectrum, sr=rate).T, axis=0))
    if wanted.get("mel"):
        parts.append(np.mean(librosa.feature.melspectrogram(y=samples, sr=rate).T, axis=0))
    if wanted.get("contrast"):
        spectrum = np.abs(librosa.stft(samples))
        parts.append(np.mean(librosa.feature.spectral_contrast(S=spectrum, sr=rate).T, axis=0))
    return np.hstack(parts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    rows, labels = [], []
    for path in arguments.files:
        rows.append(describe(path, mfcc=True, chroma=True, mel=True, contrast=True))
        labels.append(EMOTIONS[os.path.basename(path).split("-")[2]])
    np.savez(arguments.out, features=np.array(rows), labels=np.array(labels))
