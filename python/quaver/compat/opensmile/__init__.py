"""opensmile 2.6 on quaver's kernels: its Geneva sets, with the same names, arguments and frames.

`Smile` computes eGeMAPSv02, eGeMAPSv01b and GeMAPSv01b, functionals and low-level descriptors, and
takes what it computes of other sets from an installed opensmile. How near the numbers are:
docs/compat.md.
"""

from quaver.compat.install import original_names
from quaver.compat.opensmile import core
from quaver.compat.opensmile.core.define import FeatureLevel, FeatureSet
from quaver.compat.opensmile.core.smile import Smile

__all__ = ["FeatureLevel", "FeatureSet", "Smile", "core"]

#: The release whose behaviour this has.
__version__ = "2.6.0"

__getattr__ = original_names("opensmile", names=["config"])
