"""Stand-ins for libraries that speech projects are written against: same names, same numbers.

`quaver.compat.librosa`, `quaver.compat.opensmile`, `quaver.compat.pyaudioanalysis` and
`quaver.compat.python_speech_features` are imported in place of the originals; `quaver.install_as`
puts them there for unchanged code.

What the originals document is not told again: a docstring here says what a function does, in what
it differs, and what it returns where that matters. Signatures are the originals', and set like text
where they are long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver._lazy import lazy

if TYPE_CHECKING:
    from quaver.compat import install as install
    from quaver.compat import librosa as librosa
    from quaver.compat import opensmile as opensmile
    from quaver.compat import pyaudioanalysis as pyaudioanalysis
    from quaver.compat import python_speech_features as python_speech_features

__all__ = ["install", "librosa", "opensmile", "pyaudioanalysis", "python_speech_features"]

__getattr__, __dir__ = lazy(__name__, dict.fromkeys(__all__, ()))
