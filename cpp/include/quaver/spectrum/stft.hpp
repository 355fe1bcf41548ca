// SPDX-License-Identifier: BSD-3-Clause
// Short-time Fourier transform and its inverse, with librosa's framing.
//   S[t][k] = sum_n w[n] y[t hop + lead + n - pad] exp(-2 pi i k (lead + n) / n_fft)
// w: win_length samples, centred in n_fft (lead = (n_fft - win_length) / 2); pad = n_fft / 2 zeros
// at both ends when centred, else 0. Emitted as complex, |S| or |S|^2, row-major
// (n_frames, n_bins), or summed over the bands of a filter bank, (n_bands, n_frames).
// The inverse adds the windowed frames up and divides by the sum of squared windows (Griffin &
// Lim, IEEE Trans. ASSP 32, 1984); samples that no window reaches stay as they are.
// Error: that of the transform, below 4e-7 of the frame's root sum of squares.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/rfft.hpp"
#include "quaver/framing/framing.hpp"
#include "quaver/spectrum/bank.hpp"

namespace quaver {

enum class StftOutput { complex, magnitude, power };

struct StftPlan {
  StftPlan(std::size_t n_fft, std::size_t hop_length, const double* window, std::size_t win_length,
           bool center);

  FramingPlan framing;
  RfftPlan rfft;
  std::size_t n_fft, hop_length;
  std::size_t pad;
  std::size_t window_lead;

  std::size_t count(std::size_t n_samples) const;  // frames
};

class StftWorkspace {
 public:
  void reserve(const StftPlan& plan, std::size_t lanes);
  Buffer<float> linear, phases, frames, work, spectrum;
};

// out: (n_frames, n_bins), complex values as two floats.
void stft(const StftPlan& plan, StftOutput output, const float* samples, std::size_t n_samples,
          float* out);
// The same as (n_bins, n_frames). output: magnitude or power.
void stft_bins(const StftPlan& plan, StftOutput output, const float* samples, std::size_t n_samples,
               float* out);
// out: (n_bands, n_frames). output: magnitude or power.
void stft_bands(const StftPlan& plan, StftOutput output, const FilterBank<float>& bank,
                const float* samples, std::size_t n_samples, float* out);
// The bands of a picture (n_frames, n_bins) that is there already.
void bands_of(const FilterBank<float>& bank, const float* picture, std::size_t n_frames,
              float* out);
// spectrum: (n_frames, n_bins) complex; out: n_samples, overwritten. Only the first n_weighted
// frames count in the sum of squared windows.
void istft(const StftPlan& plan, const float* spectrum, std::size_t n_frames,
           std::size_t n_weighted, std::size_t n_samples, float* out);

}  // namespace quaver
