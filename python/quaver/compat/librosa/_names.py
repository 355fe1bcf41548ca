"""Which module defines what; the table of contents of this package."""

from __future__ import annotations

_CORE = {
    "core.audio": ("load", "resample", "to_mono", "get_duration"),
    "core.constantq": ("cqt",),
    "core.convert": (
        "fft_frequencies",
        "frames_to_samples",
        "frames_to_time",
        "hz_to_mel",
        "hz_to_midi",
        "hz_to_octs",
        "mel_frequencies",
        "mel_to_hz",
        "midi_to_hz",
        "note_to_hz",
        "note_to_midi",
        "samples_like",
        "samples_to_frames",
        "samples_to_time",
        "time_to_frames",
        "time_to_samples",
        "times_like",
    ),
    "core.spectrum": (
        "amplitude_to_db",
        "db_to_amplitude",
        "db_to_power",
        "istft",
        "magphase",
        "power_to_db",
        "stft",
    ),
    "core.vocoder": ("phase_vocoder",),
    "core.prediction": ("autocorrelate", "lpc", "zero_crossings"),
    "core.pitch": ("estimate_tuning", "piptrack", "pitch_tuning", "pyin", "yin"),
}

#: Names of librosa.core, which librosa itself has too.
CORE = {name: module for module, names in _CORE.items() for name in names}

_FEATURE = {
    "feature.spectral": (
        "poly_features",
        "spectral_bandwidth",
        "spectral_centroid",
        "spectral_flatness",
        "spectral_rolloff",
    ),
    "feature.contrast": ("spectral_contrast",),
    "feature.waveform": ("rms", "zero_crossing_rate"),
    "feature.melodic": ("chroma_cqt", "chroma_stft", "melspectrogram", "mfcc", "tonnetz"),
    "feature.utils": ("delta", "stack_memory"),
}

#: Names of librosa.feature.
FEATURE = {name: module for module, names in _FEATURE.items() for name in names}

_UTIL = {
    "util.deprecation": ("Deprecated",),
    "util.exceptions": ("LibrosaError", "ParameterError"),
    "util.utils": (
        "abs2",
        "expand_to",
        "fix_length",
        "frame",
        "is_positive_int",
        "normalize",
        "pad_center",
        "tiny",
        "valid_audio",
    ),
}

#: Names of librosa.util.
UTIL = {name: module for module, names in _UTIL.items() for name in names}

#: Modules of librosa that SER projects name.
SUBMODULES = ("core", "decompose", "effects", "feature", "filters", "util")
#: Modules that are librosa's own altogether.
FORWARDED = ("beat", "display", "onset", "segment", "sequence")
