"""Packages that only some parts need: which extra brings them, asked for in one place."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

#: What is needed of each extra to open its models; pyproject.toml says which versions, and what
#: training takes besides.
PACKAGES = {
    "svm": ("sklearn", "skops"),
    "keras": ("keras",),
    "tdcnn": ("sklearn", "keras"),
    "text": ("sklearn", "keras"),
    "onnx": ("onnxruntime",),
    "encoder": ("onnxruntime",),
    "tensorboard": ("tensorboard",),
    "plot": ("matplotlib",),
    "pandas": ("pandas",),
    "parquet": ("pyarrow",),
    "scale": ("pyarrow", "fsspec"),
    "dask": ("distributed",),
}


@contextmanager
def extra(name: str, *packages: str, user: str = "this model") -> Iterator[None]:
    """Import what an extra brings; the error of a missing package says how to install it.

    Of one inside another the outer has its say: it is nearer to what was asked for.

    Parameters
    ----------
    name : str
        The extra.
    *packages : str
        What is needed of it, if that is not in `PACKAGES`.
    user : str, default "this model"
        What needs it.

    Examples
    --------
    >>> with extra("svm"):
    ...     import no_such_package
    Traceback (most recent call last):
    ...
    ModuleNotFoundError: this model needs sklearn and skops: pip install "quaver[svm]"
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "quaver":  # a mistake of ours
            raise
        needed = " and ".join(packages or PACKAGES[name])
        raise ModuleNotFoundError(
            f'{user} needs {needed}: pip install "quaver[{name}]"', name=error.name
        ) from error


def need(name: str) -> None:
    """Raise ModuleNotFoundError, as `extra` does, if a package of an extra is missing.

    Examples
    --------
    >>> need("svm")
    """
    with extra(name):
        for package in PACKAGES[name]:
            importlib.import_module(package)
