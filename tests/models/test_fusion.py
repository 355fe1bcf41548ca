"""Fusion on probabilities made by hand and on sources whose worth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from quaver.models.fusion import LogisticFusion, fuse

VOICE = np.array([[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
WORDS = np.array([[0.1, 0.8, 0.1], [0.2, 0.6, 0.2], [0.3, 0.4, 0.3]])
NAN = np.full(3, np.nan)
shares = arrays(np.float64, (4, 3), elements=st.floats(0.01, 1.0)).map(
    lambda a: a / a.sum(axis=1, keepdims=True)
)


def test_mean_by_hand() -> None:
    np.testing.assert_allclose(fuse({"voice": VOICE, "words": WORDS}), (VOICE + WORDS) / 2)
    weighted = fuse({"voice": VOICE, "words": WORDS}, weights={"voice": 3, "words": 1})
    np.testing.assert_allclose(weighted, 0.75 * VOICE + 0.25 * WORDS)
    scaled = fuse({"voice": VOICE, "words": WORDS}, weights={"voice": 0.3, "words": 0.1})
    np.testing.assert_allclose(scaled, weighted)


def test_product_by_hand() -> None:
    product = VOICE * WORDS
    expected = product / product.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(fuse({"voice": VOICE, "words": WORDS}, rule="product"), expected)
    powers = VOICE**2 * WORDS**0.5
    np.testing.assert_allclose(
        fuse({"voice": VOICE, "words": WORDS}, rule="product", weights={"voice": 2, "words": 0.5}),
        powers / powers.sum(axis=1, keepdims=True),
    )


def test_product_with_zeros_is_finite() -> None:
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = fuse({"voice": sure, "words": sure[::-1]}, rule="product")
    np.testing.assert_allclose(found, 0.5)
    many = {f"source {i}": np.tile([[0.999, 0.001]], (1, 1)) for i in range(200)}
    np.testing.assert_allclose(fuse(many, rule="product"), [[1.0, 0.0]], atol=1e-12)


@pytest.mark.parametrize("rule", ["mean", "product"])
def test_missing_sources(rule: Any) -> None:
    np.testing.assert_allclose(fuse({"voice": VOICE, "words": None}, rule=rule), VOICE)
    words = np.array([WORDS[0], NAN, WORDS[2]])
    voice = np.array([VOICE[0], VOICE[1], NAN])
    found = fuse({"voice": voice, "words": words}, rule=rule)
    full = fuse({"voice": VOICE, "words": WORDS}, rule=rule)
    np.testing.assert_allclose(found, [full[0], VOICE[1], WORDS[2]])
    nothing = fuse({"voice": [NAN], "words": [NAN]}, rule=rule)
    np.testing.assert_allclose(nothing, 1 / 3)
    unweighted = fuse(
        {"voice": [NAN], "words": WORDS[:1]}, rule=rule, weights={"voice": 1, "words": 0}
    )
    np.testing.assert_allclose(unweighted, 1 / 3)


@pytest.mark.parametrize("rule", ["mean", "product"])
@given(voice=shares, words=shares)
def test_properties(rule: Any, voice: np.ndarray, words: np.ndarray) -> None:
    found = fuse({"voice": voice, "words": words}, rule=rule)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(found, fuse({"words": words, "voice": voice}, rule=rule))
    agreed = voice.argmax(axis=1) == words.argmax(axis=1)
    assert (found.argmax(axis=1) == voice.argmax(axis=1))[agreed].all()


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({}, "at least one source"),
        ({"voice": None, "words": None}, "at least one source"),
        ({"voice": VOICE, "words": WORDS[:2]}, r"words must have the shape .* got \(2, 3\)"),
        ({"voice": VOICE, "words": WORDS[:, :2]}, r"words must have the shape .* got \(3, 2\)"),
        ({"voice": VOICE[0]}, r"voice must have the shape .* got \(3,\)"),
        ({"voice": VOICE * 2}, "voice must have rows of probabilities"),
        ({"voice": [[1.5, -0.5]]}, "voice must have rows of probabilities"),
        ({"voice": [[np.nan, 1.0]]}, "voice must have rows of probabilities"),
        ({"voice": [[np.inf, 0.0]]}, "voice must have rows of probabilities"),
    ],
)
def test_what_is_refused(sources: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fuse(sources)
    with pytest.raises(ValueError, match=message):
        LogisticFusion().fit(sources, ["a", "b", "c"])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"voice": 1}, "weights must be for"),
        ({"voice": 1, "face": 1}, "weights must be for"),
        ({"voice": -1, "words": 2}, "not negative"),
        ({"voice": 0, "words": 0}, "not all 0"),
        ({"voice": np.nan, "words": 1}, "finite"),
    ],
)
def test_weights_that_are_refused(weights: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fuse({"voice": VOICE, "words": WORDS}, weights=weights)
    with pytest.raises(ValueError, match="rule must be 'mean' or 'product', got 'max'"):
        fuse({"voice": VOICE}, rule="max")  # type: ignore[arg-type]


# the fitted combiner


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Two sources: the voice only knows a from the others, the words only b from c."""
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 600)
    voice = np.where((true == 0)[:, None], [0.8, 0.1, 0.1], [0.1, 0.45, 0.45])
    words = np.where((true == 1)[:, None], [1 / 3, 0.6, 1 / 3 - 0.2667], [1 / 3, 0.0667, 0.6])
    words[true == 0] = [1 / 3, 1 / 3, 1 / 3]
    sources = {}
    for name, base in (("voice", voice), ("words", words)):
        noisy = base * rng.uniform(0.5, 1.5, base.shape)
        sources[name] = noisy / noisy.sum(axis=1, keepdims=True)
    return sources, np.array(["a", "b", "c"])[true]


def test_the_combiner_learns_what_each_source_knows(
    made: tuple[dict[str, np.ndarray], np.ndarray],
) -> None:
    sources, labels = made
    train = {name: rows[:400] for name, rows in sources.items()}
    test = {name: rows[400:] for name, rows in sources.items()}
    combiner = LogisticFusion().fit(train, labels[:400])
    accuracy = (combiner.predict(test) == labels[400:]).mean()
    alone = [
        (combiner.classes_[rows.argmax(axis=1)] == labels[400:]).mean() for rows in test.values()
    ]
    assert accuracy > 0.9 > max(alone)
    found = combiner.predict_proba(test)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    reordered = combiner.predict_proba({"words": test["words"], "voice": test["voice"]})
    np.testing.assert_array_equal(found, reordered)


def test_the_combiner_without_a_source(made: tuple[dict[str, np.ndarray], np.ndarray]) -> None:
    sources, labels = made
    combiner = LogisticFusion().fit(sources, labels)
    voice = combiner.predict({"voice": sources["voice"], "words": None})
    assert ((voice == "a") == (labels == "a")).mean() > 0.95
    assert (voice == combiner.predict({"voice": sources["voice"]})).all()
    words = combiner.predict({"words": sources["words"]})
    known = labels != "a"
    assert ((words == labels)[known]).mean() > 0.9
    gaps = {name: rows.copy() for name, rows in sources.items()}
    gaps["words"][1::2] = np.nan
    mixed = combiner.predict(gaps)
    assert (mixed[1::2] == voice[1::2]).all()
    assert (mixed[::2] == combiner.predict(sources)[::2]).all()
    assert np.isfinite(combiner.predict_proba({"voice": [NAN], "words": [NAN]})).all()
    assert LogisticFusion().fit(gaps, labels).predict(gaps).shape == labels.shape


def test_the_combiner_refuses(made: tuple[dict[str, np.ndarray], np.ndarray]) -> None:
    sources, labels = made
    combiner = LogisticFusion().fit(sources, labels)
    with pytest.raises(ValueError, match=r"unknown sources \['face'\]"):
        combiner.predict({"face": sources["voice"]})
    with pytest.raises(ValueError, match="expected 3 columns, got 2"):
        combiner.predict({"voice": [[0.5, 0.5]]})
    with pytest.raises(ValueError, match=r"y must have shape \(600,\), got \(599,\)"):
        LogisticFusion().fit(sources, labels[1:])
    with pytest.raises(ValueError, match="no rows of words"):
        LogisticFusion().fit({"voice": sources["voice"], "words": None}, labels)
    with pytest.raises(ValueError, match=r"drop must be in \[0, 1\], got 2"):
        LogisticFusion(drop=2).fit(sources, labels)
    assert clone(LogisticFusion(C=3.0)).get_params() == {"C": 3.0, "drop": 0.2}


def test_before_fit_it_says_so() -> None:
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(LogisticFusion(), method)({"voice": [[0.5, 0.5]]})


def test_it_takes_no_tables() -> None:
    tags = get_tags(LogisticFusion()).input_tags
    assert (tags.two_d_array, tags.dict, tags.allow_nan) == (False, True, True)
