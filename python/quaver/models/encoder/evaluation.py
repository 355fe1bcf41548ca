"""How good heads on an encoder are with speakers, corpora and conditions that they never heard.

Whatever is chosen is chosen inside the training part of a fold, as `quaver.models.encoder.train`
does, so that no test speaker takes part in any choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.augmentation import CONDITIONS, Augmentation
from quaver.corpus import Corpus
from quaver.models import stress
from quaver.models.base import VoiceModel
from quaver.models.encoder.classifier import EncoderClassifier
from quaver.models.encoder.model import Encoder
from quaver.models.encoder.selection import fit
from quaver.models.encoder.training import BLOCKS
from quaver.models.encoder.vectors import N_COPIES, POLICIES, Vectors, policies_of, vectors_of
from quaver.models.protocols import folds_of
from quaver.models.scores import average_recall

if TYPE_CHECKING:
    from numpy.typing import NDArray


def run_protocol(
    corpus: Corpus,
    protocol: str = "speaker-independent",
    *,
    conditions: Sequence[str] = tuple(CONDITIONS),
    encoder: Encoder | None = None,
    augmentation: Augmentation | Sequence[Augmentation] = POLICIES,
    n_copies: int = N_COPIES,
    search: bool = True,
    vectors: Vectors | None = None,
    progress: Callable[[str], object] | None = None,
) -> list[dict[str, Any]]:
    """Train a head in each fold and score it on the rest of the clips, clean and changed.

    Parameters
    ----------
    corpus : Corpus
        Of one or several corpora.
    protocol : {"speaker-independent", "leave-one-corpus-out"}
        Or another of `quaver.models.protocols.folds_of`.
    conditions : sequence of str, optional
        Of `quaver.augmentation.CONDITIONS`; all by default.
    encoder, augmentation, n_copies, search
        As of `quaver.models.encoder.train`.
    vectors : Vectors, optional
        Those of `quaver.models.encoder.vectors.vectors_of`, if they are at hand.
    progress : callable, optional
        Called with a sentence after each step.

    Returns
    -------
    list of dict
        For each corpus and condition the scores of `quaver.models.stress.Condition` on the clips
        whose label is in the training part, of all folds together; ``uar`` is the mean over folds,
        ``uar_std`` their deviation, ``choices`` what each chose.
    """
    used = Encoder.load_pretrained(blocks=BLOCKS) if encoder is None else encoder
    check_asked(corpus, protocol, conditions)
    if vectors is None:
        vectors = vectors_of(used, corpus, policies=policies_of(augmentation), n_copies=n_copies)
        if progress is not None:
            progress(f"vectors of {len(corpus)} clips")

    def fitted(part: Vectors) -> tuple[EncoderClassifier, dict[str, Any]]:
        head, chosen = fit(part, search=search)
        return EncoderClassifier(used, head, {}), {"C": chosen.penalty}

    return scored(corpus, protocol, vectors, fitted, conditions, progress)


def check_asked(corpus: Corpus, protocol: str, conditions: Sequence[str]) -> None:
    """Raise ValueError for what cannot be answered, before hours are spent on it."""
    if isinstance(conditions, str) or not conditions or not {*CONDITIONS}.issuperset(conditions):
        raise ValueError(f"conditions must be some of {', '.join(CONDITIONS)}, got {conditions!r}")
    labels = corpus.labels
    for test in folds_of(corpus, protocol):
        if np.isin(labels[test], np.delete(labels, test)).any():
            return
    raise ValueError(
        f"{protocol}: nothing to score, no clip has a label that is in the training part of its"
        f" fold (labels are {', '.join(np.unique(labels))})"
    )


def scored(
    corpus: Corpus,
    protocol: str,
    vectors: Vectors,
    fitted: Callable[[Vectors], tuple[VoiceModel, dict[str, Any]]],
    conditions: Sequence[str],
    progress: Callable[[str], object] | None,
) -> list[dict[str, Any]]:
    """Return the rows of `run_protocol` for models of vectors.

    Parameters
    ----------
    corpus, protocol, vectors, conditions, progress
        As of `run_protocol`.
    fitted : callable
        From the vectors of a training part to a model and what it chose.
    """
    answers: dict[tuple[str, str], list[tuple[NDArray[np.str_], stress.Answered]]] = {}
    choices = []
    for i, test in enumerate(folds_of(corpus, protocol)):
        train = np.setdiff1d(np.arange(len(corpus)), test)
        model, chosen = fitted(vectors.part(train))
        choices.append(chosen)
        known = corpus.part(test[np.isin(corpus.labels[test], model.classes)])
        for name, part in stress.by_corpus(known):
            for condition in conditions:
                found = stress.answered(model, part, condition)
                answers.setdefault((name, condition), []).append((part.labels, found))
        if progress is not None:
            progress(f"fold {i + 1}: {chosen}")
    return [{**_scores(*key, folds), "choices": choices} for key, folds in answers.items()]


def _scores(
    corpus: str, condition: str, folds: Sequence[tuple[NDArray[np.str_], stress.Answered]]
) -> dict[str, Any]:
    """Return the scores of all answers together, but for the average recall, which is of folds."""
    labels = np.concatenate([labels for labels, _ in folds])
    row = stress.row_of(corpus, condition, labels, stress.joined([each for _, each in folds]))
    recalls = [average_recall(labels, each.labels) for labels, each in folds]
    mean = {"uar": float(np.mean(recalls)), "uar_std": float(np.std(recalls))}
    return {**row.to_dict(), **mean, "folds": len(folds)}
