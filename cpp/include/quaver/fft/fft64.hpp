// SPDX-License-Identifier: BSD-3-Clause
// Spectrum of a block of real frames of any length n >= 1, in float64, frames in lanes.
//   X[k] = sum_j s[j] exp(-2 pi i j k / n),  k = 0 .. floor(n / 2), times Fft64Plan::gain
// Even n: a complex transform of n/2 points and the real post-pass; odd n: a complex one of n
// points. Mixed-radix Stockham for prime factors up to kMaxRadix, Bluestein (1970) beyond;
// multiples of 32 from 512 on in 16 columns, each of which stays in the first cache; powers of two
// from 256 to 4096 by the shorter way of two_passes.hpp. Error of the amplitude: below 1e-14 of the
// spectrum's root sum of squares for n <= 65536.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/core/dispatch.hpp"

namespace quaver {

// What is emitted of each bin: X or |X|^2, in float64, or rounded to float32 into half a register.
enum class Bins64 { complex, power, complex32, power32 };

struct Fft64Pass {
  std::size_t radix;
  std::size_t n_groups;  // butterflies with different twiddles
  std::size_t stride;    // butterflies that share one
  std::size_t twiddles;  // offset into Fft64Plan::twiddles: n_groups * (radix - 1) * (re, im)
  std::size_t roots;     // offset into Fft64Plan::roots: radix * (cos, sin)
};

struct Fft64Plan {
  explicit Fft64Plan(std::size_t n);

  static constexpr std::size_t kMaxRadix = 61, kMaxPasses = 32;
  static constexpr std::size_t kColumns = 16, kRowTable = 2 * (kColumns - 1) + 2 * kColumns;
  std::size_t n, n_bins;
  std::size_t n_complex;    // points of the complex transform
  double gain;              // left for callers to take out with a scale of their own
  std::size_t n_convolved;  // points of Bluestein's convolution, 0 without one
  std::size_t n_columns;    // columns_of() in rfft.hpp
  std::size_t n_rows;       // n_complex / 16: points of each of 16 columns' transforms, or 0
  std::size_t n_passes = 0;
  Fft64Pass passes[kMaxPasses];
  Buffer<double> twiddles, roots;
  Buffer<double> post;   // cos, sin of 2 pi k / n, k = 0 .. n / 4
  Buffer<double> rows;   // a row: twiddles of points 1 .. 15, cos and sin of its 16 bins' post-pass
  Buffer<double> turns;  // of n_columns: column_turns() in rfft.hpp
  Buffer<double> chirp;  // exp(-i pi j^2 / n_complex)
  Buffer<double> chirp_spectrum;  // of the conjugate chirp, / n_convolved
  // For each SIMD target and bin, where power64_phases leaves it.
  std::vector<unsigned> place_list;
  const unsigned* places[kNumTargets];

  std::size_t row_step(std::size_t lanes) const;  // odd registers: rows must not share cache sets
  // Doubles of workspace for a block of `lanes` frames.
  std::size_t work_size(std::size_t lanes) const;
};

}  // namespace quaver
