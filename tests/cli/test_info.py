"""``quaver info``."""

from __future__ import annotations

import json
from pathlib import Path

import quaver
import quaver.data
from commands import Run
from quaver.models import svm


def test_info(run: Run) -> None:
    assert json.loads(run("info", "--json").stdout) == quaver.show_config()
    assert quaver.show_config()["target"] in run("info").stdout


def test_info_of_a_model(run: Run, trained: Path) -> None:
    assert run("info", trained).stdout.startswith("# quaver SVM")
    assert json.loads(run("info", trained, "--json").stdout) == svm.load(trained).card
