"""Two installations of quaver beside each other: minima of every kernel, and how they compare.

    python benchmarks/before_after.py OLD NEW [--rounds 5] [--target avx2] [--cases TEXT]

OLD and NEW are folders that hold a built package `quaver` (`pip install --no-deps --target OLD`).
Processes of both take turns, so that what else the machine does meets both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

RATE = 16000
#: Seconds that each case is repeated in each round.
BUDGET = 0.4


def cases() -> dict[str, Callable[[], Any]]:
    """What is measured, by name; the library is the one on this process's path."""
    import quaver
    from quaver.compat import librosa
    from quaver.compat.pyaudioanalysis import ShortTermFeatures
    from quaver.compat.python_speech_features import mfcc

    rng = np.random.default_rng(0)
    t = np.arange(int(3.7 * RATE)) / RATE
    y = (0.2 * np.sin(2 * np.pi * 180 * t) * np.sin(3 * t) ** 2).astype(np.float32)
    y += 0.01 * rng.standard_normal(y.size).astype(np.float32)
    short, wide = y[: RATE // 10], y.astype(np.float64)
    whole = (wide * 32767).astype(np.int16)
    frames, long = rng.standard_normal((370, 42)), rng.standard_normal((60000, 42))
    frames, long = frames.astype(np.float32), long.astype(np.float32)
    spectrum, out = librosa.stft(y), np.empty(len(quaver.feature_names()), np.float32)
    clips = [y[: RATE + 100 * i] for i in range(32)]

    def stream() -> None:
        feed = quaver.Stream(RATE)
        for start in range(0, y.size, 1600):
            feed.feed(y[start : start + 1600])

    made: dict[str, Callable[[], Any]] = {
        "extract 3.7 s": lambda: quaver.extract(y, RATE),
        "extract 3.7 s, out=": lambda: quaver.extract(y, RATE, out=out),
        "extract 0.1 s": lambda: quaver.extract(short, RATE),
        "extract int16": lambda: quaver.extract(whole, RATE),
        "extract float64": lambda: quaver.extract(wide, RATE),
        "extract_many, 32 arrays": lambda: quaver.extract_many(clips, RATE, threads=1),
        "short_term": lambda: quaver.short_term(y, RATE),
        "Stream, 0.1 s a chunk": stream,
        "mfcc": lambda: quaver.mfcc(y, RATE),
        "functionals (370, 42)": lambda: quaver.functionals(frames),
        "functionals (60000, 42)": lambda: quaver.functionals(long),
        "delta (370, 42)": lambda: quaver.delta(frames),
        "delta, width 9": lambda: quaver.delta(frames, width=9),
        "windows": lambda: quaver.windows(frames, 64, 16),
        "istft 2048": lambda: librosa.istft(spectrum),
        "melspectrogram": lambda: librosa.feature.melspectrogram(y=y, sr=RATE),
        "librosa mfcc": lambda: librosa.feature.mfcc(y=y, sr=RATE),
        "chroma_stft": lambda: librosa.feature.chroma_stft(y=y, sr=RATE),
        "spectral_contrast": lambda: librosa.feature.spectral_contrast(y=y, sr=RATE),
        "spectral_bandwidth": lambda: librosa.feature.spectral_bandwidth(y=y, sr=RATE),
        "rms": lambda: librosa.feature.rms(y=y),
        "zero_crossing_rate": lambda: librosa.feature.zero_crossing_rate(y),
        "yin": lambda: librosa.yin(y, fmin=65, fmax=500, sr=RATE),
        "pyin": lambda: librosa.pyin(y, fmin=65, fmax=500, sr=RATE),
        "hpss": lambda: librosa.effects.hpss(y),
        "time_stretch": lambda: librosa.effects.time_stretch(y, rate=1.1),
        "python_speech_features": lambda: mfcc(y, RATE),
        "pyAudioAnalysis": lambda: ShortTermFeatures.feature_extraction(whole, RATE, 800, 400),
    }
    for n_fft in (256, 400, 512, 1024, 2048):
        made[f"log_mel {n_fft}"] = lambda n=n_fft: quaver.log_mel(y, RATE, n_fft=n, n_mels=40)
        for name, samples in (("float32", y), ("float64", wide)):
            made[f"stft {n_fft} {name}"] = lambda n=n_fft, s=samples: librosa.stft(s, n_fft=n)
    return made


def measure(chosen: str) -> dict[str, float]:
    """Return the shortest time in seconds of each case whose name holds `chosen`."""
    found = {}
    for name, run in cases().items():
        if chosen not in name:
            continue
        run()
        best, end = np.inf, time.perf_counter() + BUDGET
        while time.perf_counter() < end:
            start = time.perf_counter()
            run()
            best = min(best, time.perf_counter() - start)
        found[name] = best
    return found


def in_process(folder: str, target: str | None, chosen: str) -> dict[str, float]:
    """Return what a new process measures with the package of a folder."""
    environment = os.environ | {"PYTHONPATH": folder, "OMP_NUM_THREADS": "1"}
    environment |= {"OPENBLAS_NUM_THREADS": "1"} | ({"QUAVER_TARGET": target} if target else {})
    command = [sys.executable, "-W", "ignore", __file__, "--measure", "--cases", chosen]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print a row for each case: both minima, the ratio, and what is slower by more than 3 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", help="OLD and NEW")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--target")
    parser.add_argument("--cases", default="", help="only those whose names hold this")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.cases)))
        return
    if len(given.folders) != 2:
        parser.error("two folders are needed, OLD and NEW")
    best: list[dict[str, float]] = [{}, {}]
    for _ in range(given.rounds):
        for side, folder in zip(best, given.folders, strict=True):
            for name, seconds in in_process(folder, given.target, given.cases).items():
                side[name] = min(side.get(name, np.inf), seconds)
    old, new = best
    for name in sorted(old, key=lambda name: -new[name] / old[name]):
        ratio = new[name] / old[name]
        mark = " <" if ratio > 1.03 else ""
        print(f"{name:26} {old[name] * 1e6:10.1f} {new[name] * 1e6:10.1f} us {ratio:7.3f}{mark}")


if __name__ == "__main__":
    main()
