"""What lies in folders of recordings."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quaver.recordings import kinds

if TYPE_CHECKING:
    from pathlib import Path

_EXTENSIONS = (*kinds.AUDIO_EXTENSIONS, *kinds.MEDIA_EXTENSIONS)


@dataclass(slots=True)
class Found:
    """What there is below a folder.

    Attributes
    ----------
    recordings : list of Path
        Sorted.
    unusable : list of (Path, str)
        What is called a recording or a folder, and why it cannot be read.
    others : Counter
        How many other files there are, by their endings in lower case.
    """

    recordings: list[Path] = field(default_factory=list)
    unusable: list[tuple[Path, str]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    @property
    def left_out(self) -> str:
        """How many other files there are and how they end, as text; empty without any."""
        if not self.others:
            return ""
        endings = (f"{n} {ending or 'without ending'}" for ending, n in self.others.most_common())
        total = self.others.total()
        return f"{total} other file{'s' if total > 1 else ''} left out: {', '.join(endings)}"


def search(folder: Path) -> Found:
    """Return what lies below a folder.

    Recordings are known by their endings, of which either case counts, or without one by their
    first bytes. Links to folders are followed, into each folder once. Hidden files (such as the
    ``._*`` that macOS puts into archives) and what lies in hidden folders are left out.
    """
    found = Found()
    for path in _walk(folder, found):
        suffix = path.suffix.lower()
        try:
            mode = path.stat().st_mode
        except OSError as error:
            reason = "a link to nothing" if path.is_symlink() else error.strerror or str(error)
            found.unusable.append((path, reason))
            continue
        if not stat.S_ISREG(mode):
            found.unusable.append((path, "a pipe or device, no file"))
        elif suffix in _EXTENSIONS or (not suffix and _is_audio(path)):
            found.recordings.append(path)
        else:
            found.others[suffix] += 1
    found.recordings.sort()
    return found


def _walk(folder: Path, found: Found) -> Iterator[Path]:
    """Yield the files below a folder, of those behind links last: their own place comes first."""
    from pathlib import Path

    def unreadable(error: OSError) -> None:
        found.unusable.append((Path(error.filename), error.strerror or str(error)))

    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    for root in waiting:  # which grows
        for top, folders, files in os.walk(root, onerror=unreadable):
            status = os.stat(top)
            visible = sorted(name for name in folders if not name.startswith("."))
            folders[:] = []
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            paths = [Path(top, name) for name in visible]
            waiting += [path for path in paths if path.is_symlink()]
            folders[:] = [path.name for path in paths if not path.is_symlink()]
            yield from (Path(top, name) for name in files if not name.startswith("."))


def _is_audio(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return kinds.is_audio(stream.read(16))
    except OSError:
        return True  # whose reader says why


def find_audio(path: str | os.PathLike[str]) -> list[Path]:
    """Return the recordings below a directory, sorted, or the file itself.

    Parameters
    ----------
    path : path
        A recording, or a directory, searched recursively for `AUDIO_EXTENSIONS` and
        `MEDIA_EXTENSIONS` in either case and for recordings without an ending. Hidden files (such
        as the ``._*`` that macOS puts into archives) and what lies in hidden directories are left
        out; links to directories are followed, into each once.

    Returns
    -------
    list of Path

    Warns
    -----
    UserWarning
        Of links to nothing, pipes and directories that cannot be read.

    Raises
    ------
    FileNotFoundError
        If there is nothing at the path.
    ValueError
        For a directory without recordings.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.wav").write_bytes(b"")
    >>> [found.name for found in find_audio(folder)]
    ['a.wav']
    """
    from pathlib import Path  # and urllib with it: not for those who only have arrays

    root = Path(path)
    if not root.is_dir():
        if not root.exists():
            raise FileNotFoundError(f"no such recording: {root}")
        return [root]
    found = search(root)
    if found.unusable:
        import warnings

        listed = "; ".join(f"{path}: {reason}" for path, reason in found.unusable[:5])
        warnings.warn(f"{len(found.unusable)} left out below {root}: {listed}", stacklevel=2)
    if not found.recordings:
        others = f" ({found.left_out})" if found.others else ""
        raise ValueError(
            f"no audio file ({', '.join(kinds.AUDIO_EXTENSIONS)} or what ffmpeg reads) below"
            f" {root}{others}"
        )
    return found.recordings
