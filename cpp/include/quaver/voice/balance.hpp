// SPDX-License-Identifier: BSD-3-Clause
// The descriptors of GeMAPS (Eyben et al., The Geneva minimalistic acoustic parameter set for voice
// research and affective computing, IEEE Trans. Affective Computing 7(2), 2016) and of its extended
// set that need no pitch, as openSMILE 2.6 gives them before it smooths over frames.
// Frames of N = round(0.02 rate) samples every round(0.01 rate), symmetric Hamming window, n_fft
// the next power of two; X the magnitudes, P = X^2, with full scale at 32767; f[k] = k 50 N /
// n_fft.
//   B[m]              26 triangles of unit height on mel(f) = 1127 ln(1 + f / 700) between 20 Hz
//                     and min(8000 Hz, rate / 2), from bin floor(20 / f[1] + 1.5) on (HTK book)
//   loudness          mean of (w(2 pi c[m]) max(B[m], 9.3e-10))^0.33, c the bands' centres and
//                     w(o) = (o^2 + 56.8e6) o^4 / ((o^2 + 6.3e6)^2 (o^2 + 0.38e9))
//                            / (0.17 + 1e-32 o^7), after Hermansky, PLP analysis of speech (1990)
//   alpha_ratio       10 log10(sum P of 1000 <= f <= 5000 / sum P of f < 1000), in dB
//   hammarberg_index  10 log10(max P of f < 2000 / max P of 2000 <= f <= 5000), in dB
//   slope_0_500, slope_500_1500
//                     of the line through L = 10 log10(max(P, 1e-14)), in dB per Hz. Bins from
//                     a = floor(low / f[1]) to b = floor(high / f[1]) with weights w: 1, at a
//                     a + 1 - low / f[1], at b high / f[1] - b unless that is 0; n = b - a (sic):
//                     sum w L (n f - s) / (n sum (w f)^2 - s^2), s = sum w f
//   flux_0_5000       root of the mean over the bins of f < 5000 of (X_t - X_{t-1})^2, 0 at first
//   htk_mfcc_1 .. 4   sqrt(2 / 26) (1 + 11 sin(pi k / 22))
//                     sum_m ln(max(B[m], 32767^-2)) cos(pi k (m + 0.5) / 26)
// Ratios of which a part is 0 are 0. The error is that of the float32 spectrum: 1e-5 of a frame's
// loudness, in dB and for cepstra 1e-3 where the weakest bin that counts is within 60 dB of the
// frame's strongest.
#pragma once

#include <cstddef>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft.hpp"
#include "quaver/framing/framing.hpp"
#include "quaver/spectrum/bank.hpp"

namespace quaver {

// A line through the decibels of bins: their weights in its slope.
struct SlopePlan {
  SlopePlan(double low_hz, double high_hz, double bin_width);

  std::size_t first, n_bins;
  Buffer<float> weights;  // of the bins from `first` on
};

struct BalancePlan {
  // rate: at least kLowestRate, below which nothing lies between 1500 and 5000 Hz.
  explicit BalancePlan(double sample_rate);
  static constexpr double kLowestRate = 8000.0;
  static constexpr std::size_t kBands = 26, kCepstra = 4, kColumns = 6 + kCepstra;

  FramingPlan framing;
  FftPlan<float> fft;
  double bin_width;          // Hz
  FilterBank<float> bank;    // times (32768 / 32767)^2
  Buffer<float> equal_loud;  // w of each band
  Buffer<float> cosines;     // (kCepstra, kBands), of decibels
  SlopePlan low_slope, high_slope;
  std::size_t n_below_1000, n_below_2000, n_to_5000, n_below_5000;  // bins

  std::size_t count(std::size_t n_samples) const;  // frames, 0 where none fits
};

class BalanceWorkspace {
 public:
  void reserve(const BalancePlan& plan, std::size_t lanes);
  Buffer<float> raw, linear, phases, frames, work, power, magnitude, bands, columns, previous;
};

// out: (plan.count(samples.size), kColumns). std::invalid_argument for samples that are not finite.
void spectral_balance(const BalancePlan& plan, const Samples& samples, float* out);

}  // namespace quaver
