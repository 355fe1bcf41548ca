// SPDX-License-Identifier: BSD-3-Clause
// Power spectrum of a block of real frames, frames in lanes.
//   P[k] = |sum_n s[n] exp(-2 pi i k n / n_fft)|^2,  k = 0 .. n_fft / 2
// A complex Stockham FFT of n_fft/2 points (radices 4, 2, 3, 5; no bit reversal) on the packed
// frame s[2n] + i s[2n+1], then the real post-pass, which emits power directly. Powers of two from
// 256 to 4096 have a shorter way (rfft_columns.cpp).
// n_fft: even, >= 4, no prime factor above 5. Error of the amplitude: below 4e-7 of the
// spectrum's root sum of squares for n_fft <= 8192.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/core/buffer.hpp"

namespace quaver {

struct RfftPass {
  std::size_t radix;
  std::size_t n_groups;  // m: butterflies with different twiddles
  std::size_t stride;    // s: butterflies that share one
  std::size_t twiddles;  // offset into RfftPlan::twiddles: n_groups * (radix - 1) * (re, im)
};

struct RfftPlan {
  explicit RfftPlan(std::size_t n_fft);

  static constexpr std::size_t kMaxPasses = 32;
  std::size_t n_fft, n_bins;
  std::size_t n_passes = 0;
  RfftPass passes[kMaxPasses];
  Buffer<float> twiddles;
  Buffer<float> post;     // cos, sin of 2 pi k / n_fft, k = 0 .. n_fft / 4
  std::size_t n_columns;  // columns_of()
  Buffer<float> turns;    // column_turns()
};

// B = n / 32 for the lengths that two_passes.hpp transforms, powers of two from 256 to 4096, or 0;
// and where sample n of a frame is in tables that its first pass reads, column by column.
std::size_t columns_of(std::size_t n_fft);
std::size_t place_in_columns(std::size_t n, std::size_t n_columns);
// For each row c = 0 .. 16 of two_passes.hpp, as cos and sin of 2 pi x / n_fft: x = B2 i c,
// i = 1 .. B1 - 1, then, where B2 > 1, x = j (c + 32 k), j = 0 .. B2 - 1 by k = 0 .. B1 - 1.
std::vector<double> column_turns(std::size_t n_fft);

// Floats of scratch that a block of `lanes` frames needs.
std::size_t power_spectrum_work(const RfftPlan& plan, std::size_t lanes);

}  // namespace quaver
