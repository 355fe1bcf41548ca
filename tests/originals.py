"""The libraries that quaver.compat stands in for, imported without what no test of ours needs."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

# Readers of MP3 and of tags, and a module that Python 3.13 dropped: pyAudioAnalysis imports them
# all, and reads WAV files, which is what is compared, without them.
_UNUSED = ("aifc", "eyed3", "pydub")


def load(name: str) -> ModuleType:
    """Import a module of pyAudioAnalysis or python_speech_features."""
    path = list(sys.path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for unused in _UNUSED:
            try:
                importlib.import_module(unused)
            except ImportError:
                stub = ModuleType(unused)
                stub.AudioSegment = None  # type: ignore[attr-defined]
                sys.modules[unused] = stub
        try:
            return importlib.import_module(name)
        finally:
            sys.path[:] = path  # one of them inserts its own folder


def quietly(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call an original, whose warnings of 0 / 0 and of deprecated names are its own affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **options)


def error_of(function: Callable[..., Any], *args: Any, **options: Any) -> type[BaseException]:
    """Return the type of what a call raises."""
    try:
        quietly(function, *args, **options)
    except Exception as error:
        return type(error)
    raise AssertionError(f"{function.__name__} raised nothing")
