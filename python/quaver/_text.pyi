import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

@disjoint_base
class Splitter:
    def forms(self, text: str) -> list[str]: ...
    def count(self, texts: list[str]) -> dict[str, int]: ...

@disjoint_base
class Encoder(Splitter):
    def encode(
        self, texts: list[str], length: int, pad_front: bool, cut_front: bool
    ) -> NDArray[np.int32]: ...

def splitter(
    *, lower: bool, words: bool, keep_marks: bool, digits: str, squeeze: bool
) -> Splitter: ...
def encoder(
    like: Splitter, table: dict[str, tuple[int, ...]], suffixes: dict[str, tuple[int, ...]]
) -> Encoder: ...
