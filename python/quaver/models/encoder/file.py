"""What the file of an encoder must be; private."""

from __future__ import annotations

from typing import Any

from quaver.models.archive import parse_json
from quaver.models.encoder.graph import EncoderConfig, Precision, check_precision, graph_of
from quaver.models.networks import graph

FORMAT = 1


def checked(
    content: bytes,
) -> tuple[graph.Parsed, EncoderConfig, Precision, dict[str, Any]]:
    """Return what is in a file, once its graph is that of its configuration."""
    parsed = graph.parse(content)
    graph.check(content, parsed)
    about = parse_json(parsed.about, "what is said about the network")
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise ValueError(f"what is said about the network is not of format {FORMAT}")
    wrong = [key for key in ("config", "card") if not isinstance(about.get(key), dict)]
    if wrong:
        raise ValueError(f"wrong {', '.join(wrong)}")
    config = EncoderConfig.from_dict(about["config"])
    stored = check_precision("weights", about.get("weights"))
    blocks = tuple(range(1, config.n_blocks + 1))
    expected = graph_of(config, stored=stored, precision="float32", blocks=blocks)
    graph.check_graph(parsed, expected)
    return parsed, config, stored, about["card"]
