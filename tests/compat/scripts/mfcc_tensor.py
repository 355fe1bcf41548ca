"""MFCC matrices cut or padded to one length, scaled over the whole set."""

import glob
import os
import sys

import librosa
import numpy as np

folder, out = sys.argv[1:]
LENGTH = 120
tensor = []
for path in sorted(glob.glob(os.path.join(folder, "*.*"))):
    y, sr = librosa.load(path, sr=22050, res_type="soxr_hq", mono=True)
    y = librosa.util.normalize(y)
    mfcc = librosa.feature.mfcc(y=y, sr=sr, n_mfcc=20, n_fft=2048, hop_length=512, lifter=22)
    mfcc = np.vstack([mfcc, librosa.feature.delta(mfcc)])
    if mfcc.shape[1] < LENGTH:
        mfcc = np.pad(mfcc, ((0, 0), (0, LENGTH - mfcc.shape[1])), mode="constant")
    tensor.append(mfcc[:, :LENGTH])
tensor = np.array(tensor)
scaled = (tensor - tensor.mean()) / tensor.std()
np.savez(out, tensor=tensor, scaled=scaled)
