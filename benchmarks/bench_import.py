"""A new process that imports a library and makes the features of one clip: time and memory.

Users of command lines and of short scripts wait for this, not for the kernels.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

CLIP = "import numpy as np; x = np.sin(np.arange(59200, dtype=np.float32) * np.float32(0.1))"
PROGRAMS = {
    "quaver": f"{CLIP}; import quaver; quaver.extract(x, 16000)",
    "numpy alone": "import numpy",
    "librosa": (
        f"{CLIP}; import librosa; m = librosa.feature.mfcc(y=x, sr=16000); "
        "librosa.feature.zero_crossing_rate(x); librosa.feature.delta(m)"
    ),
}
# The kernel's own record: that of getrusage would begin with the size of this process.
PEAK = "; print(next(s for s in open('/proc/self/status') if s.startswith('VmHWM')).split()[1])"


@pytest.mark.parametrize("name", PROGRAMS)
def test_new_process(benchmark: Any, name: str) -> None:
    benchmark.group = "new process: import and one clip"
    is_linux = sys.platform.startswith("linux")
    program = PROGRAMS[name] + (PEAK if is_linux else "; print(0)")

    def work() -> int:
        done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
        return int(done.stdout)

    peak = benchmark.pedantic(work, rounds=15, warmup_rounds=1)
    if is_linux:
        benchmark.extra_info["peak MiB"] = round(peak / 1024, 1)
        assert peak > 0
