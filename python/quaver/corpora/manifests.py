"""Tables of any corpus: a row a clip, from CSV, TSV or Parquet."""

from __future__ import annotations

import csv
import math
import os
import re
from array import array
from collections.abc import Iterator
from itertools import chain, compress
from pathlib import Path
from typing import Any

import numpy as np

from quaver._extras import extra
from quaver.corpora.table import Corpus

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
        columns are kept. The recordings themselves are not opened.
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
    for line, cells in rows:
        columns.add(line, cells)
    corpus = columns.corpus()
    return corpus if speaker is None else corpus.with_speakers(speaker, table.parent)


def _check_header(place: str, header: list[str], needed: list[str]) -> None:
    missing = [name for name in needed if name not in header]
    if missing:
        raise ValueError(
            f"{place}: missing column(s) {', '.join(missing)}, got {', '.join(header) or 'nothing'}"
        )
    twice = sorted({name for name in header if header.count(name) > 1})
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
        self._cells: dict[str, list[str]] = {n: [] for n in header if n not in ("start", "end")}
        self._times = {name: array("d") for name in ("start", "end")}
        self._lines = array("q")
        self._words: dict[str, str] = {}
        self._folder = os.fspath(table.parent)

    def add(self, line: int, cells: list[str]) -> None:
        """Take a row."""
        row = dict(zip(self._header, cells, strict=True))
        empty = [name for name in self._needed if not row[name]]
        if empty:
            raise ValueError(f"{self._place(line)}: empty {', '.join(empty)}")
        self._lines.append(line)
        for name, cell in row.items():
            if name == "path":
                cell = self._path(cell)
            elif name in self._times:
                continue
            self._cells[name].append(self._once(cell))
        start, end = (self._seconds(row.get(name), name, line) for name in ("start", "end"))
        if end is not None and end <= (start or 0):
            raise ValueError(f"{self._place(line)}: end must be after the start, got {end:g}")
        self._times["start"].append(start or 0.0)
        self._times["end"].append(math.nan if end is None else end)

    def corpus(self) -> Corpus:
        """Return all rows as a table."""
        if not self._lines:
            raise ValueError(f"{self._table}: no clip listed")
        columns: dict[str, Any] = dict(self._cells)
        columns.update({name: np.array(times) for name, times in self._times.items()})
        columns["sex"] = self._sexes()
        names = columns.get("corpus", [""] * len(self._lines))
        columns["corpus"] = [name or self._table.stem for name in names]
        if "path" in columns:
            self._refuse_twins(columns)
        return Corpus.of_columns({"path": [""] * len(names), **columns})

    def _place(self, line: int) -> str:
        return f"{self._table}, {_unit(self._table)} {line}"

    def _path(self, cell: str) -> str:
        if "://" in cell:  # of a store, whose slashes count
            return cell
        joined = cell if self._folder == "." else os.path.join(self._folder, cell)
        odd = "//" in joined or "/./" in joined or joined.startswith("./") or joined[-1] == "/"
        return os.fspath(Path(joined)) if odd else joined

    def _once(self, cell: str) -> str:
        """Return the same object for the same word, of which rows share many."""
        if len(self._words) < _MOST_WORDS:
            return self._words.setdefault(cell, cell)
        return self._words.get(cell, cell)

    def _seconds(self, cell: str | None, name: str, line: int) -> float | None:
        """Return a time of a row, None for none."""
        if not cell:
            return None
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not 0 <= value < math.inf:
            raise ValueError(
                f"{self._place(line)}: {name} must be seconds, 0 or more, got {cell!r}"
            )
        return value

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
                width = max(width, 1)
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
    return "" if value is None else str(value).strip()
