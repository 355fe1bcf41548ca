"""The pitch and the periodicity of a voice against Praat, which measures both in other ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import quaver
from quaver import voice


@pytest.mark.peer("parselmouth")
@pytest.mark.data
def test_agrees_with_praat(ravdess: list[Path]) -> None:
    """As far as openSMILE's own pitch does: both sum the subharmonics of 60 ms."""
    import parselmouth

    ratios, ours, theirs = [], [], []
    for path in ravdess[60::240]:
        x, rate = quaver.load(path)
        track, periodic = voice.pitch(x, rate), voice.harmonics(x, rate).values[:, 0]
        sound = parselmouth.Sound(np.asarray(x, np.float64), rate)
        pitch = sound.to_pitch_ac(time_step=0.01, pitch_floor=75.0, pitch_ceiling=600.0)
        noise = sound.to_harmonicity_ac(time_step=0.01)
        f0 = np.nan_to_num([pitch.get_value_at_time(t) for t in track.times])
        both = (track.values[:, 0] > 0) & (f0 > 0)
        ratios.append(track.values[both, 0] / f0[both])
        ours.append(periodic[both])
        theirs.append([noise.get_value(t) for t in track.times[both]])
    off = abs(np.concatenate(ratios) - 1)
    assert len(off) > 400
    assert (off < 0.01).mean() >= 0.7
    assert (off < 0.05).mean() >= 0.95
    told = np.concatenate(theirs) > -100  # Praat says -200 dB where it finds no period
    assert np.corrcoef(np.concatenate(ours)[told], np.concatenate(theirs)[told])[0, 1] >= 0.3
