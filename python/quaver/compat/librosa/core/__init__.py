"""Names of `librosa.core`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver.compat.librosa import forward
from quaver.compat.librosa._names import CORE

if TYPE_CHECKING:
    from quaver.compat.librosa.core import audio as audio
    from quaver.compat.librosa.core import constantq as constantq
    from quaver.compat.librosa.core import convert as convert
    from quaver.compat.librosa.core import pitch as pitch
    from quaver.compat.librosa.core import prediction as prediction
    from quaver.compat.librosa.core import spectrum as spectrum
    from quaver.compat.librosa.core import tracking as tracking
    from quaver.compat.librosa.core import transform as transform
    from quaver.compat.librosa.core import vocoder as vocoder
    from quaver.compat.librosa.core import windowed_sinc as windowed_sinc
    from quaver.compat.librosa.core.audio import get_duration as get_duration
    from quaver.compat.librosa.core.audio import load as load
    from quaver.compat.librosa.core.audio import resample as resample
    from quaver.compat.librosa.core.audio import to_mono as to_mono
    from quaver.compat.librosa.core.constantq import cqt as cqt
    from quaver.compat.librosa.core.convert import fft_frequencies as fft_frequencies
    from quaver.compat.librosa.core.convert import frames_to_samples as frames_to_samples
    from quaver.compat.librosa.core.convert import frames_to_time as frames_to_time
    from quaver.compat.librosa.core.convert import hz_to_mel as hz_to_mel
    from quaver.compat.librosa.core.convert import hz_to_midi as hz_to_midi
    from quaver.compat.librosa.core.convert import hz_to_octs as hz_to_octs
    from quaver.compat.librosa.core.convert import mel_frequencies as mel_frequencies
    from quaver.compat.librosa.core.convert import mel_to_hz as mel_to_hz
    from quaver.compat.librosa.core.convert import midi_to_hz as midi_to_hz
    from quaver.compat.librosa.core.convert import note_to_hz as note_to_hz
    from quaver.compat.librosa.core.convert import note_to_midi as note_to_midi
    from quaver.compat.librosa.core.convert import samples_like as samples_like
    from quaver.compat.librosa.core.convert import samples_to_frames as samples_to_frames
    from quaver.compat.librosa.core.convert import samples_to_time as samples_to_time
    from quaver.compat.librosa.core.convert import time_to_frames as time_to_frames
    from quaver.compat.librosa.core.convert import time_to_samples as time_to_samples
    from quaver.compat.librosa.core.convert import times_like as times_like
    from quaver.compat.librosa.core.pitch import estimate_tuning as estimate_tuning
    from quaver.compat.librosa.core.pitch import piptrack as piptrack
    from quaver.compat.librosa.core.pitch import pitch_tuning as pitch_tuning
    from quaver.compat.librosa.core.pitch import pyin as pyin
    from quaver.compat.librosa.core.pitch import yin as yin
    from quaver.compat.librosa.core.prediction import autocorrelate as autocorrelate
    from quaver.compat.librosa.core.prediction import lpc as lpc
    from quaver.compat.librosa.core.prediction import zero_crossings as zero_crossings
    from quaver.compat.librosa.core.spectrum import amplitude_to_db as amplitude_to_db
    from quaver.compat.librosa.core.spectrum import db_to_amplitude as db_to_amplitude
    from quaver.compat.librosa.core.spectrum import db_to_power as db_to_power
    from quaver.compat.librosa.core.spectrum import istft as istft
    from quaver.compat.librosa.core.spectrum import magphase as magphase
    from quaver.compat.librosa.core.spectrum import power_to_db as power_to_db
    from quaver.compat.librosa.core.spectrum import stft as stft
    from quaver.compat.librosa.core.vocoder import phase_vocoder as phase_vocoder

__getattr__, __dir__ = forward.attach(
    "core",
    CORE,
    (
        "audio",
        "constantq",
        "convert",
        "pitch",
        "prediction",
        "spectrum",
        "tracking",
        "transform",
        "vocoder",
        "windowed_sinc",
    ),
)
