"""Why a compiled module cannot be imported, and what to do about it."""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

_FOLDER = Path(__file__).parent


def explained(name: str, error: ImportError) -> ImportError:
    """Return what to raise in the place of the error of ``from quaver import`` a compiled module.

    An error that the module itself raised, such as one about `QUAVER_TARGET`, is returned as it is.
    """
    if error.name == "quaver":  # the package has no such name
        file = _FOLDER / f"{name}{EXTENSION_SUFFIXES[0]}"
        message = f"quaver needs its compiled module {file.name}, which is not in {_FOLDER}"
        others = [
            path.name
            for path in sorted(_FOLDER.glob(f"{name}.*"))
            if path.suffix in (".so", ".pyd", ".dylib")
        ]
        if others:
            message += f" (there: {', '.join(others)}, of another Python or platform)"
    elif error.path is not None and error.name in (name, f"quaver.{name}"):  # from the loader
        file = Path(error.path)
        message = f"quaver's compiled module {file} cannot be loaded: {error}"
    else:
        return error
    return ImportError(f"{message}. {_remedy()}", name=f"quaver.{name}", path=str(file))


def _remedy() -> str:
    checkout = _FOLDER.parents[1]
    if (checkout / "CMakeLists.txt").is_file():
        return f"Build it for this Python: {sys.executable} -m pip install -e {checkout}"
    return (
        "Install quaver again with this Python, from a checkout of it:"
        f" {sys.executable} -m pip install --force-reinstall --no-deps ."
    )
