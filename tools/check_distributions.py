"""Check the two distributions that ``python -m build`` made: licences, sizes and contents.

python tools/check_distributions.py FOLDER
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

#: Of each wheel: its licence expression, its largest size in bytes and whether it has weights.
EXPECTED = {
    "quaver": ("BSD-3-Clause", 2_000_000, False),
    "quaver_models": ("CC-BY-NC-SA-4.0 AND Apache-2.0 AND MIT", 40_000_000, True),
}
WEIGHTS = (".skops", ".keras", ".onnx")


def check_wheel(file: Path, licence: str, largest: int, has_weights: bool) -> None:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        found = message_from_bytes(archive.read(metadata))["License-Expression"]
    size = file.stat().st_size
    print(f"{file.name}: {size / 1e6:.2f} MB, {found}")
    if found != licence:
        raise SystemExit(f"{file.name}: licence {found!r}, expected {licence!r}")
    if size > largest:
        raise SystemExit(f"{file.name}: {size} bytes, expected at most {largest}")
    if any(name.endswith(WEIGHTS) for name in names) != has_weights:
        raise SystemExit(f"{file.name}: weights belong into quaver-models alone")
    if not any(name.endswith("/py.typed") for name in names):
        raise SystemExit(f"{file.name}: no py.typed")


def main() -> None:
    folder = Path(sys.argv[1])
    for name, expected in EXPECTED.items():
        (wheel,) = folder.glob(f"{name}-[0-9]*.whl")
        check_wheel(wheel, *expected)
        (source,) = folder.glob(f"{name}-[0-9]*.tar.gz")
        with tarfile.open(source) as archive:
            weights = any(entry.endswith(WEIGHTS) for entry in archive.getnames())
        if weights != expected[2]:
            raise SystemExit(f"{source.name}: weights belong into quaver-models alone")


if __name__ == "__main__":
    main()
