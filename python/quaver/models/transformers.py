"""Steps of scikit-learn pipelines: from recordings to vectors, and a speaker's own scale."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra

with extra("svm"):
    from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
    from sklearn.utils.validation import check_is_fitted, validate_data

from quaver._validate import Downmix, check_sample_rate
from quaver.audio import is_recording, recording_at
from quaver.batch import Batch, Failure, Progress, as_clips, extract_many
from quaver.config import FeatureConfig
from quaver.features import feature_names
from quaver.models.clips import each
from quaver.models.own import check_extra, names_of, vector_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from quaver.models.own import Extra

_OF_CONFIG = tuple(field.name for field in fields(FeatureConfig) if field.name != "sample_rate")

# Failures that a message lists before it says how many more there are.
_LISTED = 5


class ClipTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """A step of a pipeline that makes a vector of each clip and has nothing to learn."""

    def fit(self, X: Iterable[Any], y: object = None) -> Self:
        """Do nothing: there is nothing to learn.

        Parameters
        ----------
        X : sequence of paths, bytes, binary file objects or arrays
        y : ignored

        Returns
        -------
        self
        """
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        return tags


class AudioFeatures(ClipTransformer):
    """Global statistics of recordings, as a step of a pipeline.

    Parameters
    ----------
    config : FeatureConfig, optional
        Defaults to ``FeatureConfig()``, at 16 kHz. Recordings and arrays of another rate are
        resampled to its rate.
    sample_rate : int, optional
        Rate in Hz of clips that are arrays; by default that of the configuration.
    downmix : {None, "mean"} or int, default "mean"
        How several channels become one.
    pad : bool, default True
        Append zeros to clips shorter than one frame instead of raising.
    threads : int, optional
        Number of workers; by default one for each processor.
    extra : mapping of str to callable, optional
        Features of one's own by name, functions of (samples, sample_rate) of a clip, mono at the
        configuration's rate: a number, an array of always as many, or (n_frames, n_features), of
        which the configuration's statistics are taken. A `quaver.models.own.Statistic` is one more
        statistic of every short-term feature. The columns follow the others.

    Notes
    -----
    Parameters of the configuration are parameters of the step, too, but for its rate: in a search
    ``audiofeatures__n_mfcc`` and the like.

    Examples
    --------
    >>> step = AudioFeatures()
    >>> step.fit_transform([np.zeros(16000, np.float32), np.ones(8000, np.float32)]).shape
    (2, 420)
    >>> str(step.get_feature_names_out()[0])
    'zero_crossing_rate_mean'
    >>> step.set_params(n_mfcc=20).config.n_mfcc
    20
    >>> peak = AudioFeatures(extra={"peak": lambda samples, rate: abs(samples).max()})
    >>> peak.transform([np.full(8000, 0.5)])[0, -1], str(peak.get_feature_names_out()[-1])
    (np.float32(0.5), 'peak')
    """

    def __init__(
        self,
        config: FeatureConfig | None = None,
        *,
        sample_rate: int | None = None,
        downmix: Downmix = "mean",
        pad: bool = True,
        threads: int | None = None,
        extra: Extra | None = None,
    ) -> None:
        self.config = config
        self.sample_rate = sample_rate
        self.downmix = downmix
        self.pad = pad
        self.threads = threads
        self.extra = extra

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; deep ones are those of the configuration."""
        found: dict[str, Any] = super().get_params(deep=deep)
        if deep:
            config = self.config or FeatureConfig()
            found.update({name: getattr(config, name) for name in _OF_CONFIG})
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the step or of its configuration, which is made anew."""
        of_config = {name: params.pop(name) for name in _OF_CONFIG if name in params}
        super().set_params(**params)
        if of_config:
            self.config = replace(self.config or FeatureConfig(), **of_config)
        return self

    def transform(self, X: Iterable[Any]) -> NDArray[np.float32]:
        """Compute one vector for each clip.

        Parameters
        ----------
        X : sequence of paths, bytes, binary file objects or arrays

        Returns
        -------
        ndarray of shape (n_clips, n_values), float32

        Raises
        ------
        ValueError
            If a clip cannot be used; rows must stay aligned with the labels. The message names
            the clips; `quaver.extract_many` leaves them out instead.
        """
        batch = self.extract(X)
        refuse(batch.failures, len(batch))
        return batch.values

    def extract(self, X: Iterable[Any], *, progress: Progress = False) -> Batch:
        """Compute the vectors of the clips that can be used.

        Parameters
        ----------
        X : sequence of paths, bytes, binary file objects or arrays
        progress : bool or callable, default False
            As in `quaver.extract_many`.

        Returns
        -------
        Batch
            Rows, and the failures.
        """
        config = self.config or FeatureConfig()
        wanted = config.sample_rate
        rate = wanted if self.sample_rate is None else check_sample_rate(self.sample_rate)
        clips = as_clips(X)
        own = check_extra(self.extra)
        if own:
            return self._extract_with(own, config, clips, rate, progress)
        return extract_many(
            clips if rate == wanted else _AtRate(clips, rate, wanted, self.downmix),
            wanted,
            config=config,
            threads=self.threads,
            progress=progress,
            pad=self.pad,
            downmix=self.downmix,
        )

    def _extract_with(
        self, own: Extra, config: FeatureConfig, clips: Sequence[Any], rate: int, progress: Progress
    ) -> Batch:
        """Return the vectors with the columns of one's own functions."""
        rows, index, failures = each(
            lambda _, mono: vector_of(own, mono, config, pad=self.pad),
            clips,
            rate,
            config.sample_rate,
            downmix=self.downmix,
            threads=self.threads,
            progress=progress,
        )
        names = self.get_feature_names_out()
        for i, row in zip(index.tolist(), rows, strict=True):
            if len(row) != len(names):
                raise ValueError(
                    f"extra must give as many values for each clip, {len(names)} in all, got"
                    f" {len(row)} for the clip at {i}"
                )
        values = np.array(rows, np.float32).reshape(len(rows), len(names))
        return Batch(values, tuple(names), index, failures, config)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return the names of the values, those of `quaver.feature_names` and of `extra`."""
        own = names_of(check_extra(self.extra), self.config or FeatureConfig())
        return np.array([*feature_names(self.config), *own], dtype=object)


def refuse(failures: Sequence[Failure], n_ok: int) -> None:
    """Raise ValueError that names the clips that cannot be used, if there are any."""
    if not failures:
        return
    listed = "; ".join(f"{f.source} at {f.index}: {f.reason}" for f in failures[:_LISTED])
    more = len(failures) - _LISTED
    raise ValueError(
        f"{len(failures)} of {n_ok + len(failures)} clips cannot be used: {listed}"
        + (f"; and {more} more" if more > 0 else "")
    )


class _AtRate(Sequence[Any]):
    """Clips whose arrays are resampled when they are asked for, by the workers of a batch."""

    def __init__(self, clips: Sequence[Any], rate: int, wanted: int, downmix: Downmix) -> None:
        self._clips = clips
        self._rate, self._wanted, self._downmix = rate, wanted, downmix

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, i: Any) -> Any:
        clip = self._clips[i]
        if is_recording(clip):
            return clip
        mono = recording_at(clip, self._rate, self._wanted, self._downmix)
        channels = np.shape(clip)[:-1]
        return np.broadcast_to(mono, channels + mono.shape)  # for the batch to choose from


class SpeakerNormalizer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Scale vectors by the mean and deviation of their speaker's own clips, without labels.

    For users who have several clips of each speaker: what a voice always does is taken away, what
    it does now remains. Speakers seen in `fit` keep the scale learned there; the scale of a new
    speaker is that of the clips passed to `transform`. Without speakers in `fit` all clips share
    one scale, as in a StandardScaler. In a pipeline, pass speakers by scikit-learn's metadata
    routing: ``sklearn.set_config(enable_metadata_routing=True)`` and
    ``set_fit_request(speakers=True).set_transform_request(speakers=True)``. A warning says where
    labels come without speakers.

    Parameters
    ----------
    min_clips : int, default 2
        A speaker with fewer clips takes the scale of all clips seen in `fit`.

    Attributes
    ----------
    mean_, scale_ : ndarray of shape (n_features,), float64
        Of all clips.
    speakers_ : dict of str to (mean, scale)
        Of each speaker.
    n_features_in_ : int

    Examples
    --------
    >>> X = np.array([[1.0], [3.0], [10.0], [30.0]])
    >>> SpeakerNormalizer().fit_transform(X, speakers=["a", "a", "b", "b"]).ravel()
    array([-1.,  1., -1.,  1.])
    """

    def __init__(self, min_clips: int = 2) -> None:
        self.min_clips = min_clips

    def fit(
        self, X: ArrayLike, y: object = None, speakers: ArrayLike | None = None
    ) -> SpeakerNormalizer:
        """Learn the scale of all clips and of each speaker.

        Parameters
        ----------
        X : array_like of shape (n_clips, n_features)
        y : ignored
        speakers : array_like of shape (n_clips,), optional
            Who speaks in each clip.

        Returns
        -------
        SpeakerNormalizer

        Warns
        -----
        UserWarning
            With labels, but without speakers: what a pipeline passes that does not route them.
        """
        if isinstance(self.min_clips, bool) or not isinstance(self.min_clips, (int, np.integer)):
            raise TypeError(f"min_clips must be an int, got {self.min_clips!r}")
        if self.min_clips < 1:
            raise ValueError(f"min_clips must be positive, got {self.min_clips}")
        values: NDArray[Any] = validate_data(self, X, dtype=(np.float64, np.float32))
        self.mean_, self.scale_ = _scale_of(values)
        if speakers is None and y is not None:  # something learns from it
            warnings.warn(
                "SpeakerNormalizer was fitted without speakers: all clips share one scale, as in a"
                " StandardScaler; in a pipeline speakers come by metadata routing, see its"
                " documentation",
                UserWarning,
                stacklevel=2,
            )
        self.speakers_ = (
            {} if speakers is None else self._scales(values, _names(speakers, len(values)))
        )
        return self

    def fit_transform(
        self, X: ArrayLike, y: object = None, speakers: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Learn the scales and apply them."""
        return self.fit(X, y, speakers=speakers).transform(X, speakers=speakers)

    def transform(self, X: ArrayLike, speakers: ArrayLike | None = None) -> NDArray[Any]:
        """Scale each clip by its speaker.

        Parameters
        ----------
        X : array_like of shape (n_clips, n_features)
        speakers : array_like of shape (n_clips,), optional

        Returns
        -------
        ndarray of shape (n_clips, n_features)
            Of the type of X.
        """
        check_is_fitted(self)
        values: NDArray[Any] = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        if speakers is None:
            if self.speakers_:
                raise ValueError(
                    "speakers must be given: they were in fit, and one scale for all clips is not"
                    " what a model behind this step has learned from"
                )
            return ((values - self.mean_) / self.scale_).astype(values.dtype)
        names = _names(speakers, len(values))
        scales = self._scales(values, names) | self.speakers_
        out = np.empty_like(values)
        for name in np.unique(names):
            rows = names == name
            mean, scale = scales.get(str(name), (self.mean_, self.scale_))
            out[rows] = (values[rows] - mean) / scale
        return out

    def _scales(
        self, X: NDArray[Any], names: NDArray[np.str_]
    ) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        counts = dict(zip(*np.unique(names, return_counts=True), strict=True))
        return {
            str(name): _scale_of(X[names == name])
            for name, count in counts.items()
            if count >= self.min_clips
        }


def _names(speakers: ArrayLike, n_clips: int) -> NDArray[np.str_]:
    names = np.asarray(speakers).astype(np.str_)
    if names.shape != (n_clips,):
        raise ValueError(f"speakers must have shape ({n_clips},), got {names.shape}")
    return names


def _scale_of(X: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean, deviation = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
    # A column that does not vary is rounding noise around its mean, not a signal to blow up.
    constant = deviation <= 10 * np.finfo(X.dtype).eps * np.abs(mean)
    return mean, np.where(constant, 1.0, deviation)
