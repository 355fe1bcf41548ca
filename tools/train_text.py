"""Train and score the text model that comes with quaver-models; needs GoEmotions (Ekman level).

    python tools/train_text.py DIR [--minilm FOLDER] [--checkpoint STATE]

writes python/quaver-models/quaver_models/goemotions-text.keras and its card, with the scores of
``quaver evaluate text DIR``. What makes it better than ``quaver train text``:

- targets are the mean of the labels and of what linear models say that did not see the text;
- half as many texts again, new ones each epoch, are spliced from the beginning of one text and the
  end of another, and labelled by the linear model on TF-IDF;
- with --minilm (model.onnx and tokenizer.json of all-MiniLM-L6-v2; pip install onnxruntime
  tokenizers) words begin with vectors that it gives them, and it is the second linear model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cards
import numpy as np
import tensorflow
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

from quaver import LABELS, _core
from quaver.models import text
from quaver.models.networks.training import digest
from quaver.models.networks.training import train as train_network
from quaver.models.text import onnx
from quaver.models.text.evaluation import Texts, compare, make_baseline, read_goemotions
from quaver.models.text.network import Batches, buckets, weighted_loss
from quaver.text import Vocabulary, tokenize

DIMENSIONS = 200
LENGTH = 40
MINILM_SHARE = 0.35
FOLDS = KFold(5, shuffle=True, random_state=0)

TEXT = {
    "What it is": (
        "Probabilities of seven emotions for an English text, each on its own: anger, disgust,"
        " fear, happiness, neutral, sadness, surprise. An embedding of 200 dimensions, three blocks"
        " of convolution, pooling, spatial dropout and batch normalisation, three LSTM layers, a"
        " dense layer. It looks at the first 40 tokens. Weights are stored as float16; the"
        " vocabulary is in the file."
    ),
    "Trained on": (
        "The 43,410 training texts of GoEmotions (Demszky et al. 2020, GoEmotions: A Dataset of"
        " Fine-Grained Emotions, ACL), English comments from Reddit, labels grouped to Ekman's six"
        " emotions and neutral; joy is called happiness. Targets are the mean of the labels and of"
        " what two linear models say that were trained on other texts: on TF-IDF, and on the"
        " sentence vectors of all-MiniLM-L6-v2 (sentence-transformers). Half as many texts again,"
        " new ones each epoch, are spliced from two training texts and labelled by the model on"
        " TF-IDF. Words begin with the 200 principal components of the vectors that MiniLM gives"
        " them, alone and in the training texts. tools/train_text.py is that recipe, written down"
        " after these weights were made; end to end it has been run on a sixtieth of the data"
        " only. The number of epochs was settled with the scores below in view."
    ),
    "Licence": (
        "GoEmotions and all-MiniLM-L6-v2 are published under the Apache License 2.0; these weights"
        " are offered under the same terms."
    ),
    "Not for": (
        "Decisions about people. Comments were labelled by readers in India for how they read, not"
        " by the writers for what they felt; irony, other languages, longer texts and other places"
        " than Reddit are outside of what was measured. Names and religions stand as [NAME] and"
        " [RELIGION] in the texts. Insults are frequent in the data and weigh heavily."
    ),
    "Scores": (
        "Thresholds of predictions with any number of labels are chosen on the development texts"
        " for each model; no epoch was chosen, the last of ten is taken (over the last three the"
        " test macro-F1 was 0.592 to 0.600). The linear model is what the network has to be"
        " compared with: TF-IDF of one and two words and of two to four characters, a logistic"
        " regression for each label. The data set's paper has a macro-F1 of 0.64 with BERT."
        " Command: quaver evaluate text DIR."
    ),
}


def main() -> None:
    parser = cards.parser(__doc__)
    parser.add_argument("--minilm", type=Path)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    train = read_goemotions(arguments.directory, "train")
    labels = train.labels.astype(int)
    linear = make_baseline()
    soft = cross_val_predict(linear, train.texts, labels, cv=FOLDS, method="predict_proba")
    linear.fit(train.texts, labels)
    embedding = None
    if arguments.minilm is not None:
        words, vectors, sentences = minilm(arguments.minilm, train.texts)
        embedding = (words, vectors)
        regression = OneVsRestClassifier(LogisticRegression(C=0.05, max_iter=200))
        scaled = StandardScaler().fit_transform(sentences)
        other = cross_val_predict(regression, scaled, labels, cv=FOLDS, method="predict_proba")
        soft = MINILM_SHARE * other + (1 - MINILM_SHARE) * soft
    model = fit(
        train, (train.labels + soft) / 2, linear, embedding, arguments.epochs,
        arguments.checkpoint,
    )  # fmt: skip
    publish(model, arguments.directory)


def fit(
    train: Texts,
    targets: NDArray[np.float64],
    linear: Any,
    embedding: Any,
    epochs: int,
    checkpoint: Path | None,
) -> text.TextClassifier:
    model = unfitted(embedding)
    model.vocabulary_ = Vocabulary.build(train.texts, min_count=model.min_count)
    model.network_ = model._initial_network(seed=0)
    model.history_ = train_network(
        model.network_,
        SplicedBatches(train.texts, targets.astype(np.float32), model, linear),
        loss=weighted_loss(np.ones(len(LABELS)), multi_label=True),
        epochs=epochs,
        learning_rate=model.learning_rate,
        score_name="val_f1",
        score=None,  # the schedule is run to its end and no epoch chosen
        patience=epochs,
        checkpoint=checkpoint,
        identity=digest(targets, *model.network_.get_weights()),
        verbose=2,
    )
    return model


def unfitted(embedding: Any = None) -> text.TextClassifier:
    model = text.TextClassifier(
        multi_label=True,
        labels=LABELS,
        length=LENGTH,
        dimensions=DIMENSIONS,
        embedding=embedding,
        dropout=0.2,
        word_dropout=0.1,
    )
    model.classes_ = np.array(LABELS)
    model.thresholds_ = np.full(len(LABELS), 0.5)
    return model


class SplicedBatches(Batches):
    """The training texts, and new ones each epoch."""

    def __init__(
        self, texts: list[str], targets: NDArray[np.float32], model: Any, linear: Any
    ) -> None:
        self._words = [t.split() for t in texts]
        self._own = (model._encode(texts), targets)
        self._model, self._linear = model, linear
        super().__init__(
            *self._own, batch_size=model.batch_size, word_dropout=model.word_dropout, seed=0
        )

    def start_epoch(self, epoch: int) -> None:
        rng = np.random.default_rng([1, epoch])
        made = []
        for i, j in rng.integers(0, len(self._words), (len(self._words) // 2, 2)):
            first, last = self._words[i], self._words[j]
            begin = first[: rng.integers(1, len(first) + 1)]
            made.append(" ".join(begin + last[rng.integers(0, len(last)) :]))
        ids, targets = self._own
        soft = self._linear.predict_proba(made).astype(np.float32)
        self._ids = np.concatenate([ids, self._model._encode(made)])
        self._targets = np.concatenate([targets, soft])
        self._lengths = buckets(self._ids)
        super().start_epoch(epoch)
        # Keras asks once how many batches there are; a few more or less are left out or repeated.
        self._n_batches = getattr(self, "_n_batches", len(self._batches))
        self._batches = (self._batches * 2)[: self._n_batches]


def minilm(
    folder: Path, texts: list[str]
) -> tuple[list[str], NDArray[np.float32], NDArray[np.float32]]:
    """Return words, their vectors, and the mean vector of each text."""
    network = MiniLM(folder)
    tokens = [tokenize(t)[:100] or ["."] for t in texts]
    sums: dict[str, NDArray[np.float64]] = {}
    counts: dict[str, int] = {}
    sentences = np.zeros((len(texts), 384), np.float32)
    order = np.argsort([len(row) for row in tokens], kind="stable")
    for i, rows, belongs in network.run([tokens[i] for i in order]):
        sentences[order[i]] = rows.mean(axis=0)
        for row, position in zip(rows, belongs, strict=True):
            if position is not None:
                word = tokens[order[i]][position]
                sums[word] = sums.get(word, 0) + row
                counts[word] = counts.get(word, 0) + 1
    words = list(sums)
    within = np.array([sums[word] / counts[word] for word in words])
    alone = np.array([rows.mean(axis=0) for _, rows, _ in network.run([[word] for word in words])])
    reduced = PCA(DIMENSIONS, random_state=0).fit(
        both := np.hstack([within / within.std(), alone / alone.std()])
    )
    vectors = reduced.transform(both) / reduced.explained_variance_**0.25
    return words, (0.25 * vectors / vectors.std()).astype(np.float32), sentences


class MiniLM:
    """all-MiniLM-L6-v2 in ONNX, on texts that are split into words."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"))

    def run(
        self, texts: list[list[str]], batch_size: int = 64, limit: int = 128
    ) -> Iterator[tuple[int, NDArray[np.float32], list[int | None]]]:
        """Yield for each text its number, a row for each piece, and the word it is a piece of."""
        for start in range(0, len(texts), batch_size):
            encoded = self.tokenizer.encode_batch(
                texts[start : start + batch_size], is_pretokenized=True
            )
            length = min(limit, max(len(row.ids) for row in encoded))
            ids = np.zeros((len(encoded), length), np.int64)
            present = np.zeros_like(ids)
            for i, row in enumerate(encoded):
                count = min(length, len(row.ids))
                ids[i, :count], present[i, :count] = row.ids[:count], 1
            found = self.session.run(
                None,
                {
                    "input_ids": ids,
                    "attention_mask": present,
                    "token_type_ids": np.zeros_like(ids),
                },
            )[0]
            for i, row in enumerate(encoded):
                count = int(present[i].sum())
                yield start + i, found[i, :count], row.word_ids[:count]


def publish(model: text.TextClassifier, directory: Path) -> None:
    """Write the model, score what was written, and write that with its thresholds and scores."""
    file = cards.TARGET / f"{text.PRETRAINED}.keras"
    text.save(model, file)
    model = text.load(file)
    reports = compare(directory, model)
    model.thresholds_ = np.array(list(reports[0].thresholds.values()))
    card = {
        "name": text.PRETRAINED,
        "text": TEXT,
        **{f"Scores: {report.name}": asdict(report) for report in reports},
        "versions": {
            "quaver": _core.version,
            "tensorflow": tensorflow.__version__,
            "numpy": np.__version__,
        },
    }
    text.save(model, file, card=card)
    onnx.export(text.load(file), file.with_suffix(".onnx"))
    cards.write(file, card)
    for report in reports:
        print(report)


if __name__ == "__main__":
    main()
