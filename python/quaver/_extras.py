"""Packages that only some parts need: which extra brings them, asked for in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

#: What a message names, by extra; pyproject.toml says which versions.
PACKAGES = {
    "svm": "sklearn and skops",
    "keras": "keras",
    "tdcnn": "sklearn and keras",
    "text": "sklearn and keras",
    "onnx": "onnx and onnxruntime",
    "tensorboard": "tensorboard",
}


@contextmanager
def extra(name: str, packages: str | None = None) -> Iterator[None]:
    """Import what an extra brings; the error of a missing package says how to install it.

    Of one inside another the outer has its say: it is nearer to what was asked for.

    Parameters
    ----------
    name : str
        The extra.
    packages : str, optional
        What is needed of it; by default all of `PACKAGES`.

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
        raise ModuleNotFoundError(
            f'this model needs {packages or PACKAGES[name]}: pip install "quaver[{name}]"',
            name=error.name,
        ) from error
