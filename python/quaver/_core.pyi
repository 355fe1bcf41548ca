from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Real = TypeVar("_Real", np.float32, np.float64)
_Complex = TypeVar("_Complex", np.complex64, np.complex128)

largest_length: int  # of a frame or a transform, in samples
largest_table: int  # of a filter bank or a transform by a matrix, in values
version: str
compiler: str
flags: str
# Name, unit, whether it is in the default set, of the voice, of voiced frames only.
short_term_features: tuple[tuple[str, str, bool, bool, bool], ...]
statistics: tuple[tuple[str, bool], ...]  # name, whether it is a default
lowest_voice_rate: int  # Hz
modulation_edges: tuple[float, ...]  # of the bands of modulation, in Hz

def short_term_rows(n_mels: int, n_mfcc: int) -> list[tuple[str, str]]: ...
def targets() -> list[str]: ...
def target() -> str: ...
def set_target(name: str) -> None: ...
def require_finite(samples: NDArray[Any]) -> None: ...

class Extractor:
    def __init__(
        self,
        *,
        sample_rate: float,
        frame_length: int,
        hop_length: int,
        n_fft: int,
        pre_emphasis: float,
        window: str,
        n_blocks: int,
        n_bands: int,
        rolloff: float,
        n_mels: int,
        fmin: float,
        fmax: float,
        n_mfcc: int,
        rows: Sequence[int],
        delta_order: int,
        delta_width: int,
        trim_db: float,
        floor_db: float,
        statistics: Sequence[int],
        voiced_statistics: Sequence[int],
        modulation: bool,
    ) -> None: ...
    @property
    def n_features(self) -> int: ...
    @property
    def n_values(self) -> int: ...
    def frames(self, samples: NDArray[Any]) -> NDArray[np.float32]: ...
    def vector(self, samples: NDArray[Any], out: NDArray[np.float32]) -> None: ...
    def vectors(
        self,
        clips: Sequence[NDArray[Any]],
        rows: Sequence[int],
        out: NDArray[np.float32],
        threads: int,
    ) -> list[tuple[int, str]]: ...

def connect_sndfile(
    *, open_virtual: int, read_shorts: int, read_floats: int, error: int, close: int
) -> None: ...
def decode_flac(data: bytes) -> NDArray[np.int16] | None: ...
def read_plain(
    source: str | bytes, rate: int, choice: int, most_seconds: float
) -> tuple[NDArray[np.float32], int] | None: ...
def extract_files(
    extractor: Extractor,
    sources: list[str | bytes],
    rows: Sequence[int],
    out: NDArray[np.float32],
    rate: int,
    choice: int,
    most_seconds: float,
    threads: int,
) -> list[int]: ...

class LogMel:
    def __init__(
        self,
        *,
        sample_rate: float,
        n_fft: int,
        hop_length: int,
        win_length: int,
        window: str,
        center: bool,
        magnitude: bool,
        n_mels: int,
        fmin: float,
        fmax: float,
        htk: bool,
        slaney_norm: bool,
        amin: float,
    ) -> None: ...
    def run(self, samples: NDArray[Any]) -> NDArray[np.float32]: ...

class Balance:
    def __init__(self, *, sample_rate: float) -> None: ...
    def run(self, samples: NDArray[Any]) -> NDArray[np.float32]: ...

class Pitch:
    def __init__(self, *, sample_rate: float) -> None: ...
    def candidates(self, samples: NDArray[Any]) -> NDArray[np.float32]: ...
    def spectra(self, samples: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...

class Harmonics:
    def __init__(self, *, sample_rate: float) -> None: ...
    def run(
        self,
        spectra: NDArray[np.float32],
        f0: NDArray[np.float32],
        formant_hz: NDArray[np.float32],
    ) -> NDArray[np.float32]: ...

class Formants:
    def __init__(self, *, sample_rate: float, plain: bool = False) -> None: ...
    def run(
        self, samples: NDArray[Any], wanted: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float32]: ...

def predictor_formants(predictors: NDArray[np.float64]) -> NDArray[np.float32]: ...

class Periods:
    def __init__(self, *, sample_rate: float) -> None: ...
    def run(self, samples: NDArray[Any], f0: NDArray[np.float32]) -> NDArray[np.float32]: ...

def pitch_path(candidates: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]: ...

class Egemaps:
    def __init__(self, *, sample_rate: float) -> None: ...
    def run(self, samples: NDArray[Any]) -> NDArray[np.float32]: ...
    def table(self, samples: NDArray[Any]) -> NDArray[np.float32]: ...

def egemaps_descriptors(
    balance: NDArray[np.float32], voice: NDArray[np.float32], n_unsettled: int
) -> NDArray[np.float32]: ...
def egemaps_functionals(
    balance: NDArray[np.float32],
    voice: NDArray[np.float32],
    n_unsettled: int,
    mean_square: float,
) -> NDArray[np.float32]: ...

class Yin:
    def __init__(
        self,
        *,
        frame_length: int,
        hop_length: int,
        min_period: int,
        max_period: int,
        tiny: float,
    ) -> None: ...
    def difference(self, samples: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def period(
        self, difference: NDArray[np.float64], trough_threshold: float
    ) -> NDArray[np.float64]: ...
    def pyin(
        self,
        difference: NDArray[np.float64],
        *,
        sample_rate: float,
        fmin: float,
        thresholds: NDArray[np.float64],
        prior: NDArray[np.float64],
        boltzmann: float,
        no_trough_prob: float,
        stay: NDArray[np.float64],
        change: NDArray[np.float64],
        outside: float,
        bins_per_octave: int,
        single: bool,
    ) -> tuple[NDArray[np.uint16], NDArray[np.float64]]: ...

def resample_plan(rate_before: int, rate_after: int) -> ResamplePlan | None: ...

class ResamplePlan:
    def __init__(self, *, rate_before: int, rate_after: int, taps: Sequence[float]) -> None: ...
    def count(self, n_samples: int) -> int: ...
    def run(self, samples: NDArray[Any]) -> NDArray[np.float32]: ...

class Resampling:
    def __init__(self, plan: ResamplePlan) -> None: ...
    def feed(self, chunk: NDArray[Any], last: bool) -> NDArray[np.float32]: ...

class FilterBank:
    def __init__(self, weights: NDArray[np.float32]) -> None: ...
    def of(self, pictures: NDArray[_Real], frames_first: bool) -> NDArray[_Real]: ...

class Stft:
    def __init__(
        self, *, n_fft: int, hop_length: int, window: NDArray[np.float64], center: bool
    ) -> None: ...
    def run(self, samples: NDArray[np.float32]) -> NDArray[np.complex64]: ...
    def picture(self, samples: NDArray[np.float32], power: bool) -> NDArray[np.float32]: ...
    def inverse(
        self, spectrum: NDArray[np.complex64], n_weighted: int, n_samples: int
    ) -> NDArray[np.float32]: ...

class Stft64:
    def __init__(
        self,
        *,
        n_fft: int,
        hop_length: int,
        window: NDArray[np.float64],
        center: bool,
        invertible: bool,
    ) -> None: ...
    def inverse(
        self, spectrum: NDArray[np.complex128], n_weighted: int, n_samples: int
    ) -> NDArray[np.float64]: ...
    def run(self, samples: NDArray[_Real]) -> NDArray[Any]: ...  # complex, as precise
    def picture(self, samples: NDArray[_Real], power: bool) -> NDArray[_Real]: ...
    def bands(self, samples: NDArray[_Real], power: bool, bank: FilterBank) -> NDArray[_Real]: ...
    def contrast(
        self, samples: NDArray[np.float32], bands: Sequence[tuple[int, int, int]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...

class Stream:
    def __init__(self, extractor: Extractor) -> None: ...
    def feed(self, chunk: NDArray[Any]) -> NDArray[np.float32]: ...
    def reset(self) -> None: ...

def functionals(values: NDArray[np.float32], statistics: Sequence[int]) -> NDArray[np.float32]: ...
def modulation(values: NDArray[np.float32], frame_rate: float) -> NDArray[np.float32]: ...
def delta(values: NDArray[np.float32], width: int, order: int) -> NDArray[np.float32]: ...
def windows(
    values: NDArray[np.float32], length: int, step: int, align: bool
) -> NDArray[np.float32]: ...

class SpeechFeatures:
    def __init__(
        self,
        *,
        output: str,
        frame_length: int,
        frame_step: int,
        n_fft: int,
        pre_emphasis: float,
        window: NDArray[np.float64],
        bank: NDArray[np.float64],
        matrix: NDArray[np.float64],
        weights: NDArray[np.float64],
        append_energy: bool,
    ) -> None: ...
    def run(self, samples: NDArray[Any]) -> Any: ...

class PyAudio:
    def __init__(
        self,
        *,
        window: int,
        step: int,
        bank: NDArray[np.float64],
        chroma_bins: Sequence[int],
        chroma_classes: Sequence[int],
        chroma_weights: Sequence[float],
        deltas: bool,
    ) -> None: ...
    def run(self, samples: NDArray[Any], mean: float, peak: float) -> NDArray[np.float64]: ...

def pyaudio_normalisation(samples: NDArray[Any]) -> tuple[float, float]: ...
def running_median(x: NDArray[_Real], size: int) -> NDArray[_Real]: ...
def phase_vocoder(
    spectrogram: NDArray[_Complex],
    advance: NDArray[np.float64],
    positions: NDArray[np.float64],
) -> NDArray[_Complex]: ...
def lowest(x: NDArray[_Real]) -> float: ...
def energies(pictures: NDArray[_Real], frames_first: bool, is_even: bool) -> NDArray[_Real]: ...
def log_means(
    pictures: NDArray[_Real], frames_first: bool, squared: bool, amin: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def moments(
    pictures: NDArray[_Real], frames_first: bool, frequencies: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def deviations(
    pictures: NDArray[_Real],
    frames_first: bool,
    frequencies: NDArray[np.float64],
    centres: NDArray[np.float64],
) -> NDArray[np.float64]: ...
def rolloff(pictures: NDArray[_Real], frames_first: bool, share: float) -> NDArray[np.int64]: ...
def peaks(
    pictures: NDArray[_Real],
    frames_first: bool,
    first: int,
    last: int,
    share: float,
    hz_per_bin: float,
) -> tuple[NDArray[_Real], NDArray[_Real]]: ...
def magphase(z: NDArray[_Complex]) -> tuple[NDArray[_Complex], NDArray[Any]]: ...
def decibel(
    power: NDArray[_Real], squared: bool, amin: float, offsets: NDArray[np.float64], top_db: float
) -> tuple[NDArray[_Real], NDArray[_Real]]: ...
def contrast(
    pictures: NDArray[_Real], frames_first: bool, bands: Sequence[tuple[int, int, int]]
) -> tuple[NDArray[_Real], NDArray[_Real]]: ...
def delta_rows(values: NDArray[_Real], width: int, order: int) -> NDArray[_Real]: ...
def decay(
    values: NDArray[_Real], coefficient: float, state: NDArray[np.float64]
) -> NDArray[_Real]: ...
def burg(values: NDArray[_Real], order: int, least: float) -> NDArray[np.float64]: ...
