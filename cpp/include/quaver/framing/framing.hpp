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
  std::size_t n_phases;  // min(hop_length, frame_length): phases that some frame reads
  std::size_t n_taps;    // ceil(frame_length / hop_length): columns a frame spans
  double pre_emphasis;
  float pre_high, pre_low;  // pre_emphasis = pre_high + pre_low
  Buffer<float> window;     // n_fft: frame_length values, then zeros
  // Where sample n of a frame lies among the phases of a block, for each SIMD target; n_fft
  // entries, those past the frame are 0.
  std::vector<unsigned> offset_list;
  const unsigned* offsets[kNumTargets];
  // Both again where n_fft = 32 B, sorted by column: sample 32 b + a here is sample a B + b.
  Buffer<float> column_window;
  std::vector<unsigned> column_offset_list;
  const unsigned* column_offsets[kNumTargets];

  // Floats needed for the linear samples and for the transposed ones of a block of `lanes` frames.
  std::size_t linear_size(std::size_t lanes) const;
  std::size_t phase_stride(std::size_t lanes) const;
  std::size_t phases_size(std::size_t lanes) const;

  // frame_length values in place of those that the options name.
  void use_window(const double* values);

 private:
  void sort_by_column();
};

// floor((n - frame_length) / hop_length) + 1, or 0 when not one frame fits.
std::size_t count_frames(std::size_t n_samples, std::size_t frame_length, std::size_t hop_length);

}  // namespace quaver
