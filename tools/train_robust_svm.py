"""Train and score the robust SVM that comes with quaver-models; needs RAVDESS and nEMO.

    python tools/train_robust_svm.py RAVDESS NEMO

writes python/quaver-models/quaver_models/ravdess-nemo-svm.skops and its card. The scores are
those of ``quaver evaluate svm RAVDESS NEMO --stress`` and of the same with ``--protocol
leave-one-corpus-out``, which run the same code.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cards

from quaver.corpus import Corpus, nemo, ravdess
from quaver.models import stress, svm
from quaver.models.svm import robust

TEXT = {
    "What it is": (
        "A least-squares support vector machine of 2,000 landmarks on FeatureConfig.robust(), with"
        " calibrated probabilities of seven emotions, a probability that there is speech of one"
        " person, and a measure of how unlike training a recording is. Whatever a recording is"
        " amplified by, the answer is the same."
    ),
    "Trained on": (
        f"All 1,440 speech clips of {cards.RAVDESS}, calm as neutral, and 2,246 clips of nEMO"
        " (Christop 2024, nEMO: Dataset of Emotional Speech in Polish, arXiv:2404.06292), nine"
        " actors, without disgust; the corpora count the same. Each clip is heard as it is and in"
        " three changed copies: speed, rooms, tilt, noise, babble, bands, clipping, codecs"
        " (quaver.augmentation.Augmentation)."
    ),
    "Licence": (
        "RAVDESS and nEMO are published under CC BY-NC-SA 4.0. The weights are derived from them"
        " and are offered under the same terms: not for commercial use."
    ),
    "Not for": (
        "Decisions about people. The emotions are acted by 33 actors in two languages; spontaneous"
        " speech, other languages and ages are outside of what was measured, and a language that it"
        " never heard is answered little better than by chance (leave-one-corpus-out)."
    ),
    "Protocols": (
        "speaker-independent: five folds, of RAVDESS the published ones by actor; trained on both"
        " corpora without the speakers of the fold; penalty, temperature and limits come from"
        " another cross-validation over speakers inside that part. leave-one-corpus-out: trained on"
        " one corpus, tested on the other's clips of labels that the first has. Conditions:"
        " quaver.augmentation.CONDITIONS. Reliable are answers without a warning. Features and"
        " method were settled on folds of the speakers outside the first fold of RAVDESS and three"
        " of nEMO's nine, so that scores of the other folds may be a little too good; the features"
        " of the voice and the kernel's width on folds inside the training part of the first. The"
        " grid of penalties was extended downwards once after first scores had been seen, those of"
        " test parts among them (then 57.5 % on RAVDESS, 49.4 % on nEMO)."
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("nemo", type=Path)
    arguments = parser.parse_args()
    corpus = Corpus((*ravdess(arguments.ravdess), *nemo(arguments.nemo)))
    vectors = robust.heard(corpus)
    conditions = [
        {"protocol": protocol, **row}
        for protocol in cards.PROTOCOLS
        for row in robust.run_protocol(
            corpus, protocol, vectors=vectors, progress=lambda text: print(text, flush=True)
        )
    ]
    model = robust.model_of(corpus, vectors)
    card = model.card | {"name": svm.ROBUST, "text": TEXT, "conditions": conditions}
    card["called unreliable"] = stress.called_unreliable(model, list(corpus.paths))
    file = cards.TARGET / f"{svm.ROBUST}.skops"
    svm.save(model, file, card=card)
    cards.write(file, card)


if __name__ == "__main__":
    main()
