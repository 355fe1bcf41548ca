"""The distribution of weights: what is said without it, and which versions of it are read."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

import quaver_models
from conftest import REPOSITORY
from quaver.models import svm
from quaver.models.pretrained import MODELS_VERSIONS, shipped
from test_minimal import run_python

FILES = Path(str(quaver_models.files()))


def test_without_it_the_message_says_what_to_install() -> None:
    code = """
import sys
sys.modules["quaver_models"] = None
from quaver.models import svm
try:
    svm.load_pretrained()
except ModuleNotFoundError as error:
    print(error.name, error, sep="\\n")
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    name, message = done.stdout.splitlines()
    assert name == "quaver_models"
    assert "the model ravdess-svm is in a distribution of its own" in message
    assert "pip install quaver-models" in message
    assert "pip install ./python/quaver-models" in message


def test_a_version_without_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quaver_models, "files", lambda: tmp_path)
    message = f"quaver-models {quaver_models.__version__} has no ravdess-svm.skops"
    with pytest.raises(FileNotFoundError, match=re.escape(message)) as caught:
        svm.load_pretrained()
    assert f'pip install "quaver-models{MODELS_VERSIONS}"' in str(caught.value)


def test_a_file_of_another_format_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quaver.models import persistence

    shutil.copy(FILES / "ravdess-svm.skops", tmp_path)
    monkeypatch.setattr(quaver_models, "files", lambda: tmp_path)
    monkeypatch.setattr(persistence, "FORMAT", 99)  # a later quaver with the files of today
    with pytest.raises(ValueError, match=r"ravdess-svm\.skops: format 1, expected 99"):
        svm.load_pretrained()


def test_each_shipped_file_has_its_card() -> None:
    weights = {path for path in FILES.iterdir() if path.suffix in (".skops", ".keras", ".onnx")}
    assert len(weights) == 8
    assert all(path.with_suffix(".md").is_file() for path in weights)
    with shipped("ravdess-tdcnn", ("ravdess-tdcnn",), ".onnx") as file:
        assert file in weights


def test_the_extras_require_the_versions_that_are_read() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    ranges = set(re.findall(r'"quaver-models(.*?)"', project))
    assert ranges == {MODELS_VERSIONS}
    assert quaver_models.__version__ in SpecifierSet(MODELS_VERSIONS)
