// SPDX-License-Identifier: BSD-3-Clause
// Filters whose output feeds back, and the search for them: all in double.
#pragma once

#include <cstddef>

#include "quaver/core/buffer.hpp"

namespace quaver {

// out[0] = x[0] + state, out[i] = x[i] + coefficient out[i - 1]: rounded to T when done. out may
// be x.
void decay(const float* x, std::size_t n, double coefficient, double state, float* out);
void decay(const double* x, std::size_t n, double coefficient, double state, double* out);

// Coefficients of linear prediction by Burg's method (Marple 1980), (order + 1,), the first of
// which is 1: of the filter whose output is the prediction error. `least` is added to each
// denominator. order <= n. Error: 1e-9 of the largest coefficient for signals that are not nearly
// predictable, whose coefficients are ill-determined.
void burg(const float* x, std::size_t n, std::size_t order, double least, double* out);
void burg(const double* x, std::size_t n, std::size_t order, double least, double* out);

}  // namespace quaver
