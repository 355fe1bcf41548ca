"""pyAudioAnalysis 0.3 on quaver's kernels: its feature extraction, with its numbers.

`ShortTermFeatures`, `MidTermFeatures` and `audioBasicIO` hold the functions that turn recordings
into features. Classification, segmentation and plots are those of an installed pyAudioAnalysis:
while quaver stands in for it its other modules import as ever, and compute on these.
"""

from quaver.compat.install import original_names
from quaver.compat.pyaudioanalysis import MidTermFeatures, ShortTermFeatures, audioBasicIO

__all__ = ["MidTermFeatures", "ShortTermFeatures", "audioBasicIO"]

__getattr__ = original_names(
    "pyAudioAnalysis",
    modules=["audioSegmentation", "audioTrainTest", "audioVisualization", "utilities"],
)
