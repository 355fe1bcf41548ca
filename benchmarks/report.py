"""Turn the JSON of a run into tables and a chart.

python benchmarks/report.py result.json [--svg docs/speed.svg] [--readme README.md] > table.md
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

OURS = "quaver"
BAR, LINE, LABEL = 420, 22, 260  # pixels
BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
COLUMNS = {"librosa": "librosa", "numpy": "careful NumPy", "numpy, one sort": "careful NumPy"}

Row = dict[str, Any]


def read(path: Path) -> dict[str, list[Row]]:
    """Groups of {name, min, seconds}, in the order of the run; our own rows first, then by time."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for entry in json.loads(path.read_text())["benchmarks"]:
        params = entry["params"] or {}
        name = params.get("name") or ", ".join(f"{k} {v}" for k, v in params.items())
        groups[entry["group"] or entry["name"]].append(
            {
                "name": name,
                "min": entry["stats"]["min"],
                "seconds": entry["extra_info"].get("seconds"),
                "peak": entry["extra_info"].get("peak MiB"),
            }
        )
    for rows in groups.values():
        rows.sort(key=lambda row: (row["name"] != OURS, not is_ours(row), row["min"]))
    return groups


def is_ours(row: Row) -> bool:
    return re.match(rf"{OURS}\b", row["name"]) is not None


def is_compared(rows: list[Row]) -> bool:
    return len(rows) > 1 and rows[0]["name"] == OURS


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def times(ratio: float) -> str:
    return f"{ratio:,.0f} ×" if ratio >= 20 else f"{ratio:.2g} ×"


def full_table(groups: dict[str, list[Row]]) -> str:
    lines = ["| work | by | minimum | times real time | times quaver's time |"]
    lines.append("|---|---|---:|---:|---:|")
    for group, rows in groups.items():
        for i, row in enumerate(rows):
            real_time = f"{row['seconds'] / row['min']:,.0f}" if row["seconds"] else ""
            work = group if i == 0 else ""
            ratio = times(row["min"] / rows[0]["min"])
            lines.append(
                f"| {work} | {row['name']} | {duration(row['min'])} | {real_time} | {ratio} |"
            )
    return "\n".join(lines)


def summary_line(work: str, row: Row, peers: list[Row]) -> str:
    """One line of the README: our time, and how many times that the peers take."""
    cells = {"librosa": "", "careful NumPy": ""}
    others = []
    for peer in peers:
        ratio = times(peer["min"] / row["min"])
        column = COLUMNS.get(peer["name"])
        if column and not cells[column]:
            cells[column] = ratio
        else:
            others.append(f"{peer['name']} {ratio}")
    ours = duration(row["min"]) + (f", {row['peak']:.0f} MiB" if row["peak"] else "")
    return f"| {work} | {ours} | {' | '.join(cells.values())} | {', '.join(others)} |"


def summary(groups: dict[str, list[Row]]) -> str:
    lines = ["| work | quaver | librosa | careful NumPy | others |", "|---|---:|---:|---:|---|"]
    for group, rows in filter(lambda item: is_compared(item[1]), groups.items()):
        peers = [row for row in rows if not is_ours(row)]
        lines.append(summary_line(group, rows[0], peers))
        for row in filter(is_ours, rows[1:]):
            lines.append(summary_line(f"… {row['name'].removeprefix(OURS).strip()}", row, peers))
    return "\n".join(lines)


def write_readme(path: Path, table: str) -> None:
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise SystemExit(f"{path} must hold the lines {BEGIN} and {END}")
    head, rest = text.split(BEGIN)
    path.write_text(f"{head}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def chart(groups: dict[str, list[Row]]) -> str:
    """Bars on a logarithmic scale: how many times quaver's time each peer takes."""
    compared = {
        group: rows
        for group, rows in groups.items()
        if is_compared(rows) and not all(map(is_ours, rows))
    }
    ratios = [row["min"] / rows[0]["min"] for rows in compared.values() for row in rows]
    scale = BAR / math.log10(max(10.0, *ratios))
    parts = [f'<text x="0" y="{LINE}">Times quaver\'s time, on a logarithmic scale</text>']
    y = 2 * LINE + LINE // 2
    for group, rows in compared.items():
        parts.append(f'<text x="0" y="{y}" font-weight="bold">{escape(group)}</text>')
        y += LINE
        for row in rows:
            ratio = row["min"] / rows[0]["min"]
            width = 2 + scale * max(0.0, math.log10(ratio))
            color = "#2a7" if is_ours(row) else "#888"
            label = f"{times(ratio)}, {duration(row['min'])}"
            parts.append(f'<text x="{LABEL - 8}" y="{y}" text-anchor="end">{escape(row["name"])}')
            parts.append(f'</text><rect x="{LABEL}" y="{y - 11}" width="{width:.0f}" height="13"')
            parts.append(
                f' fill="{color}"/><text x="{LABEL + width + 6:.0f}" y="{y}">{label}</text>'
            )
            y += LINE
        y += LINE // 2
    size = f'width="{LABEL + BAR + 150}" height="{y}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">'
    )
    ground = '<rect width="100%" height="100%" fill="white"/><g transform="translate(10)">'
    return "\n".join([head, ground, *parts, "</g></svg>\n"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("json", type=Path, help="file written by --benchmark-json")
    parser.add_argument("--svg", type=Path, help="where to write the chart")
    parser.add_argument("--readme", type=Path, help=f"file whose table after {BEGIN} is replaced")
    parser.add_argument("--only", default="", help="regular expression that groups must match")
    arguments = parser.parse_args()
    groups = {g: rows for g, rows in read(arguments.json).items() if re.search(arguments.only, g)}
    print(full_table(groups))
    if arguments.svg:
        arguments.svg.write_text(chart(groups), encoding="utf-8")
    if arguments.readme:
        write_readme(arguments.readme, summary(groups))


if __name__ == "__main__":
    main()
