// SPDX-License-Identifier: BSD-3-Clause
// Frames as the GeMAPS sets have them: one every 10 ms, transformed at the next power of two.
#pragma once

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "quaver/pipelines/extract.hpp"

namespace quaver {

inline std::size_t rounded(double x) { return static_cast<std::size_t>(std::floor(x + 0.5)); }

inline FramingOptions voice_frames(double sample_rate, double lowest_rate, double seconds,
                                   const char* window) {
  if (!(sample_rate >= lowest_rate)) {
    throw std::invalid_argument("sample_rate must be at least 8000 Hz, got " +
                                std::to_string(sample_rate));
  }
  const std::size_t length = checked_length("frame_length", rounded(seconds * sample_rate));
  std::size_t n_fft = 1;
  while (n_fft < length) n_fft *= 2;
  return {length, rounded(0.01 * sample_rate), n_fft, 0.0, window, false};
}

// Hz from bin to bin of the spectra of 60 ms.
inline double pitch_bin_width(std::size_t frame_length, std::size_t n_fft) {
  return static_cast<double>(frame_length) / 0.06 / static_cast<double>(n_fft);
}

// Hz; lags and harmonics of others would not fit into a frame.
constexpr double kLowestPitch = 50.0, kHighestPitch = 2000.0;

inline void require_pitches(const float* f0, std::size_t n_frames) {
  for (std::size_t t = 0; t < n_frames; ++t) {
    const double hz = static_cast<double>(f0[t]);
    if (hz == 0.0 || (hz >= kLowestPitch && hz <= kHighestPitch)) continue;
    throw std::invalid_argument("f0 must be 0 or between 50 and 2000 Hz, got " +
                                std::to_string(hz) + " of frame " + std::to_string(t));
  }
}

}  // namespace quaver
