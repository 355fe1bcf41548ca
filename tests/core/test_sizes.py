"""Sizes that no memory holds are refused with one limit; what is not needed takes no memory."""

from __future__ import annotations

import numpy as np
import pytest

import fuzzing
import quaver
from quaver import _core


@pytest.mark.parametrize("name", ["n_fft", "frame_length", "hop_length", "n_mels", "n_mfcc"])
def test_one_limit_of_lengths(name: str) -> None:
    """The same in Python and in the core, in the same words."""
    largest = _core.largest_length
    message = f"{name} must be at most {largest}, got {largest + 1}"
    with pytest.raises(ValueError, match=message):
        quaver.FeatureConfig(**{name: largest + 1})


def test_the_limit_of_the_core_is_the_one_that_python_checks() -> None:
    window = np.ones(8)
    for n_fft in (_core.largest_length + 1, 2**61):
        with pytest.raises(ValueError, match=f"n_fft must be at most {_core.largest_length}, got"):
            _core.Stft(n_fft=n_fft, hop_length=4, window=window, center=False)


def test_a_cosine_transform_that_no_memory_holds() -> None:
    size = 2**17
    with pytest.raises(ValueError, match=f"n_mfcc must be at most 1024 for n_mels {size}, got"):
        quaver.FeatureConfig(n_fft=2**20, n_mels=size, n_mfcc=size)


def test_what_lies_between_frames_takes_no_memory() -> None:
    hop = _core.largest_length
    silence = np.broadcast_to(np.int16(3), 17 * hop)  # of two bytes
    config = quaver.FeatureConfig(hop_length=hop, pre_emphasis=0.0)
    with fuzzing.memory_limit(64 << 20):
        values = quaver.short_term(silence, 16000, config=config).values
        picture = quaver.log_mel(silence, 16000, n_fft=512, hop_length=hop, n_mels=20)
    np.testing.assert_array_equal(values[1:, 0], values[0, 0])
    assert values.shape[0] == picture.shape[0] - 1 == 17
