"""Train and score the head that comes with quaver-models; needs RAVDESS and nEMO.

    python tools/train_encoder.py RAVDESS NEMO

writes python/quaver-models/quaver_models/ravdess-nemo-encoder.onnx and its card. The scores are
those of ``quaver evaluate encoder RAVDESS NEMO --stress`` and of the same with ``--protocol
leave-one-corpus-out``, which run the same code.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

import cards
import numpy as np

from quaver.corpus import Corpus, nemo, ravdess
from quaver.models import encoder, stress
from quaver.models.encoder import Encoder, evaluation, selection, training, vectors

TEXT = {
    "What it is": (
        "The mean of a logistic regression and a linear discriminant analysis, on mean and"
        " deviation over time of the first three blocks of the encoder of Whisper tiny.en"
        " (whisper-tiny-en-encoder), with calibrated probabilities of seven emotions, a probability"
        " that there is speech of one person, and a measure of how unlike training a recording is:"
        " what the 50 main directions of training leave of it. Pauses before and after the speech"
        " are left out. Whatever a recording is amplified by, the answer is the same, but for"
        " rounding."
    ),
    "Trained on": (
        f"All 1,440 speech clips of {cards.RAVDESS}, calm as neutral, and 2,246 clips of nEMO"
        " (Christop 2024, nEMO: Dataset of Emotional Speech in Polish, arXiv:2404.06292), nine"
        " actors, without disgust; the corpora count the same. Each clip is heard as it is and in"
        " twelve changed copies: speed, rooms, tilt, noise, babble, bands, clipping, codecs"
        " (quaver.augmentation.Augmentation). The encoder itself was not trained."
    ),
    "Licence": (
        "RAVDESS and nEMO are published under CC BY-NC-SA 4.0. The weights of the head are derived"
        " from them and are offered under the same terms: not for commercial use. Those of the"
        " encoder are under the MIT licence."
    ),
    "Not for": (
        "Decisions about people. The emotions are acted by 33 actors in two languages; spontaneous"
        " speech, other languages and ages are outside of what was measured. Expect less there."
    ),
    "Protocols": (
        "speaker-independent: five folds, of RAVDESS the published ones by actor; the head is"
        " trained on both corpora without the speakers of the fold, and its parameters are chosen"
        " inside that part by another cross-validation over speakers. leave-one-corpus-out: trained"
        " on one corpus, tested on the other's clips of labels that the first has. Conditions:"
        " quaver.augmentation.CONDITIONS. Reliable are answers without a warning. Which blocks are"
        " taken was settled while looking at mean scores of the five folds; how copies are made,"
        " that pauses are left out and which machines are averaged, while looking at two of them"
        " each; the measure of novelty, at one fold and at both corpora; how fast it takes answers"
        " back to equal ones, at both corpora: a little optimism may remain."
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("nemo", type=Path)
    parser.add_argument("--vectors", type=Path, help="Where vectors are kept for the next run.")
    arguments = parser.parse_args()
    corpus = Corpus((*ravdess(arguments.ravdess), *nemo(arguments.nemo)))
    used = Encoder.load_pretrained(blocks=training.BLOCKS)
    heard = vectors_of(used, corpus, arguments.vectors)
    conditions = [
        {"protocol": protocol, **row}
        for protocol in cards.PROTOCOLS
        for row in evaluation.run_protocol(
            corpus,
            protocol,
            encoder=used,
            vectors=heard,
            progress=lambda text: print(text, flush=True),
        )
    ]
    head, chosen = selection.fit(heard)
    card = training.card_of(corpus, chosen, vectors.POLICIES, vectors.N_COPIES, 0)
    model = encoder.EncoderClassifier(used, head, card)
    card |= {"name": encoder.PRETRAINED, "text": TEXT, "conditions": conditions}
    card["called unreliable"] = stress.called_unreliable(model, list(corpus.paths))
    file = cards.TARGET / f"{encoder.PRETRAINED}.onnx"
    encoder.save(model, file, card=card)
    cards.write(file, card)


def vectors_of(used: Encoder, corpus: Corpus, file: Path | None) -> vectors.Vectors:
    """Return the vectors of a file, or compute them, which takes minutes, and keep them there."""
    names = [field.name for field in fields(vectors.Vectors)]
    if file is not None and file.exists():
        with np.load(file) as kept:
            return vectors.Vectors(*(kept[name] for name in names))
    found = vectors.vectors_of(used, corpus)
    if file is not None:
        np.savez(file, **{name: getattr(found, name) for name in names})
    return found


if __name__ == "__main__":
    main()
