"""The compiled modules against callers without manners: a result or a refusal, whatever is passed.

Nothing above them stands between here: the entries are those of the stubs, so that a new one is
attacked as soon as it is there.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fuzzing
import quaver
from quaver import _core, _text
from quaver.recordings import native
from recorded import encoded

# A size that no list or array takes is an OverflowError; one that memory does not hold a
# MemoryError, which an array of 2^40 values may well be.
ALLOWED = (*fuzzing.REFUSALS, OverflowError, MemoryError)
MEMORY = 1 << 30

RNG = np.random.default_rng(7)
SAMPLES = RNG.standard_normal(1200).astype(np.float32)
WIDE = SAMPLES.astype(np.float64)
MATRIX = SAMPLES.reshape(40, 30)
SPECTRUM = (RNG.standard_normal((6, 33)) + 1j * RNG.standard_normal((6, 33))).astype(np.complex64)
BANDS = np.abs(RNG.standard_normal((13, 33)))
WINDOW = np.hanning(64)
WAV = encoded(SAMPLES / 4, "WAV", "PCM_16")
native.connect()  # what comes later is left alone, as wrong as it may be
SPLITTER = _text.splitter(lower=True, words=True, keep_marks=True, digits="mask", squeeze=True)
EXTRACTOR: dict[str, Any] = {
    "sample_rate": 16000.0, "frame_length": 100, "hop_length": 40, "n_fft": 128,
    "pre_emphasis": 0.97, "window": "hamming", "n_blocks": 10, "n_bands": 10, "rolloff": 0.9,
    "n_mels": 10, "fmin": 0.0, "fmax": 8000.0, "n_mfcc": 5, "rows": [0, 1, 5, 9],
    "delta_order": 1, "delta_width": 0, "trim_db": 20.0, "floor_db": 0.0,
    "statistics": [0, 1, 4, 12], "voiced_statistics": [], "modulation": False,
}  # fmt: skip
PYIN: dict[str, Any] = {
    "difference": np.abs(RNG.standard_normal((5, 41))), "sample_rate": 16000.0, "fmin": 200.0,
    "thresholds": np.linspace(0.01, 1, 100), "prior": np.full(100, 0.01), "boltzmann": 2.0,
    "no_trough_prob": 0.01, "stay": np.full((5, 12), -2.0), "change": np.full((5, 12), -5.0),
    "outside": -700.0, "bins_per_octave": 12, "single": True,
}  # fmt: skip
STFT: dict[str, Any] = {"n_fft": 64, "hop_length": 16, "window": WINDOW, "center": True}

#: Arguments that each entry takes: of a class those of its constructor.
GOOD: dict[str, dict[str, Any]] = {
    "short_term_rows": {"n_mels": 40, "n_mfcc": 13},
    "targets": {},
    "target": {},
    "set_target": {"name": _core.target()},  # Harmonics.run takes spectra of one
    "require_finite": {"samples": SAMPLES},
    "Extractor": EXTRACTOR,
    "Extractor.n_features": {},
    "Extractor.n_values": {},
    "Extractor.frames": {"samples": SAMPLES},
    "Extractor.vector": {"samples": SAMPLES, "out": np.zeros(32, np.float32)},
    "Extractor.vectors": {
        "clips": [SAMPLES, WIDE], "rows": [0, 2], "out": np.zeros((3, 32), np.float32),
        "threads": 2,
    },
    "connect_sndfile": native.addresses(),
    "decode_flac": {"data": encoded(SAMPLES / 4, "FLAC", "PCM_16")},
    "read_plain": {"source": WAV, "rate": 8000, "choice": -1, "most_seconds": 10.0},
    "extract_files": {
        "extractor": _core.Extractor(**EXTRACTOR), "sources": [WAV, "none.wav"], "rows": [0, 1],
        "out": np.zeros((2, 32), np.float32), "rate": 16000, "choice": -2, "most_seconds": 10.0,
        "threads": 2,
    },
    "LogMel": {
        "sample_rate": 16000.0, "n_fft": 128, "hop_length": 32, "win_length": 100,
        "window": "hann", "center": True, "magnitude": False, "n_mels": 8, "fmin": 0.0,
        "fmax": 8000.0, "htk": False, "slaney_norm": True, "amin": 1e-10,
    },
    "LogMel.run": {"samples": SAMPLES},
    "Balance": {"sample_rate": 16000.0},
    "Balance.run": {"samples": SAMPLES},
    "Pitch": {"sample_rate": 16000.0},
    "Pitch.candidates": {"samples": SAMPLES},
    "Pitch.spectra": {"samples": SAMPLES},
    "Harmonics": {"sample_rate": 16000.0},
    "Harmonics.run": {
        "spectra": _core.Pitch(sample_rate=16000).spectra(SAMPLES)[1],
        "f0": np.array([100, 0], np.float32), "formant_hz": np.full((2, 3), 800, np.float32),
    },
    "Formants": {"sample_rate": 16000.0},
    "Formants.run": {"samples": SAMPLES},
    "predictor_formants": {"predictors": np.full((2, 11), 0.1)},
    "egemaps_descriptors": {
        "balance": np.ones((9, 10), np.float32), "voice": np.ones((5, 15), np.float32),
        "n_unsettled": 1,
    },
    "egemaps_functionals": {
        "balance": np.ones((9, 10), np.float32), "voice": np.ones((5, 15), np.float32),
        "n_unsettled": 1, "mean_square": 0.1,
    },
    "Periods": {"sample_rate": 16000.0},
    "Periods.run": {"samples": SAMPLES, "f0": np.array([100, 0], np.float32)},
    "Egemaps": {"sample_rate": 16000.0},
    "Egemaps.run": {"samples": SAMPLES},
    "Egemaps.table": {"samples": SAMPLES},
    "pitch_path": {"candidates": np.full((20, 13), 0.8, np.float32)},
    "Yin": {"frame_length": 128, "hop_length": 32, "min_period": 20, "max_period": 60, "tiny": 0.0},
    "Yin.difference": {"samples": WIDE},
    "Yin.period": {"difference": PYIN["difference"], "trough_threshold": 0.1},
    "Yin.pyin": PYIN,
    "FilterBank": {"weights": BANDS.astype(np.float32)},
    "FilterBank.of": {"pictures": np.ones((2, 5, 33), np.float32), "frames_first": True},
    "ResamplePlan": {"rate_before": 7, "rate_after": 5, "taps": [0.5, 0.25]},
    "resample_plan": {"rate_before": 44100, "rate_after": 16000},
    "ResamplePlan.count": {"n_samples": 100},
    "ResamplePlan.run": {"samples": SAMPLES},
    "Resampling": {"plan": _core.ResamplePlan(rate_before=7, rate_after=5, taps=[])},
    "Resampling.feed": {"chunk": SAMPLES, "last": True},
    "Stft": STFT,
    "Stft.run": {"samples": SAMPLES},
    "Stft.picture": {"samples": SAMPLES, "power": True},
    "Stft.inverse": {"spectrum": SPECTRUM, "n_weighted": 6, "n_samples": 80},
    "Stft64": {**STFT, "invertible": True},
    "Stft64.inverse": {
        "spectrum": SPECTRUM.astype(np.complex128), "n_weighted": 6, "n_samples": 80
    },
    "Stft64.run": {"samples": WIDE},
    "Stft64.picture": {"samples": WIDE, "power": False},
    "Stft64.bands": {
        "samples": SAMPLES, "power": True, "bank": _core.FilterBank(BANDS.astype(np.float32))
    },
    "Stft64.contrast": {"samples": SAMPLES, "bands": [(0, 4, 2), (4, 33, 9)]},
    "Stream": {"extractor": _core.Extractor(**EXTRACTOR)},
    "Stream.feed": {"chunk": SAMPLES},
    "Stream.reset": {},
    "functionals": {"values": MATRIX, "statistics": [0, 1, 2, 12]},
    "modulation": {"values": MATRIX, "frame_rate": 100.0},
    "delta": {"values": MATRIX, "width": 9, "order": 1},
    "delta_rows": {"values": MATRIX, "width": 9, "order": 2},
    "windows": {"values": MATRIX, "length": 8, "step": 3, "align": True},
    "SpeechFeatures": {
        "output": "mfcc", "frame_length": 100, "frame_step": 40, "n_fft": 64,
        "pre_emphasis": 0.97, "window": np.ones(100), "bank": np.eye(13, 33),
        "matrix": RNG.standard_normal((5, 13)), "weights": np.ones(33), "append_energy": True,
    },
    "SpeechFeatures.run": {"samples": SAMPLES},
    "PyAudio": {
        "window": 66, "step": 33, "bank": BANDS, "chroma_bins": [0, 5, 32],
        "chroma_classes": [0, 11, 3], "chroma_weights": [1.0, 0.5, 0.1], "deltas": True,
    },
    "PyAudio.run": {"samples": SAMPLES, "mean": 0.0, "peak": 1.0},
    "pyaudio_normalisation": {"samples": SAMPLES},
    "running_median": {"x": MATRIX, "size": 7},
    "phase_vocoder": {
        "spectrogram": SPECTRUM, "advance": np.linspace(0, 3, 33),
        "positions": np.arange(0, 6, 0.75),
    },
    "lowest": {"x": MATRIX},
    "energies": {"pictures": MATRIX[np.newaxis], "frames_first": True, "is_even": True},
    "log_means": {
        "pictures": MATRIX[np.newaxis], "frames_first": False, "squared": True, "amin": 1e-10
    },
    "moments": {
        "pictures": MATRIX[np.newaxis], "frames_first": False,
        "frequencies": np.arange(len(MATRIX), dtype=float),
    },
    "deviations": {
        "pictures": MATRIX[np.newaxis], "frames_first": False,
        "frequencies": np.arange(len(MATRIX), dtype=float),
        "centres": np.ones((1, MATRIX.shape[1])),
    },
    "rolloff": {"pictures": MATRIX[np.newaxis] ** 2, "frames_first": True, "share": 0.85},
    "peaks": {
        "pictures": MATRIX[np.newaxis] ** 2, "frames_first": False, "first": 1, "last": 20,
        "share": 0.1, "hz_per_bin": 7.5,
    },
    "decay": {"values": MATRIX, "coefficient": 0.95, "state": np.zeros(len(MATRIX))},
    "burg": {"values": MATRIX, "order": 8, "least": 1e-30},
    "magphase": {"z": SPECTRUM},
    "decibel": {
        "power": MATRIX**2, "squared": False, "amin": 1e-10, "offsets": np.zeros(len(MATRIX)),
        "top_db": 80.0,
    },
    "contrast": {
        "pictures": MATRIX[np.newaxis] ** 2, "frames_first": False, "bands": [(0, 4, 2), (4, 40, 9)]
    },
    "Splitter": {},
    "Splitter.forms": {"text": "I can't, 😊 see 12 ..."},
    "Splitter.count": {"texts": ["a b a", "ärger", ""]},
    "Encoder": {},
    "Encoder.encode": {
        "texts": ["Don't a b", "", "cannot 👍🏽 12"], "length": 5, "pad_front": True,
        "cut_front": False,
    },
    "splitter": {
        "lower": True, "words": True, "keep_marks": True, "digits": "mask", "squeeze": True
    },
    "encoder": {
        "like": SPLITTER, "table": {"a": (2,), "cannot": (3, 4), "nothing": ()},
        "suffixes": {"n't": (5,)},
    },
}  # fmt: skip

MODULES = {"_core": _core, "_text": _text}
#: Of no arguments at all: attributes, and classes that are empty until a function fills them.
ATTRIBUTES = ("Extractor.n_features", "Extractor.n_values", "Splitter", "Encoder")


def stub_entries() -> Iterator[str]:
    """Names of the functions, classes and methods of the stubs."""
    for name in MODULES:
        tree = ast.parse((Path(quaver.__file__).parent / f"{name}.pyi").read_text())
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                yield node.name
            for method in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(method, ast.FunctionDef) and method.name != "__init__":
                    yield f"{node.name}.{method.name}"  # type: ignore[attr-defined]


def owner_of(name: str) -> type:
    return getattr(_core, name, None) or getattr(_text, name)


def made(name: str) -> Any:
    """An object of the class, from good arguments."""
    if name == "Encoder":
        return _text.encoder(**GOOD["encoder"])
    return SPLITTER if name == "Splitter" else owner_of(name)(**GOOD[name])


def entry(name: str) -> Callable[..., Any]:
    """What to call: a function, a class, or what an object from good arguments has."""
    owner, _, attribute = name.partition(".")
    return use(made(owner), attribute) if attribute else owner_of(owner)


def use(thing: Any, attribute: str) -> Callable[..., Any]:
    """The method, or a look at the attribute."""
    if attribute in ("n_features", "n_values"):
        return lambda: getattr(thing, attribute)
    method: Callable[..., Any] = getattr(thing, attribute)
    return method


def good_arguments(name: str) -> dict[str, Any]:
    """Fresh arguments: some entries write into theirs."""
    shared = (_core.FilterBank, _core.Extractor, _core.ResamplePlan, _text.Splitter)
    return {k: v if isinstance(v, shared) else copy.deepcopy(v) for k, v in GOOD[name].items()}


@pytest.fixture(autouse=True)
def _limits() -> Iterator[None]:
    target = _core.target()
    with fuzzing.memory_limit(MEMORY):
        yield
    _core.set_target(target)


def test_every_entry_has_good_arguments() -> None:
    assert set(GOOD) == set(stub_entries()), "an entry here for each of the stubs"
    for name in GOOD:
        entry(name)(**good_arguments(name))


def bad_arguments(name: str) -> Iterator[dict[str, Any]]:
    """The good arguments with one of them spoiled, in every way."""
    for argument in GOOD[name]:
        for i in range(len(fuzzing.ugly_values(GOOD[name][argument]))):
            arguments = good_arguments(name)
            arguments[argument] = fuzzing.ugly_values(arguments[argument])[i]
            yield arguments


@pytest.mark.parametrize("name", list(GOOD))
def test_one_bad_argument(name: str) -> None:
    call = entry(name)
    for arguments in bad_arguments(name):
        fuzzing.expect(call, allowed=ALLOWED, **arguments)


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ATTRIBUTES])
def test_other_arguments(name: str) -> None:
    call, good = entry(name), good_arguments(name)
    for arguments, options in [([1], good), ([], {**good, "other": 1})]:
        with pytest.raises(TypeError):
            call(*arguments, **options)
    for missing in good:
        with pytest.raises(TypeError):
            call(**{k: v for k, v in good.items() if k != missing})


CLASSES = [name for name in GOOD if any(other.startswith(f"{name}.") for other in GOOD)]
PLANS = [name for name in CLASSES if hasattr(_core, name)]


def methods(name: str) -> list[str]:
    return [other for other in GOOD if other.startswith(f"{name}.")]


def attack(seed: int, calls: int) -> None:
    """Objects from arguments of which some are spoiled, and their methods with such arguments."""
    rng = np.random.default_rng(seed)
    names = [name for name in GOOD if "." not in name]
    for _ in range(calls):
        name = fuzzing.choice(rng, names)
        made_one = fuzzing.expect(
            entry(name), allowed=ALLOWED, **fuzzing.mutated(rng, good_arguments(name))
        )
        if made_one is None or not isinstance(made_one, tuple(owner_of(c) for c in CLASSES)):
            continue
        for method in methods(type(made_one).__name__):
            call = use(made_one, method.partition(".")[2])
            for _ in range(2):
                arguments = good_arguments(method)
                if arguments and rng.random() < 0.7:
                    arguments = fuzzing.mutated(rng, arguments)
                fuzzing.expect(call, allowed=ALLOWED, **arguments)


@pytest.mark.parametrize("seed", range(4))
def test_several_bad_arguments(seed: int) -> None:
    attack(seed, fuzzing.CALLS // 4)


@pytest.mark.parametrize("name", CLASSES)
def test_what_was_never_initialised(name: str) -> None:
    """Python lets anyone make an object without its constructor."""
    cls = owner_of(name)
    empty = cls.__new__(cls)
    for method in methods(name):
        call = use(empty, method.partition(".")[2])
        if name in PLANS:
            with pytest.raises(TypeError, match="__init__ was never called"):
                call(**good_arguments(method))
        else:
            call(**good_arguments(method))
    for way in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            way(made(name))


def test_a_stream_needs_an_extractor() -> None:
    empty = _core.Extractor.__new__(_core.Extractor)
    for extractor in (None, empty, _core.Stft(**STFT), _core.Extractor):
        with pytest.raises(TypeError):
            _core.Stream(extractor)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in GOOD if name in dir(_core)])
def test_arrays_off_their_alignment(name: str) -> None:
    for argument, value in good_arguments(name).items():
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="aligned"):
                entry(name)(**{**good_arguments(name), argument: fuzzing.unaligned(value)})


SIZES = [2**22 + 1, 2**24, 2**61, 2**62 + 1, 2**63, 12297829382473034411, 2**64 - 1]


@pytest.mark.parametrize("size", SIZES)
def test_sizes_that_would_wrap_around(size: int) -> None:
    """Refused before anything of that size is allocated or counted to."""
    for name, argument in itertools.product(
        ("Extractor", "LogMel", "Stft", "Stft64", "SpeechFeatures", "PyAudio"),
        ("frame_length", "win_length", "n_fft", "n_mels", "n_mfcc", "n_blocks", "n_bands"),
    ):
        if argument in GOOD[name]:
            with pytest.raises(ValueError, match=rf"{size}|at most|exceed|too many|hold"):
                owner_of(name)(**{**GOOD[name], argument: size})
    with pytest.raises(ValueError, match=f"width must be at most 4194304, got {size | 1}"):
        _core.delta(MATRIX, size | 1, 1)
    for one, other in ((size, 16000), (16000, size), (size, size - 1)):
        assert _core.resample_plan(one, other) is None
    with pytest.raises(ValueError, match=f"n_mfcc must be at most 65536, got {size}"):
        _core.short_term_rows(40, size)


@pytest.mark.parametrize("hop", [1200, 2**24, 2**61, 2**62])
def test_steps_beyond_the_signal(target: str, hop: int) -> None:
    """One frame, as with any step; samples between frames take no memory."""
    for plan in (_core.Stft, partial(_core.Stft64, invertible=False)):
        near = plan(**{**STFT, "hop_length": 100})
        far = plan(**{**STFT, "hop_length": hop})
        np.testing.assert_array_equal(far.run(SAMPLES[:1100])[:1], near.run(SAMPLES[:1100])[:1])
    y = _core.Stft(**{**STFT, "hop_length": hop}).inverse(SPECTRUM, 2**64 - 1, 80)
    np.testing.assert_array_equal(
        y[:32], _core.Stft(**{**STFT, "hop_length": 100}).inverse(SPECTRUM[:1], 1, 80)[:32]
    )
    good = GOOD["SpeechFeatures"]
    near_rows = _core.SpeechFeatures(**{**good, "frame_step": 1200}).run(SAMPLES)
    np.testing.assert_array_equal(
        _core.SpeechFeatures(**{**good, "frame_step": hop}).run(SAMPLES), near_rows
    )
