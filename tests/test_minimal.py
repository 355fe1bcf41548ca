"""If only one test file is run, then this one."""

from __future__ import annotations

import doctest
import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import quaver
from quaver import _core

MODULES = [
    "quaver.audio",
    "quaver.compat.librosa.core.pitch",
    "quaver.compat.librosa.core.prediction",
    "quaver.compat.librosa.core.tracking",
    "quaver.compat.librosa.core.vocoder",
    "quaver.compat.librosa.decompose",
    "quaver.compat.librosa.effects",
    "quaver.batch",
    "quaver.compat.librosa.core.audio",
    "quaver.compat.librosa.core.convert",
    "quaver.compat.librosa.core.peaks",
    "quaver.compat.librosa.core.spectrum",
    "quaver.compat.librosa.feature.contrast",
    "quaver.compat.librosa.feature.melodic",
    "quaver.compat.librosa.feature.spectral",
    "quaver.compat.librosa.feature.utils",
    "quaver.compat.librosa.feature.waveform",
    "quaver.compat.librosa.filters",
    "quaver.compat.librosa.forward",
    "quaver.compat.librosa.util.utils",
    "quaver.compat.install",
    "quaver.compat.opensmile._segments",
    "quaver.compat.opensmile.core.define",
    "quaver.compat.opensmile.core.smile",
    "quaver.compat.pyaudioanalysis.MidTermFeatures",
    "quaver.compat.pyaudioanalysis.ShortTermFeatures",
    "quaver.compat.pyaudioanalysis.audioBasicIO",
    "quaver.compat.python_speech_features.base",
    "quaver.compat.python_speech_features.sigproc",
    "quaver.config",
    "quaver.corpora.names",
    "quaver.corpora.readers",
    "quaver.corpora.table",
    "quaver.data",
    "quaver.dataset.extract",
    "quaver.dataset.plan",
    "quaver.dataset.read",
    "quaver.dataset.shards",
    "quaver.dataset.stores",
    "quaver.features",
    "quaver.geneva",
    "quaver.plots",
    "quaver.recipes",
    "quaver.record",
    "quaver.spectrogram",
    "quaver.stream",
    "quaver.text",
    "quaver.windowing",
    "quaver._english",
    "quaver._info",
    "quaver.models",
    "quaver.models.card",
    "quaver.models.evaluation",
    "quaver.models.fusion",
    "quaver.models.persistence",
    "quaver.models.svm.selection",
    "quaver.models.scores",
    "quaver._extras",
    "quaver.models.base",
    "quaver.models.svm.model",
    "quaver.models.svm.training",
    "quaver.models.tdcnn.onnx",
    "quaver.models.text.classifier",
    "quaver.models.text.evaluation",
    "quaver.models.tdcnn.classifier",
    "quaver.models.tdcnn.config",
    "quaver.models.tdcnn.data",
    "quaver.models.tdcnn.recognizer",
    "quaver.models.text.config",
    "quaver.models.text.file",
    "quaver.models.text.onnx",
    "quaver.models.text.reader",
    "quaver.models.text.scores",
    "quaver.models.timeline",
    "quaver.models.transformers",
    "quaver_models",
]


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_extract_has_the_names_it_promises(speech: np.ndarray) -> None:
    vector = quaver.extract(speech, 16000)
    assert vector.shape == (len(quaver.feature_names()),) == (420,)
    assert np.isfinite(vector).all()


def test_the_widest_target_is_the_one_in_use() -> None:
    assert os.environ.get("QUAVER_TARGET", _core.targets()[-1]) == _core.target()


@pytest.mark.parametrize("name", _core.targets())
def test_environment_forces_the_target(name: str) -> None:
    done = run_python("import quaver; print(quaver.show_config()['target'])", QUAVER_TARGET=name)
    assert done.stdout.strip() == name


def test_unknown_target_is_refused_at_import() -> None:
    done = run_python("import quaver", QUAVER_TARGET="sse9")
    assert done.returncode != 0
    supported = ", ".join(_core.targets())
    assert done.stderr.splitlines()[-1] == (
        "ImportError: QUAVER_TARGET must be one that this processor supports"
        f" ({supported}), got 'sse9'"
    )


def test_import_pulls_in_nothing_heavy() -> None:
    heavy = (
        "scipy",
        "sklearn",
        "skops",
        "keras",
        "tensorflow",
        "onnxruntime",
        "matplotlib",
        "soundfile",
        "rich",
        "typer",
    )
    done = run_python(f"import sys, quaver; print([m for m in {heavy} if m in sys.modules])")
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # examples do not clean up
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = doctest.testmod(importlib.import_module(name), optionflags=flags)
    assert result.failed == 0


def test_public_functions_have_examples() -> None:
    for name in quaver.__all__:
        thing = getattr(quaver, name)
        if callable(thing) and name not in ("Batch", "Failure", "ShortTerm"):
            assert ">>> " in (thing.__doc__ or ""), f"{name} has no example"
