// SPDX-License-Identifier: BSD-3-Clause
// Running median over rows: out[i][j] is the element of rank size / 2 (from 0) among
// x[i - size / 2 + k][j], k < size, of an (n, m) array in C order. Beyond both ends the rows are
// mirrored with the edge repeated (d c b a | a b c d | d c b a). Exact: every result is an input.
// Cost: 4 vector operations an element of the window, whatever the data, and as many for each of
// the first window's elements. NaN is not ordered. std::invalid_argument for a size of 0 or above
// kLargestMedian.
#pragma once

#include <cstddef>

namespace quaver {

constexpr std::size_t kLargestMedian = std::size_t{1} << 15;

void running_median(const float* x, std::size_t n, std::size_t m, std::size_t size, float* out);
void running_median(const double* x, std::size_t n, std::size_t m, std::size_t size, double* out);

}  // namespace quaver
