"""Random calls of the stand-ins, by groups of functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from fuzz.drawing import Case, Draw, first


def core(draw: Draw) -> Case:
    name = draw.pick(
        "stft", "istft", "magphase", "power_to_db", "amplitude_to_db", "db_to_power",
        "db_to_amplitude", "resample", "to_mono", "get_duration",
    )  # fmt: skip
    if name == "stft":
        return Case(name, (draw.signal(),), draw.framing() | draw.some(dtype=(np.complex64,)))
    if name in ("istft", "magphase"):
        S = draw.picture(finite=True)  # what is not finite reaches what depends on it, and no more
        D = (S * np.exp(1j * draw.rng.uniform(0, 6, S.shape))).astype(
            draw.often(np.complex64 if S.dtype == np.float32 else np.complex128, np.complex64)
        )
        if name == "magphase" or not D.shape[-1]:
            return Case("magphase", (draw.laid(D),), draw.some(power=(1, 2, 0.5)))
        options = draw.some(
            hop_length=(64, 100, 512), win_length=(None, 100), window=("hann", "hamming"),
            center=(True, False), length=(1000, 4000, 1), dtype=(np.float32, np.float64),
        )  # fmt: skip
        return Case(name, (draw.laid(D),), options)
    if name.endswith("to_db"):
        S = draw.picture(negative=draw.rng.random() < 0.1)
        options = draw.some(
            ref=(1.0, np.max, np.median, 0.5, -2.0, 0.0, np.float32(3)),
            amin=(1e-10, 1e-5, 1e-40, 0, -1.0, 1), top_db=(80.0, None, 20, 0, -1),
        )  # fmt: skip
        return Case(name, (S,), options)
    if name.startswith("db_to"):
        return Case(name, (draw.picture(negative=True) * 10,), draw.some(ref=(1.0, 0.5, 3)))
    if name == "resample":
        options = draw.some(
            res_type=("soxr_hq", "soxr_qq", "fft", "polyphase", "soxr_bogus"), fix=(True, False),
            scale=(True, False), axis=(-1, 0),
        )  # fmt: skip
        rates = {
            "orig_sr": draw.pick(22050, 16000, 8000),
            "target_sr": draw.pick(16000, 8000, 11025),
        }
        return Case(name, (draw.signal(integers=False),), rates | options)
    if name == "to_mono":
        return Case(name, (draw.signal(),))
    options = {"y": draw.signal()} if draw.rng.random() < 0.5 else {"S": draw.picture()}
    return Case(name, (), options | draw.some(sr=(16000,), n_fft=(512, 400), center=(False,)))


def tonal(draw: Draw) -> Case:
    """Constant-Q transforms and what is made of them, and Kaiser filters."""
    name = draw.pick("cqt", "cqt", "feature.chroma_cqt", "feature.tonnetz", "resample")
    n = draw.often(int(draw.rng.integers(9000, 16000)), 2, 100, 4000)
    y = draw.signal((*draw.pick((), (), (2,)), n), half=False, integers=False, noisy=True)
    if name == "resample":
        rates = {"orig_sr": draw.pick(48000, 44100, 16000), "target_sr": draw.pick(16000, 22050)}
        options = draw.some(fix=(True, False), scale=(True, False))
        kind = draw.pick("kaiser_best", "kaiser_fast")
        return Case(name, (y,), rates | options | {"res_type": kind})
    options = draw.some(
        sr=(22050, 16000, 48000, 8000), hop_length=(512, 256, 100), fmin=(None, 65.0),
        tuning=(0.0, 0.2, -0.13),
    )  # fmt: skip
    if name == "cqt":
        options |= draw.some(
            n_bins=(84, 60, 30, 1), bins_per_octave=(12, 24, 36), norm=(1, 2, None, np.inf),
            sparsity=(0.01, 0.0), filter_scale=(1, 0.5), scale=(True, False),
            window=("hann", "hamming"), pad_mode=("constant", "reflect"),
        )  # fmt: skip
        return Case(name, (y,), options)
    options |= draw.some(
        n_chroma=(12, 24), bins_per_octave=(36, 12, None, 13), threshold=(0.0, 0.2, None),
        norm=(np.inf, 2, None), n_octaves=(7, 5), cqt_mode=("full", "hybrid"),
    )  # fmt: skip
    return Case(name, (), {"y": y, **options})


def conversions(draw: Draw) -> Case:
    name = draw.pick(
        "hz_to_mel", "mel_to_hz", "hz_to_midi", "midi_to_hz", "hz_to_octs", "frames_to_samples",
        "frames_to_time", "samples_to_frames", "samples_to_time", "time_to_frames",
        "time_to_samples", "mel_frequencies", "fft_frequencies", "times_like", "samples_like",
    )  # fmt: skip
    values: Any = draw.pick(
        440.0, 3, [1.0, 1500.0, 20.0], draw.rng.uniform(0, 4000, (2, 3)), np.arange(5),
        np.array(7.0), np.float32(300), draw.rng.uniform(0, 4000, 4).astype(np.float32),
    )  # fmt: skip
    if name == "mel_frequencies":
        return Case(
            name,
            (draw.pick(1, 2, 40, 128),),
            draw.some(fmin=(0.0, 80), fmax=(4000.0,), htk=(True,)),
        )
    if name == "fft_frequencies":
        return Case(name, (), draw.some(sr=(16000, 8000.0), n_fft=(512, 441, 1)))
    if name.endswith("_like"):
        return Case(
            name,
            (draw.pick(np.zeros((3, 5)), 7, np.zeros((2, 3, 4))),),
            draw.some(hop_length=(160,), n_fft=(512,)),
        )
    options: dict[str, Any] = {}
    if name.startswith("frames") or name.endswith("frames"):
        options = draw.some(hop_length=(160, 512), n_fft=(None, 400))
    if "mel" in name:
        options = draw.some(htk=(True, False))
    if name == "hz_to_octs":
        options = draw.some(tuning=(0.25, 0.0), bins_per_octave=(12, 24))
    if "time" in name:
        options |= draw.some(sr=(16000, 22050.0))
    return Case(name, (values,), options)


_SPECTRAL: dict[str, dict[str, tuple[Any, ...]]] = {
    "melspectrogram": {
        "power": (2.0, 1.0, 1, 1.5, 0), "n_mels": (128, 40, 26, 1, 0), "fmin": (0.0, 80, 20000),
        "fmax": (None, 4000.0, 1.0), "htk": (True, False), "norm": ("slaney", None, np.inf, 2, "x"),
        "dtype": (np.float32, np.float64),
    },
    "mfcc": {
        "n_mfcc": (20, 13, 40, 0, 200, -1), "dct_type": (2, 3, 1, 5), "norm": ("ortho", None),
        "lifter": (0, 22, -1, 2.5), "n_mels": (128, 40), "power": (2.0, 1.0),
    },
    "chroma_stft": {
        "norm": (np.inf, 2, None, 1, 0, -1), "tuning": (0.0, 0.2), "n_chroma": (12, 24, 7),
        "octwidth": (2, None), "base_c": (True, False),
    },
    "spectral_contrast": {
        "n_bands": (6, 3, 0, 9, 2.0), "fmin": (200.0, 50, 0, 5000.0),
        "quantile": (0.02, 0.5, 1.0, 0.0), "linear": (True, False),
    },
    "spectral_centroid": {},
    "spectral_bandwidth": {"p": (2, 1, 3.0), "norm": (True, False)},
    "spectral_rolloff": {"roll_percent": (0.85, 0.1, 0.0, 1.0, 0.99)},
    "spectral_flatness": {"amin": (1e-10, 1e-30, 0, 1e-3), "power": (2.0, 1.0, 0.5)},
    "poly_features": {"order": (1, 0, 2, 4, 1.0, -1)},
}  # fmt: skip


def features(draw: Draw) -> Case:
    """Of signals."""
    name = draw.pick(*_SPECTRAL, *_SPECTRAL, "rms", "zero_crossing_rate")
    y = draw.signal(noisy=name in ("chroma_stft", "spectral_contrast"))
    if name in _SPECTRAL:
        options = draw.framing() | draw.some(**_SPECTRAL[name])
        if name != "spectral_flatness":
            options["sr"] = draw.rate()
        if name == "chroma_stft" and "tuning" not in options:
            options.pop("win_length", None)  # flat spectra have no tuning but by rounding
        return Case(f"feature.{name}", (), {"y": y, **options})
    options = draw.some(
        frame_length=(2048, 400, 1000, 1, 0), hop_length=(512, 160, 1, 0), center=(True, False)
    )
    if name == "rms":
        options |= draw.some(pad_mode=("reflect", "edge"), dtype=(np.float64,))
        return Case("feature.rms", (), {"y": y, **options})
    options |= draw.some(threshold=(0, 1e-3, 0.1), pad=(True, False), zero_pos=(True, False))
    return Case("feature.zero_crossing_rate", (y,), options)


def pictures(draw: Draw) -> Case:
    """Features of spectrograms, and of features."""
    name = draw.pick(*_SPECTRAL, "rms", "delta", "stack_memory", "tonnetz", "hpss", "vocoder")
    if name == "delta":
        options = draw.some(
            width=(9, 3, 5, 4, 1, 21, 9.0), order=(1, 2, 3, 0, 1.0), axis=(-1, 0),
            mode=("interp", "nearest", "mirror", "wrap", "constant", "x"), polyorder=(2, 9),
            cval=(1.0,),
        )  # fmt: skip
        return Case("feature.delta", (draw.picture(draw.pick(13, 20), negative=True),), options)
    if name == "stack_memory":
        options = draw.some(
            n_steps=(2, 3, 1, 0, 2.0), delay=(1, 2, -1, 1.0, 1.5, -2.0, 0, 40),
            mode=("constant", "edge"), constant_values=(1.0,),
        )  # fmt: skip
        options = options if options.get("mode") != "edge" else {**options, "constant_values": 0}
        if options.get("mode") == "edge":
            del options["constant_values"]
        S = draw.picture(draw.pick(1, 13))
        return Case(
            "feature.stack_memory",
            (S[..., 0, :] if S.ndim == 2 and S.shape[0] == 1 else S,),
            options,
        )
    if name == "tonnetz":
        return Case("feature.tonnetz", (), {"chroma": draw.picture(draw.pick(12, 12, 24))})
    if name == "hpss":
        S = draw.picture(129, finite=True)
        S = S[..., :0] if S.shape[-1] < 16 else S  # SciPy reads beyond short ones
        options = draw.some(
            kernel_size=(31, (5, 9), 3), power=(2.0, 1.0, 0, np.inf), mask=(True, False),
            margin=(1.0, (1.0, 3.0), 0.5),
        )  # fmt: skip
        return Case("decompose.hpss", (S,), options)
    if name == "vocoder":
        D = draw.picture(129, finite=True) * (1 + 0.3j)
        return Case("phase_vocoder", (D.astype(np.complex128),), {"rate": draw.pick(1.0, 2.0, 0.7)})
    S = draw.picture(negative=draw.rng.random() < 0.05, finite=name == "mfcc")
    if name == "rms":
        options = {"frame_length": 2 * S.shape[-2] - draw.often(2, 1, 3)} | draw.some(
            dtype=(np.float64,)
        )
        return Case("feature.rms", (), {"S": S, **options})
    options = draw.some(**_SPECTRAL[name])
    for other in ("n_mels", "power", "fmin", "dtype") if name == "mfcc" else ():
        options.pop(other, None)
    if name != "spectral_flatness":
        options["sr"] = draw.rate()
    return Case(f"feature.{name}", (), {"S": S, **options})


def effects(draw: Draw) -> Case:
    name = draw.pick("trim", "split", "preemphasis", "deemphasis", "hpss", "harmonic", "percussive")
    y = draw.signal()
    options: dict[str, Any]
    if name in ("trim", "split"):
        options = draw.some(
            top_db=(60, 20, 5.5, -3, 0), ref=(np.max, 1.0, np.median), frame_length=(2048, 400, 0),
            hop_length=(512, 100, 0), aggregate=(np.max, np.mean),
        )  # fmt: skip
    elif name.endswith("emphasis"):
        options = draw.some(
            coef=(0.97, 0.5, 0.0, 1.0, -0.3), return_zf=(True, False), zi=(0.0, [0.5])
        )
        if y.dtype.kind == "f" and name == "deemphasis" and y.dtype.itemsize == 4:
            options["coef"] = 0.9  # librosa's float32 recursion drifts for longer memories
    else:
        options = draw.some(
            kernel_size=(31, (5, 9)), power=(2.0, 1.0), mask=(False, True), margin=(1.0, 3.0),
            n_fft=(512, 1024), hop_length=(160, 256),
        )  # fmt: skip
        options["hop_length"] = 64
        y = y if y.shape[-1] >= 2047 else y[..., :0]  # SciPy's median reads beyond short pictures
    return Case(f"effects.{name}", (y,), options)


def pitch(draw: Draw) -> Case:
    name = draw.pick(
        "yin", "pyin", "piptrack", "pitch_tuning", "estimate_tuning", "lpc", "autocorrelate",
        "zero_crossings",
    )  # fmt: skip
    if name == "pitch_tuning":
        values = draw.rng.uniform(0, 2000, draw.pick(0, 1, 50))
        options = draw.some(resolution=(0.01, 0.1), bins_per_octave=(12, 24))
        return Case(name, (draw.pick(values, values.tolist(), values.astype(np.float32)),), options)
    if name in ("piptrack", "estimate_tuning"):
        y = draw.signal(noisy=True)
        source = {"y": y} if draw.rng.random() < 0.5 else {"S": draw.picture()}
        options = draw.some(
            n_fft=(1024,), fmin=(150.0, 0), fmax=(4000.0, 1e5), threshold=(0.1, 0.5)
        )
        return Case(name, (), {**source, "sr": draw.rate(), **options})
    y = draw.signal(integers=name != "lpc", half="yin" not in name, noisy="yin" in name)
    if name == "lpc":
        y = y.astype(np.float64) if y.dtype.kind == "f" else y
        order = draw.often(min(12, max(1, y.shape[-1])), 1, 2.0, 0)
        return Case(name, (y,), {"order": min(order, max(1, y.shape[-1]))})
    if name == "autocorrelate":
        return Case(name, (y,), draw.some(max_size=(100, 1, 10**6, 0, 12.0), axis=(-1, 0)))
    if name == "zero_crossings":
        options = draw.some(
            threshold=(0, 1e-3, 0.1, -1.0), pad=(True, False), zero_pos=(True, False), axis=(-1, 0),
            ref_magnitude=(None, 2.0, np.max),
        )  # fmt: skip
        return Case(name, (y,), options)
    options = {"fmin": draw.often(65.0, 80, 0, 500), "fmax": draw.often(400.0, 2000.0, 1e5)}
    options |= draw.some(
        sr=(16000,), frame_length=(1024, 4096), hop_length=(256, 300, 0), center=(True, False),
        pad_mode=("reflect", "edge"),
    )  # fmt: skip
    if name == "yin":
        return Case(name, (y,), options | draw.some(trough_threshold=(0.1, 0.5, 0.0)))
    options |= draw.some(fill_na=(None, 0.0), switch_prob=(0.1,), resolution=(0.2,))
    return Case(name, (y,), options)


def utilities(draw: Draw) -> Case:
    name = draw.pick(
        "util.frame", "util.normalize", "util.fix_length", "util.pad_center", "util.expand_to",
        "util.valid_audio", "util.tiny", "util.abs2", "util.is_positive_int", "filters.mel",
        "filters.chroma", "filters.get_window",
    )  # fmt: skip
    if name == "filters.mel":
        options = draw.some(
            **{
                key: _SPECTRAL["melspectrogram"][key]
                for key in ("n_mels", "fmin", "fmax", "htk", "norm", "dtype")
            }
        )
        return Case(name, (), {"sr": draw.rate(), "n_fft": draw.pick(2048, 512, 441), **options})
    if name == "filters.chroma":
        options = draw.some(
            n_chroma=(12, 24, 1), tuning=(0.1, 0.0), ctroct=(5.0, 3), octwidth=(2, None, 0.5),
            norm=(2, None, np.inf), base_c=(False,), dtype=(np.float64,),
        )  # fmt: skip
        return Case(name, (), {"sr": draw.rate(), "n_fft": draw.pick(2048, 512, 441), **options})
    if name == "filters.get_window":
        window = draw.pick(
            "hann",
            "hamming",
            "blackman",
            "boxcar",
            ("gaussian", 7.0),
            8.6,
            "x",
            np.ones,
            np.ones(5),
            None,
        )
        return Case(name, (window, draw.pick(5, 8, 1, 0, 400)), draw.some(fftbins=(True, False)))
    if name == "util.is_positive_int":
        return Case(name, (draw.pick(1, 0, -1, 1.0, np.int64(3), True, np.float32(2)),))
    x = draw.picture(negative=True) if draw.rng.random() < 0.5 else draw.signal()
    if name == "util.frame":
        options = {"frame_length": draw.pick(1, 3, 100, 0), "hop_length": draw.pick(1, 2, 50, 0)}
        return Case(name, (x,), options | draw.some(axis=(-1, 0)))
    if name == "util.normalize":
        options = draw.some(
            norm=(np.inf, -np.inf, 0, 1, 2, 0.5, -1, None, "x"), axis=(0, -1, None),
            threshold=(None, 1e-3, 0, 10.0), fill=(None, True, False, 3),
        )  # fmt: skip
        return Case(name, (x,), options)
    if name in ("util.fix_length", "util.pad_center"):
        return Case(
            name,
            (x,),
            {"size": draw.pick(0, 10, 3000, 10000)} | draw.some(axis=(-1, 0), mode=("edge",)),
        )
    if name == "util.expand_to":
        return Case(
            name, (x,), {"ndim": draw.pick(1, 2, 4), "axes": draw.pick(-1, 0, (0, 1), [-2, -1])}
        )
    return Case(name, (x,))


def speech_features(draw: Draw) -> Case:
    name = draw.pick(
        "mfcc", "fbank", "logfbank", "ssc", "delta", "lifter", "get_filterbanks",
        "sigproc.framesig", "sigproc.preemphasis", "sigproc.powspec", "sigproc.magspec",
        "sigproc.logpowspec",
    )  # fmt: skip
    y = draw.signal((draw.often(int(draw.rng.integers(500, 6000)), 1, 2, 400),))
    if name in ("mfcc", "fbank", "logfbank", "ssc"):
        options = draw.some(
            winlen=(0.025, 0.02, 0.5, 0.0), winstep=(0.01, 0.0125), nfilt=(26, 40, 1),
            nfft=(512, 1024, 400), lowfreq=(0, 100), highfreq=(None, 4000, 1e5),
            preemph=(0.97, 0, 0.5), winfunc=(np.hamming, np.hanning),
        )  # fmt: skip
        if name == "mfcc":
            options |= draw.some(
                numcep=(13, 20, 40, 1), ceplifter=(22, 0), appendEnergy=(True, False)
            )
        return Case(name, (y, draw.often(draw.rate(), 11025)), options)
    if name == "get_filterbanks":
        return Case(
            name,
            (),
            draw.some(
                nfilt=(20, 40, 1),
                nfft=(512, 400),
                samplerate=(16000, 8000),
                lowfreq=(0, 50),
                highfreq=(None, 3000),
            ),
        )
    if name == "sigproc.preemphasis":
        return Case(name, (y,), draw.some(coeff=(0.95, 0, 1)))
    if name == "sigproc.framesig":
        options = draw.some(winfunc=(np.hamming,), stride_trick=(True, False))
        return Case(name, (y, draw.pick(400, 160.5, 1), draw.pick(160, 99.5, 1)), options)
    x = draw.picture(draw.pick(13, 26, 400))
    x = first(x, 2)
    if name == "delta":
        return Case(name, (x, draw.pick(1, 2, 5, 0)))
    if name == "lifter":
        return Case(name, (x.T if x.shape[0] < 30 else x,), draw.some(L=(22, 0, 10)))
    return Case(name, (x, draw.pick(512, 16, 30)))


def audio_analysis(draw: Draw) -> Case:
    n = draw.often(int(draw.rng.integers(3000, 9000)), 1, 500, 800)
    y = draw.signal((n,), noisy=True)
    rate = draw.pick(16000, 22050, 44100, 8000, np.array(16000))
    window, step = draw.pick(800, 1102, 441, 2205, 800.0), draw.pick(400, 441, 800, 400.0)
    if draw.rng.random() < 0.3:
        return Case("mid.mid_feature_extraction", (y, rate, 3200, 1600, window, step))
    return Case(
        "short.feature_extraction", (y, rate, window, step), draw.some(deltas=(True, False))
    )
