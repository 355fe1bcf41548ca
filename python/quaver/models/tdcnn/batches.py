"""The batches that train `quaver.models.tdcnn`; private."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from quaver._extras import extra

with extra("tdcnn"):
    import keras

from quaver.models.tdcnn.config import LONGEST
from quaver.models.tdcnn.data import Augmentation, cut, picture, prepare, stack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.tdcnn.config import TDCNNConfig

    _Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # keras has no types
    """Recordings of like length together, changed and in another order each epoch.

    They are mono at the rate of the configuration, their ends not trimmed yet.
    """

    def __init__(
        self,
        recordings: Sequence[NDArray[np.float32]],
        targets: NDArray[np.float32],
        config: TDCNNConfig,
        *,
        augmentation: Augmentation,
        batch_size: int,
        seed: int,
    ) -> None:
        super().__init__()
        self._recordings, self._targets, self._config = recordings, targets, config
        self._augmentation, self._batch_size, self._seed = augmentation, batch_size, seed
        prepared = (prepare(each, config.sample_rate, config) for each in recordings)
        self._lengths = np.array([len(each) for each in prepared])
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Draw the order of an epoch: the same one if training is taken up again."""
        self._epoch = epoch
        rng = np.random.default_rng([self._seed, epoch])
        # Sorted by length within a spread that mixes neighbours differently each time.
        spread = 0.5 * self._config.sample_rate * rng.random(len(self._lengths))
        order = np.argsort(self._lengths + spread)
        size = self._batch_size
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        self._batches = [batches[i] for i in rng.permutation(len(batches))]

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> _Batch:
        rows = self._batches[index]
        rng = np.random.default_rng([self._seed, self._epoch, index])
        batch = stack([self._windows(self._recordings[row], rng) for row in rows])
        if self._augmentation.mixup:
            return self._augmentation.mix(batch, self._targets[rows], rng)
        return batch, self._targets[rows]

    def _part(
        self, recording: NDArray[np.float32], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        longest = round(LONGEST * self._config.sample_rate)
        if len(recording) <= longest:
            return recording
        start = int(rng.integers(len(recording) - longest + 1))  # another part each time
        return recording[start : start + longest]

    def _windows(
        self, recording: NDArray[np.float32], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        config, rate = self._config, self._config.sample_rate
        world = self._augmentation.leaves(rng)
        if world is not None:
            part = self._part(recording, rng)
            changed = prepare(world(part, rate, rng, self._recordings), rate, config)
            changed = changed[: round(LONGEST * rate)]
        else:
            part = self._part(prepare(recording, rate, config), rng)
            changed = self._augmentation.samples(part, rate, rng)
            if config.seconds is not None:  # as long as before
                changed = np.pad(changed[: len(part)], (0, max(0, len(part) - len(changed))))
        found = picture(changed, self._config)
        self._augmentation.picture(found, rng)
        return cut(found, self._config)
