"""Time scripts of tests/compat/scripts on their libraries and on quaver, for docs/compat.md.

A process for each: the script runs four times in it, over the same files, on one thread. The first
pass counts from the start of the process, imports and compilation included; the second, the fastest
of those that follow, is what a longer corpus adds. CPU time. `make_compat_table.py --clips FOLDER`
writes the table.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "tests" / "compat" / "scripts"
N_CLIPS, N_PASSES = 60, 4
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
LIBRARIES = {"speech_features": "python_speech_features", "short_term": "pyAudioAnalysis"}


def arguments_of(script: Path, folder: Path, out: str) -> list[str]:
    """Return what the script takes: the folder, or its files, and where its output goes."""
    if script.stem == "mfcc_tensor":
        return [str(folder), out]
    files = sorted(str(path) for path in folder.iterdir())
    return [*files, "--out", out] if script.stem == "chosen_features" else [*files, out]


def passes(side: str, script: Path, folder: Path) -> list[float]:
    """Run a script in this process; return the seconds of two passes, and of decoding alone."""
    if side == "quaver":
        from quaver.compat.install import install_as

        install_as(LIBRARIES.get(script.stem, "librosa"))
    warnings.simplefilter("ignore")
    seconds, start = [], 0.0  # the process began then
    with tempfile.TemporaryDirectory() as scratch:
        sys.argv = [str(script), *arguments_of(script, folder, f"{scratch}/out.npz")]
        for _ in range(N_PASSES):
            runpy.run_path(str(script), run_name="__main__")
            seconds.append(time.process_time() - start)
            start = time.process_time()
    import soundfile

    decoding = []
    for _ in range(3):
        start = time.process_time()
        for path in folder.iterdir():
            soundfile.read(path, dtype="float32")
        decoding.append(time.process_time() - start)
    return [seconds[0], min(seconds[1:]), min(decoding)]


def table(clips: Path) -> list[str]:
    """Return a row for each script, over N_CLIPS files, the clips again and again."""
    lines = [
        "| script | first pass, s | second pass, s | original's | speed-up, first | second |",
        "|---|---|---|---|---|---|",
    ]
    decoding = []
    with tempfile.TemporaryDirectory() as folder:
        found = sorted(clips.glob("*.wav"))
        for i in range(N_CLIPS):
            clip = found[i % len(found)].resolve()
            (Path(folder) / f"{clip.stem}-{i}.wav").symlink_to(clip)
        for script in sorted(SCRIPTS.glob("*.py")):
            ours, theirs = (_measured(side, script, folder) for side in ("quaver", "original"))
            decoding.append(ours[2])
            lines.append(
                f"| `{script.stem}` | {ours[0]:.2f} | {ours[1]:.3f} | {theirs[1]:.2f} |"
                f" {theirs[0] / ours[0]:.1f} | {theirs[1] / ours[1]:.1f} |"
            )
    return [*lines, "", f"Decoding these files alone takes {min(decoding):.3f} s."]


def _measured(side: str, script: Path, folder: str) -> list[float]:
    environment = os.environ | dict.fromkeys(THREADS, "1")
    command = [sys.executable, __file__, side, str(script), folder]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    print(script.stem, side, done.stdout.strip(), file=sys.stderr)
    return list(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    print(json.dumps(passes(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
