// SPDX-License-Identifier: BSD-3-Clause
// Decibel of many powers at once: out[i] = 10 log10(max(amin, power[i])) - offset, as
// librosa.power_to_db with offset = 10 log10(max(amin, ref)); squared: of amplitudes, whose squares
// are rounded. No lower than top_db, which may be infinite, below the largest. Error below 2 ulp of
// the logarithm, in double 3.
#pragma once

#include <cstddef>

namespace quaver {

// Returns the largest value written, or NaN when a power is not finite; out is then meaningless.
// amin: a normal number above 0. out may be power.
float decibel(const float* power, std::size_t n, bool squared, float amin, float offset,
              float top_db, float* out);
double decibel(const double* power, std::size_t n, bool squared, double amin, double offset,
               double top_db, double* out);

}  // namespace quaver
