"""The encoder as a step of pipelines."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import whisper_folders
from quaver.models import encoder
from quaver.models.encoder import EncoderFeatures
from toys import RATE, tone


def clips() -> list[NDArray[np.float32]]:
    return [tone(400 if i % 2 else 2000, 3200 + 100 * i, i) for i in range(8)]


def test_rows_and_names() -> None:
    some = clips()[:2]
    step = EncoderFeatures(sample_rate=RATE)
    found = step.fit_transform(some)
    names = step.get_feature_names_out()
    assert found.shape == (2, 1536) == (2, len(names))
    assert found.dtype == np.float32
    assert names[[0, 384, 768, 1535]].tolist() == [
        "block_2_mean_0", "block_2_deviation_0", "block_3_mean_0", "block_3_deviation_383",
    ]  # fmt: skip
    wanted = encoder.embed(some[1], RATE, normalize=True, trim=True).ravel()
    np.testing.assert_array_equal(found[1], wanted)


def test_in_a_pipeline() -> None:
    step = EncoderFeatures(blocks=(2,), sample_rate=RATE, threads=1)
    model = make_pipeline(step, StandardScaler(), LogisticRegression(C=0.1))
    labels = np.array(["high", "low"] * 4)
    model.fit(clips(), labels)
    copied = pickle.loads(pickle.dumps(clone(model).fit(clips(), labels)))
    np.testing.assert_array_equal(copied.predict(clips()), labels)
    assert len(model[:-1].get_feature_names_out()) == 768


def test_bad_clips_are_named() -> None:
    with pytest.raises(ValueError, match=r"1 of 2 clips cannot be used: <array> at 1: .*400"):
        EncoderFeatures(sample_rate=RATE).transform([clips()[0], np.zeros(5)])
    found = EncoderFeatures(sample_rate=RATE).embed([clips()[0], np.zeros(5)])
    assert (len(found), found.failures[0].index) == (1, 1)


def small_one(folder: Path, *, width: int = 8) -> Path:
    folder.mkdir(exist_ok=True)
    whisper_folders.write(folder, whisper_folders.small_encoder(width=width))
    encoder.convert(folder, folder / "own.onnx", n_blocks=2)
    return folder / "own.onnx"


def test_a_file_is_what_it_is_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another folder, or a file that was replaced: never the vectors of the one before."""
    step = EncoderFeatures(blocks=(2,), file="own.onnx", sample_rate=RATE)
    for number, width in enumerate((8, 12)):
        small_one(tmp_path / str(number), width=width)
        monkeypatch.chdir(tmp_path / str(number))
        assert step.transform(clips()[:1]).shape == (1, 2 * width)
    small_one(tmp_path / "1", width=16)
    assert step.transform(clips()[:1]).shape == (1, 32)


def test_a_copy_of_another_encoder_is_refused(tmp_path: Path) -> None:
    file = small_one(tmp_path / "a")
    written = pickle.dumps(encoder.Encoder.load(file))
    assert pickle.loads(written).width == 8
    small_one(tmp_path / "a", width=12)
    with pytest.raises(ValueError, match=r"own\.onnx: not the encoder that was pickled"):
        pickle.loads(written)
