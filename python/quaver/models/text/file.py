"""Files of `quaver.models.text`: the network with its vocabulary, and vectors of words; private.

Beside the network (`quaver.models.networks.file`) there is the vocabulary, and as JSON labels,
thresholds, the card and a few rows with their answers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._validate import check_path
from quaver.models.archive import named
from quaver.models.networks.file import ABOUT, VOCABULARY, check_probe, opened
from quaver.models.networks.file import write as write_archive
from quaver.models.text.config import KEYS, check_about, weight_shapes
from quaver.models.text.network import build_network, probabilities
from quaver.text import FIRST_ID, Vocabulary

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

FORMAT = 1
#: Beside what any file of such a network says, a few rows with their answers.
_KEYS = {**KEYS, "probe": list}


def write(
    file: str | os.PathLike[str],
    network: keras.Model,
    about: dict[str, Any],
    vocabulary: Vocabulary,
) -> None:
    """Write a network with weights of float16, what is said about it, and its vocabulary."""
    target = named(file, ".keras")
    check_about(about)
    small = build_network(
        vocabulary.n_ids,
        len(about["classes"]),
        dimensions=about["dimensions"],
        multi_label=about["multi_label"],
        dtype="float16",
        drawn=False,
    )
    same = rounded(network, about, vocabulary)
    small.set_weights([weights.astype(np.float16) for weights in same.get_weights()])
    about = {
        "format": FORMAT,
        **about,
        "vocabulary": vocabulary.digest,
        "probe": _probe(same, vocabulary).tolist(),
    }
    entries = {ABOUT: json.dumps(about, indent=1), VOCABULARY: vocabulary.to_json()}
    write_archive(target, small, entries)


def rounded(network: keras.Model, about: dict[str, Any], vocabulary: Vocabulary) -> keras.Model:
    """Return a network of float32 with the weights that a file has of it, rounded to float16."""
    same = _build(about, vocabulary)
    same.set_weights([w.astype(np.float16).astype(np.float32) for w in network.get_weights()])
    return same


def read(file: str | os.PathLike[str]) -> tuple[keras.Model, dict[str, Any], Vocabulary]:
    """Read what `write` wrote, or raise ValueError with the name of the file."""
    with opened(file, "text model") as archive:
        about = archive.about(FORMAT, _KEYS)
        check_about(about)
        values = archive.json(VOCABULARY)
        if not isinstance(values, dict) or not isinstance(values.get("words"), list):
            raise ValueError(f"{VOCABULARY} has no words")
        if values.get("digest") != about["vocabulary"]:
            raise ValueError(
                f"the vocabulary has the digest {values.get('digest')!r:.100}, the network was"
                f" trained with {about['vocabulary']:.100}"
            )
        n_ids, n_classes = len(values["words"]) + FIRST_ID, len(about["classes"])
        archive.check_shapes(weight_shapes(n_ids, n_classes, about["dimensions"]))
        vocabulary = Vocabulary.from_json(  # which holds what the digest says
            archive.read(VOCABULARY), f"{os.fsdecode(file)}: {VOCABULARY}"
        )
        network = _build(about, vocabulary)
        archive.load_weights(network)
        check_probe(about["probe"], _probe(network, vocabulary))
    return network, about, vocabulary


def _build(about: dict[str, Any], vocabulary: Vocabulary) -> keras.Model:
    return build_network(
        vocabulary.n_ids,
        len(about["classes"]),
        dimensions=about["dimensions"],
        multi_label=about["multi_label"],
        drawn=False,
    )


def _probe(network: keras.Model, vocabulary: Vocabulary) -> NDArray[np.float32]:
    """Return what the network says of a few rows that any program can make again."""
    rows = np.arange(1, 1 + 4 * 16, dtype=np.int64).reshape(4, 16) ** 2 % vocabulary.n_ids
    rows[1:, 5:] = 0
    return probabilities(network, rows.astype(np.int32))


def read_word2vec(file: str | os.PathLike[str]) -> tuple[list[str], NDArray[np.float32]]:
    r"""Read vectors of words in word2vec's or GloVe's text format.

    Parameters
    ----------
    file : path
        In each line a word and its numbers, in UTF-8. A first line of two numbers is skipped.

    Returns
    -------
    words : list of str
    vectors : ndarray of shape (n_words, dimensions), float32

    Raises
    ------
    ValueError
        For a line of another length or without numbers, or no lines; names the file and line.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "vectors.txt"
    >>> _ = file.write_text("2 3\ngood 0.1 0.2 0.3\nbad -0.1 -0.2 -0.3\n")
    >>> words, vectors = read_word2vec(file)
    >>> words, vectors.shape
    (['good', 'bad'], (2, 3))
    """
    words: list[str] = []
    rows: list[NDArray[np.float32]] = []
    check_path(file)
    with open(file, encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            word, *values = line.rstrip().split(" ")
            if number == 1 and len(values) == 1:
                continue
            try:
                row = np.array(values, np.float32)
            except ValueError as error:
                raise ValueError(f"{os.fsdecode(file)}, line {number}: {error}") from error
            if not row.size or (rows and row.size != rows[0].size) or not np.isfinite(row).all():
                expected = f"{rows[0].size} finite" if rows else "finite"
                raise ValueError(
                    f"{os.fsdecode(file)}, line {number}: expected a word and {expected} numbers,"
                    f" got {len(values)}"
                )
            words.append(word)
            rows.append(row)
    if not rows:
        raise ValueError(f"{os.fsdecode(file)}: no vectors")
    return words, np.stack(rows)


def as_word_vectors(embedding: Any) -> tuple[list[str], NDArray[np.float32]]:
    """Return (words, matrix) of what `TextClassifier` takes as an embedding."""
    if hasattr(embedding, "key_to_index") and hasattr(embedding, "vectors"):
        positions = embedding.key_to_index
        words, vectors = list(positions), embedding.vectors[list(positions.values())]
    elif isinstance(embedding, Mapping):
        words, vectors = list(embedding), list(embedding.values())
    elif isinstance(embedding, tuple) and len(embedding) == 2:
        words, vectors = list(embedding[0]), embedding[1]
    else:
        raise TypeError(
            "embedding must be KeyedVectors, a mapping from words to vectors, or (words, matrix),"
            f" got {type(embedding).__name__}"
        )
    matrix = np.asarray(vectors, np.float32)
    if matrix.ndim != 2 or len(matrix) != len(words) or not matrix.size:
        raise ValueError(f"embedding has {len(words)} words for vectors of shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError("embedding must be finite")
    return words, matrix
