"""What libsndfile does not read, through an ffmpeg on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import BinaryIO

# Time that a conversion may take: seconds, and seconds for each megabyte of the file.
_SECONDS = 60.0
_PER_MEGABYTE = 2.0
# What a file may be: recordings and films, but no playlist that names other files or addresses.
_FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,"
    "ogg,tta,w64,wav,wv"
)
# What it may write to the temporary file.
_MOST_BYTES = 4 << 30
_SLACK = 1 << 20
# What it says of a file that is cut, and of which it decodes the rest.
_CUT = ("partial file", "ended prematurely", "truncat")
# Of what ffmpeg says, so much of the end is told.
_TOLD = 300


def find() -> str | None:
    """Return the path of ffmpeg, None without one."""
    return shutil.which("ffmpeg")


def convert(
    program: str, path: str, size: int, name: str, *, seconds: float | None = None
) -> BinaryIO:
    """Return a temporary file with the samples of a recording as WAV of float32.

    Parameters
    ----------
    program : str
        Path of ffmpeg.
    path : str
        Of the recording; `size` is in bytes, `name` what errors call it.
    seconds : float, optional
        Where to end.

    Raises
    ------
    ValueError
        For what ffmpeg cannot decode, in the time that the file's size allows.
    """
    limit = _SECONDS + _PER_MEGABYTE * size / 1e6
    command = [
        program, "-nostdin", "-hide_banner", "-loglevel", "error",
        # "file:": a name may begin with a dash, or as an address does
        "-protocol_whitelist", "file,pipe", "-format_whitelist", _FORMATS, "-i", f"file:{path}",
        "-map", "0:a:0", "-vn", "-sn", "-dn", "-fs", str(_MOST_BYTES),
        *([] if seconds is None else ["-t", f"{seconds:.6f}"]),
        "-map_metadata", "-1", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1",
    ]  # fmt: skip
    converted = tempfile.TemporaryFile()  # noqa: SIM115  # the caller closes it
    try:
        with tempfile.TemporaryFile() as notes:  # a pipe would fill, or the memory
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=converted, stderr=notes, timeout=limit
            )
            notes.seek(max(0, notes.tell() - _TOLD))
            told = " ".join(notes.read(_TOLD).decode("utf-8", "replace").split())
        size = converted.seek(0, os.SEEK_END)
        if any(word in told for word in _CUT):
            raise ValueError(f"{name}: truncated (ffmpeg: {told})")
        if "matches no streams" in told:
            raise ValueError(f"{name}: a film without sound")
        if done.returncode != 0 or size == 0:
            raise ValueError(f"{name}: ffmpeg cannot decode it ({told or done.returncode})")
        if size > _MOST_BYTES - _SLACK:
            raise ValueError(
                f"{name}: decodes to more than {_MOST_BYTES >> 30} GiB, pass a duration"
            )
    except subprocess.TimeoutExpired:
        converted.close()
        raise ValueError(f"{name}: ffmpeg took more than {limit:.0f} s") from None
    except BaseException:
        converted.close()
        raise
    return converted
