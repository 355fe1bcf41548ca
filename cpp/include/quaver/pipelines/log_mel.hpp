// SPDX-License-Identifier: BSD-3-Clause
// Log-mel spectrogram with librosa's STFT framing, (n_frames, n_mels) row-major.
//   frame t is centred at t hop (center) and zero-padded at both ends, window periodic and centred
//   in n_fft; then 10 log10(max(amin, mel)), mel from P = X^2 (power 2) or X (power 1).
// Within 60 dB of the frame's largest band the error is below 1e-3 dB.
#pragma once

#include <cstddef>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft.hpp"
#include "quaver/framing/framing.hpp"
#include "quaver/spectrum/mel.hpp"

namespace quaver {

struct LogMelOptions {
  FramingOptions framing;  // frame_length: the window's length, <= n_fft
  MelOptions mel;
  bool center = true;
  bool magnitude = false;  // power 1 instead of 2
};

struct LogMelPlan {
  explicit LogMelPlan(const LogMelOptions& options);

  FramingPlan framing;
  FftPlan<float> fft;
  MelPlan mel;
  bool magnitude;
  std::size_t n_fft;
  std::size_t pad;          // zeros ahead of the signal: n_fft / 2 when centred
  std::size_t window_lead;  // (n_fft - frame_length) / 2

  std::size_t count(std::size_t n_samples) const;  // frames
};

class LogMelWorkspace {
 public:
  void reserve(const LogMelPlan& plan, std::size_t lanes);
  std::size_t size() const;  // values, of all stages
  Buffer<float> raw, linear, phases, frames, work, power, magnitude, mel_db;
};

}  // namespace quaver
