"""pyAudioAnalysis 0.3 on quaver's kernels: its feature extraction, with its numbers.

`ShortTermFeatures`, `MidTermFeatures` and `audioBasicIO` hold the functions that turn recordings
into features; classification, segmentation and plots are not part of it.
"""

from quaver.compat.pyaudioanalysis import MidTermFeatures, ShortTermFeatures, audioBasicIO

__all__ = ["MidTermFeatures", "ShortTermFeatures", "audioBasicIO"]
