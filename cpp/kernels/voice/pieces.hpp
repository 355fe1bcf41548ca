// SPDX-License-Identifier: BSD-3-Clause
// Long recordings in pieces, so that the spectra of their frames need not all be kept.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "quaver/pipelines/extract.hpp"

namespace quaver {

// Frames whose spectra are kept from pitch to harmonics, 17 MB at 16 kHz; those of a longer
// recording are computed again.
constexpr std::size_t kKeptFrames = 8192;

inline std::size_t size_of(SampleType type) {
  switch (type) {
    case SampleType::int16: return sizeof(std::int16_t);
    case SampleType::float32: return sizeof(float);
    case SampleType::float64: return sizeof(double);
  }
  return 0;
}

// The samples of n frames from one on.
inline Samples part_of(const FramingPlan& framing, const Samples& samples, std::size_t first,
                       std::size_t n) {
  const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(first * framing.hop_length) *
                            samples.stride * static_cast<std::ptrdiff_t>(size_of(samples.type));
  Samples part = samples;
  part.data = static_cast<const char*>(samples.data) + at;
  part.size = framing.frame_length + (n - 1) * framing.hop_length;
  return part;
}

// Calls work(first, n, samples) of every kKeptFrames of n_frames.
template <class Work>
void each_piece(const FramingPlan& framing, const Samples& samples, std::size_t n_frames,
                const Work& work) {
  for (std::size_t first = 0; first < n_frames; first += kKeptFrames) {
    const std::size_t n = std::min(kKeptFrames, n_frames - first);
    work(first, n, part_of(framing, samples, first, n));
  }
}

}  // namespace quaver
