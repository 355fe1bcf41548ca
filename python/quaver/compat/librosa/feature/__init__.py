"""Names of `librosa.feature`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quaver.compat.librosa import forward
from quaver.compat.librosa._names import FEATURE

if TYPE_CHECKING:
    from quaver.compat.librosa.feature import contrast as contrast
    from quaver.compat.librosa.feature import melodic as melodic
    from quaver.compat.librosa.feature import spectral as spectral
    from quaver.compat.librosa.feature import utils as utils
    from quaver.compat.librosa.feature import waveform as waveform
    from quaver.compat.librosa.feature.contrast import spectral_contrast as spectral_contrast
    from quaver.compat.librosa.feature.melodic import chroma_cqt as chroma_cqt
    from quaver.compat.librosa.feature.melodic import chroma_stft as chroma_stft
    from quaver.compat.librosa.feature.melodic import melspectrogram as melspectrogram
    from quaver.compat.librosa.feature.melodic import mfcc as mfcc
    from quaver.compat.librosa.feature.melodic import tonnetz as tonnetz
    from quaver.compat.librosa.feature.spectral import poly_features as poly_features
    from quaver.compat.librosa.feature.spectral import spectral_bandwidth as spectral_bandwidth
    from quaver.compat.librosa.feature.spectral import spectral_centroid as spectral_centroid
    from quaver.compat.librosa.feature.spectral import spectral_flatness as spectral_flatness
    from quaver.compat.librosa.feature.spectral import spectral_rolloff as spectral_rolloff
    from quaver.compat.librosa.feature.utils import delta as delta
    from quaver.compat.librosa.feature.utils import stack_memory as stack_memory
    from quaver.compat.librosa.feature.waveform import rms as rms
    from quaver.compat.librosa.feature.waveform import zero_crossing_rate as zero_crossing_rate

__getattr__, __dir__ = forward.attach(
    "feature", FEATURE, ("spectral", "contrast", "melodic", "waveform", "utils")
)
