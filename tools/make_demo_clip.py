"""Make python/quaver/data/demo.flac: one synthetic sentence, 16 kHz mono.

Needs espeak-ng on the path; run as ``python tools/make_demo_clip.py``.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

SENTENCE = "I have told you a hundred times! Do not touch my violin!"
VOICE = ["-v", "en-us+f3", "-s", "165", "-p", "62", "-z"]
SAMPLE_RATE = 16000
TARGET = Path(__file__).resolve().parents[1] / "python" / "quaver" / "data" / "demo.flac"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", *VOICE, "-w", str(spoken), SENTENCE], check=True)
        samples, rate = soundfile.read(spoken)
    samples = soxr.resample(samples, rate, SAMPLE_RATE)
    pause = np.zeros(SAMPLE_RATE // 4)
    samples = np.concatenate([pause, 0.5 * samples / np.abs(samples).max(), pause])
    soundfile.write(TARGET, samples, SAMPLE_RATE, subtype="PCM_16", compression_level=1.0)
    print(f"{TARGET}: {len(samples) / SAMPLE_RATE:.2f} s, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
