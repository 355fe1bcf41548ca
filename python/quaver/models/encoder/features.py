"""An encoder's vectors as a step of scikit-learn pipelines."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra
from quaver._validate import Downmix
from quaver.batch import Progress
from quaver.models.encoder.model import Embeddings, Encoder, shared

with extra("encoder", "sklearn", user="training on an encoder"):
    from quaver.models.transformers import ClipTransformer, refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.encoder.graph import Precision


class EncoderFeatures(ClipTransformer):
    """Vectors of a pre-trained speech encoder, as a step of a pipeline.

    Parameters
    ----------
    blocks : tuple of int, default (2, 3)
        Blocks whose mean and deviation are taken, counted from 1.
    precision : {"int8", "float32"}, default "int8"
        As of `Encoder.load`.
    file : path, optional
        What `convert` wrote; by default the encoder of quaver-models.
    sample_rate : int, optional
        Rate in Hz of clips that are arrays; required when there are any.
    normalize : bool, default True
        As of `Encoder.embed`: a model on top does not hear how a recording is amplified.
    trim : bool, default True
        As of `Encoder.embed`: pauses before and after the speech are left out.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.
    threads : int, optional
        Number of workers; by default one for each processor.

    Examples
    --------
    >>> step = EncoderFeatures(blocks=(2,), sample_rate=16000)
    >>> step.fit_transform([np.zeros(16000, np.float32), np.ones(8000, np.float32)]).shape
    (2, 768)
    >>> str(step.get_feature_names_out()[0])
    'block_2_mean_0'
    """

    def __init__(
        self,
        blocks: tuple[int, ...] = (2, 3),
        *,
        precision: Precision = "int8",
        file: str | os.PathLike[str] | None = None,
        sample_rate: int | None = None,
        normalize: bool = True,
        trim: bool = True,
        downmix: Downmix = "mean",
        threads: int | None = None,
    ) -> None:
        self.blocks = blocks
        self.precision = precision
        self.file = file
        self.sample_rate = sample_rate
        self.normalize = normalize
        self.trim = trim
        self.downmix = downmix
        self.threads = threads

    def transform(self, X: Iterable[Any]) -> NDArray[np.float32]:
        """Compute one vector for each clip.

        Parameters
        ----------
        X : sequence of paths, bytes, binary file objects or arrays

        Returns
        -------
        ndarray of shape (n_clips, n_values), float32
            Of each block the mean, then the deviation.

        Raises
        ------
        ValueError
            If a clip cannot be used; rows must stay aligned with the labels. The message names
            the clips; `embed` leaves them out instead.
        """
        found = self.embed(X)
        refuse(found.failures, len(found))
        return found.values.reshape(len(found), -1)

    def embed(self, X: Iterable[Any], *, progress: Progress = False) -> Embeddings:
        """Compute the vectors of the clips that can be used; see `Encoder.embed_many`."""
        return self._encoder().embed_many(
            X,
            self.sample_rate,
            downmix=self.downmix,
            normalize=self.normalize,
            trim=self.trim,
            threads=self.threads,
            progress=progress,
        )

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return the names of the values, such as block_2_deviation_17."""
        encoder = self._encoder()
        names = [
            f"block_{block}_{statistic}_{i}"
            for block in encoder.blocks
            for statistic in ("mean", "deviation")
            for i in range(encoder.width)
        ]
        return np.array(names, dtype=object)

    def _encoder(self) -> Encoder:
        file = None if self.file is None else os.fspath(self.file)
        return shared(file, tuple(self.blocks), self.precision)
