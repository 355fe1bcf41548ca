// SPDX-License-Identifier: BSD-3-Clause
// YIN (de Cheveigne & Kawahara 2002) as librosa 0.11 computes it. With the autocorrelation
// r(k) = sum y[m] y[m + k] of a frame of N samples, m < N - k:
//   d(k)  = 2 (r(0) - r(k)) - sum_{m < k} y[m]^2, but d(1) = 2 (r(0) - r(1))
//   d'(k) = d(k) / (mean of d(1) .. d(k) + tiny), min_period <= k <= max_period
// All in float64, since d is a difference of sums of N squares. Error of d' 1e-13 r(0) / mean.
#pragma once

#include <cstddef>

namespace quaver {

struct YinPlan {
  std::size_t frame_length, hop_length;
  std::size_t min_period, max_period;  // in samples; 1 <= min_period < max_period < frame_length
  double tiny;

  std::size_t n_lags() const { return max_period - min_period + 1; }
};

// d' of frames of `samples`, into out (n_frames, n_lags). Frame t starts at t * hop_length.
void yin_difference(const YinPlan& plan, const double* samples, std::size_t n_frames, double* out);

// The shift of the vertex of a parabola through row[i - 1], row[i], row[i + 1]; 0 at both ends and
// where it would exceed one step.
double parabolic_shift(const double* row, std::size_t n, std::size_t i);
// Whether row[i] lies below its left neighbour and not above its right one; the first one needs to
// lie below its right neighbour, the last one below its left.
bool is_trough(const double* row, std::size_t n, std::size_t i);

// Period of each frame in samples: of the first trough below the threshold, or of the smallest
// d', refined by a parabola. `difference` is (n_frames, n_lags).
void yin_period(const YinPlan& plan, const double* difference, std::size_t n_frames,
                double trough_threshold, double* out);

}  // namespace quaver
