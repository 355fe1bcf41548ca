// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/time/delta.hpp"

#include <stdexcept>
#include <string>

#include "quaver/framing/layout.hpp"

#define QV_FILE "kernels/time/delta.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

DeltaPlan::DeltaPlan(std::size_t width_, std::size_t order_)
    : width(checked_length("width", width_)), order(order_), taps(width_) {
  if (order != 1 && order != 2) {
    throw std::invalid_argument("order must be 1 or 2, got " + std::to_string(order));
  }
  if (width == 0) return;
  if (width < 3 || width % 2 == 0) {
    throw std::invalid_argument("width must be odd and at least 3, got " + std::to_string(width));
  }
  // Least squares over j = -h .. h: the slope is sum j f / sum j^2; the second derivative is twice
  // the coefficient of j^2, whose regressor is j^2 less its mean (Savitzky & Golay 1964).
  const double half = static_cast<double>(width / 2);
  const double mean_square = half * (half + 1) / 3.0;
  double norm = 0.0;
  for (std::size_t pass = 0; pass < 2; ++pass) {
    for (std::size_t i = 0; i < width; ++i) {
      const double j = static_cast<double>(i) - half;
      const double regressor = order == 1 ? j : j * j - mean_square;
      if (pass == 0)
        norm += regressor * regressor;
      else
        taps[i] = static_cast<float>((order == 1 ? 1.0 : 2.0) * regressor / norm);
    }
  }
}

void delta_rows(const DeltaPlan& plan, const float* values, std::size_t n_rows,
                std::size_t n_frames, float* out) {
  const auto delta_row = kernels().delta_row;
  for (std::size_t row = 0; row < n_rows; ++row) {
    delta_row(plan, values + row * n_frames, n_frames, out + row * n_frames);
  }
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

static void difference(const float* row, std::size_t n, float* out) {
  for (std::size_t t = 1; t < n; ++t) out[t] = row[t] - row[t - 1];
  out[0] = 0.0f;
}

// Backwards, so that out may be row.
static void difference_in_place(float* row, std::size_t n) {
  for (std::size_t t = n - 1; t > 0; --t) row[t] -= row[t - 1];
  row[0] = 0.0f;
}

static void savitzky_golay(const DeltaPlan& plan, const float* row, std::size_t n, float* out) {
  const std::size_t half = plan.width / 2;
  std::size_t t = half;
  for (; t + half + kLanesD <= n; t += kLanesD) {
    VecD sum{};
    for (std::size_t i = 0; i < plan.width; ++i) {
      sum = MulAdd(LoadWide(row + t - half + i), Set(static_cast<double>(plan.taps[i])), sum);
    }
    StoreNarrow(out + t, sum);
  }
  for (; t + half < n; ++t) {
    double sum = 0.0;
    for (std::size_t i = 0; i < plan.width; ++i) {
      sum += static_cast<double>(plan.taps[i]) * static_cast<double>(row[t - half + i]);
    }
    out[t] = static_cast<float>(sum);
  }
  // The highest derivative of the fitted polynomial is constant over the edge.
  for (std::size_t i = 0; i < half; ++i) {
    out[i] = out[half];
    out[n - 1 - i] = out[n - 1 - half];
  }
}

void delta_row(const DeltaPlan& plan, const float* row, std::size_t n_frames, float* out) {
  if (n_frames == 0) return;
  if (plan.width != 0) return savitzky_golay(plan, row, n_frames, out);
  difference(row, n_frames, out);
  if (plan.order == 2) difference_in_place(out, n_frames);
}

}  // namespace quaver::QV_TARGET

#endif
