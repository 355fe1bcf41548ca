// SPDX-License-Identifier: BSD-3-Clause
// Row-major (n_rows, n_columns) to (n_columns, n_rows); strides count floats from row to row.
#pragma once

#include <cstddef>

namespace quaver {

void transpose(const float* from, std::size_t n_rows, std::size_t n_columns,
               std::size_t from_stride, float* to, std::size_t to_stride);

}  // namespace quaver
