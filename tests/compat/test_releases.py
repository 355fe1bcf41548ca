"""What depends on the release of librosa: each behaves as that release does."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
import quaver.compat.librosa as stand_in
from compat.parity import LIBROSA_1, signal
from quaver.compat.librosa import _release

Array = NDArray[Any]


@pytest.fixture
def old() -> Iterator[None]:
    with _release.chosen("0.11"):
        yield


@pytest.fixture
def new() -> Iterator[None]:
    with _release.chosen("1.0"):
        yield


def test_without_a_choice_it_is_the_installed_one() -> None:
    assert stand_in.__version__ == librosa.__version__
    assert _release.is_before_1() != LIBROSA_1
    with quaver.install_as("librosa") as module:
        assert module.__version__ == librosa.__version__


def test_without_librosa_it_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    _release._installed.cache_clear()
    assert (_release.current(), stand_in.__version__) == ("1.0", "1.0.0")
    _release._installed.cache_clear()


def test_a_release_is_chosen_and_given_back() -> None:
    before = stand_in.__version__
    for version, reported in (("0.11", "0.11.0"), ("1.0", "1.0.0"), ("0.11.0", "0.11.0")):
        with quaver.install_as("librosa", version=version) as module:
            assert (module.__version__, stand_in.__version__) == (reported, reported)
            with quaver.install_as("librosa"):  # joins it
                assert stand_in.__version__ == reported
            assert stand_in.__version__ == reported
    assert stand_in.__version__ == before


def test_releases_that_there_are_not() -> None:
    for version in ("0.9", "2", "", "1"):
        with pytest.raises(ValueError, match=rf"version must be one of .*, got '{version}'"):
            quaver.install_as("librosa", version=version)
    with pytest.raises(TypeError, match="version must be a string, got float"):
        quaver.install_as("librosa", version=1.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"of librosa only, got '0\.6' for python_speech_features"):
        quaver.install_as("python_speech_features", version="0.6")
    with (
        quaver.install_as("librosa", version="1.0"),
        pytest.raises(ValueError, match=r"stands in for already \(1.0\), got '0.11'"),
    ):
        quaver.install_as("librosa", version="0.11")


LOUD_AND_QUIET = np.stack([np.full((4, 5), 1.0), np.full((4, 5), 1e-12)])


def test_channels_share_their_decibels_before_1(old: None) -> None:
    for S in (LOUD_AND_QUIET, LOUD_AND_QUIET.astype(np.float32)):
        assert stand_in.power_to_db(S)[:, 0, 0].tolist() == [0, -80]
        assert stand_in.power_to_db(S, ref=lambda S: S.max())[:, 0, 0].tolist() == [0, -80]
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'axes': librosa 0\.11"):
        stand_in.amplitude_to_db(LOUD_AND_QUIET, axes=None)


def test_channels_have_decibels_of_their_own_since_1(new: None) -> None:
    assert stand_in.power_to_db(LOUD_AND_QUIET, ref=np.max, amin=1e-20)[:, 0, 0].tolist() == [0, 0]
    assert stand_in.power_to_db(LOUD_AND_QUIET, axes=None)[:, 0, 0].tolist() == [0, -80]
    with pytest.raises(stand_in.ParameterError, match="ref must take axis and keepdims"):
        stand_in.power_to_db(LOUD_AND_QUIET, ref=lambda S: S.max())


def test_cepstra_and_contrast_of_channels() -> None:
    y = signal(9000, channels=(2,)) * np.float32([[1], [1e-5]])
    for name in ("mfcc", "spectral_contrast"):
        function = getattr(stand_in.feature, name)
        alone = np.stack([function(y=channel) for channel in y])
        with _release.chosen("1.0"):
            np.testing.assert_allclose(function(y=y), alone, rtol=1e-4, atol=1e-3)
        with _release.chosen("0.11"):
            np.testing.assert_allclose(function(y=y)[0], alone[0], rtol=1e-4, atol=1e-3)
            assert np.abs(function(y=y)[1] - alone[1]).max() > 1


def test_silence_of_a_reference_without_axes(old: None) -> None:
    y = np.concatenate([np.zeros(4096), np.sin(np.arange(4096.0))])
    for ref in (lambda level: level.max(), 1.0):
        assert stand_in.effects.trim(y, ref=ref)[1].tolist() == [3584, 8192]


def test_the_last_frame_fades_before_1_and_goes_on_since() -> None:
    D = np.ones((3, 4), complex)
    ends = {"0.11": [1, 0.5], "1.0": [1, 1]}
    for release, end in ends.items():
        with _release.chosen(release):
            for kind in (np.complex128, np.complex64):
                stretched = np.abs(stand_in.phase_vocoder(D.astype(kind), rate=0.5))
                np.testing.assert_allclose(stretched[:, -2:], [end] * 3, atol=1e-6)
    with _release.chosen("0.11"):
        assert stand_in.phase_vocoder(D, rate=1.0, hop_length=1).shape == (3, 4)  # unwarned
        with pytest.raises(TypeError, match="unexpected keyword argument 't_out'"):
            stand_in.phase_vocoder(D, t_out=[0.0])
        with pytest.raises(TypeError, match="needs a rate"):
            stand_in.phase_vocoder(D)
        with pytest.raises(stand_in.ParameterError, match="must hold frames"):
            stand_in.phase_vocoder(D[:, :0], rate=2.0)


def test_improbable_transitions_of_pyin() -> None:
    y = signal(8000)
    options: dict[str, Any] = {"fmin": 80, "fmax": 300, "sr": 16000, "frame_length": 1024}
    with _release.chosen("1.0"):
        expected = {
            "0.11": stand_in.pyin(y, **options, transition_min_prob=None),
            "1.0": stand_in.pyin(y, **options, transition_min_prob=1e-4),
        }
    for release, values in expected.items():
        with _release.chosen(release):
            np.testing.assert_array_equal(stand_in.pyin(y, **options), values)
    with _release.chosen("0.11"), pytest.raises(TypeError, match="'transition_min_prob'"):
        stand_in.pyin(y, **options, transition_min_prob=1e-4)


def test_one_signal_to_mono_before_1(old: None) -> None:
    y = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert stand_in.to_mono(y=y).tolist() == stand_in.to_mono(y).tolist() == [2, 3]
    for arguments, options in (((y, y), {}), ((), {}), ((y,), {"pad": False}), ((y,), {"y": y})):
        with pytest.raises(TypeError, match="to_mono"):
            stand_in.to_mono(*arguments, **options)


def test_one_channel_is_itself_before_1(old: None) -> None:
    y = np.array([0.5, -0.0])
    assert stand_in.to_mono(y) is y


def test_one_channel_is_a_copy_since_1(new: None) -> None:
    y = np.array([0.5, -0.0])
    found = stand_in.to_mono(y)
    assert found is not y
    assert not np.signbit(found).any()  # a sum that began with 0


def test_several_signals_to_mono_since_1(new: None) -> None:
    y = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert stand_in.to_mono(y, y[0, :1], norm=False).tolist() == [5, 6]
    with pytest.raises(TypeError, match=r"to_mono.* unexpected keyword argument 'y'"):
        stand_in.to_mono(y=y)


def test_notes() -> None:
    with _release.chosen("0.11"):
        assert stand_in.note_to_hz("A4+30") == 440
        assert stand_in.note_to_hz("A4+30", round_midi=False) != 440
        with pytest.raises(stand_in.ParameterError, match="note must be like"):
            stand_in.note_to_midi("")
    with _release.chosen("1.0"):
        assert stand_in.note_to_hz("A4+30") == pytest.approx(440 * 2 ** (0.3 / 12))
        assert np.isnan(stand_in.note_to_midi(""))


def test_one_number_of_frames() -> None:
    with _release.chosen("0.11"):
        assert isinstance(stand_in.samples_to_frames(1100), np.ndarray)
    with _release.chosen("1.0"):
        assert isinstance(stand_in.time_to_frames(0.1), np.integer)


@pytest.mark.parametrize("name", ["zero_crossings", "zero_crossing_rate"])
def test_thresholds_in_float32_before_1(name: str) -> None:
    y = np.float32([0.2, -0.2] * 40)  # 0.2 is above the float64 threshold, equal to the float32 one
    function = getattr(stand_in if name == "zero_crossings" else stand_in.feature, name)
    for release, crosses in (("0.11", False), ("1.0", True)):
        with _release.chosen(release):
            assert bool(np.any(function(y, threshold=0.2, pad=False) > 0)) is crosses


def test_arguments_that_go() -> None:
    y = signal(5000)
    options: dict[str, Any] = {"fmin": 80, "fmax": 400, "sr": 16000, "frame_length": 1024}
    for name in ("yin", "pyin"):
        function = getattr(stand_in, name)
        with (
            _release.chosen("0.11"),
            pytest.warns(FutureWarning, match="win_length, which is deprec"),
        ):
            found = function(y, **options, win_length=512)
        with _release.chosen("0.11"):
            np.testing.assert_array_equal(found, function(y, **options))
        with _release.chosen("1.0"), pytest.raises(TypeError, match=r"'win_length': librosa 1\.0"):
            function(y, **options, win_length=512)


def test_durations_of_files(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, signal(4000), 16000)
    with _release.chosen("0.11"), pytest.warns(FutureWarning, match="filename, which is named"):
        assert stand_in.get_duration(filename=path) == 0.25
    with _release.chosen("1.0"), pytest.raises(TypeError, match="'filename'"):
        stand_in.get_duration(filename=path)


def test_an_offset_from_the_end_since_1(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, signal(4000), 16000)
    with _release.chosen("1.0"):
        assert stand_in.load(path, sr=None, offset=-0.125)[0].shape == (2000,)


def test_integers_and_what_is_not_finite() -> None:
    y = (signal(9000) * 3e4).astype(np.int16)
    spoiled = signal(9000)
    spoiled[4000] = np.nan
    for samples in (y, spoiled):
        with _release.chosen("0.11"):
            assert stand_in.feature.rms(y=samples).shape == (1, 18)
            assert stand_in.effects.split(samples).shape[1] == 2
        with _release.chosen("1.0"), pytest.raises(stand_in.ParameterError, match="audio must be"):
            stand_in.effects.trim(samples)


def test_names_are_the_installed_ones() -> None:
    for module in ("", ".feature", ".util", ".beat", ".effects", ".core"):
        theirs = importlib.import_module(f"librosa{module}")
        ours = importlib.import_module(f"quaver.compat.librosa{module}")
        assert set(theirs.__all__) - set(dir(ours)) == set()
    told = dir(stand_in.display)  # matplotlib need not be there
    assert "specshow" in told
    assert not any(name.startswith("_") for name in told)


def test_the_mark_of_what_was_not_given_is_librosas_too() -> None:
    stand_in.util.rename_kw
    marks = importlib.import_module("librosa.util.deprecation")
    assert isinstance(stand_in.util.Deprecated(), marks.Deprecated)
