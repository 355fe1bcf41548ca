"""Back again: the features of a corpus, as `quaver.extract_corpus` wrote them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra
from quaver._frames import frame
from quaver.batch import Batch, by
from quaver.config import FeatureConfig
from quaver.corpora.table import COLUMNS, Corpus, composed
from quaver.dataset.plan import PLAN, part_name, read_plan
from quaver.dataset.stores import Store
from quaver.dataset.work import FAILURES, ClipFailure
from quaver.features import feature_names

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class CorpusFeatures:
    """Features of a corpus: what `quaver.read_corpus_features` returns.

    Attributes
    ----------
    values : ndarray of shape (n, n_features), float32
        A row for each clip, segment or window that worked, in the order of the corpus.
    names : tuple of str
        Names of the features.
    corpus : Corpus
        Path, label, speaker and so on of each row.
    config : FeatureConfig
        How the features were made.
    window, hop : float or None
        In seconds, if rows are windows.
    failures : tuple of ClipFailure
        What has no row, and why.
    version : str
        Of quaver, which made them.
    """

    values: NDArray[np.float32]
    names: tuple[str, ...]
    corpus: Corpus
    config: FeatureConfig
    window: float | None
    hop: float | None
    failures: tuple[ClipFailure, ...]
    version: str

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"<CorpusFeatures of {by(self.values)} values, {len(self.failures)} failed>"

    @property
    def labels(self) -> NDArray[np.str_]:
        """Labels of the rows."""
        return self.corpus.labels

    @property
    def groups(self) -> NDArray[np.str_]:
        """Speakers of the rows, unique across corpora."""
        return self.corpus.groups

    @property
    def batch(self) -> Batch:
        """The rows as what `quaver.extract_many` returns, which an SVM predicts."""
        return Batch(self.values, self.names, np.arange(len(self)), (), self.config)

    def chosen(self, config: FeatureConfig | None) -> FeatureConfig:
        """Return the configuration of the rows; ValueError if another one is asked for."""
        if config is not None and config != self.config:
            raise ValueError(
                "features are made already: the configuration that was asked for is another one"
            )
        return self.config

    def with_speakers(self, speaker: str) -> CorpusFeatures:
        """Return the rows with other speakers; see `Corpus.with_speakers`."""
        return self._with(self.values, self.corpus.with_speakers(speaker))

    def part(self, rows: Any) -> CorpusFeatures:
        """Return some of the rows; `rows` as of `Corpus.part`."""
        values = self.values[np.asarray(rows)]
        return self._with(values, self.corpus.part(rows))

    def relabelled(
        self, labels: Mapping[str, str] | None = None, drop: tuple[str, ...] | list[str] = ()
    ) -> CorpusFeatures:
        """Return the rows with other names of labels, and without some; see `Corpus.relabelled`."""
        kept = self.corpus.relabelled(labels, drop)
        own = composed(self.labels.tolist())
        return self._with(self.values[~np.isin(own, composed(drop))], kept)

    def _with(self, values: NDArray[np.float32], corpus: Corpus) -> CorpusFeatures:
        return CorpusFeatures(
            values,
            self.names,
            corpus,
            self.config,
            self.window,
            self.hop,
            self.failures,
            self.version,
        )

    def to_frame(self) -> Any:
        """Return all as a `pandas.DataFrame`, with the columns of the corpus first."""
        columns = {name: self.corpus.column(name) for name in self.corpus.names}
        values = dict(zip(self.names, np.ascontiguousarray(self.values.T), strict=True))
        return frame({**columns, **values})


def is_features(path: str | os.PathLike[str]) -> bool:
    """Tell whether a folder was written by `quaver.extract_corpus`.

    Examples
    --------
    >>> is_features(".")
    False
    """
    return (Path(path) / PLAN).is_file()


def read_corpus_features(
    out: str | os.PathLike[str],
    *,
    partial: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> CorpusFeatures:
    """Read the features of a corpus that `quaver.extract_corpus` wrote, without its recordings.

    All rows are in memory at once, 1.7 kB each of 420 features; `pyarrow.dataset`, polars and
    DuckDB read the same folder piece by piece.

    Parameters
    ----------
    out : path or URL
        The folder.
    partial : bool, default False
        Take what is there of a folder that is not complete.
    storage_options : mapping, optional
        Of fsspec, for a URL.

    Returns
    -------
    CorpusFeatures

    Raises
    ------
    FileNotFoundError
        For a folder that was not written by `quaver.extract_corpus`.
    ValueError
        For one that is not complete, or not whole.

    Examples
    --------
    >>> import tempfile
    >>> import quaver.data
    >>> from quaver.corpus import Clip, Corpus
    >>> folder = tempfile.mkdtemp()
    >>> corpus = Corpus([Clip(quaver.data.demo_clip(), "neutral", "espeak", "demo")])
    >>> _ = quaver.extract_corpus(corpus, folder)
    >>> found = read_corpus_features(folder)
    >>> found.values.shape, found.labels.tolist()
    ((1, 420), ['neutral'])
    """
    with extra("parquet", user="a corpus' features"):
        import pyarrow
        import pyarrow.parquet

    store = Store.of(out, storage_options)
    plan = read_plan(store)
    names = parts_of(store)
    missing = sorted(set(map(part_name, range(n_partitions(plan)))) - set(names))
    if missing and not partial:
        raise ValueError(
            f"{store.place} is not complete, {len(missing)} of {n_partitions(plan)} partitions are"
            f" missing, {missing[0]} among them: run quaver.extract_corpus again, or pass"
            " partial=True"
        )
    filesystem, folder = store.reached()
    config = FeatureConfig.from_dict(plan["config"])
    features = feature_names(config)
    columns: dict[str, list[Any]] = {name: [] for name in (*COLUMNS, *plan["columns"])}
    values, failures = [], []
    for name in names:
        try:
            with pyarrow.parquet.ParquetFile(f"{folder}/{name}", filesystem=filesystem) as file:
                table = file.read()
                failures += failures_in(file.metadata.metadata)
        except pyarrow.ArrowInvalid as error:
            raise ValueError(f"{store.place}/{name}: {error}") from None
        values.append(_matrix(table, features))
        for column, cells in columns.items():
            cells += table.column(column).to_pylist()
    shape = (0, len(features))
    return CorpusFeatures(
        np.concatenate(values) if values else np.empty(shape, np.float32),
        features,
        _corpus(columns),
        config,
        plan["window"],
        plan["hop"],
        tuple(failures),
        plan["version"],
    )


def _matrix(table: Any, features: tuple[str, ...]) -> NDArray[np.float32]:
    values = np.empty((table.num_rows, len(features)), np.float32)
    for i, name in enumerate(features):
        values[:, i] = table.column(name).to_numpy()
    return values


def _corpus(columns: dict[str, list[Any]]) -> Corpus:
    ends = [np.nan if end is None else end for end in columns["end"]]
    return Corpus.of_columns({**columns, "end": np.array(ends, np.float64)})


def n_partitions(plan: Mapping[str, Any]) -> int:
    """Return how many files a plan asks for."""
    return -(-plan["clips"] // plan["partition"]) if plan["partition"] else int(plan["clips"])


def parts_of(store: Store) -> list[str]:
    """Return the names of the files of partitions that are complete, in their order."""
    return [name for name in store.names() if name.startswith("part-")]


def failures_in(metadata: Mapping[bytes, bytes] | None) -> list[ClipFailure]:
    """Return what the metadata of a partition's file lists as failures."""
    return [ClipFailure(**each) for each in json.loads((metadata or {}).get(FAILURES, b"[]"))]


def footers(store: Store, names: list[str]) -> Iterator[tuple[int, list[ClipFailure]]]:
    """Yield the number of rows and the failures of each file, without reading its rows."""
    import pyarrow.parquet

    filesystem, folder = store.reached()
    for name in names:
        found = pyarrow.parquet.read_metadata(f"{folder}/{name}", filesystem=filesystem)
        yield found.num_rows, failures_in(found.metadata)
