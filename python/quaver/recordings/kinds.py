"""What kind of file something is, by its first bytes: for what libsndfile does not read."""

from __future__ import annotations

from quaver.recordings.containers import frame_length

#: Endings of what libsndfile reads by itself.
AUDIO_EXTENSIONS = (
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc", ".au",
    ".snd", ".caf", ".w64", ".rf64", ".bwf", ".mp2",
)  # fmt: skip
#: Endings of what an ffmpeg on PATH is asked for.
MEDIA_EXTENSIONS = (
    ".m4a", ".m4b", ".mp4", ".mov", ".3gp", ".webm", ".mka", ".mkv", ".amr", ".awb", ".aac",
    ".wma", ".ac3", ".ape", ".wv", ".tta", ".spx", ".weba",
)  # fmt: skip

# First bytes of what ffmpeg decodes, and what it is called.
_MEDIA = (
    (0, b"\x1aE\xdf\xa3", "WebM or Matroska"),
    (0, b"#!AMR", "AMR"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "Windows Media"),
    (0, b"FLV\x01", "Flash video"),
    (0, b"\x0bw", "AC-3"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"wvpk", "WavPack"),
    (0, b"TTA1", "True Audio"),
    (0, b"ADIF", "AAC"),
    (0, b"\x00\x00\x01\xba", "MPEG video"),
    (4, b"ftyp", "MPEG-4"),
    (4, b"moov", "MPEG-4"),
    (4, b"mdat", "MPEG-4"),
    (8, b"AVI ", "AVI video"),
)
# First bytes of what is no recording, and what to do about it.
_OTHERS = (
    (b"version https://git-lfs.github.com/", "a Git LFS pointer, fetch it with 'git lfs pull'"),
    (b"/annex/objects/", "a git-annex pointer, fetch it with 'git annex get'"),
    (b"#EXTM3U", "a playlist, pass the recordings that it lists"),
    (b"ffconcat", "a playlist, pass the recordings that it lists"),
    (b"[playlist]", "a playlist, pass the recordings that it lists"),
    (b"\x00\x05\x16\x07", "a macOS resource fork (._ file), use the file without the prefix"),
    (b"PK\x03\x04", "a ZIP archive, unpack it first"),
    (b"\x1f\x8b", "a gzip archive, unpack it first"),
    (b"BZh", "a bzip2 archive, unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive, unpack it first"),
    (b"Rar!", "a RAR archive, unpack it first"),
    (b"\xfd7zXZ", "an xz archive, unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"MThd", "MIDI, which holds notes and no sound"),
    (b"SQLite format", "a database"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array, pass np.load of it with its rate"),
)  # fmt: skip


#: First bytes, and where they are, of containers that may hold codecs which libsndfile lacks.
_MIXED = ((8, b"WAVE"), (0, b"OggS"), (0, b"caff"))


def may_hold_others(head: bytes) -> bool:
    """Tell whether a file that libsndfile refuses may still be a recording of another codec."""
    return any(head[at : at + len(magic)] == magic for at, magic in _MIXED)


def media_name(head: bytes) -> str | None:
    """Return what ffmpeg would decode a file as, None if that is not known."""
    if head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xF6 == 0xF0:
        return "AAC"
    for at, magic, name in _MEDIA:
        if head[at : at + len(magic)] == magic:
            return name
    return None


def other_name(head: bytes) -> str | None:
    """Return what a file is that is no recording, and what to do; None if that is not known."""
    for magic, name in _OTHERS:
        if head.startswith(magic):
            return name
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:256].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "an HTML page, the download failed or needs a login"
    if start.startswith((b"<?xml", b"{", b"[")) and _is_text(head):
        return "XML or JSON text, often an error message in the place of a download"
    if _is_text(head) or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text"
    if not any(head):
        return "only zeros, the copy or the disk failed"
    return None


def _is_text(head: bytes) -> bool:
    """Tell whether bytes are UTF-8 without control characters, the last one maybe cut."""
    if any(byte < 32 and byte not in b"\t\r\n\f\x1b" for byte in head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3
    return True


def is_audio(head: bytes) -> bool:
    """Tell by its first 16 bytes whether a file without an ending is a recording."""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
        return head[8:12] == b"WAVE"
    if head[:4] == b"FORM":
        return head[8:12] in (b"AIFF", b"AIFC")
    known = (b"fLaC", b"OggS", b"caff", b".snd", b"ID3", b"riff.\x91\xcf\x11", b"#!AMR")
    return head.startswith(known) or head[4:8] == b"ftyp" or frame_length(head) > 0
