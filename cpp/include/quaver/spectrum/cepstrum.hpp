// SPDX-License-Identifier: BSD-3-Clause
// Mel-frequency cepstral coefficients: orthonormal DCT-II of the mel bands in decibel,
//   c[k] = a[k] sum_m L[m] cos(pi k (2m + 1) / (2 n_mels)), a[0] = sqrt(1/n_mels), else
//   sqrt(2/n_mels)
// as librosa.feature.mfcc(top_db = None). Error below 2e-5 of the largest coefficient.
#pragma once

#include <cstddef>

#include "quaver/core/buffer.hpp"

namespace quaver {

struct CepstrumPlan {
  CepstrumPlan(std::size_t n_mels, std::size_t n_mfcc);

  std::size_t n_mels, n_mfcc;
  // Cosines of k = 0, 2, .. and of k = 1, 3, .. for the lower half of the bands, band by band.
  Buffer<float> even, odd;
};

}  // namespace quaver
