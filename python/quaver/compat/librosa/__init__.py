"""librosa's functions on quaver's kernels: same names, arguments, shapes, types and numbers.

Change ``import librosa`` to ``import quaver.compat.librosa as librosa``. What is not here is taken
from an installed librosa; without one, using it says so.
"""

from __future__ import annotations

from quaver.compat.librosa import forward
from quaver.compat.librosa._names import CORE, FORWARDED, SUBMODULES
from quaver.compat.librosa.util.exceptions import LibrosaError as LibrosaError
from quaver.compat.librosa.util.exceptions import ParameterError as ParameterError

#: The release of librosa that is reported; where 1.0 differs, the behaviour is that of 1.0.
__version__ = "0.11.0"

_ERRORS = {name: "util.exceptions" for name in ("LibrosaError", "ParameterError")}

__getattr__, __dir__ = forward.attach("", CORE | _ERRORS, (*SUBMODULES, *FORWARDED))
