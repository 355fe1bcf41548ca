"""Files of the time-distributed network that somebody has edited."""

from __future__ import annotations

import errno
import io
import os
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from sklearn.utils import get_tags

from forging import SEAL, rewrite
from quaver.models import tdcnn
from quaver.models.networks import file as networks
from quaver.models.networks.file import kind
from quaver.models.tdcnn import classifier, file
from toys import QUICK, RATE, SMALL, tone, toy_clips

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("written") / "model.keras"
    network = tdcnn.build_network(SMALL, 2, seed=0)
    file.write(target, network, SMALL, ["high", "low"], {"name": "toy"})
    return target


@pytest.fixture
def saved(written: Path, tmp_path: Path) -> Path:
    """A copy, beside which the test may write."""
    return Path(shutil.copy(written, tmp_path))


def test_predictions_build_and_trace_nothing(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tdcnn.load(saved)
    built, graph = model.network_, model.network_.quaver_graph
    for module in (classifier, file):
        monkeypatch.setattr(module, "build_network", None)
    for n_clips, seconds in ((1, 0.3), (1, 2.0), (3, 1.0), (70, 1.0)):
        clips = [tone(500, int(seconds * RATE), i) for i in range(n_clips)]
        assert tdcnn.predict(model, clips, RATE).probabilities.shape == (n_clips, 2)
    assert tdcnn.predict_timeline(
        model, tone(500, 40000, 0), RATE, window=1
    ).probabilities.shape == (3, 2)
    assert model.network_ is built
    assert built.quaver_graph is graph
    assert graph.experimental_get_tracing_count() == 1


def edit_weights(file: Path, edit: Any) -> Path:
    """Change the HDF5 file in a model."""

    def change(content: bytes) -> bytes:
        stream = io.BytesIO(content)
        with h5py.File(stream, "r+") as opened:
            edit(opened, opened["layers/dense/vars"])
        return stream.getvalue()

    return rewrite(file, {"model.weights.h5": change})


def unwritten(opened: Any, dense: Any) -> None:
    del dense["0"]
    dense.create_dataset("0", (15000, 15000), "f2")


def squeezed(opened: Any, dense: Any) -> None:
    del dense["0"]
    dense.create_dataset("0", (7, 2), "f2", np.ones((7, 2)), compression="gzip")


def elsewhere(opened: Any, dense: Any) -> None:
    del dense["0"]
    dense["0"] = h5py.ExternalLink("/etc/passwd", "0")


def soft(opened: Any, dense: Any) -> None:
    dense["2"] = h5py.SoftLink("/layers/dense/vars/0")


def raw_bytes(opened: Any, dense: Any) -> None:
    del dense["0"]
    dense.create_dataset("0", (7, 2), "f2", external=[("/etc/passwd", 0, 28)])


def virtual(opened: Any, dense: Any) -> None:
    del dense["0"]
    layout = h5py.VirtualLayout((7, 2), "f2")
    layout[:] = h5py.VirtualSource("/etc/passwd", "0", (7, 2))
    dense.create_virtual_dataset("0", layout)


def endless(opened: Any, dense: Any) -> None:
    dense["0"][0, 0] = np.nan


def many(opened: Any, dense: Any) -> None:
    for i in range(2100):
        dense.create_group(f"g{i}")


def around(opened: Any, dense: Any) -> None:
    dense["again"] = opened["layers"]


def one_more(opened: Any, dense: Any) -> None:
    dense.create_dataset("2", data=np.ones(2, np.float16))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (unwritten, "not all there"),
        (squeezed, "not stored as it is"),
        (elsewhere, "is a link"),
        (soft, "is a link"),
        (raw_bytes, "not stored as it is"),
        (virtual, "not stored as it is"),
        (endless, "must be finite"),
        (many, "more than 2000 objects"),
        (around, "more than 2000 objects"),
        (one_more, r"6 weights of shape \(2,\) are expected, 7 are"),
    ],
)
def test_weights_are_looked_at_before_a_network_is_built(
    saved: Path, edit: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quaver.models.tdcnn.file.build_network", None)
    with pytest.raises(ValueError, match=message) as caught:
        tdcnn.load(edit_weights(saved, edit))
    assert str(caught.value).startswith(str(saved))


def test_a_file_of_an_earlier_version_has_no_checksums(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        seal = archive.read(SEAL)
    assert tdcnn.load(rewrite(saved)).classes == ("high", "low")

    def nudged(opened: Any, dense: Any) -> None:
        dense["0"][0, 0] *= 1.001

    edit_weights(saved, nudged)
    tdcnn.load(saved)  # within what another version of Keras may compute
    with pytest.raises(ValueError, match="damaged or edited"):
        tdcnn.load(rewrite(saved, {SEAL: seal}))
    with pytest.raises(ValueError, match=r"the entries \['quaver\.sha257'\]"):
        tdcnn.load(rewrite(saved, {"quaver.sha257": seal}))


def test_the_kind_of_a_file_is_told_without_keras_and_so_is_a_bad_one(saved: Path) -> None:
    assert kind(saved) == "tdcnn"
    with pytest.raises(ValueError, match="not all there"):
        kind(edit_weights(saved, unwritten))
    with pytest.raises(ValueError, match="lists, expected at most 100000"):
        kind(rewrite(saved, {"quaver.json": b"[" + b"[]," * 1_000_000 + b"[]]"}))
    os.mkfifo(saved.with_name("pipe.keras"))
    for other in (saved.with_name("pipe.keras"), "/dev/zero"):
        with pytest.raises(ValueError, match=f"{other}: expected a regular file"):
            tdcnn.load(other)


@pytest.mark.usefixtures("eagerly")
def test_a_model_that_cannot_be_written_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips, labels = toy_clips()
    options = {**QUICK, "epochs": 1, "checkpoint": tmp_path / "state", "validation_fraction": 0}
    model = tdcnn.TDCNNClassifier(**options).fit(clips[:8], labels[:8])

    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(file, "write_archive", full)
        with pytest.raises(OSError, match="No space left"):
            tdcnn.save(model, tmp_path / "m.keras")
    again = tdcnn.TDCNNClassifier(**options)
    monkeypatch.setattr(tdcnn.Batches, "__getitem__", None)  # no epoch is trained again
    again.fit(clips[:8], labels[:8])
    for found, expected in zip(
        again.network_.get_weights(), model.network_.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    tdcnn.save(again, tmp_path / "m.keras")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.keras", "state"]
    assert not list((tmp_path / "state").iterdir())


def test_a_prediction_builds_no_network(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tdcnn.load(saved)
    network = model.network_
    for home in ("file", "classifier"):
        monkeypatch.setattr(f"quaver.models.tdcnn.{home}.build_network", None)
    clips = [tone(400, 8000, 0), tone(2000, 9000, 1)]
    found = tdcnn.predict(model, clips, RATE)
    assert (len(found), copy(model).network_, model.sample_rate) == (2, network, None)
    with ThreadPoolExecutor(4) as pool:
        for other in pool.map(lambda _: tdcnn.predict(model, clips, RATE), range(8)):
            np.testing.assert_allclose(other.probabilities, found.probabilities, atol=1e-6)


def test_large_networks_are_filled_in_parts_and_asked_row_by_row(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tdcnn.load(saved)
    monkeypatch.setattr(networks, "_PART", 10)
    monkeypatch.setattr(networks, "_LARGE", 10)
    again = tdcnn.load(saved)
    for found, expected in zip(
        again.network_.get_weights(), whole.network_.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_a_file_asks_for_no_more_memory_than_its_size_allows(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = {**SMALL.to_dict(), "filters": (4096, 2, 2, 2), "n_mels": 64, "window_frames": 128}
    with pytest.raises(ValueError, match=r"values in a layer for a window, expected at most"):
        tdcnn.TDCNNConfig.from_dict(wide)
    monkeypatch.setattr(networks, "_FREE_BYTES", 0)
    monkeypatch.setattr(networks, "_MOST_TIMES", 0.1)
    monkeypatch.setattr("quaver.models.tdcnn.file.build_network", None)
    with pytest.raises(ValueError, match=r"model\.keras: .* bytes of memory, too many for a file"):
        tdcnn.load(saved)


@pytest.mark.parametrize("n_bytes", [1_000_000, 49_000_000])
def test_what_a_file_below_50_mb_may_ask_for(n_bytes: int) -> None:
    largest = 300_000_000 // 8  # weights, each with what takes as much again
    with pytest.raises(ValueError, match="too many for a file of"):
        networks._check_memory(largest, 0, n_bytes)
    networks._check_memory(n_bytes // 2, 0, n_bytes)  # as written, in half precision


def test_pickles_of_other_versions_are_told(saved: Path) -> None:
    model = tdcnn.load(saved)
    state = model.__getstate__()
    for old in (
        {**state, "_pickled": 0},
        {k: v for k, v in state.items() if k != "_pickled"},
        {k: v for k, v in state.items() if k != "cycles"},
    ):
        with pytest.raises(ValueError, match=r"another version of quaver .* the \.keras file"):
            tdcnn.TDCNNClassifier().__setstate__(old)
    again = tdcnn.TDCNNClassifier.__new__(tdcnn.TDCNNClassifier)
    again.__setstate__(state)
    assert "_pickled" not in vars(again)
    assert again.classes == model.classes


def test_a_classifier_of_recordings_takes_no_tables() -> None:
    tags = get_tags(tdcnn.TDCNNClassifier())
    assert not tags.input_tags.two_d_array
    assert tags.estimator_type == "classifier"
