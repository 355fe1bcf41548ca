"""Trained weights and model cards for quaver; nothing but files.

`quaver.models.svm.load_pretrained` and its like read them. The weights are under the licences of
the data that they are derived from: RAVDESS' CC BY-NC-SA 4.0 (not for commercial use) and
GoEmotions' Apache 2.0; Whisper's are under the MIT licence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import Traversable

__all__ = ["__version__", "files"]

#: The second number grows when files become unreadable for older releases of quaver.
__version__ = "0.1.8"


def files() -> Traversable:
    """Return the folder of the weights and of the cards beside them.

    Examples
    --------
    >>> (files() / "ravdess-svm.md").is_file()
    True
    """
    # Here, since whoever only asks for the version need not wait for it.
    from importlib import resources

    return resources.files(__name__)
