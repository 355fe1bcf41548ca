"""What is drawn: noise, rooms, `Augmentation`, and the conditions that are the same for all."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from quaver import augmentation
from quaver.augmentation import CONDITIONS, Augmentation, apply

RATE = 16000
SPEECH = (np.random.default_rng(0).standard_normal(8000) * np.hanning(8000) / 10).astype(np.float32)


def draw(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("colour", "exponent"), augmentation.COLOURS.items())
def test_noise_has_its_slope(colour: str, exponent: float) -> None:
    noise = augmentation.coloured_noise(1 << 16, draw(), exponent=exponent)
    assert np.mean(noise.astype(float) ** 2) == pytest.approx(1, rel=1e-5)
    power = np.abs(np.fft.rfft(noise)) ** 2
    octaves = [power[2**k : 2 ** (k + 1)].mean() for k in range(6, 14)]
    slope = np.polyfit(np.arange(len(octaves)), np.log2(octaves), 1)[0]
    assert slope == pytest.approx(-exponent, abs=0.15)


def test_room_loses_sixty_decibel_in_its_time() -> None:
    room = augmentation.impulse_response(RATE, draw(), rt60=0.4, direct_to_reverberant=-3.0)
    tail = room[1:].astype(float)
    assert room[0] == 1
    assert 10 * np.log10(np.sum(tail**2)) == pytest.approx(3.0, abs=1e-3)
    levels = 10 * np.log10(np.square(tail).reshape(10, -1).mean(axis=1))
    assert np.polyfit(np.arange(10), levels, 1)[0] == pytest.approx(-6.0, abs=0.5)


def test_babble_is_of_all_voices() -> None:
    voices = [np.sin(2 * np.pi * hertz * np.arange(4000) / RATE) for hertz in (500, 2000)]
    mixed = np.abs(np.fft.rfft(augmentation.babble(voices, 4000, draw())))
    assert mixed[125] == pytest.approx(mixed[500], rel=1e-3)
    assert not augmentation.babble([np.zeros(5)], 7, draw()).any()
    with pytest.raises(ValueError, match="at least one recording"):
        augmentation.babble([], 7, draw())


def test_the_same_state_gives_the_same_copy() -> None:
    policy = Augmentation(p_codec=0)
    copies = [policy(SPEECH, RATE, draw(seed), [SPEECH, SPEECH[::-1]]) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(copies[0], copies[1])
    assert copies[0].shape != copies[2].shape or not np.allclose(copies[0], copies[2])


@pytest.mark.parametrize("samples", [SPEECH, np.zeros(400), np.ones(1), SPEECH * 1e-30])
def test_everything_at_once_is_finite(samples: Any) -> None:
    shares = {f.name: 1.0 for f in dataclasses.fields(Augmentation) if f.name.startswith("p_")}
    for seed in range(4):
        made = Augmentation(**shares)(samples, RATE, draw(seed), [SPEECH])
        assert made.dtype == np.float32
        assert np.isfinite(made).all()
        assert made.size > 0.8 * samples.size


def test_nothing_by_no_chance() -> None:
    shares = {f.name: 0.0 for f in dataclasses.fields(Augmentation) if f.name.startswith("p_")}
    made = Augmentation(**shares, level=(0.0, 0.0))(SPEECH, RATE, draw())
    np.testing.assert_array_equal(made, SPEECH)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"p_room": 1.5}, "p_room must be a share"),
        ({"p_noise": float("nan")}, "p_noise must be a share"),
        ({"snr": (3.0, 1.0)}, "snr must be two rising numbers"),
        ({"snr": (0.0, float("inf"))}, "snr must be two rising numbers"),
    ],
)
def test_policies_check_themselves(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Augmentation(**values)


def test_policy_as_json() -> None:
    written = json.loads(json.dumps(Augmentation().to_dict()))
    assert Augmentation(
        **{k: tuple(v) if isinstance(v, list) else v for k, v in written.items()}
    ) == (Augmentation())


@pytest.mark.parametrize("name", [name for name in CONDITIONS if name != "mp3"])
def test_conditions_are_the_same_for_everyone(name: str) -> None:
    first, again = (apply(name, SPEECH, RATE, 7) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()


def test_conditions_are_what_they_are_called() -> None:
    for name, snr in (("30 dB", 30), ("20 dB", 20), ("10 dB", 10), ("0 dB", 0)):
        noise = apply(name, SPEECH, RATE, 1) - SPEECH
        assert 10 * np.log10(np.mean(SPEECH**2) / np.mean(noise**2)) == pytest.approx(snr, abs=0.01)
    np.testing.assert_allclose(apply("gain x0.1", SPEECH, RATE, 1), SPEECH / 10, rtol=1e-6)
    hiss = apply("hiss", SPEECH, RATE, 1)
    assert hiss.size == SPEECH.size + 2 * RATE
    assert 20 * np.log10(hiss[:RATE].std()) == pytest.approx(-80, abs=0.5)
    with pytest.raises(ValueError, match=r"name must be one of clean, .*, got 'fog'"):
        apply("fog", SPEECH, RATE, 0)
