"""Training of a head on the vectors of an encoder: `train`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from quaver._validate import check_size
from quaver.augmentation import Augmentation
from quaver.models.base import check_trainable
from quaver.models.card import data_of, versions
from quaver.models.encoder.classifier import EncoderClassifier
from quaver.models.encoder.model import Encoder
from quaver.models.encoder.selection import Choice, fit
from quaver.models.encoder.vectors import N_COPIES, POLICIES, policies_of, vectors_of

if TYPE_CHECKING:
    from quaver.corpus import Corpus

#: Blocks of the encoder whose vectors are taken.
BLOCKS = (1, 2, 3)


def train(
    corpus: Corpus,
    *,
    augmentation: Augmentation | Sequence[Augmentation] = POLICIES,
    n_copies: int = N_COPIES,
    search: bool = True,
    encoder: Encoder | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> EncoderClassifier:
    """Train a head on all clips of a corpus, or of several as one table.

    Parameters
    ----------
    corpus : Corpus
        At least two labels, with at least two clips each. Corpora count the same, whatever their
        sizes, and so do the labels of each.
    augmentation : Augmentation or sequence of Augmentation, optional
        What copies are made by, one after the other; by default of four copies two are changed by
        ``Augmentation()``, one by ``Augmentation.light()``, one by ``Augmentation.rooms()``.
    n_copies : int, default 12
        Of each clip, beside the clip itself.
    search : bool, default True
        Choose parameters by a cross-validation that keeps each speaker's clips together.
    encoder : Encoder, optional
        By default blocks 1 to 3 of the pre-trained one.
    seed : int, default 0
        Of the copies.
    threads : int, optional
        Workers that compute vectors; by default one for each processor.
    progress : callable, optional
        Called with (done, total) clips.

    Returns
    -------
    EncoderClassifier
        Its card holds what was trained on and chosen.

    Raises
    ------
    ValueError
        If a clip cannot be used or there are too few clips.

    Examples
    --------
    >>> from pathlib import Path
    >>> from quaver.corpus import Clip, Corpus
    >>> train(Corpus((Clip(Path("a.wav"), "fear", "ann", "own"),)))
    Traceback (most recent call last):
    ...
    ValueError: training needs at least two labels with two clips each, got fear: 1
    """
    check_trainable(corpus.labels)
    policies = policies_of(augmentation)
    used = Encoder.load_pretrained(blocks=BLOCKS) if encoder is None else encoder
    vectors = vectors_of(
        used,
        corpus,
        policies=policies,
        n_copies=check_size("n_copies", n_copies),
        seed=seed,
        threads=threads,
        progress=progress,
    )
    head, chosen = fit(vectors, search=search)
    return EncoderClassifier(used, head, card_of(corpus, chosen, policies, n_copies, seed))


def card_of(
    corpus: Corpus, chosen: Choice, policies: Sequence[Augmentation], n_copies: int, seed: int
) -> dict[str, Any]:
    """Return the card of a head: data, what was chosen, augmentation, versions."""
    return {
        "name": "quaver encoder",
        "data": data_of(corpus),
        "chosen": {
            "C": chosen.penalty,
            "uar_of_search": chosen.score,
            "temperature": chosen.temperature,
        },
        "augmentation": {
            "copies": n_copies,
            "seed": seed,
            "in_turn": [policy.to_dict() for policy in policies],
        },
        "versions": versions(),
    }
