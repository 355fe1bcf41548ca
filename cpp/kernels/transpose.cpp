// SPDX-License-Identifier: BSD-3-Clause
// In tiles of 4 x 4, which is as wide as a transpose pays: wider tiles need more shuffles an
// element.
#ifndef QV_TARGET

#include "quaver/transpose.hpp"

#define QV_FILE "kernels/transpose.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

void transpose(const float* from, std::size_t n_rows, std::size_t n_columns,
               std::size_t from_stride, float* to, std::size_t to_stride) {
  kernels().transpose(from, n_rows, n_columns, from_stride, to, to_stride);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

void transpose(const float* from, std::size_t n_rows, std::size_t n_columns,
               std::size_t from_stride, float* to, std::size_t to_stride) {
  const std::size_t whole_rows = n_rows / 4 * 4, whole_columns = n_columns / 4 * 4;
  for (std::size_t row = 0; row < whole_rows; row += 4) {
    for (std::size_t column = 0; column < whole_columns; column += 4) {
      Transpose4x4(from + row * from_stride + column, from_stride, to + column * to_stride + row,
                   to_stride);
    }
  }
  for (std::size_t row = 0; row < n_rows; ++row) {
    for (std::size_t column = row < whole_rows ? whole_columns : 0; column < n_columns; ++column) {
      to[column * to_stride + row] = from[row * from_stride + column];
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
