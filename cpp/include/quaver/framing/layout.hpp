// SPDX-License-Identifier: BSD-3-Clause
// Where the samples of frames lie when a block of them, in lanes, is read from the signal's phases:
// sample q step + p of lane i is phases[p phase_stride + i + q], for every frame at once.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/core/dispatch.hpp"

namespace quaver {

// Samples of a frame or a transform, of which plans allocate multiples, and of a step over samples
// that nothing is allocated for. Below these, no product or sum of sizes wraps around.
constexpr std::size_t kLargestLength = std::size_t{1} << 22;
constexpr std::size_t kLargestStep = std::size_t{1} << 62;
// Values of a table that is held in full: a filter bank, a cosine transform.
constexpr std::size_t kLargestTable = std::size_t{1} << 27;

// `length`, or std::invalid_argument with its name where it is larger.
std::size_t checked_length(const char* name, std::size_t length,
                           std::size_t largest = kLargestLength);

template <class T>
struct FrameLayout {
  // `length` windowed samples, at least one, `lead` zeros before them in a transform of n_fft.
  FrameLayout(const double* window, std::size_t length, std::size_t step, std::size_t n_fft,
              std::size_t lead);

  std::size_t length, step, lead;
  std::size_t n_phases;  // min(step, length): phases that some frame reads
  std::size_t n_taps;    // ceil(length / step): columns a frame spans
  // n_fft values each: zeros, window over transform_gain(), zeros, and for each SIMD target the
  // offsets, 0 where the window is. Sorted by column where n_fft = 32 B has columns (columns_of):
  // sample 32 b + a here is sample a B + b.
  Buffer<T> window;
  std::vector<unsigned> offset_list;
  const unsigned* offsets[kNumTargets];

  std::size_t phase_stride(std::size_t lanes) const;
  std::size_t phases_size(std::size_t lanes) const;
  std::size_t linear_size(std::size_t lanes) const;  // whole tiles of the transpose
};

extern template struct FrameLayout<float>;
extern template struct FrameLayout<double>;

}  // namespace quaver
