// SPDX-License-Identifier: BSD-3-Clause
// Jitter and shimmer of a voice from the periods of its waveform, as openSMILE 2.6 has them in its
// GeMAPS sets; found by comparing numbers.
// In a frame of pitch f0, P = rate / f0, the period at sample p is looked for among the lags
// floor(0.9 P) .. floor(1.1 P): c[t] is Pearson's correlation of x[p, p + t) and x[p + t, p + 2 t),
// t the highest local maximum of it inside of the range, T and v the place and the height of the
// vertex of a parabola there. It counts where v > 1/2. The next one begins at p + t, or at
// p + floor(P + 1/2) where there is no maximum.
// The first frame of a voice begins at its first sample s, another where the frame before has come
// to; if that is at s - 1 or beyond, where the frame before has begun. It takes one period, and
// further ones while p + 2 floor(1.1 P) + 4 <= s + hop. Over those that count,
//   jitter   mean |T - T of the one before| / mean T, at most 1; differences below 1e-5 samples,
//            which rounding makes where a period is found anew, are 0
//   shimmer  20 log10(1 + min(1, sum |A' - A| / sum (A' + A) / 2)) dB, A and A' largest less
//            smallest of x[p + 1, p + t - 1) and of x[p + t + 1, p + 2 t - 1)
// Frames in which none counts have those of the frame before. The one before a voice's first is
// none; jitter and shimmer begin with 0. Where f0 is 0 both are.
// A lag has no c, and no maximum is beside it, where one of the deviations is below 1e-15 or 1e-6
// of the mean over the longest two periods. Error 1e-5 of jitter, 1e-4 dB of shimmer; where two
// maxima are as high as rounding can tell, either.
#pragma once

#include <cstddef>

#include "quaver/core/buffer.hpp"
#include "quaver/framing/framing.hpp"

namespace quaver {

struct PeriodsPlan {
  explicit PeriodsPlan(double sample_rate);  // as of PitchPlan
  static constexpr std::size_t kColumns = 2;

  double sample_rate;
  std::size_t frame_length, hop_length;
  std::size_t longest_lag, n_lags;  // at most

  std::size_t count(std::size_t n_samples) const;  // frames, 0 where none fits
};

class PeriodsWorkspace {
 public:
  void reserve(const PeriodsPlan& plan, std::size_t lanes);
  Buffer<float> window, products;
  Buffer<double> own, next, offsets, correlations;
};

// f0: (plan.count(samples.size),), out: (n_frames, kColumns). std::invalid_argument for samples
// that are not finite and pitches that are neither 0 nor between 50 and 2000 Hz.
void jitter_shimmer(const PeriodsPlan& plan, const Samples& samples, const float* f0, float* out);

}  // namespace quaver
