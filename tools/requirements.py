"""Print what this package requires for some of its extras, one line each, without itself.

    python tools/requirements.py EXTRA ... | pip install -r /dev/stdin

installs what lint and types need before anything is compiled.
"""

from __future__ import annotations

import sys
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    from pip._vendor import tomli as tomllib

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def main() -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *(line for name in sys.argv[1:] for line in extras[name])]
    print("\n".join(line for line in needed if not line.startswith("quaver")))


if __name__ == "__main__":
    main()
