"""Scripts in the idioms of speech emotion projects: the same output on quaver and without."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import tolerances

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parent / "scripts"
#: Script, library, and whether quaver runs it with nothing of the library installed.
RUNS = [
    ("chosen_features.py", "librosa", True),
    ("five_means.py", "librosa", True),
    ("log_mel_pictures.py", "librosa", True),
    ("framewise_class.py", "librosa", True),
    ("mfcc_tensor.py", "librosa", True),
    ("cleaned_speech.py", "librosa", True),
    ("padded_noise.py", "librosa", True),
    ("tonal_vector.py", "librosa", True),
    ("phase_and_pitch.py", "librosa", True),
    ("speech_features.py", "python_speech_features", True),
    ("short_term.py", "pyAudioAnalysis", True),
]


@pytest.fixture(scope="session")
def clips(ravdess: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of five clips of different actors."""
    folder = tmp_path_factory.mktemp("clips")
    for clip in ravdess[3::300]:
        (folder / clip.name).symlink_to(clip)
    return folder


def run(arguments: list[str], **environment: str) -> None:
    done = subprocess.run(
        arguments, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def outputs(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as archive:
        return dict(archive)


def arguments_of(script: str, clips: Path, out: Path) -> list[str]:
    files = [str(path) for path in sorted(clips.glob("*.flac"))]
    if script == "mfcc_tensor.py":
        return [str(clips), str(out)]
    return [*files, "--out", str(out)] if script == "chosen_features.py" else [*files, str(out)]


@pytest.mark.parametrize(("script", "library", "alone"), RUNS)
def test_same_output(clips: Path, tmp_path: Path, script: str, library: str, alone: bool) -> None:
    path = str(SCRIPTS / script)
    theirs, ours = tmp_path / "theirs.npz", tmp_path / "ours.npz"
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        # In this process: the library and what it compiles are here already.
        warnings.simplefilter("ignore")
        patch.setattr(sys, "argv", [path, *arguments_of(script, clips, theirs)])
        runpy.run_path(path, run_name="__main__")
    environment = {}
    if alone:
        # Where Python would look first, the library refuses to be imported.
        (tmp_path / f"{library}.py").write_text("raise ImportError('the original was imported')\n")
        environment["PYTHONPATH"] = str(tmp_path)
    quaver = [sys.executable, "-m", "quaver.cli", "run", "--backend", library, path]
    run([*quaver, *arguments_of(script, clips, ours)], **environment)

    expected, found = outputs(theirs), outputs(ours)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert (found[name].shape, found[name].dtype) == (values.shape, values.dtype), name
        if values.dtype.kind != "f":
            np.testing.assert_array_equal(found[name], values, err_msg=name)
            continue
        error = np.abs(found[name] - values)
        # Cepstra and decibels cross zero: the absolute bound of both is that of the cepstra.
        bound = np.maximum(tolerances.SHORT_TERM * np.abs(values), tolerances.SCRIPT_DB)
        if script == "tonal_vector.py":
            # The quietest bins hold the rounding of resampy's float32 sums, which is not ours; the
            # last band lies above what recordings at 16 kHz hold, and has nothing else.
            bound[:, 180:187] += 0.02
            bound[:, 186] += 0.5
        bound += tolerances.RESAMPLED_DB.get(script, 0.0)
        assert (error <= bound).all(), (name, float((error - bound).max()))
