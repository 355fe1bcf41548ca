// SPDX-License-Identifier: BSD-3-Clause
// Mel bands of a power spectrum, in decibel: 10 log10(max(amin, sum_k w[m][k] P[k])).
// Triangular bands between fmin and fmax on the Slaney (default) or HTK scale, of unit area
// (norm = slaney) or unit height; the definition of librosa.filters.mel. Stored by the bins between
// neighbouring edges, over which one band rises and one falls. A band that no bin falls into is an
// error which names it. Error below 1e-3 dB within 60 dB of a frame's largest band; below, P's own.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "quaver/core/buffer.hpp"

namespace quaver {

struct MelOptions {
  std::size_t n_fft = 512;
  double sample_rate = 16000.0;
  std::size_t n_mels = 40;
  double fmin = 0.0;     // Hz
  double fmax = 8000.0;  // Hz
  bool htk = false;
  bool slaney_norm = true;
  double amin = 1e-10;
};

struct MelPlan {
  explicit MelPlan(const MelOptions& options);

  std::size_t n_mels;
  float amin;
  std::size_t first_bin = 0;            // of the first band
  std::vector<std::size_t> count_list;  // bins between edges j and j + 1, j = 0 .. n_mels
  const std::size_t* counts;            // count_list.data(), for kernels
  Buffer<float> weights;                // of each bin: in band j, which rises, and in band j - 1
};

}  // namespace quaver
