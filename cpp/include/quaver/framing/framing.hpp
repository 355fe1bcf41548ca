// SPDX-License-Identifier: BSD-3-Clause
// From samples to windowed frames.
//   pre-emphasis  y[n] = x[n] - c x[n-1], y[0] = x[0]
//   frame t       y[t hop .. t hop + frame_length), times the window, zeros up to n_fft
// int16 is scaled by 1/32768; float64 is rounded to float32. Pre-emphasis uses c in two float32
// parts and fused multiply-add (float64 without FMA): error below 1 ulp of the result, so that the
// cancellation of neighbouring samples loses nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/core/dispatch.hpp"
#include "quaver/framing/layout.hpp"

namespace quaver {

enum class SampleType { int16, float32, float64 };

// A view of mono samples; stride counts elements and may be negative.
struct Samples {
  const void* data;
  std::ptrdiff_t stride;
  std::size_t size;
  SampleType type;
  float before = 0.0f;  // the sample ahead of data[0], when a stream goes on
};

// Largest magnitude accepted: its power spectrum, summed, still fits float32. (The square of
// its summed magnitudes, which the flux needs, does up to 2^17 points.)
constexpr float kMaxMagnitude = 1e12f;
constexpr double kMaxMagnitude64 = 1e12;  // a little more: 1e12 is no float32

struct FramingOptions {
  std::size_t frame_length = 400;  // samples
  std::size_t hop_length = 160;    // samples
  std::size_t n_fft = 512;
  double pre_emphasis = 0.97;
  std::string window = "hamming";  // hamming | hann | blackman | boxcar
  bool periodic = false;           // symmetric, or periodic as in an STFT
};

struct FramingPlan {
  explicit FramingPlan(const FramingOptions& options);

  std::size_t frame_length, hop_length, n_fft;
  double pre_emphasis;
  float pre_high, pre_low;  // pre_emphasis = pre_high + pre_low
  Buffer<float> window;     // frame_length
  // As the transform takes the frames; its step is hop_length, or frame_length where that is less.
  FrameLayout<float> layout;
  // Where sample n of a frame lies among the phases of a block, for each SIMD target.
  std::vector<unsigned> offset_list;
  const unsigned* offsets[kNumTargets];

  std::size_t linear_size(std::size_t lanes) const;
};

// floor((n - frame_length) / hop_length) + 1, or 0 when not one frame fits.
std::size_t count_frames(std::size_t n_samples, std::size_t frame_length, std::size_t hop_length);

}  // namespace quaver
