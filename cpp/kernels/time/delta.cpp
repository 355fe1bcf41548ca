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
    : width(checked_length("width", width_)), order(order_), taps(width_), exact_taps(width_) {
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
        exact_taps[i] = (order == 1 ? 1.0 : 2.0) * regressor / norm;
    }
  }
  for (std::size_t i = 0; i < width; ++i) taps[i] = static_cast<float>(exact_taps[i]);
}

void delta_rows(const DeltaPlan& plan, const float* values, std::size_t n_rows,
                std::size_t n_frames, float* out) {
  const auto delta_row = kernels().delta_row;
  for (std::size_t row = 0; row < n_rows; ++row) {
    delta_row(plan, values + row * n_frames, n_frames, out + row * n_frames);
  }
}
void delta_rows(const DeltaPlan& plan, const double* values, std::size_t n_rows,
                std::size_t n_frames, double* out) {
  const auto delta_row = kernels().delta_row_wide;
  for (std::size_t row = 0; row < n_rows; ++row) {
    delta_row(plan, values + row * n_frames, n_frames, out + row * n_frames);
  }
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

template <class T>
static void difference(const T* row, std::size_t n, T* out) {
  for (std::size_t t = 1; t < n; ++t) out[t] = row[t] - row[t - 1];
  out[0] = T{};
}

// Backwards, so that out may be row.
template <class T>
static void difference_in_place(T* row, std::size_t n) {
  for (std::size_t t = n - 1; t > 0; --t) row[t] -= row[t - 1];
  row[0] = T{};
}

static inline VecD wide(const float* p) { return LoadWide(p); }
static inline VecD wide(const double* p) { return LoadU(p); }
static inline void store(float* p, VecD v) { StoreNarrow(p, v); }
static inline void store(double* p, VecD v) { StoreU(p, v); }

template <class T>
static void savitzky_golay(const DeltaPlan& plan, const Buffer<T>& taps, const T* row,
                           std::size_t n, T* out) {
  const std::size_t half = plan.width / 2;
  std::size_t t = half;
  for (; t + half + kLanesD <= n; t += kLanesD) {
    VecD sum{};
    for (std::size_t i = 0; i < plan.width; ++i) {
      sum = MulAdd(wide(row + t - half + i), Set(static_cast<double>(taps[i])), sum);
    }
    store(out + t, sum);
  }
  for (; t + half < n; ++t) {
    double sum = 0.0;
    for (std::size_t i = 0; i < plan.width; ++i) {
      sum += static_cast<double>(taps[i]) * static_cast<double>(row[t - half + i]);
    }
    out[t] = static_cast<T>(sum);
  }
  // The highest derivative of the fitted polynomial is constant over the edge.
  for (std::size_t i = 0; i < half; ++i) {
    out[i] = out[half];
    out[n - 1 - i] = out[n - 1 - half];
  }
}

template <class T>
static void run_delta(const DeltaPlan& plan, const Buffer<T>& taps, const T* row,
                      std::size_t n_frames, T* out) {
  if (n_frames == 0) return;
  if (plan.width != 0) return savitzky_golay(plan, taps, row, n_frames, out);
  difference(row, n_frames, out);
  if (plan.order == 2) difference_in_place(out, n_frames);
}

void delta_row(const DeltaPlan& plan, const float* row, std::size_t n_frames, float* out) {
  run_delta(plan, plan.taps, row, n_frames, out);
}
void delta_row_wide(const DeltaPlan& plan, const double* row, std::size_t n_frames, double* out) {
  run_delta(plan, plan.exact_taps, row, n_frames, out);
}

}  // namespace quaver::QV_TARGET

#endif
