"""The recordings in a file, with what libsndfile would take for granted mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from quaver.recordings import containers, kinds
from quaver.recordings.ogg import ogg_links
from quaver.recordings.views import Source

# An MP3 that does not tell its length is said to be so many times its size: libsndfile guesses how
# many frames there are from the first ones, and would read no more than that.
_FARTHER = 64
#: What an Ogg is that was joined while it ran.
HEADLESS = "an Ogg without its beginning, which says how to decode it"


@dataclass(frozen=True, slots=True)
class Link:
    """One of the recordings in a file.

    Attributes
    ----------
    open : callable
        Returns what soundfile opens.
    is_exact : bool
        Whether the number of its samples stands in a header.
    can_seek : bool
        Whether libsndfile finds a place in it.
    """

    open: Callable[[], Any]
    is_exact: bool = True
    can_seek: bool = True


def unreadable(name: str, why: str) -> ValueError:
    """Return the error of what is no recording."""
    return ValueError(f"{name}: not a readable recording ({why})")


def links_of(source: Source, seconds: float | None = None) -> list[Link]:
    """Return the recordings in a file, with what libsndfile would take for granted mended.

    Where reading ends after so many seconds, a FLAC that is longer is not searched for others.
    """
    tag = containers.tag_length(source.read) if source.head[:3] == b"ID3" else 0
    # What follows a tag loses its end, unless libsndfile reads the file by itself.
    rest: Source | None = source.behind(tag) if tag else source
    links = list[Link]()
    while rest is not None:
        if not links and seconds is not None and seconds < containers.flac_seconds(rest.head):
            return [_link(rest)]
        more, rest = _first_links(rest)
        links += more
        if len(links) > containers.MOST_RECORDINGS:
            raise ValueError(
                f"{source.name}: more than {containers.MOST_RECORDINGS} recordings in one file,"
                " take them apart"
            )
    return links


def _first_links(source: Source) -> tuple[list[Link], Source | None]:
    """Return the first recordings of one container, and what follows if that is another one."""
    if source.head[:4] == b"OggS":
        return _ogg_links(source)
    start = containers.next_recording(source.read, source.size)
    rest = None if start is None else source.behind(start)
    first = source if start is None else source.part(0, start)
    return [_mpeg_link(first) if containers.is_mpeg(first.head) else _link(first)], rest


def _ogg_links(source: Source) -> tuple[list[Link], Source | None]:
    links = ogg_links(source.read, source.size)
    for i, link in enumerate(links):
        which = f"number {i + 1} of {len(links)} recordings in one file: " if len(links) > 1 else ""
        if link.is_cut:
            raise ValueError(
                f"{source.name}: {which}truncated, the last page is not whole: copy it again, or"
                " encode what is there anew"
            )
        if not link.has_head:
            raise unreadable(source.name, f"{which}{HEADLESS}")
    start = containers.next_marked(source.read, source.size, links[-1].end)
    if start is None and len(links) == 1:
        return [Link(source.plain)], None
    parts = [Link(partial(source.view, each.start, each.end), can_seek=False) for each in links]
    return parts, None if start is None else source.behind(start)


def _link(source: Source) -> Link:
    patch = containers.open_flac(source.read)
    if patch is not None:
        return Link(partial(source.view, patch=patch), is_exact=False, can_seek=False)
    return _plain_link(source)


def _mpeg_link(source: Source) -> Link:
    start = containers.mp3_start(source.read, source.size)
    if start is None:
        return Link(source.plain)
    claimed = (source.size - start) * _FARTHER
    end = containers.mp3_end(source.read, source.size)
    return Link(lambda: source.view(start, end, claimed=claimed), is_exact=False)


def joined_links(source: Source) -> list[Link]:
    """Return the MP3 in a file that begins within a frame; nothing for another file."""
    if kinds.media_name(source.head) or kinds.may_hold_others(source.head):
        return []
    tag = containers.tag_length(source.read)
    start = containers.mp3_joined(source.behind(tag).read)
    return [] if start is None else [_mpeg_link(source.behind(tag + start))]


def _plain_link(source: Source) -> Link:
    """Refuse what is shorter than it says, which libsndfile would read in silence."""
    samples = containers.find_samples(source.read, source.size)
    if samples is None:
        return Link(source.plain)
    there = source.size - samples.start
    if (
        samples.length is None
        and there > 0xFFFFFFFF
        and source.head[8:12] == b"WAVE"
        and (samples.width == 4)
    ):
        raise ValueError(
            f"{source.name}: a WAV without a length that holds more than 4 GiB, of which libsndfile"
            " would read the first: convert it to RF64 or FLAC"
        )
    if samples.length is None:  # a recorder was killed, or wrote to a pipe
        patch = samples.patch(max(0, there))
        return Link(lambda: source.view(patch=patch))
    if samples.length > there:
        raise ValueError(
            f"{source.name}: truncated, the header promises {samples.length} bytes of samples and"
            f" {max(0, there)} follow: copy it again, or encode what is there anew"
        )
    if source.head[:4] == b"riff" and samples.length < there:
        # libsndfile takes all that follows for samples.
        return Link(partial(source.view, 0, samples.start + samples.length))
    return Link(source.plain)
