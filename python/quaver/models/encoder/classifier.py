"""Emotions of recordings by an encoder and a head: `EncoderClassifier`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from quaver._validate import Downmix
from quaver.batch import Batch, Progress, check_threads, in_order
from quaver.models.archive import named, open_regular, reading
from quaver.models.base import Stored, Voice, short
from quaver.models.encoder import head as heads
from quaver.models.encoder.graph import check_precision
from quaver.models.encoder.head import Answers, Head
from quaver.models.encoder.mel import SAMPLE_RATE
from quaver.models.encoder.model import Encoder, shared
from quaver.models.predictions import Predictions
from quaver.models.trust import doubts
from quaver.record import replacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.models.encoder.graph import Precision

PRETRAINED = "ravdess-nemo-encoder"


class EncoderClassifier(Voice, Stored):
    """A pre-trained speech encoder under a head that was trained on emotions; made by `load`.

    Attributes
    ----------
    encoder : Encoder
    head : Head
    card : dict
        The model card: data, licence, protocol, scores, clean and under noise.
    trim : bool
        Whether the head has heard no pauses before and after the speech.

    Examples
    --------
    >>> import quaver.data
    >>> EncoderClassifier.load_pretrained().predict_proba([quaver.data.demo_clip()]).shape
    (1, 7)
    """

    pretrained: ClassVar[str] = PRETRAINED
    suffix: ClassVar[str] = ".onnx"

    def __init__(
        self, encoder: Encoder, head: Head, card: dict[str, Any], *, trim: bool = True
    ) -> None:
        n_values = len(encoder.blocks) * 2 * encoder.width
        if head.mean.size != n_values:
            raise ValueError(
                f"the head takes {head.mean.size} values, blocks {encoder.blocks} give {n_values}"
            )
        self.encoder, self.head, self.card, self.trim = encoder, head, card, trim

    def __repr__(self) -> str:
        return short(self)

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels, in the order of the probabilities."""
        return self.head.classes

    def predict_proba(self, X: Iterable[Any]) -> NDArray[np.float64]:
        """Return the probability of each label.

        Parameters
        ----------
        X : sequence of paths, bytes, binary file objects or arrays
            Arrays at 16 kHz.

        Returns
        -------
        ndarray of shape (n_clips, n_classes), float64
            Rows sum to 1.

        Raises
        ------
        ValueError
            For a recording that cannot be used; `predict_clips` goes on instead.
        """
        found = self.predict_clips(X, SAMPLE_RATE)
        if found.failures:
            first = found.failures[0]
            raise ValueError(f"{first.source}: {first.reason}")
        return found.probabilities

    def predict_clips(
        self,
        clips: Iterable[Any] | Batch,
        sample_rate: int | None = None,
        *,
        downmix: Downmix = "mean",
        threads: int | None = None,
        progress: Progress = False,
    ) -> Predictions:
        """Predict each clip; see `quaver.models.base.predict`.

        Each thread reads, resamples and looks at one clip at a time.
        """
        if isinstance(clips, Batch):
            raise TypeError("clips must be recordings: an encoder has features of its own")
        found, index, failures = self.encoder.each(
            lambda _, mono: self._looked_at(mono),
            clips,
            sample_rate,
            downmix=downmix,
            threads=threads,
            progress=progress,
        )
        answers, warnings = self._answers(found)
        return Predictions.of(self._labels(), answers.probabilities, index, failures, warnings)

    def _looked_at(self, mono: NDArray[Any]) -> tuple[NDArray[np.float32], tuple[str, ...]]:
        """Return the vector of mono samples at 16 kHz, and what is wrong with them."""
        vector = self.encoder.vector(mono, normalize=True, trim=self.trim)
        return vector.ravel(), doubts(mono, SAMPLE_RATE)

    def _answers(
        self, looked_at: Sequence[tuple[NDArray[np.float32], tuple[str, ...]]]
    ) -> tuple[Answers, list[tuple[str, ...]]]:
        vectors = np.array([vector for vector, _ in looked_at], np.float32)
        answers = self.head.answers(vectors.reshape(len(looked_at), self.head.mean.size))
        told = zip(looked_at, answers.doubts(), strict=True)
        return answers, [(*of_samples, *of_head) for (_, of_samples), of_head in told]

    def _labels(self) -> NDArray[np.str_]:
        return np.array(self.classes, dtype=np.str_)

    @property
    def rate(self) -> int:
        """Rate that the model takes, in Hz."""
        return SAMPLE_RATE

    def _of_parts(self, parts: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        return self._with_doubts(parts)[0]

    def _with_doubts(
        self, parts: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[np.float64], tuple[tuple[str, ...], ...]]:
        n_threads = min(check_threads(None), len(parts))
        with in_order(lambda i: self._looked_at(parts[i]), len(parts), n_threads) as found:
            answers, warnings = self._answers(list(found))
        return answers.probabilities, tuple(warnings)

    def save(self, file: str | os.PathLike[str], *, card: Mapping[str, Any] | None = None) -> None:
        """Write the head and the card; the encoder stays where it is, and its checksum is kept."""
        about = {
            "blocks": list(self.encoder.blocks),
            "sha256": self.encoder.sha256,
            "trim": self.trim,
            "precision": self.encoder.precision,
        }
        content = self.head.written(about, self.card if card is None else card)
        with reading(file, "head of a speech encoder"):
            heads.read(content)  # nothing is written that nobody can read
        with replacing(named(file, self.suffix)) as temporary:
            temporary.write_bytes(content)

    @classmethod
    def load(
        cls,
        file: str | os.PathLike[str],
        *,
        encoder: str | os.PathLike[str] | None = None,
        precision: Precision | None = None,
    ) -> EncoderClassifier:
        """Read what `save` wrote, and nothing else: checksum, graph and weights are looked at.

        Parameters
        ----------
        file : path
        encoder : path, optional
            The encoder that the head was trained on; by default that of quaver-models.
        precision : {"int8", "float32"}, optional
            As of `Encoder.load`; by default that in which the head was trained.

        Returns
        -------
        EncoderClassifier

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            For a file that is no head or was edited, or another encoder than the head's; names
            the file.
        ModuleNotFoundError
            Without onnxruntime or quaver-models, with the command that installs it.
        """
        with open_regular(file) as stream, reading(file, "head of a speech encoder"):
            found, about, card = heads.read(stream.read())
            blocks = about.get("blocks")
            if not isinstance(blocks, list) or any(type(block) is not int for block in blocks):
                raise ValueError(f"blocks must be a list of int, got {blocks!r:.100}")
            trim = about.get("trim", False)  # earlier heads have heard the pauses
            if type(trim) is not bool:
                raise ValueError(f"trim must be true or false, got {trim!r:.100}")
            heard = check_precision("precision", about.get("precision", "int8"))
        source = None if encoder is None else os.fspath(encoder)
        opened = shared(source, tuple(blocks), precision or heard)
        with reading(file, "head of a speech encoder"):
            if about.get("sha256") != opened.sha256:
                raise ValueError(
                    f"the head of another encoder (checksum {about.get('sha256')!s:.16}…, this one"
                    f" has {opened.sha256:.16}…): pass its file as encoder="
                )
            return cls(opened, found, card, trim=trim)


load = EncoderClassifier.load
load_pretrained = EncoderClassifier.load_pretrained
