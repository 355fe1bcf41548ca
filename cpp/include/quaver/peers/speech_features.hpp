// SPDX-License-Identifier: BSD-3-Clause
// The pipeline of python_speech_features, in float64 as there: pre-emphasis y[n] = x[n] - c x[n-1],
// y[0] = x[0] (in float32 for float32 samples), frames padded with zeros behind the signal, any
// window, P = |FFT|^2 / n_fft; then one of
//   fbank  bands sum_k w[m][k] P[k] and energy sum_k P[k], 0 replaced by 2^-52
//   mfcc   matrix times ln(bands); column 0 is ln(energy) on request
//   ssc    sum_k w[m][k] r[k] P[k] / sum_k w[m][k] P[k], 0 of P replaced by 2^-52
// Samples keep their scale: int16 is not divided. NaN and infinity stay in their frames.
// Relative error of bands and energy: below 1e-11 of the frame's largest band.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/fft/fft.hpp"
#include "quaver/framing/framing.hpp"
#include "quaver/framing/layout.hpp"

namespace quaver {

enum class SpeechOutput { fbank, mfcc, ssc };

struct SpeechFeaturesOptions {
  SpeechOutput output = SpeechOutput::mfcc;
  std::size_t frame_length = 400, frame_step = 160, n_fft = 512;
  double pre_emphasis = 0.97;
  std::vector<double> window;  // frame_length
  std::size_t n_bands = 26;
  std::vector<double> bank;     // (n_bands, n_fft / 2 + 1), at most two bands a bin
  std::vector<double> matrix;   // mfcc: (n_columns, n_bands)
  std::vector<double> weights;  // ssc: r, n_fft / 2 + 1
  bool append_energy = true;
};

// Bins first .. first + count - 1, which the same one or two bands weigh. Without a second one, or
// even a first, that is n_bands, a row nobody reads.
struct BandRun64 {
  std::size_t first, count, band, other;
  std::size_t weights;  // offset: of the one and of the other, for each bin
};

// A bank of which no bin falls into more than two bands.
struct RunBank64 {
  RunBank64(const std::vector<double>& dense, std::size_t n_bands, std::size_t n_bins);

  std::size_t n_bands, n_runs;
  std::vector<BandRun64> run_list;
  const BandRun64* runs;  // run_list.data(), for kernels
  Buffer<double> weights;
};

struct SpeechFeaturesPlan {
  explicit SpeechFeaturesPlan(const SpeechFeaturesOptions& options);

  SpeechOutput output;
  std::size_t frame_length, frame_step;
  double pre_emphasis;
  bool append_energy;
  std::size_t n_columns;
  FftPlan<double> fft;
  RunBank64 bank;
  FrameLayout<double> framing;  // of the samples that reach the transform
  Buffer<double> matrix, weights;

  std::size_t count(std::size_t n_samples) const;  // frames, at least one
};

class SpeechFeaturesWorkspace {
 public:
  void reserve(const SpeechFeaturesPlan& plan, std::size_t lanes);
  Buffer<double> linear, phases, frames, work, power, bands, columns;
};

// out: (n_frames, n_columns) row-major; energy: n_frames, for fbank, else null.
void speech_features(const SpeechFeaturesPlan& plan, const Samples& samples, double* out,
                     double* energy);

}  // namespace quaver
