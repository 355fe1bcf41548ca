"""Windows over frames, as slices.

`found[w, i, t] = values[start_w + t, i]`; the grid of starts as in Zhao, Mao & Chen 2019 (Speech
emotion recognition using deep 1D & 2D CNN LSTM networks), whose input is cut from a log-mel
spectrogram in this way.
"""

import numpy as np


def windows(values, length, step, tail, fill):
    frames = [list(map(float, row)) for row in values]
    smallest = min(min(row) for row in frames) if fill is None else fill
    n_features = len(frames[0])
    starts = [0]
    while starts[-1] + step + length <= len(frames):
        starts.append(starts[-1] + step)
    if starts[-1] + length < len(frames):
        if tail == "align":
            starts.append(len(frames) - length)
        elif tail == "pad" and starts[-1] + step < len(frames):
            starts.append(starts[-1] + step)
    found = np.empty((len(starts), n_features, length))
    for w, start in enumerate(starts):
        for t in range(length):
            row = frames[start + t] if start + t < len(frames) else [smallest] * n_features
            found[w, :, t] = row
    return found
