"""python_speech_features 0.6 on quaver's kernels: same names, arguments, numbers and types.

Everything is computed in float64, as there; the transform, the bands, the logarithm and the cosine
transform run in one pass over blocks of frames.
"""

from quaver.compat.python_speech_features import base, sigproc
from quaver.compat.python_speech_features.base import (
    delta,
    fbank,
    get_filterbanks,
    hz2mel,
    lifter,
    logfbank,
    mel2hz,
    mfcc,
    ssc,
)

__all__ = [
    "base",
    "delta",
    "fbank",
    "get_filterbanks",
    "hz2mel",
    "lifter",
    "logfbank",
    "mel2hz",
    "mfcc",
    "sigproc",
    "ssc",
]
