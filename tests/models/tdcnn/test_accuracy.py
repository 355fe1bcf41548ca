"""The shipped time-distributed network on the clips that it was not trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quaver.corpus import RAVDESS_FOLDS
from quaver.models import tdcnn
from quaver.models.tdcnn import evaluation, onnx

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def directory(ravdess: list[Path]) -> Path:
    return ravdess[0].parents[1]


def test_its_score_is_that_of_its_card(directory: Path) -> None:
    model = tdcnn.load_pretrained()
    found = evaluation.evaluate(model, directory, "original")
    (stated,) = (r for r in model.card_["reports"] if r["name"] == "original")
    assert found.accuracy == pytest.approx(stated["accuracy"], abs=5e-5)
    assert found.uar == pytest.approx(stated["uar"], abs=5e-5)
    assert found.confusion.tolist() == stated["confusion"]


def test_the_onnx_file_scores_the_same(directory: Path) -> None:
    parts = evaluation.split(directory, "original")
    model = onnx.load_pretrained()
    found = onnx.predict(model, parts.corpus.paths[parts.test])
    accuracy = (found.labels == parts.corpus.labels[parts.test]).mean()
    (stated,) = (r for r in model.card_["reports"] if r["name"] == "original")
    assert accuracy == pytest.approx(stated["accuracy"], abs=5e-5)


def test_parts_of_a_protocol_share_nothing(directory: Path) -> None:
    sizes = {"original": (967, 108, 269), "speaker-independent": (960, 180, 300)}
    for protocol, expected in sizes.items():
        parts = evaluation.split(directory, protocol)
        rows = (parts.train, parts.validation, parts.test)
        assert tuple(map(len, rows)) == expected
        assert sorted(np.concatenate(rows).tolist()) == list(range(len(parts.corpus)))
        again = evaluation.split(directory, protocol)
        np.testing.assert_array_equal(parts.test, again.test)
    speakers = [set(parts.corpus.speakers[part].tolist()) for part in rows]
    assert speakers[2] == set(RAVDESS_FOLDS[0])
    assert len(set.union(*speakers)) == sum(map(len, speakers)) == 24


def test_it_refuses_a_test_part_that_it_was_trained_on(directory: Path) -> None:
    with pytest.raises(ValueError, match=r"trained on RAVDESS \(original\)"):
        evaluation.evaluate(tdcnn.load_pretrained(), directory, "speaker-independent")


def test_bad_input(directory: Path) -> None:
    with pytest.raises(ValueError, match=r"protocol must be one of .* got 'other'"):
        evaluation.split(directory, "other")
    with pytest.raises(ValueError, match="takes all 1344 clips of RAVDESS, got 56"):
        evaluation.split(directory / "Actor_01", "original")
