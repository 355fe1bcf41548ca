"""Tables of any corpus: a row a clip, from CSV, TSV or Parquet."""

from __future__ import annotations

import csv
import math
import os
import re
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, compress, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._extras import extra
from quaver.corpora.table import Corpus, composed

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Endings of tables.
ENDINGS = (".csv", ".tsv", ".tab", ".parquet", ".pq")

_SEXES = ("female", "male", "unknown")
# Names that others give to the columns start and end, maybe of another unit: to ignore them would
# give a whole dialogue the label of a sentence.
_OTHER_TIMES = re.compile(
    r"(?:(?:segment|seg|utterance|utt|turn|clip|time)[ _-]?)?"
    r"(?:start|end|begin|beg|stop|onset|offset|from|to|t0|t1|tmin|tmax|xmin|xmax)"
    r"(?:[ _-]?(?:times?|seconds?|secs?|s|milliseconds?|msecs?|ms|samples?|frames?)){0,2}",
    re.IGNORECASE,
)
_TIMES = ("start", "end")
# What `Path` would write otherwise.
_ODD = re.compile(r"//|/\./|^\./|/\.?$", re.MULTILINE)
# Rows at a time, few enough for the cache and for the collector of garbage.
_BLOCK = 1 << 9
# Rows of Parquet at a time, and words kept to be shared: what is different in every row is not.
_ROWS = _MOST_WORDS = 1 << 16


def manifest(
    path: str | os.PathLike[str],
    *,
    speaker: str | None = None,
    labelled: bool = True,
    recordings: bool = True,
) -> Corpus:
    r"""Read a table: path, label and optionally speaker, corpus, sex, start, end, split and more.

    Parameters
    ----------
    path : path
        UTF-8 text with a header and commas, semicolons or tabs between cells, or Parquet. Paths in
        it are relative to its directory. The corpus is the table's name and the sex unknown where
        not given. With a start or an end, in seconds, a clip is that part of its file. Further
        columns are kept, but for those without a name. The recordings themselves are not opened.
    speaker : str, optional
        Another column, or a pattern; see `Corpus.with_speakers`.
    labelled : bool, default True
        Whether a label is needed.
    recordings : bool, default True
        Whether a path is needed; a table of texts has the column ``text`` in its place.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        For a missing column or value, an unknown sex, times that are none, or a path (or part of
        it) listed twice, with the line's number; for columns of times of another name.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> table = pathlib.Path(tempfile.mkdtemp()) / "clips.csv"
    >>> _ = table.write_text("path;label;speaker;room\na.wav;calm;ann;hall\n")
    >>> manifest(table)[0].label, manifest(table)[0].extra
    ('calm', {'room': 'hall'})
    """
    table = Path(path)
    rows = table_rows(table)
    line, header = next(rows)
    needed = ["path"] * recordings + ["label"] * labelled
    _check_header(f"{table}, {_unit(table)} {line}", header, needed)
    columns = _Columns(table, header, needed)
    while block := list(islice(rows, _BLOCK)):
        columns.add(*zip(*block, strict=True))
    corpus = columns.corpus()
    return corpus if speaker is None else corpus.with_speakers(speaker, table.parent)


def _check_header(place: str, header: list[str], needed: list[str]) -> None:
    missing = [name for name in needed if name not in header]
    if missing:
        raise ValueError(
            f"{place}: missing column(s) {', '.join(missing)}, got {', '.join(header) or 'nothing'}"
        )
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise ValueError(f"{place}: column(s) {', '.join(twice)} more than once")
    others = [name for name in header if _is_other_time(name, header)]
    if others:
        raise ValueError(
            f"{place}: the column(s) {', '.join(others)} would be ignored: times of a part are"
            " called start and end, in seconds"
        )


def _is_other_time(name: str, header: list[str]) -> bool:
    """Tell whether a column says which part of a file is meant, by a name that is not read."""
    if name.lower() in ("duration", "dur", "length"):  # of the file, unless a part of it begins
        return "start" in header and "end" not in header
    return name not in ("start", "end") and _OTHER_TIMES.fullmatch(name) is not None


class _Columns:
    """What rows add up to: one list a column, each word once in memory, for millions of rows."""

    def __init__(self, table: Path, header: list[str], needed: list[str]) -> None:
        self._table, self._header = table, header
        self._needed = [*needed, "speaker"] if "speaker" in header else needed
        # Columns without a name are those that a spreadsheet leaves behind, or numbers of rows.
        self._cells: dict[str, list[str]] = {n: [] for n in header if n and n not in _TIMES}
        self._times = {name: array("d") for name in _TIMES}
        self._lines = array("q")
        self._words: dict[str, str] = {}
        self._folder = os.fspath(table.parent)

    def add(self, lines: Sequence[int], rows: Sequence[Sequence[str]]) -> None:
        """Take rows, column by column."""
        self._lines.extend(lines)
        given = dict(zip(self._header, zip(*rows, strict=True), strict=True))
        given.pop("", None)
        for name, cells in given.items():
            if name in self._needed and "" in cells:
                raise ValueError(f"{self._place(lines[cells.index('')])}: empty {name}")
            if name not in self._times:
                found = self._paths(cells) if name == "path" else cells
                self._cells[name].extend(self._once(found))
        nothing = ("",) * len(rows)
        starts, ends = (self._seconds(given.get(name, nothing), name, lines) for name in _TIMES)
        starts = np.where(np.isnan(starts), 0.0, starts)
        early = np.flatnonzero(ends <= starts)  # NaN, the end of the file, is not
        if early.size:
            place, end = self._place(lines[early[0]]), ends[early[0]]
            raise ValueError(f"{place}: end must be after the start, got {end:g}")
        self._times["start"].frombytes(starts.tobytes())
        self._times["end"].frombytes(ends.tobytes())

    def corpus(self) -> Corpus:
        """Return all rows as a table."""
        if not self._lines:
            raise ValueError(f"{self._table}: no clip listed")
        columns: dict[str, Any] = dict(self._cells)
        columns.update({name: np.array(times) for name, times in self._times.items()})
        columns["sex"] = self._sexes()
        for name in {"label", "speaker", "corpus", "split"} & set(columns):
            columns[name] = composed(columns[name])
        names = columns.get("corpus", [""] * len(self._lines))
        own = self._table.stem
        columns["corpus"] = [name or own for name in names]
        if "path" in columns:
            self._refuse_twins(columns)
        return Corpus.of_columns({"path": [""] * len(names), **columns})

    def _place(self, line: int) -> str:
        return f"{self._table}, {_unit(self._table)} {line}"

    def _paths(self, cells: Sequence[str]) -> list[str]:
        """Return paths as `Path` writes them, which takes longer."""
        folder = "" if self._folder == "." else self._folder
        # Of a store's address, the slashes count.
        joined = [cell if "://" in cell else os.path.join(folder, cell) for cell in cells]
        if not _ODD.search("\n".join(joined)):
            return joined
        return [path if "://" in path else os.fspath(Path(path)) for path in joined]

    def _once(self, cells: Sequence[str]) -> list[str]:
        """Return the same object for the same word, of which rows share many."""
        words = self._words
        if len(words) < _MOST_WORDS:
            return [words.setdefault(cell, cell) for cell in cells]
        return [words.get(cell, cell) for cell in cells]

    def _seconds(
        self, cells: Sequence[str], name: str, lines: Sequence[int]
    ) -> NDArray[np.float64]:
        """Return times of rows, NaN for none."""
        found = np.array([_number(cell) if cell else 0.0 for cell in cells])
        wrong = np.flatnonzero(~((found >= 0) & (found < math.inf)))
        if wrong.size:
            place, cell = self._place(lines[wrong[0]]), cells[wrong[0]]
            raise ValueError(f"{place}: {name} must be seconds, 0 or more, got {cell!r}")
        found[[not cell for cell in cells]] = math.nan
        return found

    def _sexes(self) -> list[str]:
        sexes = [sex or "unknown" for sex in self._cells.get("sex", [""] * len(self._lines))]
        if not set(sexes) <= set(_SEXES):
            row = next(i for i, sex in enumerate(sexes) if sex not in _SEXES)
            raise ValueError(
                f"{self._place(self._lines[row])}: sex must be one of {', '.join(_SEXES)},"
                f" got {sexes[row]!r}"
            )
        return sexes

    def _keys(self, paths: list[str]) -> Iterator[tuple[str, float, float]]:
        ends = (end if end == end else -1.0 for end in self._times["end"])
        return zip(paths, self._times["start"], ends, strict=True)

    def _refuse_twins(self, columns: dict[str, Any]) -> None:
        """Refuse a clip listed twice: a random split would test on what it trained on."""
        # Hashes first, of which a million take less than the keys themselves would.
        hashes = np.fromiter(map(hash, self._keys(columns["path"])), np.int64, len(self._lines))
        values, counts = np.unique(hashes, return_counts=True)
        if (counts == 1).all():
            return
        twins = np.isin(hashes, values[counts > 1])
        seen: dict[Any, int] = {}
        for i, key in compress(enumerate(self._keys(columns["path"])), twins):
            first = seen.setdefault(key, i)
            if first != i:
                unit = _unit(self._table)
                raise ValueError(
                    f"{self._place(self._lines[i])}: the same path as in {unit}"
                    f" {self._lines[first]}: {columns['path'][i]}"
                )


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _unit(table: Path) -> str:
    return "row" if _is_parquet(table) else "line"


def _is_parquet(table: Path) -> bool:
    return table.suffix.lower() in (".parquet", ".pq")


def csv_rows(table: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and stripped cells by name of each row of a table with a header."""
    rows = table_rows(table)
    line, header = next(rows)
    missing = [name for name in required if name not in header]
    if missing:
        raise ValueError(
            f"{table}, {_unit(table)} {line}: missing column(s) {', '.join(missing)},"
            f" got {', '.join(header) or 'nothing'}"
        )
    for line, cells in rows:
        yield line, dict(zip(header, cells, strict=True))


def table_rows(table: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and stripped cells of the header, then of each row."""
    if _is_parquet(table):
        yield from _parquet_rows(table)
        return
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            first = lines.readline()
            reader = csv.reader(chain([first], lines), delimiter=_delimiter(table, first))
            width = 0
            for row in reader:
                if not row and width:  # an empty line
                    continue
                cells = [cell.strip() for cell in row]
                if not width:
                    width = len(cells)
                elif len(cells) > width:
                    raise ValueError(
                        f"{table}, line {reader.line_num}: more cells than the {width} columns of"
                        " the header"
                    )
                cells += [""] * (width - len(cells))
                yield reader.line_num, cells
                width = width or 1
    except UnicodeDecodeError as error:
        raise ValueError(f"{table}: expected UTF-8 text, {error}") from None
    except csv.Error as error:
        raise ValueError(f"{table}, line {reader.line_num}: {error}") from None


def _delimiter(table: Path, header: str) -> str:
    if table.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    return max(",;\t", key=header.count)


def _parquet_rows(table: Path) -> Iterator[tuple[int, list[str]]]:
    with extra("parquet", user="a table of Parquet"):
        import pyarrow
        import pyarrow.parquet

    line = 0
    try:
        with pyarrow.parquet.ParquetFile(table) as file:
            yield line, list(file.schema_arrow.names)
            for batch in file.iter_batches(_ROWS):
                columns = [map(_text, column.to_pylist()) for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    line += 1
                    yield line, list(cells)
    except pyarrow.ArrowInvalid as error:
        raise ValueError(f"{table}: {error}") from None


def _text(value: object) -> str:
    if value is None or value != value:  # NaN, as others write a missing cell
        return ""
    if isinstance(value, bytes):
        return value.decode(errors="surrogateescape").strip()
    return str(value).strip()
