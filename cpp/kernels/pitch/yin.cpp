// SPDX-License-Identifier: BSD-3-Clause
// Frames lie in lanes. The autocorrelation takes nearly all the time: sixteen lags of four samples
// are summed at once, 64 multiplications on 23 loads, which two FMA units can keep up with. A
// target of 16 registers takes eight lags of two samples.
#ifndef QV_TARGET

#include "quaver/pitch/yin.hpp"

#include "quaver/core/buffer.hpp"

namespace quaver {
// Zeros after the last sample, so that no tile of lags needs a remainder.
enum : std::size_t { kYinMargin = 32 };
}  // namespace quaver

#define QV_FILE "kernels/pitch/yin.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

void yin_difference(const YinPlan& plan, const double* samples, std::size_t n_frames, double* out) {
  const KernelTable& table = kernels();
  const std::size_t lanes = table.lanes / 2;
  Buffer<double> work((plan.frame_length + plan.max_period + 3 * kYinMargin) * lanes);
  for (std::size_t t = 0; t < n_frames; t += lanes) {
    const std::size_t n_valid = n_frames - t < lanes ? n_frames - t : lanes;
    table.yin_frames(plan, samples + t * plan.hop_length, n_valid, work.data(),
                     out + t * plan.n_lags());
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

namespace quaver::QV_TARGET {

#if QV_WIDTH == 16
enum : std::size_t { kTileLags = 16, kTileSamples = 4 };
#else
enum : std::size_t { kTileLags = 8, kTileSamples = 2 };
#endif
static_assert(kTileLags + kTileSamples <= kYinMargin, "zeros after a frame must cover a tile");

// `frames` (length + kYinMargin, kLanesD) ends in zeros.
static void autocorrelate(const double* frames, std::size_t length, std::size_t n_lags,
                          double* out) {
  for (std::size_t k = 0; k < n_lags; k += kTileLags) {
    VecD sums[kTileLags] = {};
    for (std::size_t m = 0; m + k < length; m += kTileSamples) {
      VecD sample[kTileSamples];
#pragma GCC unroll 4
      for (std::size_t i = 0; i < kTileSamples; ++i) sample[i] = LoadU(frames + (m + i) * kLanesD);
#pragma GCC unroll 32
      for (std::size_t j = 0; j + 1 < kTileLags + kTileSamples; ++j) {
        const VecD later = LoadU(frames + (m + k + j) * kLanesD);
#pragma GCC unroll 4
        for (std::size_t i = 0; i < kTileSamples; ++i) {
          if (j >= i && j - i < kTileLags) sums[j - i] = MulAdd(sample[i], later, sums[j - i]);
        }
      }
    }
    for (std::size_t j = 0; j < kTileLags; ++j) StoreU(out + (k + j) * kLanesD, sums[j]);
  }
}

void yin_frames(const YinPlan& plan, const double* samples, std::size_t n_valid, double* work,
                double* out) {
  const std::size_t length = plan.frame_length, n_lags = plan.n_lags();
  double* const correlation = work + (length + kYinMargin) * kLanesD;
  for (std::size_t m = 0; m < length + kYinMargin; ++m) {
    for (std::size_t i = 0; i < kLanesD; ++i) {
      const bool inside = m < length && i < n_valid;
      work[m * kLanesD + i] = inside ? samples[i * plan.hop_length + m] : 0.0;
    }
  }
  autocorrelate(work, length, plan.max_period + 1, correlation);
  const VecD first = LoadU(correlation);
  VecD energy{}, sum{};
  for (std::size_t k = 1; k <= plan.max_period; ++k) {
    const VecD y = LoadU(work + (k - 1) * kLanesD);
    energy += y * y;
    VecD d = 2.0 * (first - LoadU(correlation + k * kLanesD));
    if (k > 1) d -= energy;
    sum += d;
    if (k < plan.min_period) continue;
    const VecD ratio = d / (sum / static_cast<double>(k) + plan.tiny);
    double* const to = out + (k - plan.min_period);
    for (std::size_t i = 0; i < n_valid; ++i) to[i * n_lags] = ratio[i];
  }
}

}  // namespace quaver::QV_TARGET

#endif
