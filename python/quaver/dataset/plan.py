"""What a data set is made of and with: columns, settings, partitions, and what may go on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from quaver import _core
from quaver._extras import extra
from quaver._validate import Downmix
from quaver.config import FeatureConfig
from quaver.corpora.table import COLUMNS, Corpus
from quaver.dataset.stores import Store
from quaver.features import feature_names

if TYPE_CHECKING:
    from collections.abc import Sequence

#: File without rows that says what the folder holds: other programs read it as an empty part.
PLAN = "_plan.parquet"
#: Rows of a corpus that are looked at together.
_TOGETHER = 1 << 16
_NUMBERS = ("start", "end")


@dataclass(frozen=True)
class Settings:
    """How the rows of a data set are made.

    Attributes
    ----------
    config : FeatureConfig
    window, hop : float or None
        In seconds; None: a row for a clip.
    pad, downmix, max_duration
        As of `quaver.extract_many`.
    columns : tuple of str
        Further columns of the corpus.
    """

    config: FeatureConfig
    window: float | None
    hop: float | None
    pad: bool
    downmix: Downmix
    max_duration: float | None
    columns: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what is written beside the rows, with the version of quaver."""
        values = {**asdict(self), "config": self.config.to_dict(), "columns": list(self.columns)}
        return {"version": _core.version, **values}

    def schema(self) -> Any:
        """Return the schema of the rows.

        Raises
        ------
        ValueError
            For a column of the corpus that has the name of a feature.
        """
        import pyarrow

        features = feature_names(self.config)
        twice = sorted({*COLUMNS, *self.columns} & set(features))
        if twice:
            raise ValueError(
                f"the corpus has columns that are called as features are: {', '.join(twice)}"
            )
        fields = [
            (name, pyarrow.float64() if name in _NUMBERS else pyarrow.string())
            for name in (*COLUMNS, *self.columns)
        ]
        fields += [(name, pyarrow.float32()) for name in features]
        return pyarrow.schema(fields, metadata={"quaver": json.dumps(self.to_dict())})


@dataclass(frozen=True)
class Plan:
    """What is to be done: a corpus in partitions, or shards, a partition each.

    Attributes
    ----------
    settings : Settings
    size : int
        Clips of a partition; 0 for shards.
    total : int
        Clips, or shards.
    source : str
        Digest of the rows of the corpus, or of the names of the shards.
    """

    settings: Settings
    size: int
    total: int
    source: str

    @property
    def n_partitions(self) -> int:
        """How many files there will be."""
        return -(-self.total // self.size) if self.size else self.total

    def to_dict(self) -> dict[str, Any]:
        """Return what is written into the plan's file."""
        own = {"partition": self.size, "clips": self.total, "corpus": self.source}
        return {**self.settings.to_dict(), **own}


def part_name(number: int) -> str:
    """Return the name of a partition's file.

    Examples
    --------
    >>> part_name(12)
    'part-000012.parquet'
    """
    return f"part-{number:06d}.parquet"


def digest_of(corpus: Corpus) -> str:
    """Return a digest of all rows, of which the order counts."""
    digest = hashlib.sha256(json.dumps(corpus.names).encode())
    for first in range(0, len(corpus), _TOGETHER):
        part = corpus[first : first + _TOGETHER]
        for name in corpus.names:
            column = part.column(name)
            if name in _NUMBERS:
                digest.update(column.tobytes())
            else:
                cells = "\0".join(column.tolist()).encode("utf-8", "surrogatepass")
                digest.update(len(cells).to_bytes(8, "little") + cells)
    return digest.hexdigest()


def digest_of_names(names: Sequence[str]) -> str:
    """Return a digest of the names of shards."""
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()


def begun(store: Store, plan: Plan, *, resume: bool) -> set[str]:
    """Write the plan, or find that it is what the folder was begun with; return what is done.

    Returns
    -------
    set of str
        Names of the files of partitions that are complete.

    Raises
    ------
    ValueError
        For a folder of another configuration, corpus or version, or of other files.
    FileExistsError
        For a folder that was begun, without `resume`.
    """
    with extra("parquet", user="a corpus' features"):
        import pyarrow
        import pyarrow.parquet

    schema = plan.settings.schema()
    names = store.names()
    if PLAN in names:
        if not resume:
            raise FileExistsError(
                f"{store.place} was begun already: pass resume=True to go on, or another folder"
            )
        _refuse_other(store.place, read_plan(store), plan.to_dict())
        return {name for name in names if name.startswith("part-")}
    others = [name for name in names if not name.startswith((".", "_"))]
    if others:
        raise ValueError(
            f"{store.place} holds other files, {', '.join(others[:3])} among them: features need a"
            " folder of their own"
        )
    metadata = {**schema.metadata, b"quaver.plan": json.dumps(plan.to_dict()).encode()}
    empty = schema.with_metadata(metadata).empty_table()
    with store.writing(PLAN) as file:
        pyarrow.parquet.write_table(empty, file)
    return set()


def read_plan(store: Store) -> dict[str, Any]:
    """Return what `Plan.to_dict` was when the folder was begun.

    Raises
    ------
    FileNotFoundError
        If there is no plan.
    ValueError
        For a plan of other programs.
    """
    with extra("parquet", user="a corpus' features"):
        import pyarrow.parquet

    filesystem, folder = store.reached()
    if PLAN not in store.names():
        raise FileNotFoundError(f"{store.place}: no features of a corpus, {PLAN} is not there")
    try:
        schema = pyarrow.parquet.read_schema(f"{folder}/{PLAN}", filesystem=filesystem)
        found: dict[str, Any] = json.loads((schema.metadata or {})[b"quaver.plan"])
    except (KeyError, ValueError):  # pyarrow's own for a damaged file is a ValueError
        raise ValueError(f"{store.place}/{PLAN}: not written by quaver.extract_corpus") from None
    return found


def _refuse_other(place: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise ValueError where a folder was begun with something else."""
    both = (found, wanted)
    own = [{k: v for k, v in plan.items() if k not in ("config", "corpus")} for plan in both]
    other = [
        f"{name} {before.get(name)!r}, not {now.get(name)!r}"
        for before, now in (own, [plan["config"] for plan in both])
        for name in dict.fromkeys((*before, *now))
        if before.get(name) != now.get(name)
    ]
    if not other and found["corpus"] != wanted["corpus"]:
        other = ["another corpus: other clips, labels, order, or paths written otherwise"]
    if other:
        raise ValueError(
            f"{place} was begun with {'; '.join(other)}: take another folder, or what it was"
            " begun with"
        )
