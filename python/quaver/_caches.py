"""Plans, windows and filter banks that are kept for the next call, bounded in bytes.

Small ones are kept by functools, 64 of each kind, which costs next to nothing. Larger ones of all
kinds share one pool, where those that were not asked for longest make room.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Bytes of what is small.
SMALL = 1 << 20
#: Bytes of all that is larger, together.
LARGEST_POOL = 1 << 28
#: Bytes that a plan takes for a point of its transform, and more: window, twiddles, places.
PER_POINT = 128


class Pool:
    """Values by their keys, those used last, of no more than so many bytes together."""

    def __init__(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes
        self.used = 0
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """Return the value of a key, or None."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: Hashable, value: Any, n_bytes: int) -> None:
        """Keep a value, unless it alone is larger than the pool."""
        with self._lock:
            if n_bytes > self.n_bytes or key in self._values:
                return
            self._values[key] = value, n_bytes
            self.used += n_bytes
            while self.used > self.n_bytes:
                _, (_, freed) = self._values.popitem(last=False)
                self.used -= freed


POOL = Pool(LARGEST_POOL)


class _Large(Exception):
    """Carries a value past functools, which keeps what is returned."""

    def __init__(self, value: Any) -> None:
        self.value = value


def kept(make: Callable[P, tuple[T, int]]) -> Callable[P, T]:
    """Keep what a function makes; it returns the value and its bytes.

    Arguments are told apart by type too: 512.0 may be refused where 512 is not. Those that cannot
    be looked up go to the function itself, which says what is wrong with them.
    """

    @lru_cache(maxsize=64, typed=True)
    def small(*args: P.args, **kwargs: P.kwargs) -> T:
        options = tuple(kwargs.items())
        key = (make, args, options, *map(type, args), *map(type, kwargs.values()))
        value: T | None = POOL.get(key)
        if value is None:
            value, n_bytes = make(*args, **kwargs)
            if n_bytes <= SMALL:
                return value
            POOL.put(key, value, n_bytes)
        raise _Large(value)

    @wraps(small)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return small(*args, **kwargs)  # type: ignore[arg-type]
        except _Large as large:
            value: T = large.value
            return value
        except TypeError:
            return make(*args, **kwargs)[0]

    return wrapper
