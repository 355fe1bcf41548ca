"""Which release of librosa the stand-in behaves as: the installed one, unless another is chosen."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

#: The releases that can be chosen, and the version that each reports.
RELEASES = {"0.8": "0.8.1", "0.11": "0.11.0", "1.0": "1.0.0"}

_chosen: str | None = None


class _Mark:
    """What `Deprecated` derives from, so that librosa's can join it."""


class Deprecated(_Mark):
    """Default of an argument that only some releases have: it was not given."""

    __module__ = "quaver.compat.librosa.util.deprecation"

    def __repr__(self) -> str:
        return "<DEPRECATED parameter>"


UNGIVEN: Any = Deprecated()


def is_given(value: Any) -> bool:
    """Tell whether an argument is more than the mark that it was not given.

    Examples
    --------
    >>> is_given(None), is_given(UNGIVEN)
    (True, False)
    """
    return not isinstance(value, Deprecated)


def given(**arguments: Any) -> dict[str, Any]:
    """Return the arguments that were given.

    Examples
    --------
    >>> given(pad=False, norm=UNGIVEN)
    {'pad': False}
    """
    return {name: value for name, value in arguments.items() if is_given(value)}


def named(wanted: str) -> str:
    """Return the release of `RELEASES` to which a version belongs, or raise ValueError.

    Examples
    --------
    >>> named("0.11.0"), named("1.0")
    ('0.11', '1.0')
    """
    release = ".".join(wanted.split(".")[:2])
    if release not in RELEASES:
        raise ValueError(f"version must be one of {', '.join(RELEASES)}, got {wanted!r}")
    return release


@cache
def _installed() -> tuple[str, str]:
    """Return the release nearest to the installed librosa, and the version that it reports."""
    from importlib.metadata import PackageNotFoundError, version  # 25 ms that few calls need

    try:
        found = version("librosa")
    except PackageNotFoundError:
        found = RELEASES["1.0"]
    return ("0.11" if found.startswith("0.") else "1.0"), found


def choose(release: str | None) -> None:
    """Behave as a release from now on; None for the installed one."""
    global _chosen
    _chosen = release


@contextmanager
def chosen(release: str) -> Iterator[None]:
    """Behave as a release within a block.

    Examples
    --------
    >>> with chosen("0.11"):
    ...     is_before_1()
    True
    """
    before = _chosen
    choose(release)
    try:
        yield
    finally:
        choose(before)


def current() -> str:
    """Return the release.

    Examples
    --------
    >>> current() in RELEASES
    True
    """
    return _chosen or _installed()[0]


def is_before_1() -> bool:
    """Tell whether what librosa 1.0 changed is as it was."""
    return (_chosen or _installed()[0]) != "1.0"


def padding() -> str:
    """Return how effects pad a signal before they frame it.

    Examples
    --------
    >>> padding() in ("constant", "reflect")
    True
    """
    return "reflect" if _chosen == "0.8" else "constant"


def reported() -> str:
    """Return the version to report, e.g. ``"0.11.0"``.

    Examples
    --------
    >>> reported().partition(".")[0] in ("0", "1")
    True
    """
    release, found = _installed()
    return found if _chosen in (None, release) else RELEASES[_chosen]


def refuse(function: str, **arguments: Any) -> None:
    """Raise TypeError for arguments that were given and that this release does not have.

    Examples
    --------
    >>> refuse("yin", win_length=UNGIVEN)
    """
    for name in given(**arguments):
        raise TypeError(
            f"{function}() got an unexpected keyword argument {name!r}:"
            f" librosa {reported()} has none"
        )


def renamed(function: str, old: str, value: Any, new: str) -> Any:
    """Return an argument given under its old name, of which 0.11 warns and 1.0 knows nothing.

    Examples
    --------
    >>> with warnings.catch_warnings(), chosen("0.11"):
    ...     warnings.simplefilter("ignore")
    ...     renamed("get_duration", "filename", "a.wav", "path")
    'a.wav'
    """
    _expect_old(function, old, value, f"is named {new} since librosa 0.10")
    return value


def gone(function: str, **arguments: Any) -> None:
    """Warn of arguments that have no effect in 0.11, and refuse them as 1.0 does.

    Examples
    --------
    >>> gone("yin", win_length=UNGIVEN)
    """
    for name, value in given(**arguments).items():
        _expect_old(function, name, value, "is deprecated: without effect since 0.11")


def _expect_old(function: str, name: str, value: Any, why: str) -> None:
    if not is_before_1():
        refuse(function, **{name: value})
    if current() == "0.11":
        warnings.warn(
            f"{function}() was given {name}, which {why} and goes with 1.0",
            FutureWarning,
            stacklevel=4,
        )
