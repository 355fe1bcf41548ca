"""Names of sets and levels, as `opensmile.core.define`."""

from __future__ import annotations

from enum import Enum


class FeatureSet(Enum):
    """Feature sets; those that end in ``_v01a`` or have no version are deprecated in opensmile."""

    ComParE_2016 = "compare/ComParE_2016"
    GeMAPS = "gemaps/v01a/GeMAPSv01a"
    GeMAPSv01a = "gemaps/v01a/GeMAPSv01a"
    GeMAPSv01b = "gemaps/v01b/GeMAPSv01b"
    eGeMAPS = "egemaps/v01a/eGeMAPSv01a"
    eGeMAPSv01a = "egemaps/v01a/eGeMAPSv01a"
    eGeMAPSv01b = "egemaps/v01b/eGeMAPSv01b"
    eGeMAPSv02 = "egemaps/v02/eGeMAPSv02"
    emobase = "emobase/emobase"
    IS09 = "is09-13/IS09_emotion"
    IS10 = "is09-13/IS10_paraling_compat"
    IS11 = "is09-13/IS11_speaker_state"
    IS12 = "is09-13/IS12_speaker_trait_compat"
    IS13 = "is09-13/IS13_ComParE"


class FeatureLevel(Enum):
    """What is computed: values of frames, their derivatives, or statistics of a clip."""

    LowLevelDescriptors = "lld"
    LowLevelDescriptors_Deltas = "lld_de"
    Functionals = "func"


def named(kind: type[Enum], value: object) -> Enum | None:
    """Return the member that a name, a value or a member of opensmile's own enumeration means.

    Examples
    --------
    >>> named(FeatureLevel, "lld")
    <FeatureLevel.LowLevelDescriptors: 'lld'>
    """
    if isinstance(value, Enum):
        value = value.name
    if isinstance(value, str):
        for name, member in kind.__members__.items():
            if value in (name, member.value):
                return member
    return None
