"""``quaver plot``."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import DEMO, Run, squeezed


def test_plot(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "x.png"
    run("plot", DEMO, "-o", output, "--dpi", 40)
    assert output.read_bytes()[:4] == b"\x89PNG"
    run("plot", DEMO, "-o", tmp_path / "x.svg", "--no-timeline", "--features", "energy,mfcc_2")
    assert "mfcc_2" in (tmp_path / "x.svg").read_text()


def test_plot_refuses_what_it_cannot_draw(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "x.png"
    result = run("plot", DEMO, "-o", output, "--features", "noise", code=1)
    assert "unknown feature(s) 'noise'" in squeezed(result.stderr)
    assert "expected one of" in run("plot", DEMO, "-o", tmp_path / "x.doc", code=2).stderr
    assert "no such recording" in run("plot", tmp_path / "none.wav", "-o", output, code=1).stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_picture_with_the_networks_timeline(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "clip.png"
    run("plot", DEMO, "-o", output, "--model", "tdcnn")
    assert output.read_bytes().startswith(b"\x89PNG")
