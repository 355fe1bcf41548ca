"""quaver.compat.opensmile against opensmile: frames of pandas, arguments, errors."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import quaver
from quaver import geneva
from quaver.compat import opensmile as ours

pandas = pytest.importorskip("pandas")

#: What makes an extractor, and what is asked of it; `y` is a second of sound.
EXTRACTORS = {
    "functionals": "Smile(FeatureSet.eGeMAPSv02)",
    "descriptors": "Smile(FeatureSet.eGeMAPSv02, FeatureLevel.LowLevelDescriptors)",
    "by name": "Smile('eGeMAPSv02', 'lld')",
    "GeMAPSv01b": "Smile(FeatureSet.GeMAPSv01b)",
    "GeMAPSv01b descriptors": "Smile(FeatureSet.GeMAPSv01b, FeatureLevel.LowLevelDescriptors)",
    "eGeMAPSv01b": "Smile(FeatureSet.eGeMAPSv01b)",
    "eGeMAPSv01b descriptors": "Smile(FeatureSet.eGeMAPSv01b, FeatureLevel.LowLevelDescriptors)",
}
CALLS = [
    "s.process_signal(y, 16000)",
    "s.process_signal(y, 16000, file='x.wav')",
    "s.process_signal(y, 16000, start=0.1, end=0.5)",
    "s.process_signal(y, 16000, file='f', start='100ms', end=pandas.Timedelta('500ms'))",
    "s.process_signal(y, 16000, start=0.1)",
    "s.process_signal(y[:500], 16000)",
    "s.process_signal(y[:0], 16000)",
    "s.process_signal(numpy.stack([y, y[::-1]]), 16000)",
    "s.process_signal(y.astype(float), 16000)",
    "s.process_signal(list(y[:2000]), 16000)",
    "s.process_file('d/a.wav')",
    "s.process_file('d/a.wav', start=0.2, end=0.7)",
    "s.process_file('d/a.wav', start=0.2)",
    "s.process_file('a.wav', root='d')",
    "s.process_files(['d/a.wav', 'd/b.wav'])",
    "s.process_files(['d/a.wav', 'd/b.wav'], starts=[0, 0.1], ends=[0.5, 0.6])",
    "s.process_files(['d/a.wav', 'd/short.wav'])",
    "s.process_files(['a.wav', 'b.wav'], starts='100ms', root='d')",
    "s.process_folder('d', include_root=False)",
    "s.process_folder('d', filetype='flac')",
    "s.process_folder('d', filetype='.flac')",
    "s.process_file(pathlib.Path('d/a.wav'), start=numpy.timedelta64(200, 'ms'))",
    "s.process_files(['d/a.wav', 'd/b.wav'], starts=[0.3, 9], ends=[9, None])",
    "s.process_file('d/a.wav', start=0.5, end=0.5)",
    "s.process_index(files.rename('path'))",
    "s.process_index(index)",
    "s.process_index(files)",
    "s.process_index(files, root='.')",
    "s.process_signal_from_index(y, 16000, index.droplevel(0))",
    "s.process_signal_from_index(y, 16000, index[:2])",
    "s(y, 16000)",
    "s(y[:500], 16000)",
    "s.to_numpy(s.process_signal(y, 16000))",
    "s.feature_names",
    "list(s.column_names)",
    "(s.num_features, s.num_channels, s.name, s.config_name, s.hop_dur, s.win_dur)",
]
OPTIONS = [
    "dict(sampling_rate=16000)",
    "dict(channels=1)",
    "dict(channels=[0, 1])",
    "dict(channels=[0, -1], mixdown=True)",
    "dict(mixdown=True)",
    "dict(num_workers=2)",
    "dict(keep_nat=True)",
    "dict(loglevel=1, verbose=False, multiprocessing=False)",
]
OF_OPTIONS = [
    "s.process_file('d/b.wav')",
    "s(z, 16000)",
    "s.num_channels",
    "list(s.column_names)",
    "repr(s)",
]
RUN = """
def run(module, jobs, y, z):
    import pathlib, warnings, numpy, pandas
    warnings.simplefilter("ignore")
    seconds = [pandas.to_timedelta(t, unit="s") for t in ([0, 0.2, 0], [0.5, 0.9, None])]
    names = ["file", "start", "end"]
    index = pandas.MultiIndex.from_arrays([["d/a.wav", "d/a.wav", "d/e.flac"], *seconds],
                                          names=names)
    files = pandas.Index(["d/a.wav", "d/e.flac"], name="file")
    place = {"y": y, "z": z, "numpy": numpy, "pandas": pandas, "index": index, "files": files,
             "pathlib": pathlib}
    made = {}
    found = []
    for maker, call in jobs:
        if maker not in made:
            made[maker] = eval(maker, vars(module))
        found.append(eval(call, {**place, "s": made[maker]}))
    return found
"""
SCRIPT = f"""{RUN}
import pickle, sys, opensmile
pickle.dump(run(opensmile, *pickle.load(sys.stdin.buffer)), sys.stdout.buffer)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A second of a voice and noise, alone and with another channel, in files."""
    monkeypatch.chdir(tmp_path)
    y = sound()
    (tmp_path / "d" / "s").mkdir(parents=True)
    soundfile.write("d/a.wav", y, 16000)
    soundfile.write("d/b.wav", np.stack([y, y[::-1]], axis=1), 16000)
    soundfile.write("d/short.wav", y[:500], 16000)
    soundfile.write("d/s/c.wav", y[:8000], 16000)
    soundfile.write("d/e.flac", y, 16000)
    return tmp_path


def sound() -> np.ndarray[Any, np.dtype[np.float32]]:
    t = np.arange(16000) / 16000
    phase = 2 * np.pi * np.cumsum(150 + 30 * np.sin(7 * t)) / 16000
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * np.sin(np.pi * t) ** 2
    noise = np.random.default_rng(0).standard_normal(16000)
    samples = np.round((0.2 * voice + 0.003 * noise) * 32768) / 32768
    return samples.astype(np.float32)


def stand_in(jobs: list[tuple[str, str]]) -> list[Any]:
    names: dict[str, Any] = {}
    exec(RUN, names)
    found: list[Any] = names["run"](ours, jobs, sound(), np.stack([sound(), sound()[::-1]]))
    return found


def opensmile_itself(jobs: list[tuple[str, str]]) -> list[Any]:
    """In a process of its own, which the engine ends now and then."""
    given = pickle.dumps((jobs, sound(), np.stack([sound(), sound()[::-1]])))
    done = subprocess.run([sys.executable, "-c", SCRIPT], input=given, capture_output=True)
    if done.returncode < 0:
        pytest.skip(f"openSMILE ended its process with signal {-done.returncode}")
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    found: list[Any] = pickle.loads(done.stdout)
    return found


def assert_alike(job: tuple[str, str], mine: Any, theirs: Any) -> None:
    """The same but for numbers, of which most are near: the pitch may be another."""
    if isinstance(theirs, pandas.DataFrame):
        pandas.testing.assert_index_equal(mine.index, theirs.index, obj=str(job))
        pandas.testing.assert_index_equal(mine.columns, theirs.columns, obj=str(job))
        assert (mine.dtypes == theirs.dtypes).all(), job
        mine, theirs = mine.to_numpy(), theirs.to_numpy()
    elif not isinstance(theirs, np.ndarray):
        assert mine == theirs, job
        return
    assert (mine.shape, mine.dtype) == (theirs.shape, theirs.dtype), job
    near = np.isclose(mine, theirs, rtol=0.02, atol=1e-3, equal_nan=True)
    assert near.mean() > 0.7, (job, near.mean())


@pytest.mark.peer("opensmile")
def test_frames_are_the_originals(folder: Path) -> None:
    jobs = [(make, call) for make in EXTRACTORS.values() for call in CALLS]
    jobs += [
        (f"Smile(FeatureSet.eGeMAPSv02, {level}, **{options})", call)
        for level in ("FeatureLevel.Functionals", "FeatureLevel.LowLevelDescriptors")
        for options in OPTIONS
        for call in OF_OPTIONS
    ]
    jobs += [(EXTRACTORS["functionals"], "s.process_index(index, preserve_index=True)")]
    for job, mine, theirs in zip(jobs, stand_in(jobs), opensmile_itself(jobs), strict=True):
        assert_alike(job, mine, theirs)


def test_values_are_those_of_quaver(folder: Path) -> None:
    smile = ours.Smile(ours.FeatureSet.eGeMAPSv02)
    y = sound()
    vector = quaver.egemaps(y, 16000)
    frame = smile.process_signal(y, 16000)
    assert tuple(frame.columns) == quaver.egemaps_names()
    np.testing.assert_array_equal(frame.to_numpy()[0], vector)
    table = ours.Smile("eGeMAPSv02", "lld").process_file("d/a.wav")
    np.testing.assert_array_equal(table, geneva.egemaps_descriptors(y, 16000).values)
    small = ours.Smile(ours.FeatureSet.GeMAPSv01b).process_signal(y, 16000)
    assert small.shape == (1, 62)
    pandas.testing.assert_frame_equal(small, frame[small.columns])
    integers = (y * 32768).astype(np.int16)
    pandas.testing.assert_frame_equal(smile.process_signal(integers, 16000), frame)
    files = ["d/a.wav", "d/b.wav", "d/e.flac"] * 3
    several = ours.Smile(ours.FeatureSet.eGeMAPSv02, num_workers=2).process_files(files)
    pandas.testing.assert_frame_equal(several, smile.process_files(files))


def test_resampling(folder: Path) -> None:
    """At another rate pitch and loudness stay about the same."""
    soundfile.write("d/high.wav", quaver.audio.resample(sound(), 16000, 32000), 32000)
    smile = ours.Smile(ours.FeatureSet.eGeMAPSv02, sampling_rate=16000, resample=True)
    high, as_is = smile.process_file("d/high.wav"), smile.process_file("d/a.wav")
    assert high.iloc[0, 0] == pytest.approx(as_is.iloc[0, 0], rel=0.01)
    assert high.iloc[0, 10] == pytest.approx(as_is.iloc[0, 10], rel=0.01)


def test_what_is_refused(folder: Path) -> None:
    smile = ours.Smile(ours.FeatureSet.eGeMAPSv02)
    y = sound()
    with pytest.raises(ValueError, match="sampling_rate has to be provided for resample = True"):
        ours.Smile(ours.FeatureSet.eGeMAPSv02, resample=True)
    with pytest.raises(RuntimeError, match="is 16000 but the expected sampling rate is 8000 Hz"):
        ours.Smile(ours.FeatureSet.eGeMAPSv02, sampling_rate=8000).process_signal(y, 16000)
    with pytest.raises(ValueError, match=r"Invalid channel selection \[1\], .* only 1 channels"):
        ours.Smile(ours.FeatureSet.eGeMAPSv02, channels=1).process_signal(y, 16000)
    with pytest.raises(FileNotFoundError, match=r"d/none\.wav"):
        smile.process_file("d/none.wav")
    (folder / "d" / "text.wav").write_text("no sound")
    with pytest.raises(ValueError, match=r"text\.wav"):
        smile.process_files(["d/a.wav", "d/text.wav"])
    with pytest.raises(ValueError, match="starts must be as many as files, 2, got 1"):
        smile.process_files(["d/a.wav", "d/b.wav"], starts=[0])
    with pytest.raises(ValueError, match="index must have the levels file"):
        smile.process_index(pandas.MultiIndex.from_arrays([["d/a.wav"], [0]], names=["file", "x"]))
    with pytest.raises(RuntimeError, match="must have 1 or 2 dimension, got 3"):
        smile(y[None, None], 16000)
    with pytest.raises(ValueError, match=r"needs a unit, as '200ms', got '200'"):
        smile.process_file("d/a.wav", start="200")
    with pytest.raises(
        ValueError, match=r"d/a\.wav: end must not be before start, 0\.5 s, got 0\.2"
    ):
        smile.process_file("d/a.wav", start=0.5, end=0.2)
    with pytest.raises(ValueError, match="No objects to concatenate"):
        smile.process_files([])
    with pytest.raises(ValueError, match="at least 8000 Hz, got 4000"):
        smile.process_signal(y, 4000)
    with pytest.warns(UserWarning, match="Segment too short, filling with NaN"):
        assert smile.process_signal(y[:959], 16000).isna().all(axis=None)
    with pytest.warns(UserWarning, match="eGeMAPSv01b' is deprecated, .* 'FeatureSet.eGeMAPSv02'"):
        ours.Smile(ours.FeatureSet.eGeMAPSv01b)


def test_what_is_not_ours_names_opensmile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other sets, and names that only the original has."""
    monkeypatch.setitem(sys.modules, "opensmile", None)
    for arguments, name in (((), "ComParE_2016"), ((ours.FeatureSet.emobase,), "emobase")):
        with pytest.raises(ModuleNotFoundError, match=f"{name}.* pip install opensmile"):
            ours.Smile(*arguments)
    smile = ours.Smile(ours.FeatureSet.eGeMAPSv02)
    with pytest.raises(AttributeError, match=r"Smile\.to_yaml_s .* pip install opensmile"):
        smile.to_yaml_s()
    assert not hasattr(smile, "get_params")
    with pytest.raises(AttributeError, match="_private"):
        smile._private
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        ours.nothing


@pytest.mark.peer("opensmile")
def test_other_sets_are_opensmiles() -> None:
    """The same frames as without the stand-in, also while it stands in."""
    code = """
import numpy, opensmile, quaver, pickle, sys
from quaver.compat import opensmile as ours
y = numpy.random.default_rng(0).standard_normal(8000).astype(numpy.float32)
theirs = opensmile.Smile(opensmile.FeatureSet.emobase).process_signal(y, 16000)
with quaver.install_as("opensmile"):
    from opensmile import FeatureSet, Smile
    assert Smile is ours.Smile
    smile = Smile(FeatureSet.emobase, num_workers=1)
    assert smile.process_signal(y, 16000).equals(theirs)
    assert isinstance(smile, Smile) and smile.num_features == theirs.shape[1]
    assert Smile(FeatureSet.eGeMAPSv02).to_yaml_s().startswith("$opensmile")
assert opensmile.Smile is not ours.Smile
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode < 0:
        pytest.skip(f"openSMILE ended its process with signal {-done.returncode}")
    assert done.returncode == 0, done.stderr


def test_extractors_of_the_same_are_equal() -> None:
    first, same = (ours.Smile("eGeMAPSv02", num_workers=n) for n in (1, 2))
    other = ours.Smile("eGeMAPSv02", channels=1)
    assert first == same
    assert len({first, same, other}) == 2
    assert first != "eGeMAPSv02"
    assert "'channels': [1]" in repr(other)


def test_every_set_has_a_name() -> None:
    assert ours.FeatureSet.GeMAPS is ours.FeatureSet.GeMAPSv01a
    assert [level.value for level in ours.FeatureLevel] == ["lld", "lld_de", "func"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ours.Smile("eGeMAPSv02", "Functionals").feature_level is (
            ours.FeatureLevel.Functionals
        )
