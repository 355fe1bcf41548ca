"""Recordings as the world makes them: noise, rooms, microphones, telephones and codecs.

`Augmentation` changes recordings by chance in training; `CONDITIONS` are the same for every model
that is tried under them. The effects and sounds that both are made of are here as well. All take
mono samples and give float32; what is drawn comes from the caller's generator.
"""

from quaver.augmentation.conditions import CONDITIONS, Condition, apply, seed_of
from quaver.augmentation.effects import (
    Codec,
    add_noise,
    amplify,
    change_speed,
    encode,
    limit_band,
    overdrive,
    reverberate,
    surround,
    tilt,
)
from quaver.augmentation.policy import Augmentation
from quaver.augmentation.sources import COLOURS, babble, coloured_noise, impulse_response

__all__ = [
    "COLOURS",
    "CONDITIONS",
    "Augmentation",
    "Codec",
    "Condition",
    "add_noise",
    "amplify",
    "apply",
    "babble",
    "change_speed",
    "coloured_noise",
    "encode",
    "impulse_response",
    "limit_band",
    "overdrive",
    "reverberate",
    "seed_of",
    "surround",
    "tilt",
]
