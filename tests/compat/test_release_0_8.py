"""librosa 0.8: calls by position, its names, its defaults and its numbers."""

from __future__ import annotations

import inspect
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import librosa as today
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
from compat.parity import signal
from quaver.compat.librosa import _release

Array = NDArray[Any]


@pytest.fixture
def old() -> Iterator[ModuleType]:
    with quaver.install_as("librosa", version="0.8") as module:
        yield module


def sweep() -> Array:
    n = np.arange(8000)
    loud = np.sin(2 * np.pi * n * (150 + n / 200) / 16000) * (0.2 + 0.8 * (n % 1600) / 1600)
    return np.asarray(loud + 0.1 * np.cos(n * n * 1e-3), np.float32)


# Of librosa 0.8.1, numpy 1.23.5, scipy 1.10.1.
NUMBERS: dict[str, list[float]] = {
    "stft": [21.12066, 3.46535],
    "mfcc": [-79.25436, 158.91269, -74.80872],
    "mel": [10.43229, 666.84039],
    "chroma": [0.12312, 0.3049, 0.72135, 0.75119],
    "contrast": [4.8629, 15.2517, 7.30332],
    "centroid": [1056.83314, 2326.56325],
    "rolloff": [2375.0, 6656.25],
    "rms": [0.34948, 0.52998],
    "yin": [156.99699, 153.38555, 157.33286, 162.10195, 165.05702],
    "yin of 300 samples": [154.9638, 157.36019, 159.97133],
    "pyin": [164.73856, 172.52973, 177.58523],
    "trim": [4608.0, 12000.0],
    "split": [384.0, 3456.0, 3584.0, 6656.0],
    "stretch": [0.06878, -0.34197, 0.22012],
    "harmonic": [-0.08265, -0.0407, 0.0],
    "deemphasis": [0.20996, -3.36365],
    "tuning": [-0.49],
    "duration": [0.5],
}


def test_what_0_8_did_otherwise(old: ModuleType) -> None:
    y = np.array([0.5, 1.0, -1.0])
    assert old.effects.deemphasis(y, 0.5, [0.25]).tolist() == [0.25, 1.125, -0.4375]
    assert old.fft_frequencies(8000, 5).tolist() == [0, 2000, 4000]
    for length, kind in ((4, np.float32), (2048, np.float64)):
        S = np.ones((length // 2 + 1, 2), np.float32)
        assert old.feature.rms(S=S, frame_length=length).dtype == kind
    assert old.samples_to_frames(1100).shape == ()
    assert isinstance(old.samples_to_frames(1100), np.integer)
    # The signal goes on at its other end: one period of three.
    wrapped = np.abs(
        old.stft(np.tile(y, 40), n_fft=6, hop_length=3, pad_mode="wrap", window="ones")
    )
    np.testing.assert_allclose(wrapped, np.broadcast_to(wrapped[:, :1], wrapped.shape), atol=1e-6)


def found(name: str, librosa: Any) -> Any:
    y, sr = sweep(), 16000
    quiet = np.zeros(4000, np.float32)
    feature, effects = librosa.feature, librosa.effects
    calls: dict[str, Any] = {
        "stft": lambda: np.abs(librosa.stft(y, 512, 160))[[3, 20], [0, -1]],
        "mfcc": lambda: feature.mfcc(y, sr, None, 13)[:3, 0],
        "mel": lambda: feature.melspectrogram(y, sr, None, 1024, 160)[[2, 10], [0, -1]],
        "chroma": lambda: feature.chroma_stft(y, sr)[:4, 0],
        "contrast": lambda: feature.spectral_contrast(y, sr)[:3, -1],
        "centroid": lambda: feature.spectral_centroid(y, sr)[0, [0, -1]],
        "rolloff": lambda: feature.spectral_rolloff(y, sr)[0, [0, -1]],
        "rms": lambda: feature.rms(y)[0, [0, -1]],
        "yin": lambda: librosa.yin(y, 65, 400, sr)[:5],
        "yin of 300 samples": lambda: librosa.yin(y, 65, 400, sr, 1024, 300)[3:6],
        "pyin": lambda: librosa.pyin(y, 65, 400, sr)[0][4:7],
        "trim": lambda: effects.trim(np.concatenate([quiet, y]), 5)[1],
        "split": lambda: effects.split(np.concatenate([y, quiet, y]), 8, np.max, 512, 128)[:2],
        "stretch": lambda: effects.time_stretch(y.astype(float), 1.25)[[0, 300, -1]],
        "harmonic": lambda: effects.harmonic(y)[[0, 4000, -1]],
        "deemphasis": lambda: effects.deemphasis(y.astype(float))[[1, 100]],
        "tuning": lambda: librosa.estimate_tuning(y, sr),
        "duration": lambda: librosa.get_duration(y, sr),
    }
    return calls[name]()


@pytest.mark.parametrize("name", NUMBERS)
def test_its_numbers(old: Any, name: str) -> None:
    np.testing.assert_allclose(np.ravel(found(name, old)), NUMBERS[name], rtol=1e-4, atol=2e-5)


def test_its_version_and_modules(old: Any) -> None:
    import librosa
    import librosa.core.audio
    import librosa.feature.spectral
    import librosa.output
    from librosa.core import stft
    from librosa.feature import rmse

    assert librosa is old
    assert librosa.__version__ == "0.8.1"
    assert stft(sweep(), 512).shape == (257, 63)
    assert rmse is librosa.feature.rmse
    assert {"rmse", "mfcc", "tempogram"} <= set(dir(librosa.feature))
    names: dict[str, Any] = {}
    exec("from librosa.feature import *", names)
    assert {"rmse", "mfcc", "tempogram"} <= set(names)
    with pytest.raises(AttributeError):
        librosa.feature.nonsense


def test_names_that_went_before(old: Any) -> None:
    y = sweep()
    S = np.abs(old.stft(y)) ** 2
    np.testing.assert_array_equal(old.feature.rmse(y), old.feature.rms(y))
    np.testing.assert_array_equal(
        old.feature.rmse(y, None, 400, 160), old.feature.rms(y, None, 400, 160)
    )
    for options in ({"ref_power": np.max}, {"ref": np.max}):
        found = old.logamplitude(S, **options)
        np.testing.assert_array_equal(found, old.power_to_db(S, np.max))
        np.testing.assert_array_equal(found, old.core.power_to_db(S, **options))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_written_files(old: Any, dtype: Any, tmp_path: Path) -> None:
    y = np.asarray([[0.0, 0.25, -0.5], [0.1, 0.0, 0.5]], dtype)
    for samples, norm, largest in ((y, False, 0.5), (y[0], True, 1.0)):
        path = tmp_path / "clip.wav"
        old.output.write_wav(str(path), samples, 16000, norm)
        found, rate = soundfile.read(path, dtype=y.dtype.name)
        np.testing.assert_array_equal(found.T, samples / 0.5 if norm else samples)
        assert (rate, np.abs(found).max()) == (16000, largest)
        assert soundfile.info(path).subtype == ("FLOAT" if dtype is np.float32 else "DOUBLE")
        before = path.read_bytes()
        with pytest.raises(old.ParameterError, match="finite"):
            old.output.write_wav(path, samples * np.nan, 16000)
        assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["clip.wav"]


def test_envelopes_that_are_drawn(old: Any) -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    axes = plt.figure().gca()
    y = np.stack([np.full(60000, 0.5), np.full(60000, -0.25)])
    drawn = old.display.waveplot(y, 10000, ax=axes, offset=1.0, alpha=0.5)
    corners = drawn.get_paths()[0].vertices
    assert (corners[:, 1].min(), corners[:, 1].max()) == (-0.25, 0.5)
    assert (corners[:, 0].min(), corners[:, 0].max()) == pytest.approx((1, 7), abs=0.01)
    assert len(corners) < 13000  # a thousand blocks a second
    assert axes.get_xlabel() == "Time"
    assert len(old.display.waveplot(y[0], 10000, None, None).get_paths()[0].vertices) > 60000
    for bad in (y[:, :0].astype(int), np.zeros((3, 5)), np.full(5, np.nan)):
        with pytest.raises(old.ParameterError):
            old.display.waveplot(bad)
    plt.close("all")


def test_what_is_taken_from_librosa_is_called_by_position(old: Any) -> None:
    y = signal(9000)
    np.testing.assert_array_equal(
        old.feature.tempogram(y, 16000), today.feature.tempogram(y=y, sr=16000)
    )
    assert old.midi_to_note(60) == "C4"
    fifths = old.interp_harmonics(np.ones((5, 3)), np.arange(5.0), h_range=[1])
    assert fifths.shape == (1, 5, 3)


def test_calls_that_are_wrong(old: Any) -> None:
    with pytest.raises(TypeError, match=r"to_mono\(\) takes at most 1 arguments, got 2"):
        old.to_mono(sweep(), sweep())
    with pytest.raises(TypeError, match=r"chroma_stft\(\) got multiple values for argument 'y'"):
        old.feature.chroma_stft(sweep(), y=sweep())
    with pytest.raises(TypeError, match="nonsense"):
        old.stft(sweep(), nonsense=1)
    assert old.util.valid_audio(sweep(), mono=True)


def test_what_inspect_and_pickle_see(old: Any) -> None:
    shown = inspect.signature(old.feature.mfcc).parameters
    assert list(shown)[:7] == ["y", "sr", "S", "n_mfcc", "dct_type", "norm", "lifter"]
    assert inspect.signature(old.stft).parameters["pad_mode"].default == "reflect"
    assert inspect.signature(old.load).parameters["res_type"].default == "kaiser_best"
    for function in (old.feature.mfcc, old.stft, old.util.frame, old.feature.rmse):
        written = pickle.dumps(function)
        assert pickle.loads(written) is function


def test_today_is_as_it_was_afterwards() -> None:
    before = dict(sys.modules)
    with quaver.install_as("librosa", version="0.8") as module:
        assert module.feature.rms(np.ones(4096)).dtype == np.float64
        with pytest.raises(ValueError, match=r"already \(0\.8\), got '1\.0'"):
            quaver.install_as("librosa", version="1.0")
    assert _release.reported() == today.__version__
    assert sys.modules.get("librosa") is before.get("librosa")
    with pytest.raises(TypeError, match="positional"):
        quaver.compat.librosa.feature.mfcc(np.ones(4096), 16000)  # type: ignore[misc]
