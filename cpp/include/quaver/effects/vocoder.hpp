// SPDX-License-Identifier: BSD-3-Clause
// Phase vocoder (Flanagan & Golden 1966) on a spectrogram of (n_frames, n_bins) complex values,
// real and imaginary part side by side. Output frame t stands at position p[t] of the input, in
// frames: its magnitudes are interpolated between frames floor(p) and floor(p) + 1, frames beyond
// the end being zero, and each bin's phase moves on by the advance measured between those two.
// Angles, sines and cosines are accurate to 1e-15 relative, and phases summed in float64 whatever
// the input; they are reduced exactly up to 3e9 rad.
#pragma once

#include <cstddef>

namespace quaver {

struct VocoderPlan {
  std::size_t n_bins;
  const double* advance;    // (n_bins,) expected phase advance a frame, in rad
  const double* positions;  // (n_out,)
  std::size_t n_out;
};

void phase_vocoder(const VocoderPlan& plan, const float* in, std::size_t n_frames, float* out);
void phase_vocoder(const VocoderPlan& plan, const double* in, std::size_t n_frames, double* out);

}  // namespace quaver
