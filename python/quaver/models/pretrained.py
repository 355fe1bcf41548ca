"""Where the files of trained models are: in the distribution quaver-models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The versions of quaver-models whose files this one reads; the extras require the same.
MODELS_VERSIONS = ">=0.1.8,<0.2"


@contextmanager
def shipped(name: str, known: tuple[str, ...], suffix: str) -> Iterator[Path]:
    """Yield the file of a model from the distribution quaver-models.

    Raises ValueError for a name that is none of those known, ModuleNotFoundError without
    quaver-models and FileNotFoundError where its version has no such file.

    Examples
    --------
    >>> with shipped("ravdess-svm", ("ravdess-svm",), ".skops") as file:
    ...     file.name
    'ravdess-svm.skops'
    """
    # Here, since the command line imports this package before it knows whether to read a model.
    from importlib import resources

    if name not in known:
        raise ValueError(f"name must be {' or '.join(map(repr, known))}, got {name!r}")
    try:
        import quaver_models
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"the model {name} is in a distribution of its own, under the licence of the data that"
            " it was trained on: pip install quaver-models, or from a checkout of quaver"
            " pip install ./python/quaver-models",
            name=error.name,
        ) from error
    entry = quaver_models.files() / f"{name}{suffix}"
    if not entry.is_file():
        raise FileNotFoundError(
            f"quaver-models {quaver_models.__version__} has no {entry.name}, and this quaver needs"
            f' one that has: pip install "quaver-models{MODELS_VERSIONS}"'
        )
    with resources.as_file(entry) as file:
        yield file
