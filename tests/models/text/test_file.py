"""What is said about a network of texts has limits, looked at before anything is built."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from quaver.models import text
from quaver.models.text import classifier, config, file

pytestmark = pytest.mark.slow

GOOD: dict[str, Any] = {
    "classes": ["a", "b"],
    "thresholds": [0.5, 0.5],
    "length": 64,
    "dimensions": 200,
    "truncating": "post",
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dimensions": 2**24}, "dimensions must be at most 4096, got 16777216"),
        ({"length": 2**30}, "length must be at most 65536"),
        ({"length": 0}, "length must be at most 65536, got 0"),
        ({"classes": ["a", "a"]}, "distinct names"),
        ({"classes": ["a", 1]}, "distinct names"),
        ({"classes": []}, "one label"),
        ({"thresholds": [0.5, float("nan")]}, "2 thresholds for 2 classes"),
        ({"thresholds": [[0.5], [0.5]]}, "thresholds for 2 classes"),
        ({"truncating": "middle"}, "truncating must be 'pre' or 'post'"),
    ],
    ids=str,
)
def test_limits(changes: dict[str, Any], message: str) -> None:
    config.check_about(GOOD)
    with pytest.raises(ValueError, match=message):
        config.check_about({**GOOD, **changes})


def test_a_checkpoint_is_cleared_once_the_model_stands_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = text.load_pretrained()
    model.checkpoint, model._identity = tmp_path / "state", "x"
    target = tmp_path / "m.keras"
    cleared: list[bool] = []
    monkeypatch.setattr(classifier, "forget", lambda *_: cleared.append(target.exists()))

    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(file, "write_archive", full)
        with pytest.raises(OSError, match="No space left"):
            text.save(model, target)
    assert (cleared, target.exists()) == ([], False)
    monkeypatch.setattr(file, "write_archive", lambda path, *_: path.touch())
    text.save(model, target)
    assert cleared == [True]
