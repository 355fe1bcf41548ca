"""Names of an installed librosa, as its files tell them: none of its modules is loaded."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


def lazy_names(stub: Path) -> dict[str, tuple[str | None, str]]:
    """Return by name the module below the package, None for a module itself, and the name there."""
    found = [n for n in ast.parse(stub.read_bytes()).body if isinstance(n, ast.ImportFrom)]
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in found
        if node.level == 1
        for alias in node.names
    }


@cache
def installed(module: str) -> frozenset[str]:
    """Return the public names of a module below librosa, none without librosa or the module.

    Examples
    --------
    >>> "nonsense" in installed("feature")
    False
    """
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("librosa")
    if spec is None or not spec.submodule_search_locations:
        return frozenset()
    place = Path(spec.submodule_search_locations[0]).joinpath(*filter(None, module.split(".")))
    if (place / "__init__.pyi").is_file():
        return frozenset(lazy_names(place / "__init__.pyi"))
    file = place.with_suffix(".py")
    return frozenset(_declared(file)) if file.is_file() else frozenset()


def _declared(file: Path) -> list[str]:
    for node in ast.parse(file.read_bytes()).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            assert isinstance(node, ast.Assign)
            return list(ast.literal_eval(node.value))
    return []
