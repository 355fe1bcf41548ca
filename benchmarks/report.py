"""Turn the JSON of a run into the table of the README and a chart.

python benchmarks/report.py result.json [--svg speed.svg] > table.md
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


def read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Groups of {name, min, seconds}, in the order of the run, our own row first."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in json.loads(path.read_text())["benchmarks"]:
        params = entry["params"] or {}
        name = params.get("name") or ", ".join(f"{k} {v}" for k, v in params.items())
        groups[entry["group"] or entry["name"]].append(
            {
                "name": name,
                "min": entry["stats"]["min"],
                "seconds": entry["extra_info"].get("seconds"),
            }
        )
    for rows in groups.values():
        rows.sort(key=lambda row: row["name"] != OURS)
    return groups


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def table(groups: dict[str, list[dict[str, Any]]]) -> str:
    lines = ["| work | by | minimum | times real time | times quaver's time |"]
    lines.append("|---|---|---:|---:|---:|")
    for group, rows in groups.items():
        base = rows[0]["min"]
        for i, row in enumerate(rows):
            real_time = f"{row['seconds'] / row['min']:,.0f}" if row["seconds"] else ""
            ratio = f"{row['min'] / base:.3g}"
            work = group if i == 0 else ""
            cells = (work, row["name"], duration(row["min"]), real_time, ratio)
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def chart(groups: dict[str, list[dict[str, Any]]]) -> str:
    """Bars on a logarithmic scale: how many times quaver's time each peer takes."""
    peers = [(g, r) for g, r in groups.items() if len(r) > 1 and r[0]["name"] == OURS]
    longest = max((row["min"] / rows[0]["min"] for _, rows in peers for row in rows), default=10)
    scale = BAR / math.log10(max(10.0, longest))
    parts, y = [], LINE
    for group, rows in peers:
        parts.append(f'<text x="0" y="{y}" font-weight="bold">{escape(group)}</text>')
        y += LINE
        for row in rows:
            ratio = row["min"] / rows[0]["min"]
            width = 2 + scale * max(0.0, math.log10(ratio))
            color = "#2a7" if re.match(OURS, row["name"]) else "#888"
            label = f"{ratio:.3g} ×, {duration(row['min'])}"
            parts.append(f'<text x="{LABEL - 8}" y="{y}" text-anchor="end">{escape(row["name"])}')
            parts.append(f'</text><rect x="{LABEL}" y="{y - 11}" width="{width:.0f}" height="13"')
            parts.append(
                f' fill="{color}"/><text x="{LABEL + width + 6:.0f}" y="{y}">{label}</text>'
            )
            y += LINE
        y += LINE // 2
    size = f'width="{LABEL + BAR + 140}" height="{y}"'
    style = 'font-family="sans-serif" font-size="13"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n' + "\n".join(parts) + "</svg>\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("json", type=Path, help="file written by --benchmark-json")
    parser.add_argument("--svg", type=Path, help="where to write the chart")
    arguments = parser.parse_args()
    groups = read(arguments.json)
    print(table(groups))
    if arguments.svg:
        arguments.svg.write_text(chart(groups))


if __name__ == "__main__":
    main()
