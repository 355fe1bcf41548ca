// SPDX-License-Identifier: BSD-3-Clause
// Features of the magnitude spectrum X and the power spectrum P = X^2; f[k] = k sr / n_fft.
//   spectral_centroid  c = sum f X / sum X                              (librosa spectral_centroid)
//   spectral_spread    sqrt(sum (f - c)^2 X / sum X)            (librosa spectral_bandwidth, p = 2)
//   spectral_entropy   base-2 entropy of P summed in n_bands bands of floor(n_bins / n_bands) bins
//   spectral_flux      sum (X_t / sum X_t - X_{t-1} / sum X_{t-1})^2, 0 for the first frame
//   spectral_rolloff   frequency of the first bin at which the running sum of P reaches rolloff
//                      times its total
// (the last three: Giannakopoulos & Pikrakis 2014). A silent frame has 0 everywhere. On request:
//   spectral_slope     sum (f - m) D / sum (f - m)^2 over all bins, m the mean of f: the line of
//                      least squares through D = 10 log10(max(P, 1e-10)), in dB per kHz
// Error below 1e-5 relative (flux 1e-4); the roll-off may step over bins where the running sum is
// within 1e-6 of the threshold; the slope has the errors of D, large in the transform's own noise.
#pragma once

#include <cstddef>
#include <vector>

namespace quaver {

struct SpectrumPlan {
  SpectrumPlan(std::size_t n_fft, double sample_rate, std::size_t n_bands, double rolloff);
  // Its pointer leads into its own vector, which a move keeps and a copy would not.
  SpectrumPlan(SpectrumPlan&&) = default;
  SpectrumPlan& operator=(SpectrumPlan&&) = default;

  std::size_t n_bins;
  std::size_t n_bands;
  std::size_t band_length;
  float bin_width;  // Hz
  float rolloff;

  // Sums run over chunks of bins: those of each band, then those of the rest.
  static constexpr std::size_t kMaxChunk = 32;
  std::size_t chunks_per_band, n_chunks;
  std::vector<std::size_t> chunk_list;  // first bin of each, then n_bins
  const std::size_t* chunks;            // chunk_list.data(), for kernels
};

}  // namespace quaver
