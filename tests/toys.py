"""A small time-distributed network and the tones that it can learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver.models.tdcnn import Augmentation, TDCNNConfig

RATE = 16000
SMALL = TDCNNConfig(
    n_mels=32,
    window_frames=32,
    window_step=16,
    filters=(2, 3, 4, 5),
    pools=((2, 2), (2, 2), (2, 2), (2, 2)),
    units=(6, 7),
    dropout=0.0,
    lstm_dropout=0.0,
)
QUICK: dict[str, Any] = {
    "cycles": 1,
    "config": SMALL,
    "augmentation": Augmentation.none(),
    "sample_rate": RATE,
    "epochs": 12,
    "batch_size": 8,
    "learning_rate": 1e-2,
    "random_state": 0,
}
Clips = tuple[list[NDArray[np.float32]], NDArray[np.str_]]


def tone(hertz: float, n: int, seed: int) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).standard_normal(n)
    return (np.sin(2 * np.pi * hertz * np.arange(n) / RATE) + 0.1 * noise).astype(np.float32)


def toy_clips() -> Clips:
    """Return low and high tones of lengths from a tenth of a second to a whole one."""
    lengths = np.random.default_rng(0).integers(1600, 16000, 32)
    made = [tone(400 if i % 2 else 2000, int(n), i) for i, n in enumerate(lengths)]
    return made, np.array(["high", "low"] * 16)
