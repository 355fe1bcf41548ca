"""A stand-in for the microphone."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray


class PortAudioError(Exception):
    pass


class Microphone(ModuleType):
    """Stands in for sounddevice: a ramp, and what the last stream was asked for."""

    PortAudioError = PortAudioError

    def __init__(self) -> None:
        super().__init__("sounddevice")
        self.asked: dict[str, Any] = {}
        self.error: Exception | None = None
        self.overflow_at = -1
        self.interrupt_at = -1
        self.blocks = 0
        self.position = 0
        self.closed = False

    def InputStream(self, **options: Any) -> Microphone:
        self.asked = options
        if self.error is not None and self.blocks == 0:
            raise self.error
        return self

    def __enter__(self) -> Microphone:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def read(self, n: int) -> tuple[NDArray[np.float32], bool]:
        self.blocks += 1
        if self.blocks == self.interrupt_at:
            raise KeyboardInterrupt
        ramp = np.arange(self.position, self.position + n, dtype=np.float32)[:, None] / 65536
        self.position += n
        return ramp, self.blocks == self.overflow_at
