"""Weights that training begins with, and the temperature of what it ends with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quaver.models import tdcnn
from quaver.models.tdcnn import TDCNNClassifier, TDCNNConfig
from quaver.models.tdcnn.calibration import begin, cool, temperature
from quaver.models.tdcnn.network import build_network, run
from toys import QUICK, SMALL, Clips, toy_clips

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clips() -> Clips:
    return toy_clips()


@pytest.fixture(scope="module")
def stored(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("start") / "model.keras"
    tdcnn.save(TDCNNClassifier(**QUICK).fit(*clips), file, card={})
    return file


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_the_temperature_makes_shares_true(factor: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (20000, 3))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # Drawn by the probabilities themselves.
    labels = (honest.cumsum(axis=1) < rng.random((20000, 1))).sum(axis=1)
    said = np.exp(logits * factor) / np.exp(logits * factor).sum(axis=1, keepdims=True)
    found = temperature(said, labels[:, None] == np.arange(3))
    assert found == pytest.approx(factor, rel=0.06)


def test_a_cooled_network_has_the_logits_divided() -> None:
    network = build_network(SMALL, 3, seed=0)
    shape = (2, 3, SMALL.n_mels, SMALL.window_frames, 1)
    batch = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    before = np.log(run(network, batch))
    cool(network, 2.0)
    wanted = np.exp(before / 2)
    np.testing.assert_allclose(
        run(network, batch), wanted / wanted.sum(axis=1, keepdims=True), rtol=1e-4
    )


def test_training_begins_with_the_weights_of_another(stored: Path) -> None:
    start = tdcnn.load(stored)
    network = build_network(SMALL, 3, seed=1)
    fresh = network.get_weights()
    begin(network, np.array(["low", "mid", "high"]), start)
    found, known = network.get_weights(), start.network_.get_weights()
    for one, other in zip(found[:-2], known[:-2], strict=True):
        np.testing.assert_array_equal(one, other)
    for i in (-2, -1):  # the scores of "high" and "low", and one that the start does not know
        np.testing.assert_array_equal(found[i][..., 0], known[i][..., 1])
        np.testing.assert_array_equal(found[i][..., 1], fresh[i][..., 1])
        np.testing.assert_array_equal(found[i][..., 2], known[i][..., 0])


def test_one_small_step_changes_little(clips: Clips, stored: Path) -> None:
    options = {**QUICK, "epochs": 1, "learning_rate": 1e-9, "validation_fraction": 0.0}
    options.pop("config")
    found = TDCNNClassifier(**options, start=stored).fit(*clips)
    assert found.config_ == SMALL
    np.testing.assert_allclose(
        found.predict_proba(clips[0][:4]),
        tdcnn.TDCNNClassifier.load(stored)
        .set_params(sample_rate=16000)
        .predict_proba(clips[0][:4]),
        atol=0.1,  # the moving statistics of an epoch
    )


def test_another_configuration_than_the_starts_is_refused(clips: Clips, stored: Path) -> None:
    model = TDCNNClassifier(**{**QUICK, "config": TDCNNConfig()}, start=stored)
    with pytest.raises(ValueError, match="config must be that of start"):
        model.fit(*clips)


def test_a_start_that_is_not_there(clips: Clips, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TDCNNClassifier(**QUICK, start=tmp_path / "none.keras").fit(*clips)


@pytest.mark.parametrize(("n_held", "calibrated"), [(10, False), (32, True)])
def test_few_recordings_give_no_temperature(
    clips: Clips, n_held: int, calibrated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cooled: list[Any] = []
    monkeypatch.setattr("quaver.models.tdcnn.classifier.cool", lambda _, by: cooled.append(by))
    held = (clips[0][:n_held], clips[1][:n_held])
    model = TDCNNClassifier(**{**QUICK, "epochs": 1}).fit(*clips, validation_data=held)
    assert (cooled == [model.temperature_]) is calibrated
    assert calibrated or model.temperature_ == 1.0


def test_a_file_tells_the_temperature_of_its_card(stored: Path, tmp_path: Path) -> None:
    model = TDCNNClassifier.load(stored)
    assert model.temperature_ == 1.0
    tdcnn.save(model, tmp_path / "cooled.keras", card={"temperature": 2.5})
    assert TDCNNClassifier.load(tmp_path / "cooled.keras").temperature_ == 2.5
