"""How the networks of `quaver.models` are trained; private.

A loop of our own instead of Keras' fit, which takes the shapes of all batches from the first two:
rows of another length, if those two happen to be alike, end the training.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from quaver.models import require

require("keras", extra="keras")

import keras  # noqa: E402

from quaver.record import replacing  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

    History = list[dict[str, float]]

_BEST, _STATE, _PROGRESS = "best.npz", "state.weights.h5", "progress.json"


class Batches(Protocol):
    """Batches that are drawn anew for each epoch, the same ones for the same epoch."""

    def start_epoch(self, epoch: int) -> None:
        """Draw the batches of an epoch."""

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Return the input and the targets of a batch."""


def learning_rates(peak: float, steps: int, epochs: int) -> Any:
    """Return a linear rise over half an epoch, then a cosine down to 2 % of the peak."""
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps * epochs), alpha=0.02, warmup_target=peak, warmup_steps=max(1, steps // 2)
    )


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
    verbose: int,
    weight_decay: float = 0.0,
    log_directory: str | os.PathLike[str] | None = None,
) -> History:
    """Train in place, down to the weights of the best epoch, and return the history.

    Parameters
    ----------
    network : keras.Model
    batches : Batches
    loss : callable
        Of (true, predicted).
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
        Folder of the state after each epoch, taken up from if it is there; emptied at the end.
    verbose : int
        0 prints nothing, anything else a line for each epoch.
    weight_decay : float, default 0.0
        Decoupled from the gradient (Loshchilov & Hutter 2019); biases and scales are left alone.
    log_directory : path, optional
        Of events for TensorBoard.
    """
    rates = learning_rates(learning_rate, len(batches), epochs)
    optimizer = keras.optimizers.AdamW(rates, weight_decay=weight_decay, clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    # Measured on two cores: compiled by XLA, as Keras would choose, a step takes twice as long.
    network.compile(optimizer, loss=loss, jit_compile=False)
    optimizer.build(network.trainable_variables)
    state = _State(network, None if checkpoint is None else Path(checkpoint))
    log = _log(network, log_directory)
    for epoch in range(len(state.history), epochs):
        if state.epochs_since_best(score_name) >= patience:
            break
        batches.start_epoch(epoch)
        total, n_rows = 0.0, 0
        for inputs, targets in _ahead(batches):
            # Keras' own mean starts anew with each batch.
            total += len(targets) * float(network.train_on_batch(inputs, targets))
            n_rows += len(targets)
        logs = {"loss": total / n_rows}
        if score is not None:
            logs[score_name] = float(score())
        state.keep(logs, score_name)
        if log is not None:
            log.on_epoch_end(epoch, dict(logs))
        if verbose:
            shown = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
            print(f"epoch {epoch + 1} of {epochs}: {shown}", flush=True)
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
    require("tensorboard", extra="tensorboard")
    log = keras.callbacks.TensorBoard(os.fspath(directory), write_graph=False)
    log.set_model(network)
    log.on_train_begin()
    return log


class _State:
    """History and best weights; with a folder they outlive the process, as does the optimizer."""

    def __init__(self, network: keras.Model, folder: Path | None) -> None:
        self._network, self._folder = network, folder
        self._best: list[NDArray[Any]] | None = None
        self.history: History = []
        if folder is None or not (folder / _PROGRESS).exists():
            return
        self.history = json.loads((folder / _PROGRESS).read_text(encoding="utf-8"))
        network.load_weights(folder / _STATE)
        if (folder / _BEST).exists():
            with np.load(folder / _BEST) as stored:
                self._best = [stored[f"arr_{i}"] for i in range(len(stored.files))]

    def epochs_since_best(self, name: str) -> int:
        """Return how many epochs did not reach the best score."""
        scores = [past[name] for past in self.history if name in past]
        return len(scores) - 1 - scores.index(max(scores)) if scores else 0

    def keep(self, logs: dict[str, float], name: str) -> None:
        """Take an epoch into the history."""
        is_best = name in logs and all(logs[name] > past[name] for past in self.history)
        self.history.append(logs)
        if is_best:
            self._best = self._network.get_weights()
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        if is_best and self._best is not None:
            with replacing(self._folder / _BEST) as temporary, temporary.open("wb") as file:
                np.savez(file, *self._best)
        # Not `replacing`: Keras insists on the end of the name. With the optimizer's state.
        temporary = self._folder / f"next.{_STATE}"
        self._network.save_weights(temporary)
        temporary.replace(self._folder / _STATE)
        with replacing(self._folder / _PROGRESS) as temporary:  # last: it says that all is there
            temporary.write_text(json.dumps(self.history), encoding="utf-8")

    def finish(self) -> History:
        """Put the best weights in, empty the folder, and return the history."""
        if self._best is not None:
            self._network.set_weights(self._best)
        if self._folder is not None:
            for name in (_PROGRESS, _BEST, _STATE):
                (self._folder / name).unlink(missing_ok=True)
        return self.history
