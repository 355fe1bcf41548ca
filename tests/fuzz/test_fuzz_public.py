"""Ugly arguments for the public functions: a finite result, or a refusal that gives its reason.

The stand-ins raise their originals' errors, and let NaN through where those do.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fuzzing
import quaver
from quaver import recipes
from quaver.compat import librosa, python_speech_features
from quaver.compat.librosa import decompose, effects, feature, filters, util
from quaver.compat.pyaudioanalysis import MidTermFeatures, ShortTermFeatures
from quaver.compat.python_speech_features import sigproc

RNG = np.random.default_rng(3)
CLIP = (0.1 * RNG.standard_normal(2000)).astype(np.float32)
STEREO = np.stack([CLIP, CLIP[::-1]])
FRAMES = RNG.standard_normal((30, 7)).astype(np.float32)
PICTURE = np.abs(RNG.standard_normal((33, 12))).astype(np.float32)
SPECTRUM = (RNG.standard_normal((33, 12)) + 1j * RNG.standard_normal((33, 12))).astype(np.complex64)
CONFIG: dict[str, Any] = {
    "sample_rate": 8000, "frame_length": 200, "hop_length": 80, "n_fft": 256, "pre_emphasis": 0.97,
    "window": "hann", "n_blocks": 10, "n_bands": 10, "rolloff": 0.9, "n_mels": 20, "fmin": 0.0,
    "fmax": 4000.0, "n_mfcc": 13, "features": ("energy", "mfcc"), "delta_order": 1,
    "delta_width": 3, "trim_db": 20.0, "statistics": ("mean", "percentile_99", "range"),
}  # fmt: skip

Entry = tuple[Callable[..., Any], dict[str, Any]]


def with_config(call: Callable[..., Any]) -> Callable[..., Any]:
    """Of a configuration's parameters, too."""

    def run(samples: Any, config: Any, **options: Any) -> Any:
        parameters = quaver.FeatureConfig(**config)
        return call(samples, parameters.sample_rate, config=parameters, **options)

    return run


def streamed(chunks: Any, config: Any) -> Any:
    parameters = quaver.FeatureConfig(**{**config, "delta_width": None})
    stream = quaver.Stream(parameters.sample_rate, config=parameters)
    return np.concatenate([stream.feed(chunk) for chunk in chunks])


def short_term(*arguments: Any, **options: Any) -> Any:
    return quaver.short_term(*arguments, **options).values


def extract_many(clips: Any, sample_rate: Any, threads: Any, pad: Any, downmix: Any) -> Any:
    batch = quaver.extract_many(
        clips, sample_rate, threads=threads, pad=pad, downmix=downmix, progress=False
    )
    assert len(batch.values) + len(batch.failures) >= len(batch.index)
    return batch.values


def spectral_balance(samples: Any, sample_rate: Any, downmix: Any) -> Any:
    return quaver.voice.spectral_balance(samples, sample_rate, downmix=downmix).values


def pitch(samples: Any, sample_rate: Any, downmix: Any) -> Any:
    return quaver.voice.pitch(samples, sample_rate, downmix=downmix).values


def formants(samples: Any, sample_rate: Any, method: Any, downmix: Any) -> Any:
    return quaver.voice.formants(samples, sample_rate, method=method, downmix=downmix).values


def egemaps_descriptors(samples: Any, sample_rate: Any, downmix: Any) -> Any:
    return quaver.geneva.egemaps_descriptors(samples, sample_rate, downmix=downmix).values


CLIPS: dict[str, Any] = {"samples": STEREO, "sample_rate": 8000, "pad": True, "downmix": "mean"}
OURS: dict[str, Entry] = {
    "FeatureConfig": (quaver.FeatureConfig, CONFIG),
    "frame_names": (lambda **c: quaver.frame_names(quaver.FeatureConfig(**c)), CONFIG),
    "extract": (quaver.extract, CLIPS),
    "extract, configured": (
        lambda **c: with_config(quaver.extract)(CLIP, c), CONFIG
    ),
    "short_term": (short_term, CLIPS),
    "short_term, configured": (lambda **c: with_config(short_term)(CLIP, c), CONFIG),
    "mfcc": (quaver.mfcc, {**CLIPS, "n_mfcc": 13}),
    "log_mel": (quaver.log_mel, {
        "samples": CLIP, "sample_rate": 8000, "n_fft": 256, "hop_length": 64, "win_length": 200,
        "window": "hann", "center": True, "pad_mode": "reflect", "power": 2.0, "n_mels": 12,
        "fmin": 0.0, "fmax": 4000.0, "htk": False, "norm": "slaney", "ref": "max", "amin": 1e-10,
        "top_db": 80.0, "downmix": None,
    }),
    "voice.spectral_balance": (spectral_balance, {
        "samples": STEREO, "sample_rate": 8000, "downmix": "mean"
    }),
    "egemaps": (quaver.egemaps, {"samples": STEREO, "sample_rate": 8000, "downmix": "mean"}),
    "egemaps_descriptors": (egemaps_descriptors, {
        "samples": STEREO, "sample_rate": 8000, "downmix": "mean"
    }),
    "voice.formants": (formants, {
        "samples": STEREO, "sample_rate": 8000, "method": "plain", "downmix": "mean"
    }),
    "voice.pitch": (pitch, {"samples": STEREO, "sample_rate": 8000, "downmix": "mean"}),
    "delta": (quaver.delta, {"values": FRAMES, "width": 9, "order": 1}),
    "functionals": (quaver.functionals, {"values": FRAMES, "statistics": ("mean", "kurtosis")}),
    "modulation": (quaver.modulation, {"values": FRAMES, "frame_rate": 100.0}),
    "windows": (quaver.windows, {
        "values": FRAMES, "length": 8, "step": 4, "tail": "pad", "fill": 0.0
    }),
    "Stream": (lambda chunks, **c: streamed(chunks, c), {"chunks": [CLIP, CLIP[:9]], **CONFIG}),
    "extract_many": (extract_many, {
        "clips": [CLIP, CLIP[:900]], "sample_rate": 16000, "threads": 2, "pad": True,
        "downmix": "mean",
    }),
    "recipes.mean_mfcc": (recipes.mean_mfcc, {"samples": CLIP, "sample_rate": 8000, "n_mfcc": 13}),
    "recipes.vector_162": (recipes.vector_162, {"samples": CLIP, "sample_rate": 8000}),
    "recipes.vector_180": (recipes.vector_180, {"samples": CLIP, "sample_rate": 8000}),
}  # fmt: skip

SIGNAL: dict[str, Any] = {"y": CLIP, "sr": 16000, "n_fft": 256, "hop_length": 64}
PICTURES: dict[str, Any] = {"S": PICTURE, "sr": 16000}
THEIRS: dict[str, Entry] = {
    **{name: (getattr(feature, name), SIGNAL) for name in (
        "melspectrogram", "mfcc", "chroma_stft", "spectral_contrast", "spectral_centroid",
        "spectral_bandwidth", "spectral_rolloff", "poly_features",
    )},
    **{f"{name} of a picture": (getattr(feature, name), PICTURES) for name in (
        "melspectrogram", "mfcc", "chroma_stft", "spectral_contrast", "spectral_centroid",
        "spectral_bandwidth", "spectral_rolloff", "poly_features",
    )},
    "rms": (feature.rms, {"y": CLIP, "frame_length": 256, "hop_length": 64, "center": True}),
    "zero_crossing_rate": (feature.zero_crossing_rate, {
        "y": CLIP, "frame_length": 256, "hop_length": 64, "center": True
    }),
    "delta of librosa": (feature.delta, {"data": PICTURE, "width": 5, "order": 1, "axis": -1}),
    "stack_memory": (feature.stack_memory, {"data": PICTURE, "n_steps": 2, "delay": 1}),
    "stft": (librosa.stft, {
        "y": CLIP, "n_fft": 256, "hop_length": 64, "win_length": 200, "window": "hann",
        "center": True, "pad_mode": "reflect",
    }),
    "istft": (librosa.istft, {
        "stft_matrix": SPECTRUM, "hop_length": 16, "win_length": 64, "n_fft": 64,
        "window": "hann", "center": True, "length": 200,
    }),
    "phase_vocoder": (librosa.phase_vocoder, {"D": SPECTRUM, "rate": 1.3, "hop_length": 16}),
    "power_to_db": (librosa.power_to_db, {
        "S": PICTURE, "ref": 1.0, "amin": 1e-10, "top_db": 80.0
    }),
    "yin": (librosa.yin, {
        "y": CLIP, "fmin": 100.0, "fmax": 800.0, "sr": 8000, "frame_length": 512, "hop_length": 128
    }),
    "pyin": (librosa.pyin, {
        "y": CLIP, "fmin": 200.0, "fmax": 800.0, "sr": 8000, "frame_length": 512,
        "hop_length": 128, "resolution": 0.5, "n_thresholds": 20,
    }),
    "mel": (filters.mel, {"sr": 16000, "n_fft": 512, "n_mels": 40}),
    "chroma": (filters.chroma, {"sr": 16000, "n_fft": 512, "n_chroma": 12}),
    "get_window": (filters.get_window, {"window": "hann", "Nx": 40, "fftbins": True}),
    "hpss of a picture": (decompose.hpss, {"S": PICTURE, "kernel_size": 5, "margin": 1.0}),
    "tonnetz": (feature.tonnetz, {"chroma": PICTURE[:12]}),
    "spectral_flatness": (feature.spectral_flatness, {"y": CLIP, "n_fft": 256, "hop_length": 64}),
    "piptrack": (librosa.piptrack, {**SIGNAL, "threshold": 0.1}),
    "lpc": (librosa.lpc, {"y": CLIP, "order": 8, "axis": -1}),
    "zero_crossings": (librosa.zero_crossings, {"y": CLIP, "threshold": 0.0, "pad": True}),
    "autocorrelate": (librosa.autocorrelate, {"y": CLIP, "max_size": 50, "axis": -1}),
    "resample": (librosa.resample, {"y": CLIP, "orig_sr": 8000, "target_sr": 6000}),
    "hpss": (effects.hpss, {"y": CLIP, "n_fft": 256, "hop_length": 64, "kernel_size": 5}),
    "time_stretch": (effects.time_stretch, {
        "y": CLIP, "rate": 1.2, "n_fft": 256, "hop_length": 64
    }),
    "pitch_shift": (effects.pitch_shift, {
        "y": CLIP, "sr": 8000, "n_steps": 2.0, "bins_per_octave": 12
    }),
    "trim": (effects.trim, {"y": CLIP, "top_db": 20.0, "frame_length": 256, "hop_length": 64}),
    "split": (effects.split, {"y": CLIP, "top_db": 20.0, "frame_length": 256, "hop_length": 64}),
    "preemphasis": (effects.preemphasis, {"y": CLIP, "coef": 0.97}),
    "deemphasis": (effects.deemphasis, {"y": CLIP, "coef": 0.97}),
    "frame": (util.frame, {"x": CLIP, "frame_length": 100, "hop_length": 30, "axis": -1}),
    "normalize": (util.normalize, {"S": PICTURE, "norm": 2.0, "axis": 0, "fill": True}),
    "fix_length": (util.fix_length, {"data": CLIP, "size": 300, "axis": -1}),
    **{name: (getattr(python_speech_features, name), {
        "signal": CLIP, "samplerate": 8000, "winlen": 0.025, "winstep": 0.01, "nfilt": 20,
        "nfft": 256, "lowfreq": 0, "highfreq": 4000, "preemph": 0.97,
    }) for name in ("mfcc", "fbank", "logfbank", "ssc")},
    "get_filterbanks": (python_speech_features.get_filterbanks, {
        "nfilt": 20, "nfft": 256, "samplerate": 8000, "lowfreq": 0, "highfreq": 4000
    }),
    "framesig": (sigproc.framesig, {"sig": CLIP, "frame_len": 200, "frame_step": 80}),
    "logpowspec": (sigproc.logpowspec, {"frames": FRAMES, "NFFT": 16}),
    "delta of python_speech_features": (python_speech_features.delta, {"feat": FRAMES, "N": 2}),
    "lifter": (python_speech_features.lifter, {"cepstra": FRAMES, "L": 22}),
    "feature_extraction": (ShortTermFeatures.feature_extraction, {
        "signal": CLIP, "sampling_rate": 16000, "window": 400, "step": 200, "deltas": True
    }),
    "mid_feature_extraction": (MidTermFeatures.mid_feature_extraction, {
        "signal": CLIP, "sampling_rate": 16000, "mid_window": 1600, "mid_step": 800,
        "short_window": 400, "short_step": 200,
    }),
}  # fmt: skip

# What the originals raise, or NumPy in their place.
OF_ORIGINALS = (
    *fuzzing.REFUSALS, librosa.util.exceptions.ParameterError, ArithmeticError, AssertionError,
    AttributeError, LookupError, MemoryError, RuntimeError, NotImplementedError,
)  # fmt: skip
MEMORY = 2 << 30


def is_finite(result: Any) -> bool:
    return not isinstance(result, np.ndarray) or bool(np.isfinite(result).all())


@pytest.mark.parametrize("seed", range(2))
def test_our_functions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    with fuzzing.memory_limit(MEMORY), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the recipes', of librosa
        for _ in range(fuzzing.CALLS // 2):
            name = fuzzing.choice(rng, list(OURS))
            call, good = OURS[name]
            arguments = fuzzing.mutated(rng, good)
            result = fuzzing.expect(call, name=name, **arguments)
            assert is_finite(result), f"{name} of {fuzzing.shown(arguments)} is not finite"


@pytest.mark.parametrize("seed", range(2))
def test_functions_of_the_stand_ins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    with fuzzing.memory_limit(MEMORY), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(fuzzing.CALLS // 2):
            name = fuzzing.choice(rng, list(THEIRS))
            call, good = THEIRS[name]
            fuzzing.expect(call, name=name, allowed=OF_ORIGINALS, **fuzzing.mutated(rng, good))


#: What people pass by mistake, of every kind.
WRONG = (0, -1, 0.5, 512.0, -0.01, 2**30, 2**64, 1e300, np.nan, None, "a", b"a", [], (1, 2), 1j)
#: As the compiled module says that an argument does not fit: neither which nor what was expected.
OF_BINDINGS = ("incompatible function arg", "incompatible constructor arg", "Invoked with", "_core")


@pytest.mark.parametrize("name", [*OURS, *THEIRS])
def test_no_message_is_that_of_the_bindings(name: str) -> None:
    call, good = OURS[name] if name in OURS else THEIRS[name]
    told: list[str] = []
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(call).parameters.values()
    others = [p.name for p in parameters if p.kind in kinds and p.name != "res_type"]
    with fuzzing.memory_limit(MEMORY), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for parameter in dict.fromkeys([*good, *others]):
            for value in (*WRONG, np.zeros(3)):
                try:
                    call(**{**good, parameter: value})
                except Exception as error:
                    if any(words in str(error) for words in OF_BINDINGS):
                        told.append(f"{name}({parameter}={value!r}) -> {error}")
    assert told == []


@pytest.mark.parametrize("name", [*OURS, *THEIRS])
def test_good_arguments_are_good(name: str) -> None:
    """Or a fuzzer would only see refusals."""
    call, good = OURS[name] if name in OURS else THEIRS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call(**good)


def test_every_public_function_is_called() -> None:
    """Of the package; `load`, `install_as` and data sets have tests of their own."""
    names = {name for name in quaver.__all__ if inspect.isroutine(getattr(quaver, name))}
    others = {"install_as", "load", "show_config", "feature_names", "egemaps_names"}
    others |= {"extract_corpus", "read_corpus_features"}
    assert names - {name.partition(",")[0] for name in OURS} == others
