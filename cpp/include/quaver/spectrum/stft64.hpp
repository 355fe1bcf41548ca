// SPDX-License-Identifier: BSD-3-Clause
// The transform of stft.hpp in double: of float64 samples, and of float32 ones for what looks at
// the quietest bins, which a float32 transform fills with the rounding errors of the loudest. Any
// n_fft >= 1; n_fft / 2, rounded down, zeros at both ends when centred. The result has the type of
// the samples: float32 values are rounded once, magnitudes twice.
#pragma once

#include <cstddef>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft64.hpp"
#include "quaver/framing/framing64.hpp"
#include "quaver/spectrum/contrast.hpp"
#include "quaver/spectrum/stft.hpp"

namespace quaver {

struct Stft64Plan {
  Stft64Plan(std::size_t n_fft, std::size_t hop_length, const double* window,
             std::size_t win_length, bool center);

  Fft64Plan fft;
  Framing64Plan framing;
  std::size_t n_fft, hop_length, pad;

  std::size_t count(std::size_t n_samples) const;  // frames
};

class Stft64Workspace {
 public:
  void reserve(const Stft64Plan& plan, std::size_t lanes);  // lanes of doubles
  Buffer<double> linear, phases, frames, work, spectrum;
  Buffer<float> extremes;
};

// out: (n_frames, n_bins), complex values as two numbers.
void stft64(const Stft64Plan& plan, const float* samples, std::size_t n_samples, float* out);
void stft64(const Stft64Plan& plan, const double* samples, std::size_t n_samples, double* out);
// The same as (n_bins, n_frames). output: magnitude or power.
void stft_bins64(const Stft64Plan& plan, StftOutput output, const float* samples,
                 std::size_t n_samples, float* out);
void stft_bins64(const Stft64Plan& plan, StftOutput output, const double* samples,
                 std::size_t n_samples, double* out);
// contrast.hpp of the magnitudes; valley and peak: (n_bands, n_frames).
void stft_contrast(const Stft64Plan& plan, const ContrastPlan& bands, const float* samples,
                   std::size_t n_samples, float* valley, float* peak);

}  // namespace quaver
