"""Write docs/egemaps.md: the extended Geneva set of quaver against openSMILE's, name by name.

Run with one thread: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tools/make_egemaps_table.py
RAVDESS NEMO, folders of these corpora. Clips are taken at even distances, 60 of each.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import opensmile as theirs

import quaver
from quaver import geneva
from quaver.compat import opensmile as ours

ROOT = Path(__file__).resolve().parents[1]
N_CLIPS, REPEATS = 60, 5
NEAR, NEAR_ROW = 0.01, 1e-3
SET, LLD = "eGeMAPSv02", "LowLevelDescriptors"


def clips_of(folder: Path) -> list[Path]:
    files = quaver.audio.find_audio(folder)
    places = np.linspace(0, len(files) - 1, N_CLIPS).round().astype(int)
    return [files[i] for i in places]


def both(files: Sequence[Path], level: str) -> list[list[np.ndarray]]:
    """Values of each file, quaver's and openSMILE's."""
    found = []
    for module in (ours, theirs):
        smile = module.Smile(module.FeatureSet[SET], module.FeatureLevel[level])
        found.append([smile.process_file(str(file)).to_numpy(np.float64) for file in files])
    return found


def functionals(files: Sequence[Path]) -> np.ndarray:
    """Errors (clips, 88) over the value or, where that is larger, its spread over the clips."""
    mine, true = (np.concatenate(values) for values in both(files, "Functionals"))
    return abs(mine - true) / np.maximum(np.maximum(abs(true), true.std(axis=0)), 1e-12)


def number(x: float) -> str:
    return "equal" if x < 5e-7 else f"{x:.0e}"


def functional_lines(errors: Sequence[np.ndarray], corpora: Sequence[str]) -> list[str]:
    head = " | ".join(f"{name}: median | worst | within 1 %" for name in corpora)
    lines = [f"| functional | {head} |", "|---" * (1 + 3 * len(corpora)) + "|"]
    for i, name in enumerate(quaver.egemaps_names()):
        cells = []
        for error in errors:
            column = error[:, i]
            share = round(100 * (column <= NEAR).mean())
            cells += [number(np.median(column)), number(column.max()), f"{share} %"]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return lines


def descriptor_lines(files: Sequence[Path]) -> tuple[list[str], str]:
    mine, true = both(files, LLD)
    a, b = np.concatenate(mine), np.concatenate(true)
    spread = np.array([row.std(axis=0) for row in true]).mean(axis=0)
    error = abs(a - b) / spread
    pitch = geneva.egemaps_descriptor_names().index("F0semitoneFrom27.5Hz_sma3nz")
    voiced = (a[:, pitch] > 0, b[:, pitch] > 0)
    common = voiced[0] & voiced[1]
    lines = ["| descriptor | rows within 1e-3 of the spread | where both have a voice |"]
    lines.append("|---|---|---|")
    for i, name in enumerate(geneva.egemaps_descriptor_names()):
        near = error[:, i] <= NEAR_ROW
        shares = (100 * near.mean(), 100 * near[common].mean())
        lines.append(f"| `{name}` | {shares[0]:.1f} % | {shares[1]:.1f} % |")
    same = 100 * (voiced[0] == voiced[1]).mean()
    half = 12 * np.log2(1.005)
    near = 100 * (abs(a - b)[common, pitch] <= half).mean()
    return lines, (
        f"Voiced or not is told alike of {same:.2f} % of the {len(a):,} rows, and where both have a"
        f" voice the pitch is within 0.5 % on {near:.2f} %."
    )


def least(work: Callable[[], Any]) -> float:
    def once() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return min(once() for _ in range(REPEATS))


def speed(files: Sequence[Path]) -> str:
    """CPU time of both, in turns, minima: of a clip of 3.7 s and of files."""
    samples, rate = quaver.load(quaver.data.demo_clip())
    clip = np.resize(samples, round(3.7 * rate))
    smiles = [module.Smile(module.FeatureSet[SET]) for module in (ours, theirs)]
    own = least(lambda: [quaver.egemaps(clip, rate) for _ in range(20)]) / 20
    signal = least(lambda: smiles[1].process_signal(clip, rate))
    paths = [str(file) for file in files]
    many = [least(lambda s=smile: s.process_files(paths)) / len(paths) for smile in smiles]
    return (
        f"`egemaps` of 3.7 s takes {1e3 * own:.2f} ms, openSMILE {1e3 * signal:.1f} ms:"
        f" {signal / own:.0f} times as long. `process_files` of {len(paths)} files takes"
        f" {1e3 * many[0]:.2f} ms a file, openSMILE {1e3 * many[1]:.1f} ms:"
        f" {many[1] / many[0]:.0f} times as long."
    )


def page(folders: dict[str, Path]) -> str:
    files = {name: clips_of(folder) for name, folder in folders.items()}
    errors = [functionals(clips) for clips in files.values()]
    everything = [file for clips in files.values() for file in clips]
    descriptors, told = descriptor_lines(everything)
    good = sum(np.all([(e[:, i] <= NEAR).mean() >= 0.97 for e in errors]) for i in range(88))
    values = {
        "VERSION": version("opensmile"),
        "TARGET": str(quaver.show_config()["target"]),
        "SPEED": speed(everything),
        "TOLD": told,
        "GOOD": f"{good} of the 88 are within on 97 % of the clips of both",
        "DESCRIPTORS": "\n".join(descriptors),
        "FUNCTIONALS": "\n".join(functional_lines(errors, list(files))),
    }
    text = (ROOT / "docs" / "egemaps.in.md").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("nemo", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "docs" / "egemaps.md")
    options = parser.parse_args()
    text = page({"RAVDESS": options.ravdess, "nEMO": options.nemo})
    options.out.write_text(text, encoding="utf-8")
