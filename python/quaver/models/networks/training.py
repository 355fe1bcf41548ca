"""How the networks of `quaver.models` are trained; private.

A loop of our own instead of Keras' fit, which takes the shapes of all batches from the first two:
rows of another length, if those two happen to be alike, end the training.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from quaver._extras import extra, need

with extra("keras"):
    import keras
    from keras import ops

from quaver.record import replacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    History = list[dict[str, float]]

_BEST, _STATE, _PROGRESS = "best-{}.npz", "state-{}.weights.h5", "progress.json"


class Batches(Protocol):
    """Batches that are drawn anew for each epoch, the same ones for the same epoch."""

    def start_epoch(self, epoch: int) -> None:
        """Draw the batches of an epoch."""

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Return the input and the targets of a batch."""


@keras.saving.register_keras_serializable(package="quaver")
class LearningRates(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A linear rise over half an epoch, then half cosines down to 2 % of the peak.

    Each cycle begins at the peak again (Loshchilov & Hutter 2017, SGDR).
    """

    def __init__(self, peak: float, steps: int, epochs: int, cycles: int = 1) -> None:
        super().__init__()
        self.peak, self.steps, self.epochs, self.cycles = peak, steps, epochs, cycles

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step."""
        step = ops.cast(step, "float32")
        rise = max(1, self.steps // 2)
        length = max(1, self.steps * self.epochs / self.cycles)
        part = ops.mod(ops.maximum(step - rise, 0.0), length) / length
        fall = 0.02 + 0.98 * 0.5 * (1 + ops.cos(math.pi * part))
        return self.peak * ops.where(step < rise, step / rise, fall)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        names = ("peak", "steps", "epochs", "cycles")
        return {name: getattr(self, name) for name in names}


def train(
    network: keras.Model,
    batches: Batches,
    *,
    loss: Any,
    epochs: int,
    learning_rate: float,
    score: Callable[[], float] | None,
    score_name: str,
    patience: int,
    checkpoint: str | os.PathLike[str] | None,
    identity: str,
    verbose: int,
    weight_decay: float = 0.0,
    cycles: int = 1,
    log_directory: str | os.PathLike[str] | None = None,
) -> History:
    """Train in place, down to the weights of the best epoch, and return the history.

    Parameters
    ----------
    network : keras.Model
    batches : Batches
    loss : callable
        Of (true, predicted); ValueError if it becomes infinite or no number.
    epochs : int
    learning_rate : float
        Peak.
    score : callable, optional
        Called after each epoch; higher is better. Without it the last weights are kept.
    score_name : str
        Its name in the history.
    patience : int
        Epochs without a better score until training stops.
    checkpoint : path, optional
        Folder of the state after each epoch, taken up from if it is there, the last epoch's too: a
        model that could not be written is not lost. `forget` empties it. For one training at a
        time.
    identity : str
        Of all that the training depends on; the state of another one is refused.
    verbose : int
        0 prints nothing, anything else a line for each epoch.
    weight_decay : float, default 0.0
        Decoupled from the gradient (Loshchilov & Hutter 2019); biases and scales are left alone.
    cycles : int, default 1
        How often the schedule of the learning rate is gone through.
    log_directory : path, optional
        Of events for TensorBoard.
    """
    rates = LearningRates(learning_rate, len(batches), epochs, cycles)
    optimizer = keras.optimizers.AdamW(rates, weight_decay=weight_decay, clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    # Measured on two cores: compiled by XLA, as TensorFlow can, a step takes twice as long.
    jit: Any = False if keras.backend.backend() == "tensorflow" else "auto"
    network.compile(optimizer, loss=loss, jit_compile=jit)
    optimizer.build(network.trainable_variables)
    state = _State(network, None if checkpoint is None else Path(checkpoint), identity)
    log = _log(network, log_directory)
    for epoch in range(len(state.history), epochs):
        if state.epochs_since_best() >= patience:
            break
        batches.start_epoch(epoch)
        total, n_rows = 0.0, 0
        for inputs, targets in _ahead(batches):
            # Keras' own mean starts anew with each batch.
            total += len(targets) * float(network.train_on_batch(inputs, targets))
            n_rows += len(targets)
        if not math.isfinite(total):
            raise ValueError(
                f"the loss became {total} in epoch {epoch + 1}, with a learning rate of"
                f" {learning_rate}"
            )
        logs = {"loss": total / n_rows}
        if score is not None:
            logs[score_name] = float(score())
        state.keep(logs, score_name)
        if log is not None:
            log.on_epoch_end(epoch, dict(logs))
        if verbose:
            shown = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
            sys.stdout.write(f"epoch {epoch + 1} of {epochs}: {shown}\n")
            sys.stdout.flush()
    if log is not None:
        log.on_train_end()
    return state.finish()


def _ahead(batches: Batches) -> Iterator[tuple[NDArray[Any], NDArray[np.float32]]]:
    """Yield each batch while the next one is made."""
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(batches.__getitem__, 0)
        for index in range(len(batches)):
            batch = made.result()
            if index + 1 < len(batches):
                made = pool.submit(batches.__getitem__, index + 1)
            yield batch


def _log(
    network: keras.Model, directory: str | os.PathLike[str] | None
) -> keras.callbacks.Callback | None:
    if directory is None:
        return None
    need("tensorboard")
    log = keras.callbacks.TensorBoard(os.fspath(directory), write_graph=False)
    log.set_model(network)
    log.on_train_begin()
    return log


def digest(*parts: Any) -> str:
    """Return a digest of arrays and JSON types: an identity for `train`."""
    found = hashlib.sha256()
    for part in parts:
        is_array = isinstance(part, np.ndarray) and part.dtype.kind in "fiub"
        found.update(part.tobytes() if is_array else json.dumps(part, default=str).encode())
    return found.hexdigest()


def forget(folder: str | os.PathLike[str], identity: str) -> None:
    """Empty the folder of a training whose model is safe, unless it holds another one."""
    if _identity(Path(folder)) == identity:
        _clear(Path(folder), set())


def _identity(folder: Path) -> str | None:
    try:
        found = json.loads((folder / _PROGRESS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return str(found["identity"])


def _clear(folder: Path, kept: set[str]) -> None:
    # What says which files count goes first: without it they are nothing.
    for pattern in (_PROGRESS, _STATE.format("*"), _BEST.format("*")):
        for file in folder.glob(pattern):
            if file.name not in kept:
                file.unlink()


class _State:
    """History and best weights; with a folder they outlive the process, as does the optimizer."""

    def __init__(self, network: keras.Model, folder: Path | None, identity: str) -> None:
        self._network, self._folder, self._identity = network, folder, identity
        self._best: list[NDArray[Any]] | None = None
        self._best_epoch = 0
        self.history: History = []
        if folder is not None and (folder / _PROGRESS).exists():
            self._take_up(folder)

    def _take_up(self, folder: Path) -> None:
        stored = json.loads((folder / _PROGRESS).read_text(encoding="utf-8"))
        if stored["identity"] != self._identity:
            raise ValueError(
                f"{folder}: holds the state of another training (other data, parameters or"
                " random_state); save its model, empty it, or name another folder"
            )
        self.history, self._best_epoch = stored["history"], stored["best"]
        self._network.load_weights(folder / _STATE.format(len(self.history)))
        if self._best_epoch:
            with np.load(folder / _BEST.format(self._best_epoch)) as arrays:
                self._best = [arrays[f"arr_{i}"] for i in range(len(arrays.files))]

    def epochs_since_best(self) -> int:
        """Return how many epochs did not reach the best score."""
        return len(self.history) - self._best_epoch if self._best_epoch else 0

    def keep(self, logs: dict[str, float], name: str) -> None:
        """Take an epoch into the history."""
        is_best = name in logs and all(logs[name] > past[name] for past in self.history)
        self.history.append(logs)
        if is_best:
            self._best, self._best_epoch = self._network.get_weights(), len(self.history)
        if self._folder is not None:
            self._write(self._folder, is_best)

    def _write(self, folder: Path, is_best: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        state, best = _STATE.format(len(self.history)), _BEST.format(self._best_epoch)
        if is_best and self._best is not None:
            np.savez(folder / best, *self._best)
        self._network.save_weights(folder / state)  # with the state of the optimizer
        stored = {"identity": self._identity, "best": self._best_epoch, "history": self.history}
        with replacing(folder / _PROGRESS) as temporary:  # last: it says which files count
            temporary.write_text(json.dumps(stored), encoding="utf-8")
        _clear(folder, {_PROGRESS, state, best})

    def finish(self) -> History:
        """Put the best weights in and return the history."""
        if self._best is not None:
            self._network.set_weights(self._best)
        return self.history
