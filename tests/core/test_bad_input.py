"""What cannot be used is refused with the value in the message; what can never yields NaN."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import quaver
from reference import mel

TARGETS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
CALLS: dict[str, Callable[..., Any]] = {
    "short_term": quaver.short_term,
    "extract": quaver.extract,
    "mfcc": quaver.mfcc,
}
ALL = CALLS | {"log_mel": quaver.log_mel}
NOISE = np.asarray(0.1 * np.random.default_rng(0).standard_normal(8000), np.float32)


@pytest.fixture(params=list(CALLS))
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return CALLS[request.param]


@pytest.fixture(params=list(ALL))
def any_call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return ALL[request.param]


# Lengths and shapes.


def test_no_samples(any_call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"got 0 samples|got 0$"):
        any_call(np.zeros(0, np.float32), 16000)


def test_no_samples_cannot_be_padded(call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="must not be empty, got 0 samples"):
        call(np.zeros(0, np.float32), 16000, pad=True)


@pytest.mark.parametrize("n", [1, 2, 399])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_shorter_than_a_frame(target: str, call: Callable[..., Any], n: int, dtype: type) -> None:
    x = (NOISE[:n] * (20000 if dtype == np.int16 else 1)).astype(dtype)
    with pytest.raises(ValueError, match=f"frame of 400 samples, got {n}; pass pad=True"):
        call(x, 16000)
    padded, by_hand = call(x, 16000, pad=True), call(np.pad(x, (0, 400 - n)), 16000)
    found = getattr(padded, "values", padded)
    assert np.isfinite(found).all()
    assert found.any()
    np.testing.assert_array_equal(found, getattr(by_hand, "values", by_hand))


def test_padding_leaves_longer_clips_alone(call: Callable[..., Any]) -> None:
    for n in (400, 401, 560):
        padded, plain = call(NOISE[:n], 16000, pad=True), call(NOISE[:n], 16000)
        np.testing.assert_array_equal(
            getattr(padded, "values", padded), getattr(plain, "values", plain)
        )


@pytest.mark.parametrize(
    "shape", [(2, 3, 400), (), (1, 1, 400)], ids=["3-D", "a scalar", "3-D of one channel"]
)
def test_wrong_number_of_dimensions(any_call: Callable[..., Any], shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"must have shape \(n,\) or \(channels, n\), got \("):
        any_call(np.zeros(shape, np.float32), 16000)


def test_channels_without_downmix(any_call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"2 channels \(shape \(2, 4000\)\): pass downmix"):
        any_call(NOISE.reshape(2, 4000), 16000)


@pytest.mark.parametrize("shape", [(2, 4000), (8000,)], ids=["stereo", "mono"])
@pytest.mark.parametrize("downmix", [2, -1, "sum", 0.5, True])
def test_wrong_downmix(any_call: Callable[..., Any], downmix: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises((ValueError, TypeError), match="downmix must be"):
        any_call(NOISE.reshape(shape), 16000, downmix=downmix)


def test_channel_of_mono(any_call: Callable[..., Any]) -> None:
    any_call(NOISE, 16000, downmix=0)
    with pytest.raises(ValueError, match="downmix must be a channel below 1, got 1"):
        any_call(NOISE, 16000, downmix=1)


def test_samples_in_the_place_of_channels(any_call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"\(channels, n\), got \(4000, 2\): transpose"):
        any_call(NOISE.reshape(4000, 2), 16000, downmix="mean")


def test_no_channels(any_call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"channels|samples"):
        any_call(np.zeros((0, 4000), np.float32), 16000, downmix="mean")


# Values.


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("index", [0, 1, 63, 64, 4999, 7999])
def test_not_finite(
    target: str, any_call: Callable[..., Any], value: float, dtype: type, index: int
) -> None:
    x = NOISE.astype(dtype)
    x[index] = value
    with pytest.raises(ValueError, match=f"finite.*got {value} at index {index}$"):
        any_call(x, 16000)


def test_first_bad_sample_of_a_view(target: str) -> None:
    x = NOISE.copy()
    x[[10, 7000]] = np.nan
    with pytest.raises(ValueError, match=r"at index 999$"):
        quaver.extract(x[::-1], 16000)
    with pytest.raises(ValueError, match=r"at index 5$"):
        quaver.extract(x[::2], 16000)


def test_bad_channel_is_found_only_where_it_is_used() -> None:
    stereo = np.stack([NOISE, NOISE])
    stereo[1, 5] = np.nan
    quaver.extract(stereo, 16000, downmix=0)
    for downmix in (1, "mean"):
        with pytest.raises(ValueError, match=r"nan at index 5$"):
            quaver.extract(stereo, 16000, downmix=downmix)


def test_too_large_for_float32(target: str, any_call: Callable[..., Any]) -> None:
    x = NOISE.astype(np.float64)
    x[17] = 1e39  # would be infinite
    with pytest.raises(ValueError, match=r"1e12.*at index 17$"):
        any_call(x, 16000)


@pytest.mark.parametrize("downmix", [0, "mean"])
def test_too_large_in_a_channel(any_call: Callable[..., Any], downmix: Any) -> None:
    stereo = np.stack([NOISE, NOISE]).astype(np.float64)
    stereo[:, 17] = 1e39
    with pytest.raises(ValueError, match=r"1e12.*at index 17$"):
        any_call(stereo, 16000, downmix=downmix)


@pytest.mark.parametrize("pad_mode", ["constant", "reflect", "edge"])
@pytest.mark.parametrize("center", [False, True])
def test_index_does_not_count_padding(pad_mode: Any, center: bool) -> None:
    x = NOISE.copy()
    x[[10, 7990]] = np.nan
    with pytest.raises(ValueError, match=r"nan at index 10$"):
        quaver.log_mel(x, 16000, pad_mode=pad_mode, center=center)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quaver.log_mel(NOISE, 16000, power=NOISE), "power must be a number"),  # type: ignore[arg-type]
        (lambda: quaver.log_mel(NOISE, 16000, htk="yes"), "htk must be True or False, got 'yes'"),  # type: ignore[arg-type]
        (lambda: quaver.feature_names(16000), "config must be a FeatureConfig, got int"),  # type: ignore[arg-type]
        (lambda: quaver.functionals(NOISE[:, None], statistics="mean"), "the string 'mean'"),  # type: ignore[arg-type]
    ],
)
def test_arguments_of_wrong_kinds(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(8000, complex),
        np.zeros(8000, object),
        np.zeros(8000, bool),
        np.zeros(8000, np.int32),
        np.zeros(8000, np.uint8),
        np.array(["a"] * 8000),
        "clip.wav",
        b"RIFF",
        None,
        {"samples": 1},
    ],
    ids=lambda s: str(getattr(s, "dtype", type(s).__name__)),
)
def test_wrong_kind_of_samples(any_call: Callable[..., Any], samples: Any) -> None:
    with pytest.raises(TypeError, match="samples must be int16, float32 or float64, got"):
        any_call(samples, 16000)


# Rates and configurations.


@pytest.mark.parametrize("rate", [0, -16000, 0.5, 16000.5, np.nan, np.inf])
def test_impossible_rate(any_call: Callable[..., Any], rate: float) -> None:
    with pytest.raises(ValueError, match=f"sample_rate must be .*, got {rate}"):
        any_call(NOISE, rate)


@pytest.mark.parametrize("rate", [None, "16000", True, [16000]])
def test_rate_of_another_kind(any_call: Callable[..., Any], rate: Any) -> None:
    with pytest.raises(TypeError, match="sample_rate must be a number, got"):
        any_call(NOISE, rate)


def test_rate_is_required(any_call: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="sample_rate"):
        any_call(NOISE)


@pytest.mark.parametrize("rate", [16000.0, np.int64(16000), np.float64(16000)])
def test_whole_rates_of_any_kind(rate: float) -> None:
    expected = quaver.extract(NOISE, 16000)
    np.testing.assert_array_equal(quaver.extract(NOISE, rate), expected)


def test_rate_and_configuration_disagree(call: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"8000 Hz but config\.sample_rate is 16000"):
        call(NOISE, 8000, config=quaver.FeatureConfig())


def test_configuration_of_another_kind(call: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="config must be a FeatureConfig, got dict"):
        call(NOISE, 16000, config={"n_mfcc": 13})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"frame_length": 600, "n_fft": 512}, "frame_length 600 and n_fft 512"),
        ({"frame_length": 0}, "frame_length must be positive, got 0"),
        ({"hop_length": -160}, "hop_length must be positive, got -160"),
        ({"n_mels": 0}, "n_mels must be positive, got 0"),
        ({"pre_emphasis": 1.5}, "pre_emphasis must lie in .*, got 1.5"),
        ({"pre_emphasis": float("nan")}, "pre_emphasis must lie in .*, got nan"),
        ({"window": "kaiser"}, "window must be one of .*, got 'kaiser'"),
        ({"delta_order": 3}, "delta_order must be 0, 1 or 2, got 3"),
        ({"delta_width": 4}, "delta_width must be .*, got 4"),
        ({"trim_db": -3}, "trim_db must be .*, got -3"),
        ({"features": ("noise",)}, "features must be among .*noise"),
        ({"features": ()}, "features must be among"),
        ({"statistics": ("mode",)}, "statistics must be among .*mode"),
        ({"sample_rate": 0}, "sample_rate must be .*, got 0"),
    ],
    ids=str,
)
def test_wrong_configuration(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quaver.FeatureConfig(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_mfcc": 13.0}, "n_mfcc must be an int, got float"),
        ({"n_fft": True}, "n_fft must be an int, got bool"),
        ({"delta_order": 1.0}, "delta_order must be an int, got float"),
        ({"delta_order": True}, "delta_order must be an int, got bool"),
        ({"delta_width": "9"}, "delta_width must be an int, got str"),
        ({"fmin": "100"}, "fmin must be a number, got '100'"),
        ({"rolloff": True}, "rolloff must be a number, got True"),
        ({"trim_db": [30]}, r"trim_db must be a number, got \[30\]"),
        ({"features": "mfcc"}, "features must be a tuple of names, got the string 'mfcc'"),
        ({"features": None}, "features must be a tuple of names, got None"),
        ({"statistics": 3}, "statistics must be a tuple of names, got 3"),
        ({"window": np.hanning(400)}, "window must be a name, got ndarray"),
    ],
    ids=str,
)
def test_configuration_of_wrong_kinds(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        quaver.FeatureConfig(**options)


@pytest.mark.parametrize("n_mfcc", [13.0, True])
def test_a_kept_plan_does_not_let_another_kind_in(n_mfcc: Any) -> None:
    quaver.mfcc(NOISE, 16000, n_mfcc=int(n_mfcc))  # equal to n_mfcc, and so is its hash
    with pytest.raises(TypeError, match="n_mfcc must be an int, got"):
        quaver.mfcc(NOISE, 16000, n_mfcc=n_mfcc)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_blocks": 401}, r"n_blocks must .*\(400\), got 401"),
        ({"n_bands": 258}, r"n_bands must .*\(257\), got 258"),
        ({"rolloff": 0.0}, "rolloff must lie in .*, got 0"),
        ({"rolloff": 1.1}, "rolloff must lie in .*, got 1.1"),
        ({"n_mfcc": 41}, r"n_mfcc must .*\(40\), got 41"),
        ({"fmin": -1.0}, "fmin"),
        ({"fmin": 5000.0, "fmax": 4000.0}, "fmin 5000.* fmax 4000"),
        ({"fmax": 8001.0}, "fmax 8001"),
        ({"n_mels": 256}, "n_mels 256 is too many for n_fft 512: .*bands 0"),
    ],
    ids=str,
)
def test_configuration_that_cannot_run(options: dict[str, Any], message: str) -> None:
    """Refused at the latest when it is used."""
    with pytest.raises(ValueError, match=message):
        quaver.extract(NOISE, 16000, config=quaver.FeatureConfig(**options))


ABSURD = {
    "hop_length": "quaver.extract(x, 16000, config=quaver.FeatureConfig(hop_length=2**62))",
    "n_fft": "quaver.extract(x, 16000, config=quaver.FeatureConfig(n_fft=2**62))",
    "n_mels": "quaver.mfcc(x, 16000, config=quaver.FeatureConfig(n_mels=2**62))",
    "hop_length of log_mel": "quaver.log_mel(x, 16000, hop_length=2**62)",
    "width": "quaver.delta(x[:, None], width=2**62 + 1)",
}


@pytest.mark.parametrize("name", list(ABSURD))
def test_sizes_that_overflow_are_refused(name: str) -> None:
    """In a process of its own: a size that wraps around would write past a buffer, or never end."""
    done = subprocess.run(
        [sys.executable, "-c", f"import numpy as np, quaver; x = np.zeros(800); {ABSURD[name]}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 1
    assert f"ValueError: {name.split()[0]}" in done.stderr


def test_every_empty_band_is_named() -> None:
    bank = mel.filter_bank(512, 16000, 200)
    empty = ", ".join(str(m) for m in np.flatnonzero(~bank.any(axis=1)))
    with pytest.raises(ValueError, match=f"the bands {empty};"):
        quaver.mfcc(NOISE, 16000, config=quaver.FeatureConfig(n_mels=200))


# Nothing finite yields NaN.


@pytest.mark.parametrize("rate", [4000, 8000, 11025, 16000, 44100, 96000])
@pytest.mark.parametrize("kind", ["noise", "silence", "denormal", "huge", "one step", "constant"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_always_finite(target: str, rate: int, kind: str, dtype: type) -> None:
    n = rate // 2
    integers = dtype == np.int16
    x = {
        "noise": np.random.default_rng(1).uniform(-1, 1, n) * (32767 if integers else 1),
        "silence": np.zeros(n),
        "denormal": np.where(np.arange(n) % 2, 1, -1) * (1 if integers else 1e-40),
        "huge": np.where(np.arange(n) % 3, 1, -1) * (32767 if integers else 9e11),
        "one step": np.where(np.arange(n) < n // 2, 0, 32767 if integers else 1),
        "constant": np.full(n, -32768 if integers else -1),
    }[kind].astype(dtype)
    for delta_width in (None, 9):
        config = quaver.FeatureConfig(sample_rate=rate, delta_order=2, delta_width=delta_width)
        assert np.isfinite(quaver.short_term(x, rate, config=config).values).all()
        assert np.isfinite(quaver.extract(x, rate, config=config)).all()
    assert np.isfinite(quaver.log_mel(x, rate, n_mels=32)).all()


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_defaults_at_8_khz(target: str, any_call: Callable[..., Any], dtype: type) -> None:
    x = (NOISE * (20000 if dtype == np.int16 else 1)).astype(dtype)
    result = any_call(x, 8000)
    found = getattr(result, "values", result)
    frames = {
        quaver.extract: (len(quaver.feature_names()),),
        quaver.log_mel: (16, 128),
        quaver.mfcc: (98, 13),
    }
    assert found.shape == frames.get(any_call, (98, len(quaver.frame_names())))
    assert np.isfinite(found).all()
    if any_call is quaver.short_term:
        assert found[:, [3, 7]].max() <= 4000  # centroid and roll-off


@TARGETS
@given(
    exponent=st.floats(-45, 11.9),
    seed=st.integers(0, 100),
    tone=st.booleans(),
)
def test_any_scale_is_finite(target: str, exponent: float, seed: int, tone: bool) -> None:
    noise = np.random.default_rng(seed).uniform(-1, 1, 3000)
    x = (10.0**exponent * (np.sin(np.arange(3000) * 0.3) if tone else noise)).astype(np.float32)
    found = quaver.short_term(x, 16000).values
    assert np.isfinite(found).all()
    ranges = [(0, 1), (0, np.inf), (0, np.log2(10)), (0, 8000), (0, 8000), (0, np.log2(10))]
    for column, (low, high) in zip(found.T, [*ranges, (0, 2), (0, 8000)], strict=False):
        assert low <= column.min()
        assert column.max() <= high * (1 + 1e-5)
    assert np.isfinite(quaver.extract(x, 16000)).all()
    assert np.isfinite(quaver.log_mel(x, 16000)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_largest_magnitude_is_accepted(target: str, dtype: type) -> None:
    """The bound that the message names is itself allowed."""
    assert np.isfinite(quaver.extract(np.full(2000, 1e12, dtype), 16000)).all()
    with pytest.raises(ValueError, match="at most 1e12"):
        quaver.extract(np.full(2000, 1.001e12, dtype), 16000)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-40, 1e-30])
def test_silence_is_zero(target: str, value: float) -> None:
    """Power below float32's range is silence."""
    found = quaver.short_term(np.full(2000, value, np.float32), 16000).values
    assert not found[:, 1:8].any()
    assert not found[:, 0].any()
    np.testing.assert_allclose(found[:, 8], -100 * np.sqrt(40), rtol=1e-6)
    vector = quaver.extract(np.full(2000, value, np.float32), 16000)
    assert np.isfinite(vector).all()
    picture = quaver.log_mel(np.full(2000, value, np.float32), 16000)
    np.testing.assert_allclose(picture, -100, rtol=1e-6)


def test_lengths_follow_another_rate_unless_they_were_given() -> None:
    config, at_48 = quaver.FeatureConfig(), quaver.FeatureConfig(sample_rate=48000)
    for other in (
        config,
        copy.deepcopy(config),
        pickle.loads(pickle.dumps(config)),
        quaver.FeatureConfig.from_dict(json.loads(json.dumps(config.to_dict()))),
    ):
        moved = dataclasses.replace(other, sample_rate=48000)
        assert moved == at_48
        assert hash(moved) == hash(at_48)
        assert repr(moved) == repr(at_48)
    given = quaver.FeatureConfig(frame_length=400, fmax=6000.0)
    moved = dataclasses.replace(given, sample_rate=48000)
    assert (moved.frame_length, moved.hop_length, moved.n_fft) == (400, 480, 512)
    assert moved.fmax == 6000.0
    assert (
        quaver.FeatureConfig(sample_rate=48000, frame_length=config.frame_length).frame_length
        == 400
    )
    assert dataclasses.replace(config, frame_length=1024).n_fft == 1024
    kinds = {type(value) for value in config.to_dict().values()}
    assert kinds == {int, float, str, bool, list, type(None)}


def test_rates_beyond_the_highest() -> None:
    samples = np.zeros(1500)
    for call in (
        lambda: quaver.extract(samples, 100_000_000, pad=True),
        lambda: quaver.log_mel(samples, 1_000_001),
        lambda: quaver.FeatureConfig(sample_rate=2**40),
    ):
        with pytest.raises(ValueError, match="sample_rate must be at most 1000000 Hz, got "):
            call()
    assert quaver.FeatureConfig(sample_rate=1_000_000).frame_length == 25_000


@pytest.mark.parametrize("values", [[[3e38], [-3e38]], [[0.0], [9e37]]])
def test_values_whose_differences_are_no_numbers(values: list[list[float]]) -> None:
    for call in (quaver.functionals, quaver.delta):
        with pytest.raises(ValueError, match=r"at most 8e\+37 in magnitude, got .* at frame [01]"):
            call(values)


def test_the_largest_values_have_finite_statistics_and_derivatives() -> None:
    values = np.array([[8e37], [-8e37], [8e37], [8e37], [-8e37]])
    assert np.isfinite(quaver.functionals(values)).all()
    for options in ({}, {"order": 2}, {"width": 3}, {"width": 3, "order": 2}, {"width": 5}):
        assert np.isfinite(quaver.delta(values, **options)).all()


def test_a_thread_gives_back_what_a_huge_transform_took() -> None:
    program = """if True:
        import numpy as np, quaver
        from quaver.compat import librosa, pyaudioanalysis, python_speech_features
        def resident():
            lines = open("/proc/self/status").read().splitlines()
            return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024
        size = 2**19
        config = quaver.FeatureConfig(frame_length=size, hop_length=size, n_fft=size)
        samples = np.zeros(size, np.float32)
        quaver.extract(samples[:16000], 16000)
        before = resident()
        quaver.extract(samples, 16000, config=config)
        quaver.log_mel(samples, 16000, n_fft=size)
        librosa.istft(librosa.stft(samples, n_fft=size))
        python_speech_features.mfcc(samples, nfft=size, winlen=1, winstep=1)
        pyaudioanalysis.ShortTermFeatures.feature_extraction(samples, 16000, size, size)
        print(resident() - before)
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 300  # MiB, of plans above all; with scratch it would be 500
