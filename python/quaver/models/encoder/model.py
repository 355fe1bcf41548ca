"""An encoder's vectors of recordings: `Encoder`, and the pre-trained one without ceremony."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from quaver import audio
from quaver._extras import extra
from quaver._validate import Downmix, check_int, check_sample_rate
from quaver.batch import Failure, Progress, by
from quaver.models.archive import open_regular, reading
from quaver.models.clips import each
from quaver.models.encoder.file import checked
from quaver.models.encoder.graph import (
    INPUT,
    EncoderConfig,
    Precision,
    check_precision,
    graph_of,
    quantized,
)
from quaver.models.encoder.mel import N_FFT, SAMPLE_RATE, pictures
from quaver.models.encoder.pauses import spoken
from quaver.models.networks import graph
from quaver.models.pretrained import shipped

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_T = TypeVar("_T")

_PRETRAINED = "whisper-tiny-en-encoder"

#: Seconds of a recording that are looked at together: a longer one is looked at in equal parts, so
#: that time grows with the length and memory does not. Of 10 s a second takes 1.6 times as long as
#: of 3 s, as the attention does not fit into the caches any more.
LONGEST = 6.0
#: Samples at 16 kHz that a recording must have: one frame.
SHORTEST = N_FFT


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class Embeddings:
    """What `embed_many` returns.

    Attributes
    ----------
    values : ndarray of shape (n_ok, n_blocks, 2 * width), float32
        Of each clip that worked, in the order of the clips: the mean of each block over frames,
        then the deviation.
    blocks : tuple of int
        The blocks, counted from 1.
    index : ndarray of shape (n_ok,), intp
        Position of each row's clip in the list.
    failures : tuple of Failure
        The others.
    """

    values: NDArray[np.float32]
    blocks: tuple[int, ...]
    index: NDArray[np.intp]
    failures: tuple[Failure, ...]

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"<Embeddings of {by(self.values)} values, {len(self.failures)} failed>"


class Encoder:
    """The stem and the first blocks of a speech recogniser; made by `Encoder.load`.

    Attributes
    ----------
    blocks : tuple of int
        Those whose answers are given, counted from 1.
    width : int
        Values of a frame; a vector has twice as many.
    precision : {"int8", "float32"}
    card : dict
        Origin and licence of the weights.
    sha256 : str
        Of the file.

    Examples
    --------
    >>> Encoder.load_pretrained().embed(np.sin(np.arange(16000) * 0.1), 16000).shape
    (2, 768)
    """

    def __init__(
        self,
        session: Any,
        config: EncoderConfig,
        blocks: tuple[int, ...],
        precision: Precision,
        card: dict[str, Any],
        sha256: str,
        file: str | None,
    ) -> None:
        self._session, self.sha256, self._file = session, sha256, file
        self.width, self.blocks, self.precision, self.card = config.width, blocks, precision, card

    def __repr__(self) -> str:
        blocks = ", ".join(map(str, self.blocks))
        return f"<Encoder {self.card.get('name', '')!r}: blocks {blocks}, {self.precision}>"

    @classmethod
    def load(
        cls,
        file: str | os.PathLike[str],
        *,
        blocks: Iterable[int] | None = None,
        precision: Precision = "int8",
    ) -> Encoder:
        """Read what `convert` wrote, and nothing else: checksum, graph and weights are looked at.

        Parameters
        ----------
        file : path
        blocks : iterable of int, optional
            Counted from 1; by default the last two. What comes after the last is not computed.
        precision : {"int8", "float32"}, default "int8"
            What is multiplied. int8 takes half the time; on processors without instructions for it
            (AVX-512 VNNI or AVX-VNNI on x86) sums may saturate, and float32 is the better choice.

        Returns
        -------
        Encoder

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            For a file that is no encoder of quaver or was edited, which is named, or for blocks
            that it does not have.
        ModuleNotFoundError
            Without onnxruntime, with the command that installs it.
        """
        with extra("encoder", "onnxruntime", user="the encoder"):
            import onnxruntime

        check_precision("precision", precision)
        with open_regular(file) as stream, reading(file, "speech encoder"):
            content = stream.read()
            parsed, config, stored, card = checked(content)
        wanted = _check_blocks(blocks, config.n_blocks)
        weights = parsed.weights
        if precision == "int8" and stored == "float32":
            stored, weights = "int8", quantized(weights, config)
        network = graph_of(config, stored=stored, precision=precision, blocks=wanted)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1  # callers have a thread for each clip
        session = onnxruntime.InferenceSession(
            graph.write(network, weights, "{}"), options, providers=["CPUExecutionProvider"]
        )
        digest, name = hashlib.sha256(content).hexdigest(), os.path.abspath(file)
        return cls(session, config, wanted, precision, card, digest, name)

    @classmethod
    def load_pretrained(
        cls, *, blocks: Iterable[int] | None = None, precision: Precision = "int8"
    ) -> Encoder:
        """Read the encoder that comes with quaver-models: three blocks of Whisper tiny.en.

        Parameters
        ----------
        blocks, precision
            As of `load`.
        """
        with shipped(_PRETRAINED, (_PRETRAINED,), ".onnx") as file:
            found = cls.load(file, blocks=blocks, precision=precision)
        found._file = None
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes read the file themselves, once."""
        return _the_same, (self._file, self.blocks, self.precision, self.sha256)

    def embed(
        self,
        samples: ArrayLike,
        sample_rate: float,
        *,
        downmix: Downmix = None,
        normalize: bool = False,
        trim: bool = False,
    ) -> NDArray[np.float32]:
        """Compute the vectors of one recording.

        Parameters
        ----------
        samples : array_like of shape (n,) or (channels, n), int16, float32 or float64
            At least `SHORTEST` at 16 kHz, which is 25 ms. One longer than `LONGEST` seconds is
            looked at in equal parts, each with a picture of its own.
        sample_rate : int
            In Hz; resampled to 16 kHz.
        downmix : {None, "mean"} or int, optional
            How several channels become one.
        normalize : bool, default False
            Lift the recording's picture to a level of its own: whatever it is amplified by, the
            vectors are the same. Whisper itself hears the level.
        trim : bool, default False
            Leave out the pauses before and after the speech, which take time and say little
            (`quaver.models.encoder.spoken`).

        Returns
        -------
        ndarray of shape (n_blocks, 2 * width), float32
            Mean of each block over all frames, then the deviation. There is an answer for
            anything, silence included.

        Raises
        ------
        ValueError
            For wrong shapes or values, NaN or infinity, or too few samples.
        TypeError
            For samples of another type.
        """
        rate = check_sample_rate(sample_rate)
        return self.vector(audio.recording_at(samples, rate, SAMPLE_RATE, downmix), normalize, trim)

    def embed_many(
        self,
        clips: Iterable[Any],
        sample_rate: int | None = None,
        *,
        downmix: Downmix = "mean",
        normalize: bool = False,
        trim: bool = False,
        threads: int | None = None,
        progress: Progress = False,
    ) -> Embeddings:
        """Compute the vectors of many clips on a pool of threads.

        Parameters
        ----------
        clips : sequence of paths, bytes, binary file objects or arrays
        sample_rate : int, optional
            Rate of the arrays in Hz; required when there are arrays.
        downmix : {None, "mean"} or int, default "mean"
            How several channels become one.
        normalize, trim : bool, default False
            As of `embed`.
        threads : int, optional
            Number of workers; by default one for each processor this process may use. Each reads,
            resamples and embeds one clip at a time.
        progress : bool or callable, default False
            As in `quaver.extract_many`.

        Returns
        -------
        Embeddings
            Never dies of one bad clip: that is listed in ``failures``, and when every clip failed
            there are no rows.

        Raises
        ------
        ValueError
            For no clips at all, arrays without a rate, or a wrong `threads` or `downmix`.
        TypeError
            For a single recording or array in place of a list.

        Examples
        --------
        >>> found = Encoder.load_pretrained().embed_many([np.zeros(16000), np.zeros(0)], 16000)
        >>> found.values.shape, found.failures[0].index
        ((1, 2, 768), 1)
        """
        found, index, failures = self.each(
            lambda _, mono: self.vector(mono, normalize, trim),
            clips,
            sample_rate,
            downmix=downmix,
            threads=threads,
            progress=progress,
        )
        values = np.empty((len(found), len(self.blocks), 2 * self.width), np.float32)
        for row, vector in zip(values, found, strict=True):
            row[...] = vector
        return Embeddings(values, self.blocks, index, failures)

    def each(
        self,
        function: Callable[[int, NDArray[Any]], _T],
        clips: Iterable[Any],
        sample_rate: int | None,
        *,
        downmix: Downmix,
        threads: int | None,
        progress: Progress,
    ) -> tuple[list[_T], NDArray[np.intp], tuple[Failure, ...]]:
        """Call a function with position and samples at 16 kHz of each clip, on a pool of threads.

        Returns
        -------
        results : list
            Of the clips that worked.
        index : ndarray of intp
            Their positions.
        failures : tuple of Failure
        """
        return each(
            function,
            clips,
            sample_rate,
            SAMPLE_RATE,
            downmix=downmix,
            threads=threads,
            progress=progress,
        )

    def vector(
        self, mono: NDArray[Any], normalize: bool, trim: bool = False
    ) -> NDArray[np.float32]:
        """Compute the vectors of mono samples at 16 kHz, as `embed` does."""
        if mono.size < SHORTEST:
            raise ValueError(
                f"samples must hold at least {SHORTEST} samples at {SAMPLE_RATE} Hz, which is 25"
                f" ms, got {mono.size}"
            )
        if trim:
            mono = spoken(mono)
        parts = np.array_split(mono, -(-mono.size // round(LONGEST * SAMPLE_RATE)))
        # One by one: together they leave the caches and take longer.
        found = [self._answer(picture) for picture in pictures(parts, normalize=normalize)]
        return found[0] if len(found) == 1 else _joined(found, [part.size for part in parts])

    def _answer(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        answers = self._session.run(None, {INPUT: frames[None]})
        return np.concatenate(answers)


def _joined(parts: Sequence[NDArray[np.float32]], sizes: Sequence[int]) -> NDArray[np.float32]:
    """Return mean and deviation over the frames of all parts, of those of each part."""
    shares = np.array(sizes) / sum(sizes)
    means, deviations = np.split(np.array(parts, np.float64), 2, axis=-1)
    mean = np.tensordot(shares, means, 1)
    variance = np.tensordot(shares, deviations**2 + (means - mean) ** 2, 1)
    return np.concatenate([mean, np.sqrt(variance)], axis=-1).astype(np.float32)


def _check_blocks(blocks: Iterable[int] | None, n_blocks: int) -> tuple[int, ...]:
    if blocks is None:
        return tuple(range(max(1, n_blocks - 1), n_blocks + 1))
    if not isinstance(blocks, Iterable):
        raise TypeError(f"blocks must be a tuple of int, got {type(blocks).__name__} {blocks!r}")
    chosen = tuple(check_int("blocks", block) for block in blocks)
    rising = sorted(set(chosen))
    if not chosen or list(chosen) != rising or rising[0] < 1 or rising[-1] > n_blocks:
        raise ValueError(f"blocks must be among 1 to {n_blocks}, rising, got {chosen}")
    return chosen


def shared(
    file: str | None = None, blocks: tuple[int, ...] | None = None, precision: Precision = "int8"
) -> Encoder:
    """Return an encoder that all of this process share; without a file the pre-trained one."""
    return _opened(file, _state_of(file), blocks, precision)


@lru_cache(maxsize=4)
def _opened(
    file: str | None, state: object, blocks: tuple[int, ...] | None, precision: Precision
) -> Encoder:
    if file is None:
        return Encoder.load_pretrained(blocks=blocks, precision=precision)
    return Encoder.load(file, blocks=blocks, precision=precision)


def _state_of(file: str | None) -> object:
    """Return what is another once a name stands for another file, as after `os.chdir`."""
    if file is None:
        return None
    try:
        found = os.stat(file)
    except OSError:
        return None  # the reader says what is wrong
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _the_same(
    file: str | None, blocks: tuple[int, ...], precision: Precision, sha256: str
) -> Encoder:
    """Return the encoder that was pickled, whose file may have been replaced since."""
    found = shared(file, blocks, precision)
    if found.sha256 != sha256:
        raise ValueError(
            f"{file or 'quaver-models'}: not the encoder that was pickled (checksum"
            f" {sha256:.16}…, this one has {found.sha256:.16}…)"
        )
    return found


def embed(
    samples: ArrayLike,
    sample_rate: float,
    *,
    downmix: Downmix = None,
    normalize: bool = False,
    trim: bool = False,
) -> NDArray[np.float32]:
    """Compute the vectors of one recording with the pre-trained encoder; see `Encoder.embed`.

    Examples
    --------
    >>> embed(np.sin(np.arange(16000) * 0.1), 16000).shape
    (2, 768)
    """
    return shared().embed(samples, sample_rate, downmix=downmix, normalize=normalize, trim=trim)


def embed_many(
    clips: Iterable[Any],
    sample_rate: int | None = None,
    *,
    downmix: Downmix = "mean",
    normalize: bool = False,
    trim: bool = False,
    threads: int | None = None,
    progress: Progress = False,
) -> Embeddings:
    """Compute the vectors of many clips with the pre-trained encoder; see `Encoder.embed_many`.

    Examples
    --------
    >>> embed_many([np.zeros(16000)], 16000).values.shape
    (1, 2, 768)
    """
    return shared().embed_many(
        clips,
        sample_rate,
        downmix=downmix,
        normalize=normalize,
        trim=trim,
        threads=threads,
        progress=progress,
    )
