"""``quaver check``: what is wrong with a corpus, and the exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from commands import Run


def test_a_good_corpus(run: Run, moods: Path) -> None:
    done = run("check", moods, "--speaker", "/([a-d])_", "--shortest", 0.3, "--json")
    found = json.loads(done.stdout)
    assert found["faults"] == []
    assert found["labels"] == dict.fromkeys(("calm", "cross", "giddy", "unsure", "weary"), 16)
    assert len(found["speakers"]) == 4
    assert "80 clips, 0.5 min: no faults." in done.stderr


def test_faults_are_listed(run: Run, moods: Path, tmp_path: Path) -> None:
    folder = tmp_path / "moods"
    shutil.copytree(moods, folder)
    (folder / "calm" / "a_bad.wav").write_text("no audio")
    shutil.copy(folder / "calm" / "a_0.wav", folder / "calm" / "b_twin.wav")
    asked = ("check", folder, "--shortest", 0.3)
    done = run(*asked, "--format", "tsv", code=1)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()[:3]] == [
        "kind", "unreadable", "duplicate"
    ]  # fmt: skip
    assert "unreadable 1, duplicate 1." in done.stderr
    assert "No speakers are known" in done.stderr
    shown = run(*asked, "--format", "table", code=1).stdout
    assert "the same samples as" in shown
    assert "calm" in shown
