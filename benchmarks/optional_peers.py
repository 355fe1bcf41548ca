"""Libraries with feature sets of their own, used as their documentation shows.

Each function returns a callable that takes a clip at 16 kHz, made once as a user would; a library
that is not installed skips by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from peers import FRAME, HOP, N_FFT, RATE, statistics

Array = NDArray[np.float32]
Work = Callable[[Array], Any]


def pyaudioanalysis_short_term() -> Work:
    """34 features and their deltas; mono float samples, window and step in samples."""
    module = pytest.importorskip("pyAudioAnalysis.ShortTermFeatures")
    return lambda x: module.feature_extraction(x, RATE, FRAME, HOP)[0]


def pyaudioanalysis() -> Work:
    frames = pyaudioanalysis_short_term()
    return lambda x: statistics(frames(x))


def opensmile_egemaps() -> Work:
    """88 functionals of 25 low-level descriptors."""
    opensmile = pytest.importorskip("opensmile")
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    return lambda x: smile.process_signal(x, RATE)


def python_speech_features_mfcc() -> Work:
    module = pytest.importorskip("python_speech_features")
    window = np.hamming
    return lambda x: module.mfcc(x, RATE, numcep=13, nfilt=40, nfft=N_FFT, winfunc=window)


def python_speech_features_log_mel() -> Work:
    module = pytest.importorskip("python_speech_features")
    return lambda x: module.logfbank(x, RATE, winlen=0.032, winstep=0.008, nfilt=64, nfft=N_FFT)


def _kaldi(kind: str, options: Any, size: int) -> Work:
    module = pytest.importorskip("kaldi_native_fbank")

    def work(x: Array) -> Array:
        computer = getattr(module, kind)(options)
        computer.accept_waveform(RATE, x)
        computer.input_finished()
        frames = [computer.get_frame(i) for i in range(computer.num_frames_ready)]
        return np.stack(frames) if frames else np.empty((0, size), np.float32)

    return work


def kaldi_mfcc() -> Work:
    module = pytest.importorskip("kaldi_native_fbank")
    options = module.MfccOptions()
    options.frame_opts.dither = 0
    options.frame_opts.window_type = "hamming"
    options.mel_opts.num_bins = 40
    options.num_ceps = 13
    return _kaldi("OnlineMfcc", options, 13)


def kaldi_log_mel() -> Work:
    module = pytest.importorskip("kaldi_native_fbank")
    options = module.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.frame_length_ms = 32
    options.frame_opts.frame_shift_ms = 8
    options.mel_opts.num_bins = 64
    return _kaldi("OnlineFbank", options, 64)


def audioflux_log_mel() -> Work:
    audioflux = pytest.importorskip("audioflux")
    bank = audioflux.BFT(
        num=64, radix2_exp=9, samplate=RATE, low_fre=0, high_fre=RATE / 2, slide_length=128,
        scale_type=audioflux.type.SpectralFilterBankScaleType.MEL,
        data_type=audioflux.type.SpectralDataType.POWER,
    )  # fmt: skip
    return lambda x: audioflux.utils.power_to_db(np.abs(bank.bft(x)))


def audioflux_mfcc() -> Work:
    audioflux = pytest.importorskip("audioflux")
    bank = audioflux.BFT(
        num=40, radix2_exp=9, samplate=RATE, low_fre=0, high_fre=RATE / 2, slide_length=HOP,
        scale_type=audioflux.type.SpectralFilterBankScaleType.MEL,
        data_type=audioflux.type.SpectralDataType.POWER,
    )  # fmt: skip
    cepstra = audioflux.XXCC(num=bank.num)

    def work(x: Array) -> Any:
        spectrum = np.abs(bank.bft(x))
        cepstra.set_time_length(time_length=spectrum.shape[1])
        return cepstra.xxcc(spectrum, cc_num=13)

    return work
