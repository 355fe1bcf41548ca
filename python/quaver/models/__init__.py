"""Models on top of the features: estimators to the scikit-learn contract.

`quaver.models.svm` is the classical pipeline, `quaver.models.evaluation` its protocols,
`quaver.models.timeline` emotions over a long recording, `quaver.models.transformers` the steps that
other pipelines can use, `quaver.models.persistence` files without pickle.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def shipped(name: str, expected: str, suffix: str) -> Iterator[Path]:
    """Yield the file of a model that comes with the package, or raise ValueError for another name.

    Examples
    --------
    >>> with shipped("ravdess-svm", "ravdess-svm", ".skops") as file:
    ...     file.name
    'ravdess-svm.skops'
    """
    # Here, since the command line imports this package before it knows whether to read a model.
    from importlib import resources

    if name != expected:
        raise ValueError(f"name must be {expected!r}, got {name!r}")
    with resources.as_file(resources.files(__name__) / "pretrained") as folder:
        yield folder / f"{name}{suffix}"
