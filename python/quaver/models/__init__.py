"""Models on top of the features: estimators to the scikit-learn contract.

`quaver.models.svm` is the classical pipeline, `quaver.models.evaluation` its protocols,
`quaver.models.timeline` emotions over a long recording, `quaver.models.transformers` the steps that
other pipelines can use, `quaver.models.persistence` files without pickle.
"""

from __future__ import annotations

import importlib


def require(*packages: str, extra: str) -> None:
    """Raise ModuleNotFoundError with the command that installs an extra, if a package is missing.

    Examples
    --------
    >>> require("numpy", extra="svm")
    """
    for package in packages:
        try:
            importlib.import_module(package)
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f'this model needs {" and ".join(packages)}: pip install "quaver[{extra}]"',
                name=error.name,
            ) from error
