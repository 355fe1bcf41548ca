"""Names of `librosa.util`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver.compat.librosa import forward
from quaver.compat.librosa._names import UTIL

if TYPE_CHECKING:
    from quaver.compat.librosa.util import deprecation as deprecation
    from quaver.compat.librosa.util import exceptions as exceptions
    from quaver.compat.librosa.util import utils as utils
    from quaver.compat.librosa.util.deprecation import Deprecated as Deprecated
    from quaver.compat.librosa.util.exceptions import LibrosaError as LibrosaError
    from quaver.compat.librosa.util.exceptions import ParameterError as ParameterError
    from quaver.compat.librosa.util.utils import abs2 as abs2
    from quaver.compat.librosa.util.utils import expand_to as expand_to
    from quaver.compat.librosa.util.utils import fix_length as fix_length
    from quaver.compat.librosa.util.utils import frame as frame
    from quaver.compat.librosa.util.utils import is_positive_int as is_positive_int
    from quaver.compat.librosa.util.utils import normalize as normalize
    from quaver.compat.librosa.util.utils import pad_center as pad_center
    from quaver.compat.librosa.util.utils import tiny as tiny
    from quaver.compat.librosa.util.utils import valid_audio as valid_audio

__getattr__, __dir__ = forward.attach("util", UTIL, ("deprecation", "exceptions", "utils"))
