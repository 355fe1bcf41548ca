"""Models in files without pickle: skops, which runs no code, with the model card inside.

A file holds the fitted scikit-learn steps, the configuration of the features and the card. It also
holds a few vectors with their probabilities, by which `load` knows whether the scikit-learn
installed computes what the one that trained the model did.
"""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("svm"):
    import sklearn

from quaver.models.archive import Archive, check_labels, open_regular, reading, seal
from quaver.models.schema import Untrusted, read_objects
from quaver.models.steps import check_steps
from quaver.record import replacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Version of the layout; another one is refused.
FORMAT = 1
_KEYS = {"format", "kind", "config", "classes", "steps", "card", "probe"}
_TYPES = {"config": dict, "classes": list, "card": dict, "probe": dict}
_PROBE_TOLERANCE = 1e-4
_MOST_PROBES = 100


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
    with extra("svm"):
        import skops.io

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
        seal(temporary)
        with temporary.open("rb") as stream:
            try:
                check_steps(read_objects(Archive(stream))["steps"])
            except Untrusted as error:
                message = f"steps must be scikit-learn's own classes, got {error}"
                raise ValueError(message) from error


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
        The arguments of `save` by name, and ``n_values``, how many values the steps take.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        As the operating system says.
    ValueError
        For a file that is no model, holds classes that are not trusted, is of another kind or
        format, or computes other results with the scikit-learn installed; names the file.
    """
    name = os.fsdecode(file)
    with open_regular(file) as stream, reading(file, "model"):
        archive = Archive(stream)
        try:
            content: dict[str, Any] = read_objects(archive)
        except Untrusted as error:
            raise ValueError(f"{name}: holds classes that are not trusted: {error}") from error
        _check(name, content, kind)
        archive.check_seal()  # last: what is wrong says more than that something was edited
    return content


def _check(name: str, content: Any, kind: str) -> None:
    """Raise ValueError unless it is a model that computes what it did."""
    if not isinstance(content, dict) or not set(content) >= _KEYS:
        raise ValueError(f"{name}: not a model of quaver (expected {', '.join(sorted(_KEYS))})")
    wrong = [key for key, kind in _TYPES.items() if not isinstance(content[key], kind)]
    if wrong:
        raise ValueError(f"{name}: not a model of quaver (wrong {', '.join(wrong)})")
    if content["format"] != FORMAT:
        raise ValueError(f"{name}: format {content['format']!r:.100}, expected {FORMAT}")
    if content["kind"] != kind:
        raise ValueError(f"{name}: a model of kind {content['kind']!r:.100}, expected {kind!r}")
    check_labels(content["classes"])
    content["n_values"] = check_steps(content["steps"])
    known = [str(label) for label in content["steps"].classes_]
    if known != content["classes"]:
        raise ValueError(f"{name}: labels {content['classes']}, those of its steps are {known}")
    _check_probe(name, content)


def _check_probe(name: str, content: dict[str, Any]) -> None:
    problem: object = None
    vectors, expected = (content["probe"].get(key) for key in ("vectors", "probabilities"))
    n_values, n_classes = content["n_values"], len(content["classes"])
    for array, width in ((vectors, n_values), (expected, n_classes)):
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            raise ValueError("wrong probe")
        if array.shape[1:] != (width,) or not 1 <= len(array) == len(vectors) <= _MOST_PROBES:
            raise ValueError(f"a probe of shape {array.shape} for {width} columns")
    try:
        with np.errstate(all="ignore"):
            found = content["steps"].predict_proba(vectors)
        if not np.abs(found - expected).max() <= _PROBE_TOLERANCE:
            problem = f"probabilities differ by {np.abs(found - expected).max():.2g}"
    except Exception as error:  # whatever another version makes of it
        problem = f"{type(error).__name__}: {error}"
    if problem is not None:
        versions = content["card"].get("versions")
        known = versions.get("scikit-learn") if isinstance(versions, dict) else None
        raise ValueError(
            f"{name}: trained with scikit-learn {known or 'another version'}, the installed"
            f" {sklearn.__version__} does not reproduce its results ({problem})"
        )
