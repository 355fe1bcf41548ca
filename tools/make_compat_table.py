"""Write docs/compat.md: every function that stands in for another library's, compared and timed.

Run with one thread: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tools/make_compat_table.py
--clips FOLDER, of 48 kHz WAV files.
Results of releases of librosa that are not installed are recorded where they are, with
`--record 0.8.npz`, and compared with `--recorded 0.8.npz 1.0.npz`.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import quaver
import quaver.data
from quaver import recipes
from quaver.compat import librosa as our_librosa
from quaver.compat import pyaudioanalysis, python_speech_features

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import time_scripts

import originals  # lies beside the tests, which use it as well

ROOT = Path(__file__).resolve().parents[1]

SR = 16000
N_SAMPLES = 59200  # 3.7 s, the median length of acted clips
SECONDS = 0.4  # spent on the timing of each side of each row


@dataclass(frozen=True)
class Case:
    """One row: a name, the call on a library, and what a user should know."""

    name: str
    call: Callable[[Any], Any]
    note: str = ""
    decibel: bool = False


def demo() -> np.ndarray:
    samples, rate = quaver.load(quaver.data.demo_clip())
    assert rate == SR
    return np.resize(samples, N_SAMPLES).astype(np.float32)


def librosa_cases(y: np.ndarray, lib: Any) -> list[Case]:
    spectrum = lib.stft(y)
    magnitude = np.abs(spectrum)
    power = magnitude**2
    mel = lib.feature.melspectrogram(y=y, sr=SR)
    decibel = lib.power_to_db(mel)
    chroma = lib.feature.chroma_stft(y=y, sr=SR)
    wide = y.astype(np.float64)
    f = "feature."
    return [
        Case("load", lambda m: m.load(quaver.data.demo_clip(), sr=None)[0]),
        Case("resample", lambda m: m.resample(y, orig_sr=SR, target_sr=22050)),
        Case(
            "resample (kaiser_fast)",
            lambda m: m.resample(y, orig_sr=SR, target_sr=22050, res_type="kaiser_fast"),
        ),
        Case("stft", lambda m: m.stft(y)),
        Case("istft", lambda m: m.istft(spectrum)),
        Case("magphase", lambda m: m.magphase(spectrum)[0]),
        Case("power_to_db", lambda m: m.power_to_db(mel, ref=np.max), decibel=True),
        Case("amplitude_to_db", lambda m: m.amplitude_to_db(magnitude, ref=np.max), decibel=True),
        Case("db_to_power", lambda m: m.db_to_power(decibel)),
        Case("filters.mel", lambda m: m.filters.mel(sr=SR, n_fft=2048)),
        Case("filters.chroma", lambda m: m.filters.chroma(sr=SR, n_fft=2048)),
        Case("util.normalize", lambda m: m.util.normalize(y)),
        Case("util.frame", lambda m: m.util.frame(y, frame_length=2048, hop_length=512)),
        Case(f + "melspectrogram", lambda m: m.feature.melspectrogram(y=y, sr=SR)),
        Case(f + "mfcc", lambda m: m.feature.mfcc(y=y, sr=SR, n_mfcc=40), decibel=True),
        Case(f + "chroma_stft", lambda m: m.feature.chroma_stft(y=y, sr=SR)),
        Case(f + "chroma_stft (S given)", lambda m: m.feature.chroma_stft(S=magnitude, sr=SR)),
        Case(
            f + "spectral_contrast", lambda m: m.feature.spectral_contrast(y=y, sr=SR), decibel=True
        ),
        Case(f + "tonnetz (chroma given)", lambda m: m.feature.tonnetz(chroma=chroma)),
        Case("cqt", lambda m: m.cqt(y, sr=SR)),
        Case(f + "chroma_cqt", lambda m: m.feature.chroma_cqt(y=y, sr=SR)),
        Case(f + "tonnetz", lambda m: m.feature.tonnetz(y=y, sr=SR)),
        Case(f + "melspectrogram (float64)", lambda m: m.feature.melspectrogram(y=wide, sr=SR)),
        Case(f + "mfcc (float64)", lambda m: m.feature.mfcc(y=wide, sr=SR), decibel=True),
        Case(f + "melspectrogram (S given)", lambda m: m.feature.melspectrogram(S=power, sr=SR)),
        Case(f + "rms (S given)", lambda m: m.feature.rms(S=magnitude)),
        Case(f + "zero_crossing_rate", lambda m: m.feature.zero_crossing_rate(y)),
        Case(f + "rms", lambda m: m.feature.rms(y=y)),
        Case(f + "spectral_centroid", lambda m: m.feature.spectral_centroid(y=y, sr=SR)),
        Case(f + "spectral_bandwidth", lambda m: m.feature.spectral_bandwidth(y=y, sr=SR)),
        Case(f + "spectral_rolloff", lambda m: m.feature.spectral_rolloff(y=y, sr=SR)),
        Case(f + "spectral_flatness", lambda m: m.feature.spectral_flatness(y=y)),
        Case(f + "poly_features", lambda m: m.feature.poly_features(y=y, sr=SR)),
        Case(f + "delta", lambda m: m.feature.delta(decibel)),
        Case(f + "stack_memory", lambda m: m.feature.stack_memory(decibel)),
        Case("effects.preemphasis", lambda m: m.effects.preemphasis(y)),
        Case("effects.trim", lambda m: m.effects.trim(y, top_db=30)[0]),
        Case("effects.split", lambda m: m.effects.split(y, top_db=30)),
        Case(
            "effects.time_stretch",
            lambda m: m.effects.time_stretch(y, rate=0.9),
            "sums phases in float64, see below",
        ),
        Case(
            "effects.pitch_shift",
            lambda m: m.effects.pitch_shift(y, sr=SR, n_steps=2),
            "sums phases in float64, see below",
        ),
        Case("effects.hpss", lambda m: m.effects.hpss(y)[0]),
        Case("yin", lambda m: m.yin(y, sr=SR, fmin=65, fmax=500)),
        Case("pyin", lambda m: m.pyin(y, sr=SR, fmin=65, fmax=500)[0]),
        Case("piptrack", lambda m: m.piptrack(S=magnitude, sr=SR)[0]),
        Case("estimate_tuning", lambda m: m.estimate_tuning(S=power, sr=SR)),
        Case("zero_crossings", lambda m: m.zero_crossings(y)),
        Case("autocorrelate", lambda m: m.autocorrelate(y)),
        Case("autocorrelate (2,000 lags)", lambda m: m.autocorrelate(y, max_size=2000)),
        Case("lpc", lambda m: m.lpc(y, order=16)),
    ]


def peer_cases(y: np.ndarray) -> list[tuple[str, Any, Any, list[Case]]]:
    integers = (y * 32767).astype(np.int16)
    short = pyaudioanalysis.ShortTermFeatures
    their_short = originals.load("pyAudioAnalysis.ShortTermFeatures")
    their_mid = originals.load("pyAudioAnalysis.MidTermFeatures")
    theirs = originals.load("python_speech_features")
    pyaudio = [
        Case(
            "feature_extraction",
            lambda m: m.feature_extraction(integers, SR, 800, 400)[0],
            "a step of 0 is refused",
        ),
        Case(
            "feature_extraction (25 ms, 10 ms)",
            lambda m: m.feature_extraction(integers, SR, 400, 160)[0],
        ),
    ]
    middle = [
        Case(
            "mid_feature_extraction",
            lambda m: m.mid_feature_extraction(integers, SR, SR, SR, 800, 400)[0],
        )
    ]
    frames = theirs.mfcc(integers, SR)
    framed = theirs.sigproc.framesig(integers, 400, 160)
    speech = [
        Case("mfcc", lambda m: m.mfcc(integers, SR)),
        Case("mfcc (Hamming window)", lambda m: m.mfcc(integers, SR, winfunc=np.hamming)),
        Case("fbank", lambda m: m.fbank(integers, SR)[0]),
        Case("logfbank", lambda m: m.logfbank(integers, SR)),
        Case("ssc", lambda m: m.ssc(integers, SR)),
        Case("delta", lambda m: m.delta(frames, 2)),
        Case("get_filterbanks", lambda m: m.get_filterbanks(26, 512, SR)),
        Case("sigproc.powspec", lambda m: m.sigproc.powspec(framed, 512)),
        Case("sigproc.logpowspec", lambda m: m.sigproc.logpowspec(framed, 512), decibel=True),
        Case("sigproc.framesig", lambda m: m.sigproc.framesig(integers, 400, 160)),
    ]
    return [
        ("pyAudioAnalysis.ShortTermFeatures", short, their_short, pyaudio),
        ("pyAudioAnalysis.MidTermFeatures", pyaudioanalysis.MidTermFeatures, their_mid, middle),
        ("python_speech_features", python_speech_features, theirs, speech),
    ]


def recipe_cases(y: np.ndarray, lib: Any) -> list[tuple[str, Callable[[], Any], Callable[[], Any]]]:
    def mean(rows: Any) -> Any:
        return np.mean(rows.T, axis=0)

    def common() -> tuple[Any, Any]:
        stft = np.abs(lib.stft(y))
        return (
            mean(lib.feature.chroma_stft(S=stft, sr=SR)),
            mean(lib.feature.melspectrogram(y=y, sr=SR)),
        )

    def vector_180() -> Any:
        chroma, mel = common()
        return np.hstack([mean(lib.feature.mfcc(y=y, sr=SR, n_mfcc=40)), chroma, mel])

    def vector_162() -> Any:
        chroma, mel = common()
        crossings = mean(lib.feature.zero_crossing_rate(y=y))
        loudness = mean(lib.feature.rms(y=y))
        mfcc = mean(lib.feature.mfcc(y=y, sr=SR))
        return np.hstack([crossings, chroma, mfcc, loudness, mel])

    return [
        ("vector_180", lambda: recipes.vector_180(y, SR), vector_180),
        ("vector_162", lambda: recipes.vector_162(y, SR), vector_162),
        (
            "mean_mfcc",
            lambda: recipes.mean_mfcc(y, SR),
            lambda: mean(lib.feature.mfcc(y=y, sr=SR, n_mfcc=40)),
        ),
    ]


def error_of(found: Any, expected: Any, decibel: bool) -> str:
    """Return the largest difference: in decibel, or relative to the largest value."""
    a, b = np.asarray(found), np.asarray(expected)
    if a.shape != b.shape or a.dtype != b.dtype:
        raise SystemExit(f"{a.shape} {a.dtype} is not {b.shape} {b.dtype}")
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        return f"{np.mean(np.isnan(a) != np.isnan(b)):.1e} of frames voiced differently"
    difference = (
        np.abs(np.nan_to_num(a) - np.nan_to_num(b)).max() if a.dtype != bool else (a ^ b).max()
    )
    if difference == 0:
        return "equal"
    if decibel:
        return f"{difference:.0e} dB"
    return f"{difference / np.abs(np.nan_to_num(b)).max():.0e}"


def fastest(calls: list[Callable[[], Any]]) -> list[float]:
    """Return the minimum CPU time of each, taken in turns."""
    best = [np.inf] * len(calls)
    for i in list(range(len(calls))) * 2:
        end = time.process_time() + SECONDS / 2
        while True:
            start = time.process_time()
            calls[i]()
            now = time.process_time()
            best[i] = min(best[i], now - start)
            if now > end:
                break
    return best


def row(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], case: Case | None) -> str:
    found, expected = ours(), theirs()
    error = error_of(found, expected, case is not None and case.decibel)
    mine, other = fastest([ours, theirs])
    note = case.note if case is not None else ""
    return f"| `{name}` | {error} | {other / mine:.1f} | {mine * 1e6:,.0f} | {note} |"


HEADER = ["| function | largest error | speed-up | µs | differences |", "|---|---|---|---|---|"]


def record(file: Path) -> None:
    """Write what the installed librosa gives in each case."""
    import librosa

    cases = librosa_cases(demo(), librosa)
    results = {case.name: np.asarray(case.call(librosa)) for case in cases}
    np.savez(file, version=librosa.__version__, **results)


def release_errors(files: list[Path]) -> tuple[list[str], dict[str, list[str]]]:
    """Return versions of librosa that were recorded, and the errors of each case against them."""
    versions: list[str] = []
    errors: dict[str, list[str]] = {}
    for file in files:
        recorded = np.load(file)
        versions.append(str(recorded["version"]))
        with quaver.install_as("librosa", versions[-1]) as module:
            for case in librosa_cases(demo(), module):
                error = "not recorded"
                if case.name in recorded:
                    error = error_of(case.call(module), recorded[case.name], case.decibel)
                errors.setdefault(case.name, []).append(error)
    return versions, errors


def with_releases(lines: list[str], versions: list[str], errors: dict[str, list[str]]) -> list[str]:
    """Put a column for each recorded release behind that of the installed one."""
    import librosa

    head = HEADER[0].replace("largest error", f"largest error, {librosa.__version__}")
    rows = [head, HEADER[1], *lines[len(HEADER) :]]
    columns = [versions, ["---"] * len(versions), *errors.values()]
    made = []
    for line, column in zip(rows, columns, strict=True):
        cells = line.strip("|").split("|")
        spaced = column if column[:1] == ["---"] else [f" {cell} " for cell in column]
        made.append("|" + "|".join([*cells[:2], *spaced, *cells[2:]]) + "|")
    return made


def table(ours: Any, theirs: Any, cases: list[Case]) -> list[str]:
    lines = list(HEADER)
    for case in cases:
        lines.append(
            row(case.name, lambda c=case: c.call(ours), lambda c=case: c.call(theirs), case)
        )
    return lines


def document(recorded: list[Path], clips: Path) -> str:
    import librosa

    y = demo()
    # glibc raises its threshold for mappings of their own to the largest block ever freed: up to
    # 32 MB are then reused, and neither side pays for fresh pages in each call.
    for _ in range(3):
        np.ones(3_900_000)
    template = (ROOT / "docs" / "compat.in.md").read_text(encoding="utf-8")
    lines = table(our_librosa, librosa, librosa_cases(y, librosa))
    sections = {"LIBROSA": with_releases(lines, *release_errors(recorded))}
    peers = peer_cases(y)
    lines = []
    for title, ours, theirs, cases in peers:
        lines += [f"### {title}", "", *table(ours, theirs, cases), ""]
    sections["PEERS"] = lines
    sections["RECIPES"] = [
        *HEADER,
        *(row(name, ours, theirs, None) for name, ours, theirs in recipe_cases(y, librosa)),
    ]
    sections["SCRIPTS"] = time_scripts.table(clips)
    config = quaver.show_config()
    names = ("librosa", "pyAudioAnalysis", "python_speech_features", "numpy", "scipy")
    text = template.replace("{VERSIONS}", ", ".join(f"{name} {version(name)}" for name in names))
    text = text.replace("{TARGET}", str(config["target"]))
    for name, content in sections.items():
        text = text.replace(f"{{{name}}}", "\n".join(content).strip())
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "docs" / "compat.md")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--recorded", type=Path, nargs="*", default=[])
    parser.add_argument("--clips", type=Path, help="a folder of 48 kHz WAV files")
    options = parser.parse_args()
    if not options.record and options.clips is None:
        parser.error("--clips is needed for the times of scripts")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if options.record:
            record(options.record)
        else:
            options.out.write_text(document(options.recorded, options.clips), encoding="utf-8")
