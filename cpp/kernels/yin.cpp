// SPDX-License-Identifier: BSD-3-Clause
// The autocorrelation takes nearly all the time. Lags lie in lanes: one sample, broadcast, times
// the samples from each lag on. Eight registers of lags keep two FMA units busy (4 cycles of
// latency each), and a frame of 2,048 doubles stays in the first-level cache.
#ifndef QV_TARGET

#include "quaver/yin.hpp"

#include <vector>

#define QV_FILE "kernels/yin.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

void yin_difference(const YinPlan& plan, const double* samples, std::size_t n_frames, double* out) {
  const std::size_t block = 8 * kernels().lanes;
  std::vector<double> frame(plan.frame_length + plan.max_period + 2 * block, 0.0);
  std::vector<double> correlation(plan.max_period + 1 + block);
  for (std::size_t t = 0; t < n_frames; ++t) {
    const double* const from = samples + t * plan.hop_length;
    for (std::size_t m = 0; m < plan.frame_length; ++m) frame[m] = from[m];
    kernels().autocorrelate(frame.data(), plan.frame_length, plan.max_period + 1,
                            correlation.data());
    double energy = 0.0, sum = 0.0;
    double* const row = out + t * plan.n_lags();
    for (std::size_t k = 1; k <= plan.max_period; ++k) {
      energy += frame[k - 1] * frame[k - 1];
      const double d = 2.0 * (correlation[0] - correlation[k]) - energy;
      sum += d;
      if (k < plan.min_period) continue;
      row[k - plan.min_period] = d / (sum / static_cast<double>(k) + plan.tiny);
    }
  }
}

double parabolic_shift(const double* row, std::size_t n, std::size_t i) {
  if (i == 0 || i + 1 >= n) return 0.0;
  const double a = row[i + 1] + row[i - 1] - 2.0 * row[i];
  const double b = (row[i + 1] - row[i - 1]) / 2.0;
  return std::fabs(b) >= std::fabs(a) ? 0.0 : -b / a;
}

bool is_trough(const double* row, std::size_t n, std::size_t i) {
  if (i == 0) return row[0] < row[1];
  return row[i] < row[i - 1] && (i + 1 == n || row[i] <= row[i + 1]);
}

void yin_period(const YinPlan& plan, const double* difference, std::size_t n_frames,
                double trough_threshold, double* out) {
  const std::size_t n = plan.n_lags();
  for (std::size_t t = 0; t < n_frames; ++t) {
    const double* const row = difference + t * n;
    std::size_t best = 0, smallest = 0;
    while (best < n && !(row[best] < trough_threshold && is_trough(row, n, best))) ++best;
    if (best == n) {
      for (std::size_t i = 1; i < n; ++i) {
        if (row[i] < row[smallest]) smallest = i;
      }
      best = smallest;
    }
    out[t] = static_cast<double>(plan.min_period + best) + parabolic_shift(row, n, best);
  }
}

}  // namespace quaver

#else

#include "simd/vec_double.hpp"

namespace quaver::QV_TARGET {

// `frame` is followed by as many zeros as the last block of lags reaches beyond it.
void autocorrelate(const double* frame, std::size_t length, std::size_t n_lags, double* out) {
  enum : std::size_t { kRegisters = 8 };
  for (std::size_t k = 0; k < n_lags; k += kRegisters * kLanesD) {
    VecD sums[kRegisters] = {};
    for (std::size_t m = 0; m + k < length; ++m) {
      const VecD sample = SetD(frame[m]);
      for (std::size_t j = 0; j < kRegisters; ++j) {
        sums[j] = MulAdd(sample, LoadU(frame + m + k + j * kLanesD), sums[j]);
      }
    }
    for (std::size_t j = 0; j < kRegisters; ++j) StoreU(out + k + j * kLanesD, sums[j]);
  }
}

}  // namespace quaver::QV_TARGET

#endif
