// SPDX-License-Identifier: BSD-3-Clause
// Short-time Fourier transform and its inverse, with librosa's framing, for any n_fft >= 1.
//   S[t][k] = sum_n w[n] y[t hop + lead + n - pad] exp(-2 pi i k (lead + n) / n_fft)
// w: win_length samples, centred in n_fft (lead = (n_fft - win_length) / 2, rounded down); pad =
// n_fft / 2 zeros, rounded down, at both ends when centred, else 0. Emitted as complex, |S| or
// |S|^2, row-major (n_frames, n_bins), or summed over the bands of a filter bank, (n_bands,
// n_frames). In double of float64 samples, and of float32 ones for what looks at the quietest bins,
// which a float32 transform fills with the rounding errors of the loudest. The result has the type
// of the samples: float32 values of a transform in double are rounded once, magnitudes twice.
// The inverse adds the windowed frames up and divides by the sum of squared windows (Griffin &
// Lim, IEEE Trans. ASSP 32, 1984); samples that no window reaches stay as they are.
// Error: that of the transform in fft.hpp.
#pragma once

#include <cstddef>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft.hpp"
#include "quaver/framing/layout.hpp"
#include "quaver/spectrum/bank.hpp"
#include "quaver/spectrum/contrast.hpp"

namespace quaver {

enum class StftOutput { complex, magnitude, power };

// T: the type of the transform.
template <class T>
struct StftPlan {
  // invertible: istft takes it; in double the second transform is made for nothing else.
  StftPlan(std::size_t n_fft, std::size_t hop_length, const double* window, std::size_t win_length,
           bool center, bool invertible = sizeof(T) == sizeof(float));

  FftPlan<T> fft;
  FftPlan<T> packed;       // for the inverse
  FrameLayout<T> framing;  // the window centred in n_fft
  FrameLayout<T> flush;    // its first sample the transform's: powers are the same, ways shorter
  Buffer<T> taps;          // the window
  std::size_t n_fft, hop_length;
  std::size_t pad;
  std::size_t window_lead;
  bool invertible;

  std::size_t count(std::size_t n_samples) const;  // frames
};

extern template struct StftPlan<float>;
extern template struct StftPlan<double>;

template <class T>
struct StftWorkspace {
  void reserve(const StftPlan<T>& plan, std::size_t lanes);  // lanes of T
  Buffer<T> linear, phases, frames, work, spectrum;
  Buffer<float> extremes;
};

extern template struct StftWorkspace<float>;
extern template struct StftWorkspace<double>;

// out: (n_frames, n_bins), complex values as two numbers.
void stft(const StftPlan<float>& plan, const float* samples, std::size_t n_samples, float* out);
void stft(const StftPlan<double>& plan, const float* samples, std::size_t n_samples, float* out);
void stft(const StftPlan<double>& plan, const double* samples, std::size_t n_samples, double* out);
// (n_bins, n_frames). output: magnitude or power.
void stft_bins(const StftPlan<float>& plan, StftOutput output, const float* samples,
               std::size_t n_samples, float* out);
void stft_bins(const StftPlan<double>& plan, StftOutput output, const float* samples,
               std::size_t n_samples, float* out);
void stft_bins(const StftPlan<double>& plan, StftOutput output, const double* samples,
               std::size_t n_samples, double* out);
// out: (n_bands, n_frames). output: magnitude or power. Only in double: the logarithm of a quiet
// band looks at what a float32 transform loses.
void stft_bands(const StftPlan<double>& plan, StftOutput output, const FilterBank<float>& bank,
                const float* samples, std::size_t n_samples, float* out);
void stft_bands(const StftPlan<double>& plan, StftOutput output, const FilterBank<float>& bank,
                const double* samples, std::size_t n_samples, double* out);
// contrast.hpp of the magnitudes; valley and peak: (n_bands, n_frames).
void stft_contrast(const StftPlan<double>& plan, const ContrastPlan& bands, const float* samples,
                   std::size_t n_samples, float* valley, float* peak);
// spectrum: (n_frames, n_bins) complex; out: n_samples, overwritten. Only the first n_weighted
// frames count in the sum of squared windows.
void istft(const StftPlan<float>& plan, const float* spectrum, std::size_t n_frames,
           std::size_t n_weighted, std::size_t n_samples, float* out);
void istft(const StftPlan<double>& plan, const double* spectrum, std::size_t n_frames,
           std::size_t n_weighted, std::size_t n_samples, double* out);

}  // namespace quaver
