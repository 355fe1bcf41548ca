"""What tests of the command line share: a runner's type, the demo clip, text in one line."""

from __future__ import annotations

from collections.abc import Callable

from typer.testing import Result

import quaver.data

DEMO = str(quaver.data.demo_clip())
Run = Callable[..., Result]


def squeezed(text: str) -> str:
    return " ".join(text.split())
