"""Windows over the frames of a recording, as networks take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from quaver import _core
from quaver._validate import as_frames, check_real, check_size, check_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def windows(
    values: ArrayLike,
    length: int = 128,
    step: int = 64,
    *,
    tail: Literal["align", "pad", "drop"] = "align",
    fill: float | None = None,
) -> NDArray[np.float32]:
    """Cut frames into windows that overlap, each a picture with features from top to bottom.

    Parameters
    ----------
    values : array_like of shape (n_frames, n_features)
        Such as from `quaver.log_mel`; converted to float32.
    length : int, default 128
        Frames of a window.
    step : int, default 64
        Frames from the start of a window to that of the next.
    tail : {"align", "pad", "drop"}, default "align"
        What becomes of frames after the last whole window: one more window that ends with the last
        frame, one more in the grid that is filled up, or nothing.
    fill : float, optional
        What fills up a window beyond the last frame; the smallest of the values by default.

    Returns
    -------
    ndarray of shape (n_windows, n_features, length), float32
        ``found[w, i, t] == values[w * step + t, i]``, but for an aligned last window. Fewer frames
        than a window are one that is filled up, whatever the tail.

    Raises
    ------
    ValueError
        For another shape, no values, NaN or infinity, or sizes that are not positive.
    TypeError
        For values or sizes of another kind.

    Examples
    --------
    >>> windows(np.zeros((400, 40)), 128, 64).shape
    (6, 40, 128)
    >>> windows([[1, 2], [3, 4], [5, 6]], length=2, step=2)
    array([[[1., 3.],
            [2., 4.]],
    <BLANKLINE>
           [[3., 5.],
            [4., 6.]]], dtype=float32)
    """
    frames = as_frames(values)
    length, step = check_size("length", length), check_size("step", step)
    if check_text("tail", tail) not in ("align", "pad", "drop"):
        raise ValueError(f"tail must be 'align', 'pad' or 'drop', got {tail!r}")
    if fill is not None:
        with np.errstate(over="ignore"):  # becomes infinity, which is refused
            fill = float(np.float32(check_real("fill", fill)))
        if not np.isfinite(fill):
            raise ValueError(f"fill must be finite in float32, got {fill}")
    missing = length - len(frames)
    if tail == "pad" and missing < 0:
        rest = -missing % step  # frames from the end of the last whole window on
        missing = step - rest if rest > max(0, step - length) else 0
    if missing > 0:
        value = frames.min() if fill is None else fill
        frames = np.pad(frames, ((0, missing), (0, 0)), constant_values=value)
    return _core.windows(frames, length, step, tail == "align")
