// SPDX-License-Identifier: BSD-3-Clause
// The 34 short-term features of pyAudioAnalysis (Giannakopoulos 2015) and their differences, in
// float64 as there. The signal x / 2^15 loses its mean and is divided by its peak + 1e-10; frames
// are rectangular; X[k] = |FFT[k]| / K for the K = floor(window / 2) lowest bins.
// Two of its ways are kept by taking them as tables: a filter bank laid out on K bins as if they
// spanned the whole sampling rate, and chroma classes of which each takes one bin.
// Relative error against the original: 1e-6 of each value (measured 2e-7).
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/fft/fft.hpp"
#include "quaver/framing/framing.hpp"
#include "quaver/spectrum/bank.hpp"

namespace quaver {

struct ChromaTap {
  std::size_t bin, pitch_class;
  double weight;
};

struct PyAudioOptions {
  std::size_t window = 800, step = 400;
  std::size_t n_bands = 40;
  std::vector<double> bank;  // (n_bands, window / 2)
  std::vector<ChromaTap> chroma;
  bool deltas = true;
};

struct PyAudioPlan {
  explicit PyAudioPlan(const PyAudioOptions& options);

  static constexpr std::size_t kFeatures = 34, kMfcc = 13, kPitchClasses = 12;
  std::size_t window, step;
  std::size_t n_used;  // K
  bool deltas;
  FftPlan<double> fft;
  Buffer<double> ones;  // the window
  FilterBank<double> bank;
  Buffer<double> matrix;  // (kMfcc, n_bands): the orthonormal DCT-II, / ln 10
  std::vector<ChromaTap> tap_list;
  const ChromaTap* taps;  // tap_list.data(), for kernels
  std::size_t n_taps;

  std::size_t n_rows() const { return deltas ? 2 * kFeatures : kFeatures; }
  std::size_t count(std::size_t n_samples) const;  // frames
};

// What makes a signal one of mean 0 and peak 1; mean and peak are of x / 2^15.
struct Normalisation {
  double mean, peak;
};

class PyAudioWorkspace {
 public:
  void reserve(const PyAudioPlan& plan, std::size_t n_frames, std::size_t lanes);
  Buffer<double> linear, frames, work, power, magnitude, share, rows;
};

// The mean is that of the original, to the bit: a sample that equals it must become zero.
Normalisation pyaudio_normalisation(const Samples& samples);

// out: (n_rows, n_frames) row-major. Samples and their mean are finite.
void pyaudio_features(const PyAudioPlan& plan, const Samples& samples, const Normalisation& norm,
                      double* out);

}  // namespace quaver
