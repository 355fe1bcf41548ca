"""What ``listen`` listens to: a microphone, a file or a pipe, in chunks."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quaver.audio import chunks, mixed_down
from quaver.cli.console import say
from quaver.record import listening
from quaver.recordings.piped import PipedFormat, read_begun, read_head, read_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver._validate import Downmix

#: Seconds of a chunk.
CHUNK = 0.05
# Seconds that a microphone may be ahead of the model before samples are lost.
_AHEAD = 10.0
# Seconds in which the thread at a microphone sees that it is not needed any more.
_SOON = 0.2


@dataclass(frozen=True, slots=True)
class Chunk:
    """Mono samples, and when the last of them was there, by `time.perf_counter`."""

    samples: NDArray[Any]
    arrived: float


@dataclass(frozen=True, slots=True)
class Heard:
    """A source that was opened.

    Attributes
    ----------
    name : str
        What rows and errors call it.
    rate : int
        In Hz.
    chunks : generator of Chunk
        To be closed.
    """

    name: str
    rate: int
    chunks: Generator[Chunk, None, None]


def of_file(path: Path, *, downmix: Downmix, realtime: bool) -> Heard:
    """Return a recording, as fast as it can be read, or as fast as it was spoken."""
    found = chunks(path, CHUNK, downmix=downmix)
    first, rate = next(found)  # for its rate, and to fail early

    def all_samples() -> Iterator[NDArray[Any]]:
        yield first
        yield from (samples for samples, _ in found)

    return Heard(str(path), rate, (_paced if realtime else _stamped)(all_samples(), rate))


def of_pipe(*, rate: int | None, channels: int, downmix: Downmix) -> Heard:
    """Return what comes through standard input: WAV, or with a rate raw samples of 16 bits."""
    if sys.stdin is None:
        raise ValueError("standard input is closed")
    stream, name, begun = sys.stdin.buffer, "-", b""
    if rate is None:
        form = read_head(stream, name)
    else:
        form, begun = PipedFormat(rate, channels, "i2"), read_begun(stream, name)
    found = read_samples(stream, form, CHUNK, name, begun)
    blocks = (block[:, 0] if form.channels == 1 else block for block in found)
    mono = (mixed_down(block, downmix, name) for block in blocks)
    return Heard(name, form.rate, _stamped(mono, form.rate))


def of_microphone(rate: int, device: int | str | None) -> Heard:
    """Return a microphone, read by a thread of its own, so that nothing is lost meanwhile."""
    return Heard("microphone", rate, _from_microphone(rate, device))


def _stamped(samples: Iterable[NDArray[Any]], rate: int) -> Generator[Chunk, None, None]:
    for each in samples:
        yield Chunk(each, time.perf_counter())


def _paced(samples: Iterable[NDArray[Any]], rate: int) -> Generator[Chunk, None, None]:
    begun, n = time.perf_counter(), 0
    for each in samples:
        n += len(each)
        due = begun + n / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        yield Chunk(each, due)


def _from_microphone(rate: int, device: int | str | None) -> Generator[Chunk, None, None]:
    """Yield what a thread reads; what goes wrong there is raised here."""
    heard: queue.Queue[tuple[Chunk, bool] | BaseException] = queue.Queue(round(_AHEAD / CHUNK))
    done = threading.Event()

    def put(item: tuple[Chunk, bool] | BaseException) -> None:
        while not done.is_set():
            try:
                return heard.put(item, timeout=_SOON)
            except queue.Full:  # then PortAudio's own memory fills, and says so
                continue

    def read_all() -> None:
        try:
            with listening(rate, device=device) as read:
                while not done.is_set():
                    samples, lost = read(max(1, round(CHUNK * rate)))
                    put((Chunk(samples.copy(), time.perf_counter()), lost))
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=read_all, daemon=True)
    thread.start()
    told = False
    try:
        while True:
            item = heard.get()
            if isinstance(item, BaseException):
                raise item
            chunk, lost = item
            if lost and not told:
                told = True
                say("The machine was too slow: samples are missing, and times are too early.")
            yield chunk
    finally:
        done.set()
        thread.join(timeout=10 * _SOON)
