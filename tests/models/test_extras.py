"""What works without the packages of an extra, and what the error says of the rest."""

from __future__ import annotations

import importlib
import re
import sys

import pytest

from test_minimal import run_python


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["sklearn", *(m for m in sys.modules if m.partition(".")[0] == "sklearn")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "quaver.models.timeline", raising=False)
    monkeypatch.delitem(sys.modules, "quaver.models.transformers", raising=False)
    import quaver.models.timeline

    with pytest.raises(ModuleNotFoundError, match=re.escape('pip install "quaver[svm]"')):
        import quaver.models.transformers  # noqa: F401


def test_without_keras_recordings_have_the_svm_and_are_told_what_is_missing() -> None:
    code = """
import sys
sys.modules["keras"] = None
import quaver, quaver.data
from quaver.models import svm
print(svm.predict(svm.load_pretrained(), [quaver.data.demo_clip()]).labels.shape)
try:
    from quaver.models.tdcnn import TDCNNClassifier
except ModuleNotFoundError as error:
    print(error)
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "(1,)",
        'this model needs sklearn and keras: pip install "quaver[tdcnn]"',
    ]


def test_without_keras_texts_are_told_what_is_missing() -> None:
    blocked = "import sys; sys.modules['keras'] = None; sys.modules['tensorflow'] = None; "
    done = run_python(blocked + "import quaver.text, quaver.models.fusion, quaver.models.svm.model")
    assert done.returncode == 0, done.stderr
    done = run_python(blocked + "from quaver.models.text import TextClassifier")
    assert 'pip install "quaver[text]"' in done.stderr


def test_scripts_of_texts_do_not_load_keras() -> None:
    done = run_python("import sys, quaver.text, quaver.cli; print('keras' in sys.modules)")
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("svm.load", "svm"),
        ("svm.train", "svm"),
        ("svm.selection", "svm"),
        ("evaluation", "svm"),
        ("fusion", "svm"),
        ("persistence", "svm"),
        ("scores", "svm"),
        ("tdcnn.load", "tdcnn"),
        ("tdcnn.evaluation", "tdcnn"),
        ("encoder.EncoderFeatures", "encoder"),
        ("text.load", "text"),
        ("text.evaluation", "text"),
    ],
)
def test_without_scikit_learn_every_part_names_its_extra(name: str, extra: str) -> None:
    home, _, part = f"quaver.models.{name}".rpartition(".")
    done = run_python(f"import sys; sys.modules['sklearn'] = None; from {home} import {part}")
    last = done.stderr.strip().splitlines()[-1]
    assert re.match(r"ModuleNotFoundError: (this model|training on an encoder) needs ", last)
    assert "sklearn" in last
    assert f'pip install "quaver[{extra}]"' in last


def test_configurations_and_pictures_need_no_extra() -> None:
    done = run_python(
        "import sys\n"
        "for name in ('keras', 'tensorflow', 'sklearn', 'scipy', 'onnxruntime'):\n"
        "    sys.modules[name] = None\n"
        "import quaver.models.tdcnn.config, quaver.models.tdcnn.data, quaver.models.tdcnn.onnx\n"
        "import quaver.models.text.onnx\n"
        "from quaver.models.tdcnn import Augmentation, TDCNNConfig, predict\n"
        "from quaver.models import svm, text\n"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["svm", "tdcnn", "encoder", "text"])
def test_lazy_names_are_those_that_are_listed(kind: str) -> None:
    package = importlib.import_module(f"quaver.models.{kind}")
    assert set(package.__all__) <= set(dir(package))
    listed = {name for names in package._HOMES.values() for name in names}
    assert listed == set(package.__all__)
    for name in package.__all__:
        assert getattr(package, name).__class__ is not type(package), f"{name} is a module"
    with pytest.raises(AttributeError, match=f"'quaver.models.{kind}' has no attribute 'nothing'"):
        package.nothing


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("selection", "svm.selection"),
        ("tdcnn_evaluation", "tdcnn.evaluation"),
        ("tdcnn_onnx", "tdcnn.onnx"),
        ("text_evaluation", "text.evaluation"),
    ],
)
def test_earlier_names_are_the_same_things(old: str, new: str) -> None:
    earlier = importlib.import_module(f"quaver.models.{old}")
    home = importlib.import_module(f"quaver.models.{new}")
    assert earlier.__all__
    for name in earlier.__all__:
        assert getattr(earlier, name) is getattr(home, name)
