// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/cepstrum.hpp"

#include <stdexcept>
#include <string>

#define QV_FILE "kernels/cepstrum.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

CepstrumPlan::CepstrumPlan(std::size_t n_mels_, std::size_t n_mfcc_)
    : n_mels(n_mels_), n_mfcc(n_mfcc_), matrix(n_mels_ * n_mfcc_) {
  if (n_mfcc == 0 || n_mfcc > n_mels) {
    throw std::invalid_argument("n_mfcc must lie between 1 and n_mels (" + std::to_string(n_mels) +
                                "), got " + std::to_string(n_mfcc));
  }
  const double pi = 3.14159265358979323846, size = static_cast<double>(n_mels);
  for (std::size_t k = 0; k < n_mfcc; ++k) {
    const double norm = std::sqrt((k == 0 ? 1.0 : 2.0) / size);
    for (std::size_t m = 0; m < n_mels; ++m) {
      const double angle = pi * static_cast<double>(k * (2 * m + 1)) / (2.0 * size);
      matrix[k * n_mels + m] = static_cast<float>(norm * std::cos(angle));
    }
  }
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

void cepstrum(const CepstrumPlan& plan, const float* mel_db, float* out, std::size_t out_stride) {
  for (std::size_t k = 0; k < plan.n_mfcc; ++k) {
    const float* row = plan.matrix.data() + k * plan.n_mels;
    Vec sums[4] = {};
    std::size_t m = 0;
    for (; m + 4 <= plan.n_mels; m += 4) {
      for (std::size_t j = 0; j < 4; ++j) {
        sums[j] = MulAdd(LoadU(mel_db + (m + j) * kLanes), Set(row[m + j]), sums[j]);
      }
    }
    for (; m < plan.n_mels; ++m) {
      sums[0] = MulAdd(LoadU(mel_db + m * kLanes), Set(row[m]), sums[0]);
    }
    StoreU(out + k * out_stride, (sums[0] + sums[1]) + (sums[2] + sums[3]));
  }
}

}  // namespace quaver::QV_TARGET

#endif
