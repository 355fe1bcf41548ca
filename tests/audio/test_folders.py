"""What folders of recordings hold."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from quaver.audio import find_audio
from quaver.recordings.folders import search
from recorded import encoded

PIPE = "a pipe or device, no file"


def test_what_a_folder_holds(tmp_path: Path, noise: NDArray[np.float32]) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "outside").mkdir()
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    data = encoded(noise, "WAV")
    for name in ("corpus/a.wav", "corpus/noending", "outside/b.M4A", "corpus/c.wave", "deep/d.w64"):
        (tmp_path / name).write_bytes(data)
    for name in ("notes.txt", "more.TXT", "table.csv", "LICENSE"):
        (corpus / name).write_text("text")
    (corpus / "link").symlink_to(tmp_path / "outside")
    (corpus / "again").symlink_to(tmp_path / "outside")
    (corpus / "loop").symlink_to(corpus)
    (tmp_path / "outside" / "back").symlink_to(corpus)
    (corpus / "gone.wav").symlink_to(tmp_path / "nothing.wav")
    os.mkfifo(corpus / "pipe.wav")
    os.mkfifo(corpus / "queue")
    found = search(corpus)
    names = [str(path.relative_to(corpus)) for path in found.recordings]
    assert names == ["a.wav", "again/b.M4A", "c.wave", "noending"]
    assert found.others == {".txt": 2, ".csv": 1, "": 1}
    assert found.left_out == "4 other files left out: 2 .txt, 1 .csv, 1 without ending"
    reasons = {path.name: reason for path, reason in found.unusable}
    assert reasons == {"gone.wav": "a link to nothing", "pipe.wav": PIPE, "queue": PIPE}
    with pytest.warns(UserWarning, match=r"3 left out below .*gone\.wav: a link to nothing"):
        assert find_audio(corpus) == found.recordings
    for path in found.recordings:
        path.unlink()
    with (
        pytest.warns(UserWarning, match="left out"),
        pytest.raises(ValueError, match=r"no audio file .* \(4 other files left out: 2 \.txt"),
    ):
        find_audio(corpus)
