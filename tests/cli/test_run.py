"""``quaver run``: scripts; what stands in for their libraries is tested in tests/compat."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_script_keeps_its_own_encoding(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; print(sys.stdout.errors)")
    command = [Path(sys.executable).with_name("quaver"), "run", "-b", "librosa", script]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1:strict"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "strict"
