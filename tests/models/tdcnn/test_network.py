"""The time-distributed network: its layers, pictures, padding, batches and configuration."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import keras
import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

from quaver.models.tdcnn import Augmentation, Batches, TDCNNConfig, data
from quaver.models.tdcnn.network import TimeDistributed, build_network, smoothed_loss
from toys import RATE, SMALL, Clips, tone, toy_clips


@pytest.fixture(scope="module")
def clips() -> Clips:
    return toy_clips()


# the network


@pytest.mark.parametrize(
    ("config", "shapes", "n_features"),
    [
        (TDCNNConfig(), [(64, 32, 16), (32, 16, 32), (8, 4, 64), (2, 2, 128)], 512),
        (TDCNNConfig.original(), [(64, 64, 64), (16, 16, 64), (4, 4, 128), (1, 1, 128)], 128),
    ],
)
@pytest.mark.parametrize("portable", [False, True])
def test_layers_are_those_described(
    config: TDCNNConfig, shapes: list[tuple[int, ...]], n_features: int, portable: bool
) -> None:
    network = build_network(config, 7, portable=portable)
    layers = [
        layer
        for layer in network.layers
        if isinstance(layer, (keras.layers.TimeDistributed, keras.layers.LSTM, keras.layers.Dense))
    ]
    assert network.input_shape == (None, None, 128, 128, 1)
    wrapped = layers[:21]
    assert all(isinstance(layer, keras.layers.TimeDistributed) for layer in wrapped)
    kinds = [type(layer.layer).__name__ for layer in wrapped]
    block = ["Conv2D", "BatchNormalization", "ELU", "MaxPooling2D", "Dropout"]
    assert kinds == [*block * 4, "Flatten"]
    for i, (filters, pool, shape) in enumerate(
        zip(config.filters, config.pools, shapes, strict=True)
    ):
        convolution, _, _, pooling, dropout = (each.layer for each in wrapped[5 * i : 5 * i + 5])
        assert (convolution.filters, convolution.kernel_size) == (filters, (3, 3))
        assert pooling.pool_size == pool
        assert dropout.rate == config.dropout
        assert tuple(wrapped[5 * i + 4].output.shape) == (None, None, *shape)
    assert tuple(wrapped[20].output.shape) == (None, None, n_features)
    first, second, dense = layers[21:]
    assert [type(each).__name__ for each in layers[21:]] == ["LSTM", "LSTM", "Dense"]
    assert (first.units, second.units) == config.units
    assert (first.return_sequences, second.return_sequences) == (True, False)
    assert dense.activation is keras.activations.softmax
    assert network.output_shape == (None, 7)


def test_folding_time_into_the_batch_changes_no_answer() -> None:
    folded, plain = build_network(SMALL, 3, seed=1), build_network(SMALL, 3, portable=True)
    weights = [w.astype(np.float16) for w in folded.get_weights()]
    folded.set_weights(weights)
    plain.set_weights(weights)
    pictures = np.random.default_rng(0).standard_normal((2, 3, 32, 32, 1)).astype(np.float32)
    np.testing.assert_allclose(
        folded.predict_on_batch(pictures), plain.predict_on_batch(pictures), atol=5e-3
    )
    assert any(isinstance(layer, TimeDistributed) for layer in folded.layers)


def test_padding_changes_no_answer() -> None:
    network = build_network(SMALL, 3, seed=0)
    rng = np.random.default_rng(0)
    pictures = [rng.standard_normal((n, 32, 32)).astype(np.float32) for n in (1, 4, 2)]
    together = network.predict_on_batch(data.stack(pictures))
    alone = [network.predict_on_batch(data.stack([picture]))[0] for picture in pictures]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_padding_counts_in_no_statistic() -> None:
    pictures = np.random.default_rng(0).standard_normal((4, 2, 32, 32, 1)).astype(np.float32)
    padded = np.concatenate([pictures, np.zeros((4, 5, 32, 32, 1), np.float32)], axis=1)
    found = []
    for batch in (pictures, padded):
        network = build_network(SMALL, 2, seed=0)
        network(batch, training=True)
        found.append(network.get_layer("each_norm_3").layer.moving_variance.numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)
    assert not np.allclose(found[0], 1)


def test_the_loss_is_a_weighted_smoothed_cross_entropy() -> None:
    true = np.eye(3, dtype=np.float32)
    predicted = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]], np.float32)
    weights = np.array([1.0, 2.0, 0.5])
    target = true * 0.8 + 0.2 / 3
    expected = -(weights * target * np.log(predicted)).sum(axis=1)
    found = smoothed_loss(weights.astype(np.float32), 0.2)(true, predicted)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5)


# pictures


def test_pictures_are_those_of_librosa(speech: NDArray[np.float32]) -> None:
    config = TDCNNConfig(normalize=False)
    power = librosa.feature.melspectrogram(
        y=speech.astype(np.float64),
        sr=RATE,
        n_fft=512,
        hop_length=128,
        win_length=256,
        window="hamming",
        n_mels=128,
        fmax=4000,
    )
    expected = librosa.power_to_db(power, ref=np.max).T
    found = data.picture(speech, config)
    np.testing.assert_allclose(found + 1, expected, atol=1e-2)
    assert np.abs(found + 1 - expected).mean() < 1e-4
    scaled = data.picture(speech, TDCNNConfig())
    np.testing.assert_allclose(scaled, (expected - expected.mean()) / expected.std(), atol=1e-3)


def test_a_clip_of_the_original_project_has_five_windows() -> None:
    config = TDCNNConfig.original()
    for n in (1000, 40000, 80000):
        samples = data.prepare(tone(300, n, 0), RATE, config)
        assert len(samples) == 49100
        assert data.cut_all(samples, config).shape == (5, 128, 128)


def test_quiet_ends_are_trimmed() -> None:
    loud = tone(300, 8000, 0)
    quiet = 1e-3 * np.ones(5000, np.float32)
    trimmed = data.trim(np.concatenate([quiet, loud, quiet]), 128, 30.0)
    assert 8000 <= len(trimmed) <= 8000 + 2 * 128
    assert len(data.trim(np.zeros(1000, np.float32), 128, 30.0)) == 1000


def test_silence_is_no_padding() -> None:
    for config in (TDCNNConfig(), TDCNNConfig.original()):
        found = data.cut_all(np.zeros(30000, np.float32), config)
        assert np.isfinite(found).all()
        assert (found != 0).all()


# batches


def test_batches_hold_every_recording_once_an_epoch(clips: Clips) -> None:
    targets = np.eye(32, dtype=np.float32)
    batches = Batches(
        clips[0], targets, SMALL, augmentation=Augmentation.none(), batch_size=8, seed=0
    )
    orders = []
    for epoch in (0, 1, 0):
        batches.start_epoch(epoch)
        made = [batches[i] for i in range(len(batches))]
        rows = np.concatenate([target.argmax(axis=1) for _, target in made])
        assert sorted(rows.tolist()) == list(range(32))
        orders.append(rows.tolist())
        for pictures, target in made:
            for picture, row in zip(pictures, target.argmax(axis=1), strict=True):
                expected = data.cut_all(clips[0][row], SMALL)
                np.testing.assert_array_equal(picture[: len(expected), ..., 0], expected)
                assert not picture[len(expected) :].any()
    assert orders[0] == orders[2] != orders[1]


def test_augmentation_changes_recordings_the_same_way_for_the_same_seed(clips: Clips) -> None:
    targets = (clips[1][:, None] == ["high", "low"]).astype(np.float32)

    def first(seed: int) -> tuple[Any, Any]:
        batches = Batches(
            clips[0], targets, SMALL, augmentation=Augmentation(), batch_size=8, seed=seed
        )
        batches.start_epoch(3)
        return batches[1]

    once, again, other = first(0), first(0), first(1)
    np.testing.assert_array_equal(once[0], again[0])
    np.testing.assert_allclose(once[1].sum(axis=1), 1, rtol=1e-6)
    assert np.isfinite(once[0]).all()
    assert once[0].shape != other[0].shape or not np.array_equal(once[0], other[0])


def test_the_world_is_heard_before_the_ends_are_trimmed(clips: Clips) -> None:
    heard: list[Any] = []

    def world(samples: Any, sample_rate: int, rng: Any, others: Any) -> Any:
        heard.append((samples, sample_rate, others))
        return np.concatenate([np.zeros(1280, np.float32), samples])  # whole blocks

    quiet = np.concatenate([np.zeros(8000, np.float32), clips[0][0]])
    policy: Any = world
    batches = Batches(
        [quiet],
        np.eye(1, dtype=np.float32),
        SMALL,
        augmentation=replace(Augmentation.none(), world=policy, world_probability=1.0),
        batch_size=1,
        seed=0,
    )
    pictures, _ = batches[0]
    ((samples, rate, others),) = heard
    np.testing.assert_array_equal(samples, quiet)
    assert rate == RATE
    assert len(others) == 1
    expected = data.cut_all(data.prepare(quiet, RATE, SMALL), SMALL)
    np.testing.assert_array_equal(pictures[0, ..., 0], expected)


def test_how_many_leave_the_studio() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match=r"world must be a quaver\.augmentation\.Augmentation"):
        Augmentation(world=Augmentation())  # type: ignore[arg-type]
    robust = Augmentation.robust()
    share = np.mean([robust.leaves(rng) is not None for _ in range(2000)])
    assert share == pytest.approx(robust.world_probability, abs=0.05)
    assert Augmentation().leaves(rng) is None


def test_each_augmentation_does_what_it_says() -> None:
    rng, samples = np.random.default_rng(0), tone(500, 16000, 0)
    none = Augmentation.none()
    np.testing.assert_array_equal(none.samples(samples, RATE, rng), samples)
    noisy = Augmentation(noise_db=(20, 20), noise_probability=1, gain_db=0, shift=0, speed=0)
    added = noisy.samples(samples, RATE, rng) - samples
    ratio = 10 * np.log10(np.square(samples).mean() / np.square(added).mean())
    assert ratio == pytest.approx(20, abs=0.5)
    slow = Augmentation(noise_probability=0, gain_db=0, shift=0, speed=0.2)
    lengths = {len(slow.samples(samples, RATE, rng)) for _ in range(20)}
    assert all(13000 < n < 20100 for n in lengths)
    assert len(lengths) > 10
    picture = rng.standard_normal((100, 40)).astype(np.float32)
    gaps = picture.copy()
    Augmentation(bands=8, frames=10, gaps=1).picture(gaps, np.random.default_rng(1))
    changed = gaps != picture
    assert 0 < changed.mean() < (8 * 100 + 10 * 40) / 4000
    assert changed.all(axis=0).sum() <= 8
    assert changed.all(axis=1).sum() <= 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"noise_db": (40, 10)}, "lowest, highest"),
        ({"mixup": -1}, r"mixup must be in \[0, 100\], got -1"),
        ({"speed": 2}, r"speed must be in \[0, 0.5\], got 2"),
        ({"gaps": -1}, "gaps must not be negative, got -1"),
    ],
)
def test_bad_augmentation(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Augmentation(**arguments)


# configuration


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fmax": 9000}, ValueError, "fmin and fmax must be in .* 8000.0, got 0.0 and 9000"),
        ({"win_length": 1024}, ValueError, r"must not exceed n_fft \(512\), got 1024"),
        ({"window_step": 200}, ValueError, r"must not exceed window_frames \(128\), got 200"),
        ({"filters": (8, 8, 8)}, ValueError, "filters must be 4 whole numbers"),
        ({"units": (8, 0)}, ValueError, "units must be positive, got 0"),
        ({"pools": ((2, 2),) * 3}, ValueError, "pools must be four pairs"),
        ({"pools": ((4, 4),) * 4}, ValueError, "pools leave nothing of 128 bands"),
        ({"dropout": 1.0}, ValueError, r"dropout must be in \[0, 1\), got 1.0"),
        ({"trim_db": 0}, ValueError, "trim_db must be positive and finite, got 0"),
        ({"offset": -1}, ValueError, "offset must be at least 0 and finite, got -1"),
        ({"window": "kaiser"}, ValueError, "window must be one of .* got 'kaiser'"),
        ({"normalize": 1}, TypeError, "normalize must be a bool, got 1"),
        ({"n_mels": 1.5}, TypeError, "n_mels must be an int, got float"),
        ({"top_db": "80"}, TypeError, "top_db must be a number, got '80'"),
    ],
)
def test_bad_configuration(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        TDCNNConfig(**arguments)


def test_configuration_survives_json() -> None:
    for config in (TDCNNConfig(), TDCNNConfig.original(), SMALL):
        assert TDCNNConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    with pytest.raises(ValueError, match="expected the fields"):
        TDCNNConfig.from_dict({"sample_rate": 16000})
