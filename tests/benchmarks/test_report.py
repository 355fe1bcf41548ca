"""The table and the chart that benchmarks/report.py makes of a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import report


def write_run(path: Path) -> Path:
    def entry(group: str, name: str, minimum: float, **extra: float) -> dict[str, object]:
        return {
            "group": group,
            "name": f"test[{name}]",
            "params": {"name": name},
            "stats": {"min": minimum},
            "extra_info": extra,
        }

    benchmarks = [
        entry("clip", "librosa", 5e-3, seconds=3.7),
        entry("clip", "quaver base", 2e-4, seconds=3.7),
        entry("clip", "quaver", 1e-4, seconds=3.7),
        entry("clip", "<other>", 3e-3, seconds=3.7),
        entry("threads", "2", 1.0),
        entry("new process", "quaver", 0.1, **{"peak MiB": 27.3}),
        entry("new process", "numpy alone", 0.08, **{"peak MiB": 24.7}),
    ]
    path.write_text(json.dumps({"benchmarks": benchmarks}))
    return path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run.json")


def test_tables(run: Path) -> None:
    groups = report.read(run)
    assert [row["name"] for row in groups["clip"]] == [
        "quaver",
        "quaver base",
        "<other>",
        "librosa",
    ]
    assert "|  | librosa | 5 ms | 740 | 50 × |" in report.full_table(groups)
    lines = report.summary(groups).splitlines()
    assert lines[2:] == [
        "| clip | 100 µs | 50 × |  | <other> 30 × |",
        "| … base | 200 µs | 25 × |  | <other> 15 × |",
        "| new process | 100 ms, 27 MiB |  |  | numpy alone 0.8 × |",
    ]


def test_readme_keeps_what_surrounds_the_table(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    readme, svg = tmp_path / "README.md", tmp_path / "speed.svg"
    readme.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    arguments = [str(run), "--readme", str(readme), "--svg", str(svg), "--only", "clip"]
    monkeypatch.setattr(sys, "argv", ["report.py", *arguments])
    report.main()
    assert "new process" not in capsys.readouterr().out
    text = readme.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{report.BEGIN}\n| work |")
    assert text.endswith(f"|\n{report.END}\nafter\n")
    assert "old" not in text
    bars = ElementTree.parse(svg).getroot().iter("{http://www.w3.org/2000/svg}rect")
    assert len(list(bars)) == 1 + 4  # the ground

    readme.write_text("no place for a table")
    with pytest.raises(SystemExit, match="must hold the lines"):
        report.main()
    assert readme.read_text() == "no place for a table"
