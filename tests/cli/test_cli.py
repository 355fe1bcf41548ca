"""The command line: what it prints and writes, and its exit codes."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
import soundfile
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

import quaver
import quaver.data
from quaver.cli import extract as file_commands
from quaver.cli.app import app
from quaver.models import evaluation, svm

DEMO = str(quaver.data.demo_clip())
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object, code: int = 0) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        if code in (0, 1):
            assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return call


@pytest.fixture
def folder(tmp_path: Path, speech: NDArray[np.float32]) -> Path:
    """Two recordings, one broken file and one that is no recording."""
    made = tmp_path / "recordings"
    (made / "deep").mkdir(parents=True)
    soundfile.write(made / "a.wav", speech, 16000)
    soundfile.write(made / "deep" / "b.flac", speech[::-1], 22050)
    (made / "broken.wav").write_text("no audio")
    (made / "notes.txt").write_text("no audio")
    return made


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of twelve short clips, two labels, two speakers."""
    made = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    rows = ["path,label,speaker"]
    for i in range(12):
        label, speaker = ("anger", "sadness")[i % 2], "pq"[i // 6]
        samples = (0.5, 0.02)[i % 2] * rng.uniform(-1, 1, 6000 + 50 * i)
        soundfile.write(made / f"{i}.wav", samples, 16000)
        rows.append(f"{i}.wav,{label},{speaker}")
    (made / "clips.csv").write_text("\n".join(rows))
    return made / "clips.csv"


@pytest.fixture(scope="module")
def trained(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("model") / "mine.skops"
    result = CliRunner().invoke(app, ["train", "svm", str(table), "-o", str(file), "--no-search"])
    assert result.exit_code == 0, result.output
    assert "12 clips, 2 labels" in result.output
    return file


def squeezed(text: str) -> str:
    return " ".join(text.split())


# The installed command.


def test_the_installed_command() -> None:
    command = Path(sys.executable).with_name("quaver")
    done = subprocess.run([command, "demo"], capture_output=True, text=True, check=True)
    label = svm.predict(svm.load_pretrained(), [DEMO]).labels[0]
    assert f"Emotion: {label}" in done.stdout
    assert "zero_crossing_rate_mean" in done.stdout


def test_a_terminal_of_another_encoding(tmp_path: Path) -> None:
    name = tmp_path / "\u0433\u043e\u043b\u043e\u0441.flac"
    name.write_bytes(Path(DEMO).read_bytes())
    command = Path(sys.executable).with_name("quaver")
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    for arguments, expected in ((["demo"], "####"), (["predict", str(name)], r"\u0433\u043e")):
        done = subprocess.run(
            [command, *arguments], capture_output=True, check=False, env=environment
        )
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout.decode("latin-1")


def test_a_script_keeps_its_own_encoding(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys; print(sys.stdout.errors)")
    command = [Path(sys.executable).with_name("quaver"), "run", "-b", "librosa", script]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1:strict"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "strict"


def test_the_version_goes_nowhere(run: Run) -> None:
    assert run("--version").output.startswith("quaver ")
    command = Path(sys.executable).with_name("quaver")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [command, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("quaver: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["predict", "extract"])
def test_an_empty_path_is_not_the_current_folder(run: Run, command: str) -> None:
    assert "got ''" in run(command, "", code=2).output


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from quaver.cli.app import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "heavy = ('sklearn', 'scipy', 'matplotlib', 'skops', 'soundfile', 'pyarrow');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


COMMANDS = [
    ["demo"], ["record"], ["predict"], ["extract"], ["evaluate"], ["plot"], ["info"],
    ["train"], ["train", "svm"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_teaches(run: Run, command: list[str]) -> None:
    text = run(*command, "--help").output
    assert "Examples" in text
    assert f"$ quaver {' '.join(command)}" in text


def test_version_and_no_arguments(run: Run) -> None:
    assert run("--version").stdout == f"quaver {quaver.__version__}\n"
    assert "Commands" in run(code=2).output


# demo and info


def test_demo_is_the_prediction_of_its_clip(run: Run) -> None:
    text = run("demo").stdout
    found = svm.predict(svm.load_pretrained(), [DEMO])
    assert f"Emotion: {found.labels[0]}" in text
    for label, share in zip(found.classes, found.probabilities[0], strict=True):
        assert any(label in line and f"{share:.1%}" in line for line in text.splitlines())
    samples, rate = quaver.load(DEMO)
    for name, value in zip(
        quaver.feature_names()[:10], quaver.extract(samples, rate), strict=False
    ):
        line = next(line for line in text.splitlines() if f" {name} " in line)
        assert f"{value:.6g}" in line


def test_info(run: Run) -> None:
    assert json.loads(run("info", "--json").stdout) == quaver.show_config()
    assert quaver.show_config()["target"] in run("info").stdout


def test_info_of_a_model(run: Run, trained: Path) -> None:
    assert run("info", trained).stdout.startswith("# quaver SVM")
    assert json.loads(run("info", trained, "--json").stdout) == svm.load(trained).card


# predict


def test_predict_table(run: Run) -> None:
    text = run("predict", DEMO).stdout
    assert "demo.flac" in text
    assert "anger" in text


def test_predict_json_goes_on_after_a_bad_file(run: Run, folder: Path) -> None:
    result = run("predict", folder, folder / "missing.wav", "--json", code=1)
    found = json.loads(result.stdout)
    names = [Path(row["file"]).name for row in found["predictions"]]
    assert names == ["a.wav", "b.flac"]
    assert {Path(row["file"]).name for row in found["failures"]} == {"broken.wav", "missing.wav"}
    expected = svm.predict(svm.load_pretrained(), [folder / "a.wav"])
    row = found["predictions"][0]
    assert row["emotion"] == expected.labels[0]
    found_shares = list(row["probabilities"].values())
    # BLAS sums one row in another order than two.
    np.testing.assert_allclose(found_shares, expected.probabilities[0], rtol=1e-5)
    assert "2 failed" in result.stderr


def test_predict_timeline(run: Run) -> None:
    arguments = ["predict", DEMO, "--timeline", "--window", 2, "--hop", 0.5]
    rows = json.loads(run(*arguments, "--json").stdout)["predictions"]
    samples, rate = quaver.load(DEMO)
    expected = svm.predict_timeline(svm.load_pretrained(), samples, rate, window=2, hop=0.5)
    assert [row["start"] for row in rows] == expected.starts.tolist()
    assert [row["end"] for row in rows] == expected.ends.tolist()
    assert [row["emotion"] for row in rows] == expected.labels.tolist()
    assert "from s" in run(*arguments).stdout


def test_silence_is_named_in_a_timeline(
    run: Run, tmp_path: Path, speech: NDArray[np.float32]
) -> None:
    file = tmp_path / "a.wav"
    soundfile.write(file, np.concatenate([speech, 0 * speech]), 16000)
    rows = run("predict", file, "--timeline", "--window", 2, "--hop", 2, "--json").stdout
    assert [row["emotion"] == "silence" for row in json.loads(rows)["predictions"]] == [False, True]


def test_predict_timeline_goes_on_after_a_bad_file(run: Run, folder: Path) -> None:
    found = json.loads(run("predict", folder, "--timeline", "--json", code=1).stdout)
    assert {Path(row["file"]).name for row in found["predictions"]} == {"a.wav", "b.flac"}
    assert [Path(row["file"]).name for row in found["failures"]] == ["broken.wav"]


def test_predict_with_a_model_of_ones_own(run: Run, trained: Path, table: Path) -> None:
    rows = json.loads(run("predict", table.with_name("0.wav"), "--model", trained, "--json").stdout)
    assert rows["predictions"][0]["emotion"] == "anger"
    assert set(rows["predictions"][0]["probabilities"]) == {"anger", "sadness"}


def test_predict_with_what_is_no_model(run: Run, folder: Path) -> None:
    result = run("predict", DEMO, "--model", folder / "notes.txt", code=1)
    assert "notes.txt: not a model of quaver" in squeezed(result.stderr)
    result = run("predict", DEMO, "--model", folder / "none.skops", code=1)
    assert "no such model" in result.stderr


def test_predict_of_stereo(run: Run, tmp_path: Path, speech: NDArray[np.float32]) -> None:
    file = tmp_path / "stereo.wav"
    soundfile.write(file, np.stack([speech, 0 * speech], axis=1), 16000, subtype="FLOAT")
    left = json.loads(run("predict", file, "--json", "--downmix", 0).stdout)["predictions"][0]
    expected = svm.predict(svm.load_pretrained(), [speech], 16000).probabilities[0]
    np.testing.assert_allclose(list(left["probabilities"].values()), expected, atol=1e-6)
    assert (
        "expected 'mean' or the number" in run("predict", file, "--downmix", "sum", code=2).stderr
    )


# extract


def read_csv(file: Path) -> tuple[list[str], list[str], NDArray[np.float32]]:
    with file.open(newline="") as lines:
        header, *rows = csv.reader(lines)
    return header[1:], [row[0] for row in rows], np.array([row[1:] for row in rows], np.float32)


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


def test_a_failed_write_leaves_the_older_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "f.csv"
    output.write_text("older")

    def half(file: Path, *_: object) -> None:
        file.write_text("half")
        raise OSError("disk full")

    monkeypatch.setitem(file_commands._WRITERS, ".csv", half)
    assert "disk full" in run("extract", DEMO, "-o", output, code=1).stderr
    assert output.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["f.csv"]


# plot


def test_plot(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "x.png"
    run("plot", DEMO, "-o", output, "--dpi", 40)
    assert output.read_bytes()[:4] == b"\x89PNG"
    run("plot", DEMO, "-o", tmp_path / "x.svg", "--no-timeline", "--features", "energy,mfcc_2")
    assert "mfcc_2" in (tmp_path / "x.svg").read_text()


def test_plot_refuses_what_it_cannot_draw(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "x.png"
    result = run("plot", DEMO, "-o", output, "--features", "loudness", code=1)
    assert "unknown feature(s) 'loudness'" in squeezed(result.stderr)
    assert "expected one of" in run("plot", DEMO, "-o", tmp_path / "x.doc", code=2).stderr
    assert "no such recording" in run("plot", tmp_path / "none.wav", "-o", output, code=1).stderr
    assert not list(tmp_path.iterdir())


# train and evaluate


def test_evaluate_a_model(run: Run, trained: Path, table: Path) -> None:
    found = json.loads(run("evaluate", table, "--model", trained, "--json").stdout)
    assert found[0]["accuracy"] == 1
    assert found[0]["confusion"] == [[6, 0], [0, 6]]
    assert "100.00%" in run("evaluate", table, "--model", trained).stdout


def test_evaluate_protocols(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def protocol(directory: Path, name: str, **options: Any) -> evaluation.Report:
        asked.append((str(directory), name, options["search"], options["n_jobs"]))
        return evaluation.score(name, ["a", "b"], [(["a", "b"], ["a", "a"])])

    monkeypatch.setattr(evaluation, "run_protocol", protocol)
    found = json.loads(run("evaluate", "DIR", "--protocol", "all", "--json").stdout)
    assert [report["name"] for report in found] == list(evaluation.PROTOCOLS)
    text = run("evaluate", "DIR", "--protocol", "original", "--no-search", "--jobs", 2).stdout
    assert "50.00% ± 0.00%" in text
    assert asked[-1] == ("DIR", "original", False, 2)


def test_evaluate_needs_one_of_protocol_and_model(run: Run, trained: Path) -> None:
    assert "one of --protocol and --model" in squeezed(run("evaluate", "DIR", code=2).stderr)
    run("evaluate", "DIR", "--protocol", "all", "--model", trained, code=2)
    assert "'random'" in run("evaluate", "DIR", "--protocol", "random", code=2).stderr


def test_train_refuses_before_it_works(run: Run, table: Path, tmp_path: Path) -> None:
    assert "ends in .skops" in run("train", "svm", table, "-o", "m.pkl", code=2).stderr
    result = run("train", "svm", table, "-o", tmp_path / "none" / "m.skops", code=2)
    assert "there is no such folder" in squeezed(result.stderr)
    output = tmp_path / "m.skops"
    assert (
        "'wav2vec'" in run("train", "svm", table, "-o", output, "--kind", "wav2vec", code=2).stderr
    )
    result = run("train", "svm", tmp_path, "-o", output, code=1)
    assert "no audio file" in squeezed(result.stderr)
    assert not output.exists()


# Packages that are missing.


@pytest.mark.parametrize(
    ("arguments", "package", "extra"),
    [
        (["predict", DEMO], "sklearn", "svm"),
        (["demo"], "skops", "svm"),
        (["plot", DEMO, "-o", "x.png"], "matplotlib", "plot"),
        (["extract", DEMO, "-o", "x.parquet"], "pyarrow", "parquet"),
        (["record", "x.wav"], "sounddevice", "record"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_missing_packages_are_named(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    package: str,
    extra: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    result = run(*arguments, code=2)
    assert f'pip install "quaver[{extra}]"' in squeezed(result.stderr)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["demo", "predict x.wav", "info x.skops"])
def test_missing_packages_in_a_fresh_process(command: str) -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None;"
        f"sys.argv = ['quaver', *{command.split()}]; from quaver.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "quaver[svm]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_windows_of_no_length(run: Run) -> None:
    assert "--hop" in run("predict", DEMO, "--timeline", "--hop", 0, code=2).stderr


def test_without_typer() -> None:
    code = "import sys; sys.modules['typer'] = None; from quaver.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "quaver[cli]"' in done.stderr


def test_debug_shows_the_traceback() -> None:
    result = CliRunner().invoke(app, ["--debug", "predict", DEMO, "--model", "none.skops"])
    assert isinstance(result.exception, FileNotFoundError)
