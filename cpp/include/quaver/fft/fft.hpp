// SPDX-License-Identifier: BSD-3-Clause
// Spectrum of a block of real frames of any length n >= 1, frames in lanes, in T = float or double.
//   X[k] = sum_j s[j] exp(-2 pi i j k / n),  k = 0 .. floor(n / 2), times FftPlan::gain
// Even n: a complex transform of n/2 points and the real post-pass; odd n: a complex one of n
// points. Mixed-radix Stockham for prime factors up to kMaxRadix, Bluestein (1970) beyond;
// multiples of 32 from 512 on in 16 columns, each of which stays in the first cache; powers of two
// from 256 to 4096 by the shorter way of two_passes.hpp. Error of the amplitude: in double below
// 1e-14 of the spectrum's root sum of squares for n <= 65536, in float below 4e-7 for n <= 8192.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/core/dispatch.hpp"

namespace quaver {

// What is emitted of each bin: X, |X|^2 or, in float, |X|, in T, or rounded from double into half a
// register of floats.
enum class Bins { complex, power, magnitude, complex32, power32 };

struct FftPass {
  std::size_t radix;
  std::size_t n_groups;  // butterflies with different twiddles
  std::size_t stride;    // butterflies that share one
  std::size_t twiddles;  // offset into FftPlan::twiddles: n_groups * (radix - 1) * (re, im)
  std::size_t roots;     // offset into FftPlan::roots: radix * (cos, sin)
};

template <class T>
struct FftPlan {
  // std::invalid_argument for n = 0 or above kLargestLength (layout.hpp).
  // is_packed: the complex transform and its post-pass alone, as an inverse needs them.
  explicit FftPlan(std::size_t n, bool is_packed = false);

  static constexpr std::size_t kMaxRadix = 61, kMaxPasses = 32;
  static constexpr std::size_t kColumns = 16, kRowTable = 2 * (kColumns - 1) + 2 * kColumns;
  std::size_t n, n_bins;
  std::size_t n_complex;    // points of the complex transform
  double gain;              // transform_gain(), left for callers to take out
  std::size_t n_convolved;  // points of Bluestein's convolution, 0 without one
  std::size_t n_columns;    // columns_of()
  std::size_t n_rows;       // n_complex / 16: points of each of 16 columns' transforms, or 0
  std::size_t n_passes = 0;
  FftPass passes[kMaxPasses];
  Buffer<T> twiddles, roots;
  Buffer<T> post;   // cos, sin of 2 pi k / n, k = 0 .. n / 4
  Buffer<T> rows;   // a row: twiddles of points 1 .. 15, cos and sin of its 16 bins' post-pass
  Buffer<T> turns;  // of n_columns, for each row c = 0 .. 16 of two_passes.hpp
  Buffer<T> chirp;  // exp(-i pi j^2 / n_complex)
  Buffer<T> chirp_spectrum;  // of the conjugate chirp, / n_convolved
  // For each SIMD target and bin, where power_phases leaves it.
  std::vector<unsigned> place_list;
  const unsigned* places[kNumTargets];

  std::size_t row_step(std::size_t lanes) const;  // odd registers: rows must not share cache sets
  // Values of workspace for a block of `lanes` frames.
  std::size_t work_size(std::size_t lanes) const;
};

extern template struct FftPlan<float>;
extern template struct FftPlan<double>;

// B = n / 32 for the lengths that two_passes.hpp transforms, powers of two from 256 to 4096, or 0;
// and where sample n of a frame is in tables that its first pass reads, column by column.
std::size_t columns_of(std::size_t n_fft);
std::size_t place_in_columns(std::size_t n, std::size_t n_columns);
double transform_gain(std::size_t n_fft);

}  // namespace quaver
