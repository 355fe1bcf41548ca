// SPDX-License-Identifier: BSD-3-Clause
// Decibel of many powers at once: out[i] = 10 log10(max(amin, power[i])) - offset, as
// librosa.power_to_db with offset = 10 log10(max(amin, ref)). Error below 2 ulp of the logarithm.
#pragma once

#include <cstddef>

namespace quaver {

// Returns the largest value written, or NaN when a power is not finite; out is then meaningless.
// amin: a normal float32 above 0. out may be power.
float decibel(const float* power, std::size_t n, float amin, float offset, float* out);

}  // namespace quaver
