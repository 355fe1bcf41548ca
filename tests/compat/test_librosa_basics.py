"""quaver.compat.librosa: signatures, conversions, filters, helpers, files, forwarding."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile

import quaver.compat.librosa as stand_in
from compat.parity import LIBROSA_1, assert_same, assert_same_signature, both, signal
from quaver.compat.librosa import _names, _release
from quaver.compat.librosa import forward as forward_module
from tolerances import RESAMPLED

FUNCTIONS = (
    [("", name) for name in _names.CORE]
    + [("feature", name) for name in _names.FEATURE]
    + [("util", name) for name in _names.UTIL if name[0].islower()]
    + [("filters", name) for name in ("mel", "chroma", "get_window")]
)


def get(module: Any, path: str, name: str) -> Any:
    return getattr(getattr(module, path) if path else module, name)


@pytest.mark.parametrize(("path", "name"), FUNCTIONS)
def test_signatures(path: str, name: str) -> None:
    function = get(stand_in, path, name)
    assert function.__module__.startswith("quaver.compat.librosa")
    assert_same_signature(name, function, get(librosa, path, name))
    assert function.__doc__
    assert ">>> " in function.__doc__


def test_names_are_where_librosa_has_them() -> None:
    for name in _names.CORE:
        assert getattr(stand_in.core, name) is getattr(stand_in, name)
    for name in _names.FEATURE:
        assert getattr(stand_in.feature, name)
    assert stand_in.feature.spectral.mfcc is stand_in.feature.mfcc
    assert stand_in.util.utils.frame is stand_in.util.frame
    assert "mfcc" in dir(stand_in.feature)
    assert "stft" in dir(stand_in)


def test_modules_import_by_name() -> None:
    for name in ("core", "core.spectrum", "feature", "filters", "util", "util.exceptions"):
        assert importlib.import_module(f"quaver.compat.librosa.{name}")


def test_what_is_missing_forwards() -> None:
    assert stand_in.vqt is librosa.vqt
    assert stand_in.feature.tempogram is librosa.feature.tempogram
    assert stand_in.beat.beat_track is librosa.beat.beat_track
    assert stand_in.util.fix_frames is librosa.util.fix_frames
    with pytest.raises(AttributeError, match=r"librosa\.nonsense does not exist"):
        stand_in.nonsense
    with pytest.raises(AttributeError):
        stand_in.feature._nonsense


def test_without_librosa_the_name_is_told() -> None:
    code = (
        "import sys; sys.modules['librosa'] = None\n"
        "import numpy as np, quaver.compat.librosa as librosa\n"
        "librosa.feature.mfcc(y=np.zeros(22050, np.float32))\n"
        "try: librosa.beat.beat_track\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "librosa.beat.beat_track is not part of quaver" in done.stdout
    assert "pip install librosa" in done.stdout


def test_forwards_while_it_stands_in() -> None:
    """librosa's own look-ups must not meet quaver's modules."""
    code = (
        "import sys, numpy as np, quaver.compat.librosa as stand_in\n"
        "import quaver.compat.librosa.core, quaver.compat.librosa.util.utils\n"
        "sys.modules['librosa'] = stand_in\n"
        "sys.modules['librosa.core'] = stand_in.core\n"
        "sys.modules['librosa.util'] = stand_in.util\n"
        "sys.modules['librosa.util.utils'] = sys.modules['quaver.compat.librosa.util.utils']\n"
        "import librosa\n"
        "y = np.sin(np.arange(22050) * 0.1)\n"
        "print(librosa.cqt(y).shape, librosa.feature.tempogram(y=y).shape)\n"
        "print(librosa.util.fix_frames.__module__, librosa.beat.beat_track.__module__)\n"
        "print(sys.modules['librosa'] is stand_in, sys.modules['librosa.core'] is stand_in.core)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:3] == [
        "(84, 44) (384, 44)",
        "librosa.util.utils librosa.beat",
        "True True",
    ]


def test_import_is_light() -> None:
    code = (
        "import sys, quaver; print('quaver.compat' in sys.modules)\n"
        "import numpy as np, quaver.compat.librosa as librosa\n"
        "librosa.feature.mfcc(y=np.zeros(22050, np.float32)); librosa.feature.delta(np.eye(20))\n"
        "print([m for m in ('librosa', 'scipy', 'numba', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["False", "[]"]


def test_forward_attribute_is_the_real_one() -> None:
    assert forward_module.attribute("feature", "mfcc") is librosa.feature.mfcc


CONVERSIONS: list[tuple[str, Any, dict[str, Any]]] = [
    (name, values, options)
    for name, options in [
        ("hz_to_mel", {}),
        ("hz_to_mel", {"htk": True}),
        ("mel_to_hz", {}),
        ("mel_to_hz", {"htk": True}),
        ("hz_to_midi", {}),
        ("midi_to_hz", {}),
        ("hz_to_octs", {}),
        ("frames_to_time", {}),
        ("frames_to_time", {"sr": 16000, "hop_length": 160, "n_fft": 400}),
        ("time_to_frames", {"sr": 16000, "n_fft": 512}),
        ("frames_to_samples", {"n_fft": 2048}),
        ("samples_to_frames", {"hop_length": 100}),
        ("samples_to_time", {}),
        ("time_to_samples", {}),
    ]
    for values in (
        440.0,
        3,
        np.array([1.0, 440.0, 999.0, 1000.0, 8000.0]),
        np.arange(1, 9).reshape(2, 4),
        np.float32(440),
        np.array([440], np.float32),
    )
]


@pytest.mark.parametrize(("name", "values", "options"), CONVERSIONS)
def test_conversions(name: str, values: Any, options: dict[str, Any]) -> None:
    found, expected = both(lambda m: getattr(m, name)(values, **options))
    np.testing.assert_allclose(found.values[0], expected.values[0], rtol=1e-6)


def test_notes() -> None:
    for note in (
        "C",
        "A4",
        "a4",
        "Bb3",
        "C#5",
        "F!2",
        "G♯2",
        "D♭",
        "E𝄪3",
        "B𝄫2",
        "C♮4",
        "C-1",
        "A4+20",
        "A4-35",
        "C##3",
        ["C2", "D3"],
        ("E4",),
        "H4",
        "",
        "A4x",
        "4",
    ):
        assert_same(partial(_note, name="note_to_hz", note=note), may_fail=True)
        assert_same(partial(_note, name="note_to_midi", note=note), may_fail=True)
    assert_same(lambda m: m.note_to_midi("A4+20", round_midi=False))
    assert_same(lambda m: m.note_to_hz("A4+20", round_midi=False))


def _note(module: Any, *, name: str, note: Any) -> Any:
    return getattr(module, name)(note)


def test_ranges() -> None:
    for n_mels in (1, 2, 40, 130):
        for htk in (False, True):
            assert_same(lambda m, n=n_mels, h=htk: m.mel_frequencies(n, fmin=20, fmax=8000, htk=h))
    for n_fft in (1, 2, 511, 512):
        assert_same(lambda m, n=n_fft: m.fft_frequencies(sr=16000, n_fft=n))
    for x in (7, np.zeros((3, 9))):
        assert_same(lambda m, x=x: m.times_like(x, sr=16000, hop_length=160, n_fft=400))
        assert_same(lambda m, x=x: m.samples_like(x))
    assert_same(lambda m: m.times_like(np.zeros((3, 9)), axis=0))


@pytest.mark.parametrize("sr", [8000, 16000, 22050, 44100, 48000])
def test_mel_banks(sr: int) -> None:
    for n_fft in (256, 512, 2048, 441):
        for options in (
            {},
            {"n_mels": 40, "htk": True},
            {"norm": None, "fmin": 80},
            {"norm": np.inf, "fmax": 3000.0},
            {"norm": 2, "dtype": np.float64},
            {"n_mels": 0},
            {"norm": "area"},
            {"fmin": 5000, "fmax": 5000},
        ):
            assert_same(
                partial(_filter, name="mel", sr=sr, n_fft=n_fft, **options),
                atol=1e-9,
                may_fail=True,
            )


def _filter(module: Any, *, name: str, **options: Any) -> Any:
    return getattr(module.filters, name)(**options)


@pytest.mark.parametrize("n_fft", [256, 2048, 441])
def test_chroma_banks(n_fft: int) -> None:
    for options in (
        {},
        {"tuning": 0.37},
        {"n_chroma": 24, "norm": 1},
        {"octwidth": None},
        {"base_c": False, "ctroct": 4.0},
        {"norm": None, "dtype": np.float64},
    ):
        assert_same(partial(_filter, name="chroma", sr=22050, n_fft=n_fft, **options), atol=1e-7)


def test_windows() -> None:
    names = [
        "hann",
        "hanning",
        "han",
        "hamming",
        "hamm",
        "ham",
        "blackman",
        "black",
        "blk",
        "boxcar",
        "box",
        "ones",
        "rect",
        "rectangular",
        "bartlett",
        "nonsense",
    ]
    for window in [
        *names,
        ("kaiser", 3.0),
        3.0,
        np.ones(16),
        [1.0] * 16,
        np.hanning,
        None,
        np.ones(3),
    ]:
        for size in (1, 2, 16, 17):
            for fftbins in (True, False):
                assert_same(
                    lambda m, w=window, n=size, f=fftbins: m.filters.get_window(w, n, fftbins=f),
                    atol=1e-14,
                    may_fail=True,
                )


def test_frames() -> None:
    x = np.arange(60.0).reshape(3, 20)
    for options in (
        {"frame_length": 4, "hop_length": 3},
        {"frame_length": 2, "hop_length": 1, "axis": 0},
        {"frame_length": 3, "hop_length": 2, "axis": -2},
        {"frame_length": 20, "hop_length": 9},
        {"frame_length": 21, "hop_length": 1},
        {"frame_length": 4, "hop_length": 0},
        {"frame_length": 5, "hop_length": 4, "axis": 1},
    ):
        assert_same(lambda m, o=options: m.util.frame(x, **o), rtol=0, may_fail=True)
        assert_same(lambda m, o=options: m.util.frame(x[::-1], **o), rtol=0, may_fail=True)
    frames = stand_in.util.frame(x, frame_length=4, hop_length=4)
    assert not frames.flags.writeable
    assert np.shares_memory(frames, x)
    assert stand_in.util.frame(x, frame_length=4, hop_length=4, writeable=True).flags.writeable


@pytest.mark.parametrize("norm", [np.inf, -np.inf, 0, 0.5, 1, 2, 2.0, None, -1, "l2"])
@pytest.mark.parametrize("fill", [None, False, True, "yes"])
def test_normalize(norm: Any, fill: Any) -> None:
    S = np.random.default_rng(0).standard_normal((4, 5))
    S[:, 2] = 0
    S[1] = 0
    integers = [] if fill else [(S * 9).astype(int)]  # librosa fills these by way of NaN
    for x in (S, S.astype(np.float32), S + 1j * S, *integers):
        for axis in (0, 1, -1, None):
            assert_same(
                lambda m, x=x, a=axis: m.util.normalize(x, norm=norm, axis=a, fill=fill),
                rtol=1e-6,
                may_fail=True,
            )
    assert_same(lambda m: m.util.normalize(S, threshold=1.0, fill=fill), may_fail=True)


def test_normalize_refusals() -> None:
    for call in (
        lambda m: m.util.normalize(np.array([1, np.nan])),
        lambda m: m.util.normalize(np.ones(3), threshold=0),
    ):
        assert both(call)[0].error == "ParameterError"


def test_padding() -> None:
    x = np.arange(12.0).reshape(3, 4)
    for name in ("fix_length", "pad_center"):
        for options in (
            {"size": 7},
            {"size": 2},
            {"size": 4},
            {"size": 5, "axis": 0},
            {"size": 9, "mode": "edge"},
            {"size": 9, "constant_values": 3},
        ):
            assert_same(
                lambda m, n=name, o=options: getattr(m.util, n)(x, **o), rtol=0, may_fail=True
            )


def test_small_helpers() -> None:
    for x in (1, 1.0, np.float32(1), np.ones(3, complex), np.ones(2, np.complex64)):
        assert_same(lambda m, x=x: m.util.tiny(x))
        assert_same(lambda m, x=x: m.util.abs2(x))
    for x in (1, 0, 1.0, True, np.int64(3)):
        assert_same(lambda m, x=x: m.util.is_positive_int(x))
    for ndim, axes in ((3, 1), (3, -1), (1, 0), (3, (0, 1)), (0, 0)):
        assert_same(
            lambda m, n=ndim, a=axes: m.util.expand_to(np.arange(3), ndim=n, axes=a), may_fail=True
        )


@pytest.fixture
def stereo(tmp_path: Path) -> Path:
    path = tmp_path / "stereo.wav"
    soundfile.write(path, signal(20000, channels=(2,)).T, 16000, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sr": None},
        {"sr": None, "mono": False},
        {"mono": False, "sr": 8000},
        {"sr": 44100.0},
        {"offset": 0.25, "duration": 0.5},
        {"duration": 0.0, "sr": None},
        {"offset": 1.2},
        {"dtype": np.float64},
        {"dtype": "float32"},
        {"res_type": "soxr_vhq"},
        {"res_type": "soxr_lq"},
        {"res_type": "fft"},
        {"res_type": "polyphase"},
        {"sr": 16000},
        {"res_type": "nonsense"},
        {"offset": 5.0, "sr": None},
        {"dtype": np.int16},
        {"sr": -1},
        {"res_type": "soxr_nonsense"},
    ],
)
def test_load(stereo: Path, options: dict[str, Any]) -> None:
    assert_same(lambda m: m.load(stereo, **options), rtol=1e-6, atol=RESAMPLED, may_fail=True)


@pytest.mark.parametrize("seconds", [None, (1 << 20) / 48000])
def test_load_in_blocks(tmp_path: Path, seconds: float | None) -> None:
    soundfile.write(tmp_path / "a.wav", np.sin(np.arange((1 << 21) + 70_001) * 0.1), 48000)
    assert_same(lambda m: m.load(tmp_path / "a.wav", duration=seconds), rtol=1e-6, atol=RESAMPLED)


def test_load_other_sources(stereo: Path, tmp_path: Path) -> None:
    data = stereo.read_bytes()
    assert_same(lambda m: m.load(str(stereo)), rtol=1e-6, atol=RESAMPLED)
    assert_same(lambda m: m.load(io.BytesIO(data)), rtol=1e-6, atol=RESAMPLED)
    assert_same(lambda m: m.load(soundfile.SoundFile(stereo)), rtol=1e-6, atol=RESAMPLED)
    found, _ = both(lambda m: m.load(io.BytesIO(b"no recording")))
    assert found.error == "LibsndfileError"
    with pytest.raises(FileNotFoundError, match=r"none\.wav"):
        stand_in.load(tmp_path / "none.wav")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scale": True},
        {"fix": False},
        {"axis": 0},
        {"res_type": "soxr_mq"},
        {"mode": "edge"},
        {"res_type": "scipy"},
        {"res_type": "polyphase"},
        {"res_type": "nonsense"},
    ],
)
def test_resample(options: dict[str, Any]) -> None:
    for y in (signal(4001), signal(400, channels=(2,)), signal(4001, dtype=np.float64)):
        for rates in ((16000, 22050), (22050, 8000), (16000, 16000), (44100.5, 16000)):
            assert_same(
                lambda m, y=y, r=rates: m.resample(y, orig_sr=r[0], target_sr=r[1], **options),
                rtol=1e-6,
                atol=RESAMPLED,
                may_fail=True,
            )
    y = signal(100)
    assert stand_in.resample(y, orig_sr=8000, target_sr=8000) is y


@pytest.mark.parametrize(
    "rates", [(48000, 22050), (44100, 48000), (8000, 16000), (48000, 8000), (44101, 16000)]
)
def test_resample_from_the_first_sample_on(rates: tuple[int, int]) -> None:
    """Which soxr treats in its own way."""
    for n in (1, 10, 100, 300, 1000, 20000):
        y = signal(n)
        assert_same(
            lambda m, y=y: m.resample(y, orig_sr=rates[0], target_sr=rates[1]),
            rtol=0,
            atol=RESAMPLED,
        )


def test_to_mono_and_durations(stereo: Path) -> None:
    for y in (
        signal(50),
        signal(50, channels=(2,)),
        signal(50, channels=(2, 3), dtype=np.float64),
        np.arange(5),
        np.array([np.nan]),
    ):
        assert_same(lambda m, y=y: m.to_mono(y), rtol=1e-6, may_fail=True)
    S = np.zeros((1025, 44))
    for options in (
        {"y": signal(5000)},
        {"y": signal(5000, channels=(2,)), "sr": 16000},
        {"S": S},
        {"S": S, "center": False, "n_fft": 1024, "hop_length": 100, "sr": 8000},
        {"path": stereo},
        {},
    ):
        assert_same(lambda m, o=options: m.get_duration(**o), may_fail=not options)


MIXES: list[dict[str, Any]] = [
    {},
    {"pad": False},
    {"norm": False},
    {"out": np.ones(90)},
    {"out": np.ones(90, np.float32)},
    {"out": np.ones(50)},
    {"pad": False, "norm": False, "out": np.ones(50)},
]


@pytest.mark.parametrize("options", MIXES, ids=str)
def test_to_mono_of_several(options: dict[str, Any]) -> None:
    a, b, c = signal(50), signal(90, channels=(2,)), signal(70, dtype=np.float64)
    for signals in ((a, b, c), (a, a), (b,), ()):  # 0.11 takes one signal
        assert_same(partial(_mixed, signals=signals, **options), rtol=1e-6, may_fail=True)
    assert_same(lambda m: m.to_mono(y=b), rtol=1e-6, may_fail=True)


def _mixed(module: Any, signals: Any, **options: Any) -> Any:
    if "out" in options:
        options["out"] = options["out"].copy()
    return module.to_mono(*signals, **options)


def test_offset_from_the_end(stereo: Path) -> None:
    options: dict[str, Any] = {"sr": None, "offset": -0.01, "mono": False}
    assert_same(lambda m: m.load(stereo, **options), may_fail=not LIBROSA_1)
    with _release.chosen("1.0"):
        found, rate = stand_in.load(stereo, **options)
    whole, _ = stand_in.load(stereo, sr=None, mono=False)
    np.testing.assert_array_equal(found, whole[:, -int(0.01 * rate) :])
