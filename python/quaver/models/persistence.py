"""Models in files without pickle: skops, which runs no code, with the model card inside.

A file holds the fitted scikit-learn steps, the configuration of the features and the card. It also
holds a few vectors with their probabilities, by which `load` knows whether the scikit-learn
installed computes what the one that trained the model did.
"""

from __future__ import annotations

import json
import os
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("svm"):
    import skops.io
    from sklearn.exceptions import InconsistentVersionWarning

from quaver.record import replacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Version of the layout; another one is refused.
FORMAT = 1
_KEYS = {"format", "kind", "config", "classes", "steps", "card", "probe"}
_TYPES = {"config": dict, "classes": list, "card": dict, "probe": dict}
# Private classes inside scikit-learn's calibrated classifier; they only hold numbers.
_TRUSTED = [
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
]
_PROBE_TOLERANCE = 1e-4
# What a damaged or forged archive may make skops and zipfile raise.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    json.JSONDecodeError,
    RecursionError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
)


def save(
    file: str | os.PathLike[str],
    *,
    kind: str,
    steps: Any,
    config: dict[str, Any],
    classes: tuple[str, ...],
    card: dict[str, Any],
    probe: NDArray[np.float32],
) -> None:
    """Write a fitted estimator of vectors.

    Parameters
    ----------
    file : path
        Replaced once the new file is complete.
    kind : str
        Such as "svm".
    steps : estimator
        Fitted, of scikit-learn's own classes, with `predict_proba`.
    config : dict
        The features' configuration as JSON types.
    classes : tuple of str
        Columns of the probabilities.
    card : dict
        The model card, JSON types.
    probe : ndarray of shape (n, n_values), float32
        A few vectors, stored with what the estimator says of them.

    Raises
    ------
    ValueError
        For an estimator that holds a class which loading would not trust.
    OSError
        If the file cannot be written.
    """
    content = {
        "format": FORMAT,
        "kind": kind,
        "config": config,
        "classes": list(classes),
        "steps": steps,
        "card": card,
        "probe": {"vectors": probe, "probabilities": steps.predict_proba(probe)},
    }
    with replacing(file) as temporary:
        skops.io.dump(content, temporary, compression=zipfile.ZIP_DEFLATED, compresslevel=9)
        unknown = set(skops.io.get_untrusted_types(file=temporary)) - set(_TRUSTED)
        if unknown:
            raise ValueError(f"steps must be scikit-learn's own classes, got {sorted(unknown)}")


def load(file: str | os.PathLike[str], *, kind: str) -> dict[str, Any]:
    """Read what `save` wrote; no code of the file is run.

    Parameters
    ----------
    file : path
    kind : str
        The kind expected.

    Returns
    -------
    dict
        The arguments of `save` by name.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        As the operating system says.
    ValueError
        For a file that is no model, holds classes that are not trusted, is of another kind or
        format, or computes other results with the scikit-learn installed; names the file.
    """
    name = os.fsdecode(file)
    if not os.path.exists(file):
        raise FileNotFoundError(f"no such model: {name}")
    content = _read(name)
    if not isinstance(content, dict) or not set(content) >= _KEYS:
        raise ValueError(f"{name}: not a model of quaver")
    wrong = [key for key, kind in _TYPES.items() if not isinstance(content[key], kind)]
    if wrong:
        raise ValueError(f"{name}: not a model of quaver (wrong {', '.join(wrong)})")
    if content["format"] != FORMAT:
        raise ValueError(f"{name}: format {content['format']!r}, expected {FORMAT}")
    if content["kind"] != kind:
        raise ValueError(f"{name}: a model of kind {content['kind']!r}, expected {kind!r}")
    known = [str(label) for label in getattr(content["steps"], "classes_", ())]
    if known != content["classes"]:
        raise ValueError(f"{name}: labels {content['classes']}, those of its steps are {known}")
    _check_probe(name, content)
    return content


def _read(name: str) -> Any:
    try:
        unknown = set(skops.io.get_untrusted_types(file=name)) - set(_TRUSTED)
        if unknown:
            raise ValueError(f"{name}: holds classes that are not trusted: {sorted(unknown)}")
        with warnings.catch_warnings():
            # The probe tells more than a comparison of versions.
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            return skops.io.load(name, trusted=_TRUSTED)
    except _UNREADABLE as error:
        raise ValueError(f"{name}: not a model of quaver ({error})") from error


def _check_probe(name: str, content: dict[str, Any]) -> None:
    import sklearn

    problem: object = None
    try:
        found = content["steps"].predict_proba(content["probe"]["vectors"])
        expected = content["probe"]["probabilities"]
        if found.shape != expected.shape:
            problem = f"shape {found.shape} instead of {expected.shape}"
        elif not np.abs(found - expected).max() <= _PROBE_TOLERANCE:
            problem = f"probabilities differ by {np.abs(found - expected).max():.2g}"
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        problem = error
    if problem is not None:
        trained = content["card"].get("versions", {}).get("scikit-learn", "another version")
        raise ValueError(
            f"{name}: trained with scikit-learn {trained}, the installed {sklearn.__version__}"
            f" does not reproduce its results ({problem})"
        )
