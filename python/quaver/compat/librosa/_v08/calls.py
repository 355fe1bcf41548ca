"""Calls as librosa 0.8 took them: positions, names and defaults of arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from itertools import takewhile
from types import FunctionType
from typing import Any

# Where arguments stood, if new ones stand between them today.
_ORDER = {
    "get_duration": "y sr S n_fft hop_length center filename",
    "griffinlim": "S n_iter hop_length win_length window center dtype length pad_mode momentum init"
    " random_state",
    "iirt": "y sr win_length hop_length center tuning pad_mode flayout",
    "istft": "stft_matrix hop_length win_length window center dtype length",
    "mfcc": "y sr S n_mfcc dct_type norm lifter",
    "onset_detect": "y sr onset_envelope hop_length backtrack energy units normalize",
    "phase_vocoder": "D rate hop_length",
    "pitch_shift": "y sr n_steps bins_per_octave res_type",
    "pyin": "y fmin fmax sr frame_length win_length hop_length n_thresholds beta_parameters"
    " boltzmann_parameter resolution max_transition_rate switch_prob no_trough_prob fill_na center"
    " pad_mode",
    "resample": "y orig_sr target_sr res_type fix scale",
    "tempo": "y sr onset_envelope hop_length start_bpm std_bpm ac_size max_tempo aggregate prior",
    "to_mono": "y",
    "valid_audio": "y mono",
    "vqt": "y sr hop_length fmin n_bins gamma bins_per_octave tuning filter_scale norm sparsity"
    " window scale pad_mode res_type dtype",
    "yin": "y fmin fmax sr frame_length win_length hop_length trough_threshold center pad_mode",
}

# Arguments by the names that they had in 0.8 or before.
_RENAMED = {
    "amplitude_to_db": {"ref_power": "ref"},
    "interp_harmonics": {"h_range": "harmonics"},
    "power_to_db": {"ref_power": "ref"},
    "logamplitude": {"ref_power": "ref"},
    "salience": {"h_range": "harmonics"},
}

_KAISER = {"res_type": "kaiser_best"}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "griffinlim_cqt": {"res_type": "kaiser_fast"},
    "icqt": {"res_type": "fft"},
    "interp_harmonics": {"axis": 0},
    "load": _KAISER,
    "pitch_shift": _KAISER,
    "resample": _KAISER,
    "salience": {"axis": 0},
}

# Functions that padded a signal with its mirror image, themselves or in what they hand on.
_REFLECTING = {
    "chroma_stft", "cqt", "estimate_tuning", "griffinlim", "griffinlim_cqt", "harmonic", "hpss",
    "hybrid_cqt", "iirt", "mel_to_audio", "melspectrogram", "mfcc", "percussive", "piptrack",
    "poly_features", "pseudo_cqt", "pyin", "reassigned_spectrogram", "rms", "spectral_bandwidth",
    "spectral_centroid", "spectral_contrast", "spectral_flatness", "spectral_rolloff", "stft",
    "vqt", "yin",
}  # fmt: skip

_NONE = inspect.Parameter.empty
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def adapted(function: FunctionType, name: str, module: str) -> Callable[..., Any]:
    """Return a function of today that is called as it was in 0.8.

    Examples
    --------
    >>> def twice(y, *, rate): return 2 * y * rate
    >>> adapted(twice, "twice", "old")(3, 4)
    24
    """
    parameters = inspect.signature(function).parameters
    if any(p.kind == inspect.Parameter.POSITIONAL_ONLY for p in parameters.values()):
        return function
    takes_more = any(p.kind == inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    given = _ORDER[name].split() if name in _ORDER else None
    order = given or [p.name for p in parameters.values() if p.kind in _NAMED]
    leading = [p.name for p in parameters.values() if p.kind == _NAMED[0]]
    renamed = _RENAMED.get(name, {})
    defaults = dict(_DEFAULTS.get(name, {}))
    if name in _REFLECTING and ("pad_mode" in parameters or takes_more):
        defaults["pad_mode"] = "reflect"
    dropped = {"mono"} & ({*order} - {*parameters})  # of `valid_audio`: any channels do

    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        options = _by_name(name, order, arguments, options)
        for old, new in renamed.items():
            if old in options:
                options[new] = options.pop(old)
        for key in dropped & options.keys():
            del options[key]
        options = {**defaults, **options}
        # Some of librosa's functions find their first argument by its place.
        places = list(takewhile(options.__contains__, leading))
        return function(*[options.pop(key) for key in places], **options)

    call.__module__ = module
    call.__qualname__ = call.__name__ = name
    call.__signature__ = _signature(order, parameters, defaults)  # type: ignore[attr-defined]
    return call


def _by_name(
    name: str, order: list[str], arguments: tuple[Any, ...], options: dict[str, Any]
) -> dict[str, Any]:
    if len(arguments) > len(order):
        raise TypeError(f"{name}() takes at most {len(order)} arguments, got {len(arguments)}")
    for key, value in zip(order, arguments, strict=False):
        if key in options:
            raise TypeError(f"{name}() got multiple values for argument {key!r}")
        options[key] = value
    return options


def _signature(
    order: list[str], parameters: Mapping[str, inspect.Parameter], defaults: dict[str, Any]
) -> inspect.Signature:
    """Return what `inspect` tells: as 0.8 had it, and what is new since by name only."""
    known = {key: p for key, p in parameters.items() if p.kind in _NAMED}
    shown: list[inspect.Parameter] = []
    for key in order:
        default = defaults.get(key, known[key].default if key in known else None)
        if default is _NONE and shown and shown[-1].default is not _NONE:
            default = None
        shown.append(inspect.Parameter(key, _NAMED[0], default=default))
    for key in known.keys() - order:
        default = defaults.get(key, known[key].default)
        shown.append(inspect.Parameter(key, _NAMED[1], default=default))
    rest = [p for p in parameters.values() if p.kind == inspect.Parameter.VAR_KEYWORD]
    return inspect.Signature([*shown, *rest])
