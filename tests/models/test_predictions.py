"""What models say of recordings and texts, and whether it can be trusted."""

from __future__ import annotations

import numpy as np
import pytest

from quaver.models.predictions import Predictions

ANSWER = (np.array(["a", "b"]), np.eye(2), ("a", "b"), np.arange(2), ())


def test_answers_are_reliable_unless_it_is_said() -> None:
    found = Predictions(*ANSWER)
    assert found.reliable.tolist() == [True, True]
    assert found.warnings == ((), ())
    told = Predictions(*ANSWER, reliable=[True, False], warnings=[[], ["clipped", "silence"]])  # type: ignore[arg-type]
    assert told.reliable.dtype == bool
    assert told.warnings == ((), ("clipped", "silence"))


def test_warnings_are_checked() -> None:
    with pytest.raises(ValueError, match="must have 2 rows"):
        Predictions(*ANSWER, reliable=np.array([True]))
    with pytest.raises(ValueError, match="must have 2 rows"):
        Predictions(*ANSWER, warnings=((),))
    with pytest.raises(ValueError, match=r"must be among silence.*got \['loud'\]"):
        Predictions(*ANSWER, warnings=((), ("loud",)))
