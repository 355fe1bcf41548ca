// SPDX-License-Identifier: BSD-3-Clause
// In tiles of eight rows by four, then of four or two rows: wider ones need more shuffles an
// element.
#ifndef QV_TARGET

#include "quaver/core/transpose.hpp"

#define QV_FILE "kernels/core/transpose.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

void transpose(const float* from, std::size_t n_rows, std::size_t n_columns,
               std::size_t from_stride, float* to, std::size_t to_stride) {
  kernels().transpose(from, n_rows, n_columns, from_stride, to, to_stride);
}

}  // namespace quaver

#else

#include "simd/tiles.hpp"

namespace quaver::QV_TARGET {

// Columns that lie in a few cache lines of each row: where rows are a power of two apart, few lines
// of different rows stay in the cache.
enum : std::size_t { kColumnsAtOnce = 64 };

static void transpose_columns(const float* from, std::size_t n_rows, std::size_t n_columns,
                              std::size_t from_stride, float* to, std::size_t to_stride) {
  std::size_t row = 0;
#if QV_WIDTH >= 8
  for (; row + 8 <= n_rows; row += 8) {
    for (std::size_t column = 0; column < n_columns; column += 4) {
      Transpose8x4(from + row * from_stride + column, from_stride, to + column * to_stride + row,
                   to_stride);
    }
  }
#endif
  for (; row + 4 <= n_rows; row += 4) {
    for (std::size_t column = 0; column < n_columns; column += 4) {
      Transpose4x4(from + row * from_stride + column, from_stride, to + column * to_stride + row,
                   to_stride);
    }
  }
  if (row + 2 <= n_rows) {
    for (std::size_t column = 0; column < n_columns; column += 4) {
      Transpose2x4(from + row * from_stride + column, from_stride, to + column * to_stride + row,
                   to_stride);
    }
  }
}

void transpose(const float* from, std::size_t n_rows, std::size_t n_columns,
               std::size_t from_stride, float* to, std::size_t to_stride) {
  const std::size_t whole_rows = n_rows / 2 * 2, whole_columns = n_columns / 4 * 4;
  for (std::size_t first = 0; first < whole_columns; first += kColumnsAtOnce) {
    const std::size_t rest = whole_columns - first;
    transpose_columns(from + first, n_rows, rest < kColumnsAtOnce ? rest : kColumnsAtOnce,
                      from_stride, to + first * to_stride, to_stride);
  }
  for (std::size_t row = 0; row < n_rows; ++row) {
    for (std::size_t column = row < whole_rows ? whole_columns : 0; column < n_columns; ++column) {
      to[column * to_stride + row] = from[row * from_stride + column];
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
