"""Short-term features of a signal that arrives in chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver import _core
from quaver._validate import Downmix, as_samples
from quaver.features import frame_names, make_extractor, resolve_config

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from quaver.config import FeatureConfig


class Stream:
    """Short-term features of chunks of any size.

    The frames of all chunks, one after the other, are bit for bit those of
    `quaver.short_term` on the whole signal. One stream belongs to one caller at a time.

    Parameters
    ----------
    sample_rate : int
        Sampling rate in Hz.
    config : FeatureConfig, optional
        Defaults to ``FeatureConfig(sample_rate=sample_rate)``. Its ``delta_width`` must be None:
        a Savitzky-Golay derivative would need frames to come. So would features of the voice.

    Raises
    ------
    ValueError
        For a configuration of another rate, with a ``delta_width`` or features of the voice.

    Examples
    --------
    >>> import numpy as np
    >>> stream = Stream(16000)
    >>> chunk = np.zeros(1000, np.float32)
    >>> [stream.feed(chunk).shape for _ in range(2)]
    [(4, 42), (7, 42)]
    >>> stream.n_frames
    11
    """

    def __init__(self, sample_rate: float, *, config: FeatureConfig | None = None) -> None:
        self.config = resolve_config(sample_rate, config)
        self.names = frame_names(self.config)
        self.n_frames = 0
        self._stream = _core.Stream(make_extractor(self.config))

    def feed(self, chunk: ArrayLike, *, downmix: Downmix = None) -> NDArray[np.float32]:
        """Take a chunk in and return the frames that became ready.

        Parameters
        ----------
        chunk : array_like of shape (n,) or (channels, n), int16, float32 or float64
            The samples that follow those fed before; may be empty.
        downmix : {None, "mean"} or int, default None
            How several channels become one.

        Returns
        -------
        ndarray of shape (n_new_frames, n_features), float32

        Raises
        ------
        ValueError
            For NaN or infinity; the stream is then as it was before.
        """
        frames = self._stream.feed(as_samples(chunk, downmix))
        self.n_frames += len(frames)
        return frames

    def reset(self) -> None:
        """Forget what was fed; the next chunk begins a new signal."""
        self._stream.reset()
        self.n_frames = 0
