"""Fixtures of the models' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture
def eagerly() -> Iterator[None]:
    """Let TensorFlow run each step at once: a graph of a dozen steps takes longer to trace."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)
