"""A trained support vector machine: its answers and its files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from sklearn.pipeline import Pipeline

from quaver._validate import Downmix
from quaver.batch import Batch, Progress
from quaver.config import FeatureConfig
from quaver.features import extract, feature_names, make_extractor
from quaver.models import persistence
from quaver.models.base import ROBUST_SVM, Stored, Voice, short
from quaver.models.clips import each
from quaver.models.predictions import Predictions
from quaver.models.svm.decision import Decision
from quaver.models.svm.landmarks import LandmarkClassifier
from quaver.models.transformers import AudioFeatures
from quaver.models.trust import doubts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from quaver.corpus import Corpus
    from quaver.models.scores import Report

PRETRAINED = "ravdess-svm"
#: Trained on two corpora and changed copies, by `quaver.models.svm.robust`.
ROBUST = ROBUST_SVM

_SEED = 0
# A thousand times what the default asks for.
_MOST_BANDS, _MOST_WORK = 4096, 5e7
_MOST_FFT = 1 << 20


@dataclass(frozen=True, slots=True, repr=False)
class SvmModel(Voice, Stored):
    """A trained model.

    Attributes
    ----------
    steps : sklearn.pipeline.Pipeline
        From vectors to labels, fitted.
    config : FeatureConfig
        How the vectors are made.
    card : dict
        The model card: data, licence, protocol, scores, versions.

    Examples
    --------
    >>> import quaver.data
    >>> SvmModel.load_pretrained().predict_proba([quaver.data.demo_clip()]).shape
    (1, 7)
    """

    steps: Pipeline
    config: FeatureConfig
    card: dict[str, Any]
    _decision: Any = field(default=None, init=False, repr=False, compare=False)

    pretrained: ClassVar[str] = PRETRAINED
    others: ClassVar[tuple[str, ...]] = (ROBUST,)
    suffix: ClassVar[str] = ".skops"

    def __repr__(self) -> str:
        return short(self)

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels, in the order of the probabilities."""
        return tuple(str(label) for label in self.steps.classes_)

    @property
    def pipeline(self) -> Pipeline:
        """The whole pipeline, from recordings to labels."""
        return Pipeline([("features", AudioFeatures(self.config)), *self.steps.steps])

    def predict_proba(self, X: Iterable[Any]) -> NDArray[np.float64]:
        """Return the probability of each label.

        Parameters
        ----------
        X : sequence of paths, bytes, binary file objects or arrays
            Arrays at the rate of the configuration.

        Returns
        -------
        ndarray of shape (n_clips, n_classes), float64
            Rows sum to 1.

        Raises
        ------
        ValueError
            For a recording that cannot be used; `predict_clips` goes on instead.
        """
        return self._of_vectors(AudioFeatures(self.config).transform(X))

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

        Clips shorter than a frame are padded with zeros. The rows of a batch do not tell of silence
        or clipping.
        """
        if isinstance(clips, Batch):
            _check_config(self.config, clips.config)
            found, told = self._answers(clips.values)
            return Predictions.of(self._labels(), found, clips.index, clips.failures, told)
        heard, index, failures = each(
            lambda _, mono: (self._vector(mono), doubts(mono, self.rate)),
            clips,
            sample_rate,
            self.rate,
            downmix=downmix,
            threads=threads,
            progress=progress,
        )
        found, told = self._answers(np.array([vector for vector, _ in heard]))
        warnings = [(*of_samples, *more) for (_, of_samples), more in zip(heard, told, strict=True)]
        return Predictions.of(self._labels(), found, index, failures, warnings)

    def _vector(self, mono: NDArray[Any]) -> NDArray[np.float32]:
        return extract(mono, self.rate, config=self.config, pad=True)

    def _labels(self) -> NDArray[np.str_]:
        return np.array(self.classes, dtype=np.str_)

    @property
    def rate(self) -> int:
        """Rate that the model takes, in Hz."""
        return self.config.sample_rate

    def _of_parts(self, parts: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        return self._of_vectors(AudioFeatures(self.config).transform(parts))

    def _with_doubts(
        self, parts: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[np.float64], tuple[tuple[str, ...], ...]]:
        found, told = self._answers(AudioFeatures(self.config).transform(parts))
        pairs = zip(parts, told, strict=True)
        return found, tuple((*doubts(part, self.rate), *more) for part, more in pairs)

    def _of_vectors(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        return self._answers(vectors)[0]

    def _answers(
        self, vectors: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], list[tuple[str, ...]]]:
        """Return the probabilities of vectors, and what the model doubts about each."""
        nothing: list[tuple[str, ...]] = [()] * len(vectors)
        if len(vectors) == 0:
            return np.empty((0, len(self.classes))), nothing
        if isinstance(self.steps[-1], LandmarkClassifier):
            scale = self.steps["scale"]
            answers = self.steps[-1].answers((vectors - scale.mean_) / scale.scale_)
            return answers.probabilities, answers.doubts()
        # Made here, since steps that are not fitted have none, and anew when they are fitted again.
        if self._decision is None or not self._decision.is_of(self.steps):
            object.__setattr__(self, "_decision", Decision.of(self.steps))
        machine = self.steps if self._decision is None else self._decision
        return np.asarray(machine.predict_proba(vectors)), nothing

    def save(self, file: str | os.PathLike[str], *, card: Mapping[str, Any] | None = None) -> None:
        """Write the model; see `quaver.models.base.save`."""
        if "scale" not in self.steps.named_steps:
            raise ValueError(f"steps must begin with 'scale', got {list(self.steps.named_steps)}")
        # Around the origin of the standardised space, where every feature matters.
        scale = self.steps["scale"]
        offsets = np.random.default_rng(_SEED).standard_normal((4, len(scale.mean_)))
        probe = (scale.mean_ + offsets * scale.scale_).astype(np.float32)
        persistence.save(
            file,
            kind="svm",
            steps=self.steps,
            config=self.config.to_dict(),
            classes=self.classes,
            card=self.card if card is None else dict(card),
            probe=probe,
        )

    @classmethod
    def load(cls, file: str | os.PathLike[str]) -> SvmModel:
        """Read a model that `save` wrote; no code of the file is run.

        Parameters
        ----------
        file : path

        Returns
        -------
        SvmModel

        Raises
        ------
        FileNotFoundError, ValueError
            As in `quaver.models.persistence.load`; the message names the file.
        """
        content = persistence.load(file, kind="svm")
        name, steps = os.fsdecode(file), content["steps"]
        if not isinstance(steps, Pipeline):
            raise ValueError(f"{name}: steps must be a Pipeline, got {type(steps).__name__}")
        try:
            config = FeatureConfig.from_dict(content["config"])
            n_steps = content["n_values"]
            _check_limits(config, n_steps)
            make_extractor(config)  # which knows what goes together
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"{name}: {error}") from error
        n_values = len(feature_names(config))
        if n_values != n_steps:
            raise ValueError(
                f"{name}: the model takes {n_steps} values, its configuration makes {n_values}:"
                f" {config}"
            )
        return cls(steps, config, content["card"])


load = SvmModel.load
load_pretrained = SvmModel.load_pretrained


def evaluate(model: SvmModel, corpus: Corpus) -> Report:
    """Score a model on a corpus: `quaver.models.evaluation.evaluate_model`.

    Parameters
    ----------
    model : SvmModel
    corpus : Corpus
        Other clips than the model was trained on.

    Returns
    -------
    Report
    """
    from quaver.models.scores import evaluate_model

    return evaluate_model(model, corpus)


def _check_limits(config: FeatureConfig, n_values: int) -> None:
    """Refuse what would take a stranger's model hours and gigabytes for a clip."""
    if config.n_fft > _MOST_FFT:
        raise ValueError(f"n_fft must be at most {_MOST_FFT}, got {config.n_fft}")
    if config.n_mfcc > max(n_values, _MOST_BANDS) or config.n_mels > _MOST_BANDS:
        raise ValueError(f"n_mels must be at most {_MOST_BANDS}, got {config.n_mels}")
    work = config.n_fft * config.sample_rate / config.hop_length
    if work > _MOST_WORK:
        raise ValueError(
            f"transforms of {config.n_fft} every {config.hop_length} samples: {work:.3g} values a"
            f" second, expected at most {_MOST_WORK:.3g}"
        )


def _check_config(expected: FeatureConfig, found: FeatureConfig | None) -> None:
    if found == expected:
        return
    if found is None:
        raise ValueError("the vectors are of a set without a configuration, the model's have one")
    ours, theirs = expected.to_dict(), found.to_dict()
    differences = "; ".join(
        f"{name}: model {ours[name]!r}, vectors {theirs[name]!r}"
        for name in ours
        if ours[name] != theirs[name]
    )
    raise ValueError(f"the vectors are of another configuration than the model's ({differences})")
