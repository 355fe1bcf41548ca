"""The lists of features and statistics: what the default set is, and one that does not fit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import quaver
from quaver import _core
from quaver._lists import KNOWN_FEATURES, KNOWN_STATISTICS, VOICED_FEATURES
from reference import functionals as twin

# Stored models depend on these names and on their order: neither may change.
FEATURES = ["zero_crossing_rate", "energy", "energy_entropy", "spectral_centroid"]
FEATURES += ["spectral_spread", "spectral_entropy", "spectral_flux", "spectral_rolloff"]
COLUMNS = [*FEATURES, *(f"mfcc_{i}" for i in range(13))]
STATISTICS = ["mean", "median", "std", "kurtosis", "skewness", "percentile_1", "percentile_99"]
STATISTICS += ["min", "max", "range"]


def test_the_default_set_is_what_it_always_was() -> None:
    assert list(quaver.SHORT_TERM_FEATURES) == [*FEATURES, "mfcc"]
    assert list(quaver.STATISTICS) == STATISTICS
    columns = [*COLUMNS, *(f"delta_{name}" for name in COLUMNS)]
    assert list(quaver.frame_names()) == columns
    names = [f"{column}_{statistic}" for column in columns for statistic in STATISTICS]
    assert list(quaver.feature_names()) == names
    assert len(names) == 420
    assert quaver.extract(np.zeros(1600), 16000).shape == (420,)


def test_all_that_is_known_can_be_asked_for(target: str) -> None:
    samples = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    samples += 20 * np.sin(np.arange(4000) * 0.1)
    config = quaver.FeatureConfig(features=KNOWN_FEATURES, statistics=KNOWN_STATISTICS)
    frames = quaver.short_term(samples, 16000, config=config)
    vector = quaver.extract(samples, 16000, config=config)
    found = dict(zip(quaver.feature_names(config), vector, strict=True))
    default = quaver.extract(samples, 16000)
    assert [found[name] for name in quaver.feature_names()] == list(default)
    is_voiced = frames.values[:, frames.names.index("f0")] > 0
    for name, column in zip(frames.names, frames.values.T, strict=True):
        where = is_voiced if name.removeprefix("delta_") in VOICED_FEATURES else slice(None)
        alone = quaver.functionals(column[where, None], statistics=KNOWN_STATISTICS)
        assert [found[f"{name}_{s}"] for s in KNOWN_STATISTICS] == list(alone)
    for name in KNOWN_FEATURES:
        config = quaver.FeatureConfig(features=(name,))
        part = quaver.short_term(samples, 16000, config=config)
        columns = [frames.names.index(column) for column in part.names]
        np.testing.assert_array_equal(part.values, frames.values[:, columns])


def test_the_documentation_names_all() -> None:
    assert quaver.FeatureConfig.__doc__ is not None
    for name in (*KNOWN_FEATURES, *KNOWN_STATISTICS):
        assert f"\n    {name}: " in quaver.FeatureConfig.__doc__


def test_the_twin_has_all_statistics() -> None:
    assert set(twin.statistics(np.arange(5.0))) == set(KNOWN_STATISTICS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "core.statistics = (*core.statistics[1:], ('mode', False))",
            "statistics differ: only the Python files know mean;"
            " only the compiled module knows mode.",
        ),
        (
            "core.short_term_features = core.short_term_features[:-1]",
            "short-term features differ: only the Python files know f3_level.",
        ),
        ("del core.statistics", "statistics differ: only the Python files know mean, median,"),
    ],
)
def test_a_module_of_another_version_is_refused(change: str, message: str) -> None:
    program = f"""if True:
        import sys
        from importlib.util import module_from_spec, spec_from_file_location
        spec = spec_from_file_location("quaver._core", {_core.__file__!r})
        core = module_from_spec(spec)
        spec.loader.exec_module(core)
        {change}
        sys.modules["quaver._core"] = core
        try:
            import quaver
        except ImportError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert f"({_core.__file__}) is from another version" in done.stdout
    assert message in done.stdout
    assert "Build or install quaver again." in done.stdout
