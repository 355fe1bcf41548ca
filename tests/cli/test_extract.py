"""``quaver extract``: what it writes is what the library returns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
import quaver.data
from commands import DEMO, Run, read_csv, squeezed
from quaver.cli import extract


def read_parquet(file: Path) -> tuple[list[str], list[str], NDArray[np.float32]]:
    whole = pyarrow.parquet.read_table(file)
    names = whole.column_names[1:]
    values = np.stack([whole[name].to_numpy() for name in names], axis=1)
    return names, whole["file"].to_pylist(), values


def read_npz(file: Path) -> tuple[list[str], list[str], NDArray[np.float32]]:
    with np.load(file) as whole:
        return whole["names"].tolist(), whole["files"].tolist(), whole["values"]


READERS: dict[str, Callable[[Path], Any]] = {
    "csv": read_csv, "parquet": read_parquet, "npz": read_npz,
}  # fmt: skip


@pytest.mark.parametrize("kind", list(READERS))
def test_extract_writes_what_extract_many_returns(
    run: Run, folder: Path, tmp_path: Path, kind: str
) -> None:
    output = tmp_path / f"features.{kind}"
    result = run("extract", folder, "-o", output, code=1)
    assert "broken.wav" in result.stderr
    names, sources, values = READERS[kind](output)
    expected = quaver.extract_many([folder / "a.wav", folder / "deep" / "b.flac"])
    assert tuple(names) == expected.names
    assert sources == [str(folder / "a.wav"), str(folder / "deep" / "b.flac")]
    np.testing.assert_array_equal(values, expected.values)
    assert values.dtype == np.float32


@pytest.mark.parametrize("rate", [0, -1, 10**7, 10**23])
def test_a_rate_that_cannot_be_is_wrong_usage(run: Run, tmp_path: Path, rate: int) -> None:
    output = tmp_path / "f.csv"
    told = run("extract", tmp_path / "no.wav", "-o", output, "--sample-rate", rate, code=2).stderr
    assert "--sample-rate must be" in told
    assert f"got {rate}" in told


def test_extract_at_another_rate_and_padded(run: Run, tmp_path: Path) -> None:
    short = tmp_path / "short.wav"
    soundfile.write(short, np.full(100, 0.1), 8000)
    output = tmp_path / "f.csv"
    run("extract", short, "-o", output, "--sample-rate", 8000, code=1)
    assert not output.exists()
    run("extract", short, "-o", output, "--sample-rate", 8000, "--pad", "--threads", 1)
    _, _, values = read_csv(output)
    samples, _ = quaver.load(short)
    np.testing.assert_array_equal(values[0], quaver.extract(samples, 8000, pad=True))


def test_extract_refuses_unknown_kinds_and_empty_folders(run: Run, tmp_path: Path) -> None:
    assert "expected one of .csv" in run("extract", DEMO, "-o", tmp_path / "f.xls", code=2).stderr
    (tmp_path / "empty").mkdir()
    result = run("extract", tmp_path / "empty", "-o", tmp_path / "f.csv", code=1)
    assert "no audio file" in squeezed(result.stderr)
    assert not (tmp_path / "f.csv").exists()


def test_extract_writes_csv_to_a_pipe(run: Run, folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "f.csv"
    run("extract", folder, "-o", output, code=1)
    printed = run("extract", folder, "-o", "-", code=1)
    assert printed.stdout.splitlines() == output.read_text().splitlines()
    assert "Wrote CSV: 2 recordings" in printed.stderr
    assert not Path("-").exists()


def test_a_failed_write_leaves_the_older_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "f.csv"
    output.write_text("older")

    def half(file: Path, *_: object) -> None:
        file.write_text("half")
        raise OSError("disk full")

    monkeypatch.setitem(extract._WRITERS, ".csv", half)
    assert "disk full" in run("extract", DEMO, "-o", output, code=1).stderr
    assert output.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["f.csv"]


def test_extract_a_set(run: Run, folder: Path, tmp_path: Path) -> None:
    """Of recordings at their own rate, unless another is asked for."""
    run("extract", folder, "-o", tmp_path / "features.npz", "--set", "egemaps", code=1)
    names, files, values = read_npz(tmp_path / "features.npz")
    assert tuple(names) == quaver.egemaps_names()
    expected = [quaver.egemaps(*quaver.load(file, downmix="mean")) for file in files]
    np.testing.assert_array_equal(values, expected)
    for options, said in (
        (["--set", "gemaps"], "expected egemaps, got 'gemaps'"),
        (["--set", "egemaps", "--config", "robust"], "goes with --config"),
    ):
        result = run("extract", folder, "-o", tmp_path / "f.csv", *options, code=2)
        assert said in result.stderr
