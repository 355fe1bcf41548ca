// SPDX-License-Identifier: BSD-3-Clause
// Modulation spectrum of rows of frames: how strongly each changes in 0.5 - 2, 2 - 4, 4 - 8, 8 - 16
// and 16 - 32 Hz, as 10 log10(0.1 + its variance in that band).
//   Segments of n frames, the least power of two of 2.5 s, overlap by at least half and reach from
//   end to end; fewer frames are one segment. From each its mean is taken off; it is weighed by a
//   window sin^2(pi (t + 1) / (length + 1)), filled up with zeros to n, and transformed to X.
//   variance of a band = mean over segments of sum 2 |X[k]|^2 / (n sum window^2),
//   over bins k of lowest <= k rate / n < highest (Welch 1967).
// Sums are float64. Error below 1e-4 dB.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft.hpp"

namespace quaver {

constexpr double kModulationEdges[] = {0.5, 2.0, 4.0, 8.0, 16.0, 32.0};  // Hz
constexpr std::size_t kNumModulations = sizeof(kModulationEdges) / sizeof(kModulationEdges[0]) - 1;

struct ModulationPlan {
  // frame_rate: frames a second; std::invalid_argument below 64, where the last band would end, and
  // above 10,000, whose segments are of no use.
  explicit ModulationPlan(double frame_rate);

  std::size_t n;  // frames of a segment
  FftPlan<double> fft;
  std::vector<double> window;                   // of n frames
  std::size_t first_bins[kNumModulations + 1];  // of each band, and one beyond the last
};

// Working memory of a call.
struct ModulationScratch {
  void reserve(const ModulationPlan& plan, std::size_t n_rows, std::size_t n_frames);
  std::vector<double> window;  // of a segment, at most plan.n
  Buffer<double> frames, work, power;
  std::vector<double> variances;  // (n_rows, kNumModulations)
};

// Row i begins at rows + i stride; out: (n_rows, kNumModulations), decibel.
void modulation(const ModulationPlan& plan, const float* rows, std::size_t stride,
                std::size_t n_rows, std::size_t n_frames, ModulationScratch& scratch, float* out);

}  // namespace quaver
