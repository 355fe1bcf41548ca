// SPDX-License-Identifier: BSD-3-Clause
// What every kernel file needs before its target regions: the public plans and the workspace.
#pragma once

#include "quaver/buffer.hpp"
#include "quaver/cepstrum.hpp"
#include "quaver/contrast.hpp"
#include "quaver/decibel.hpp"
#include "quaver/delta.hpp"
#include "quaver/dispatch.hpp"
#include "quaver/fft64.hpp"
#include "quaver/framing.hpp"
#include "quaver/functionals.hpp"
#include "quaver/log_mel.hpp"
#include "quaver/mel.hpp"
#include "quaver/pyaudio.hpp"
#include "quaver/rfft.hpp"
#include "quaver/short_term.hpp"
#include "quaver/spectrum.hpp"
#include "quaver/speech_features.hpp"
#include "quaver/stft.hpp"
#include "quaver/timedomain.hpp"
