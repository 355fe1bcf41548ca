"""What opensmile keeps in `opensmile.core`."""

from quaver.compat.opensmile.core import define, smile

__all__ = ["define", "smile"]
