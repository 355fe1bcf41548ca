// SPDX-License-Identifier: BSD-3-Clause
// Derivative of a feature over time.
//   width 0   d[t] = f[t] - f[t-1], d[0] = 0; applied `order` times
//   width w   Savitzky-Golay filter of odd width w >= 3: the derivative `order` of the polynomial
//             of degree `order` fitted to w frames; at the edges that of the first or last w frames
//             (librosa.feature.delta, mode = "interp"); needs n_frames >= w
// Error: 1e-6 of the largest value in reach (the filter's taps are float32); of double 1e-15 width.
#pragma once

#include <cstddef>

#include "quaver/core/buffer.hpp"

namespace quaver {

struct DeltaPlan {
  DeltaPlan(std::size_t width, std::size_t order);

  std::size_t width, order;
  Buffer<float> taps;  // width
  Buffer<double> exact_taps;
};

// Of each of n_rows rows of n_frames values, n_frames >= width; out may not be values.
void delta_rows(const DeltaPlan& plan, const float* values, std::size_t n_rows,
                std::size_t n_frames, float* out);
void delta_rows(const DeltaPlan& plan, const double* values, std::size_t n_rows,
                std::size_t n_frames, double* out);

}  // namespace quaver
