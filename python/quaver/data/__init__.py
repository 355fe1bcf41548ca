"""Files that come with the package."""

from __future__ import annotations

from pathlib import Path


def demo_clip() -> Path:
    """Return the path of the demo clip: one synthetic sentence of 4.1 s at 16 kHz.

    Examples
    --------
    >>> demo_clip().suffix
    '.flac'
    """
    return Path(__file__).with_name("demo.flac")
