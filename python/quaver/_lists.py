"""What can be computed, by name: the lists of the compiled module, and a word on each.

C++ names the short-term features (``QV_SHORT_TERM_FEATURES``) and the statistics
(``QV_STATISTICS``), in their order, and says which are in the default set. What Python knows
besides is keyed by name here, and has to know the same names.
"""

from __future__ import annotations

from quaver import _core

_ABOUT_FEATURES = {
    "zero_crossing_rate": "sign changes between neighbouring samples, per sample",
    "energy": "mean square of the windowed frame",
    "log_energy": "10 log10 of the energy, at least 1e-10",
    "energy_entropy": "entropy of the energies of `n_blocks` sub-blocks, in bit",
    "spectral_centroid": "mean of frequency, weighted by magnitude",
    "spectral_spread": "standard deviation of frequency, weighted by magnitude",
    "spectral_entropy": "entropy of the power in `n_bands` sub-bands, in bit",
    "spectral_flux": "squared change of the magnitudes, of sum 1, since the frame before",
    "spectral_rolloff": "frequency below which the share `rolloff` of the power lies",
    "spectral_slope": "slope of the power in decibel over frequency, by least squares",
    "mfcc": "`n_mfcc` cepstral coefficients of `n_mels` mel bands in decibel",
    "mel": "the `n_mels` mel bands themselves",
    "loudness": "how loud it sounds, of 26 bands",
    "alpha_ratio": "power of 1 to 5 kHz over that below",
    "hammarberg_index": "highest peak below 2 kHz over that of 2 to 5 kHz",
    "slope_0_500": "of the power in decibel between 0 and 500 Hz",
    "slope_500_1500": "of the power in decibel between 500 and 1500 Hz",
    "f0": "pitch, 0 where there is none",
    "f0_semitones": "pitch over 27.5 Hz, 0 where there is none",
    "voicing": "how far the pitch, or its best candidate, stands out",
    "jitter": "change from period to period, as a share of these",
    "shimmer": "change of the height of periods",
    "hnr": "power of the harmonics over that of noise",
    "h1_h2": "level of the second harmonic over the third, which GeMAPS calls H1-H2",
    "h1_a3": "level of the second harmonic over `f3_level`, which GeMAPS calls H1-A3",
    "f1_frequency": "of the first formant, by linear prediction",
    "f1_bandwidth": "of the first formant",
    "f1_level": "level of the harmonic at the first formant over the first harmonic",
    "f2_frequency": "of the second formant",
    "f2_bandwidth": "of the second formant",
    "f2_level": "level at the second formant",
    "f3_frequency": "of the third formant",
    "f3_bandwidth": "of the third formant",
    "f3_level": "level at the third formant",
}

_ABOUT_STATISTICS = {
    "mean": "arithmetic mean",
    "median": "percentile 50",
    "std": "standard deviation, ddof 0",
    "kurtosis": "Fisher's, 0 of a normal distribution; 0 of a constant row",
    "skewness": "0 of a constant row",
    "percentile_1": "with linear interpolation, as all percentiles",
    "percentile_99": "as above",
    "min": "smallest value",
    "max": "largest value",
    "range": "max - min",
    "quartile_1": "percentile 25",
    "quartile_3": "percentile 75",
    "iqr": "interquartile range, quartile_3 - quartile_1",
    "slope": "of the straight line through the row, by least squares, as a deviation",
    "curvature": "of the parabola through the row, beside its line, as a deviation",
    "residual": "deviation from that parabola; slope^2 + curvature^2 + residual^2 = std^2",
}


def _check(kind: str, listed: tuple[str, ...], known: dict[str, str]) -> None:
    """Refuse a compiled module that names others than the Python files do."""
    sides = {
        "only the Python files know": [name for name in known if name not in listed],
        "only the compiled module knows": [name for name in listed if name not in known],
    }
    differences = [f"{side} {', '.join(names)}" for side, names in sides.items() if names]
    if differences:
        raise ImportError(
            f"the compiled module of quaver ({_core.__file__}) is from another version than its"
            f" Python files, their {kind} differ: {'; '.join(differences)}."
            " Build or install quaver again."
        )


def _lines(known: tuple[str, ...], default: tuple[str, ...], about: dict[str, str]) -> str:
    return "\n".join(
        f"    {name}: {about[name]}{'' if name in default else ' (not in the default set)'}"
        for name in known
    )


# A module so old that it has no lists at all names nothing.
_features = getattr(_core, "short_term_features", ())
_statistics = getattr(_core, "statistics", ())

#: All that can be asked for, in the order of the columns.
KNOWN_FEATURES: tuple[str, ...] = tuple(entry[0] for entry in _features)
KNOWN_STATISTICS: tuple[str, ...] = tuple(name for name, _ in _statistics)
_check("short-term features", KNOWN_FEATURES, _ABOUT_FEATURES)
_check("statistics", KNOWN_STATISTICS, _ABOUT_STATISTICS)

DEFAULT_FEATURES: tuple[str, ...] = tuple(name for name, _, default, *_ in _features if default)
DEFAULT_STATISTICS: tuple[str, ...] = tuple(name for name, default in _statistics if default)

#: Of the voice, whose frames are longer; and those whose statistics are over voiced frames.
VOICE_FEATURES: tuple[str, ...] = tuple(name for name, *_, is_voice, _ in _features if is_voice)
VOICED_FEATURES: tuple[str, ...] = tuple(name for name, *_, is_voiced in _features if is_voiced)

#: Of the features that have one.
UNITS: dict[str, str] = {name: unit for name, unit, *_ in _features if unit}

DESCRIPTION = f"""Short-term features:

{_lines(KNOWN_FEATURES, DEFAULT_FEATURES, _ABOUT_FEATURES)}

    Those from loudness on are of the voice and need a rate of at least 8000 Hz. A frame has their
    values of the frame of the voice, of 20 ms or for the pitch 60 ms, every 10 ms, whose middle is
    the nearest. Of {", ".join(VOICED_FEATURES)}
    statistics are over voiced frames only, 0 if there are none, and derivatives go straight from
    voiced frame to voiced frame. With `floor_db` all are as if the speech had a level of -20 dB.

    Statistics:

{_lines(KNOWN_STATISTICS, DEFAULT_STATISTICS, _ABOUT_STATISTICS)}"""
