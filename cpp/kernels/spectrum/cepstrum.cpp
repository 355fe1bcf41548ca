// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/spectrum/cepstrum.hpp"

#include <stdexcept>
#include <string>

#include "quaver/framing/layout.hpp"
#include "quaver/spectrum/bank.hpp"

#define QV_FILE "kernels/spectrum/cepstrum.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

std::size_t checked_count(std::size_t n_mels, std::size_t n_mfcc) {
  if (n_mfcc >= 1 && n_mfcc <= n_mels) {
    return checked_length("n_mfcc", n_mfcc, kLargestTable / n_mels);
  }
  throw std::invalid_argument("n_mfcc must lie between 1 and n_mels (" + std::to_string(n_mels) +
                              "), got " + std::to_string(n_mfcc));
}

}  // namespace

CepstrumPlan::CepstrumPlan(std::size_t n_mels_, std::size_t n_mfcc_)
    : n_mels(n_mels_),
      n_mfcc(checked_count(n_mels_, n_mfcc_)),
      even((n_mels_ + 1) / 2 * ((n_mfcc_ + 1) / 2)),
      odd(n_mels_ / 2 * (n_mfcc_ / 2)) {
  for (std::size_t k = 0; k < n_mfcc; ++k) {
    Buffer<float>& table = k % 2 == 0 ? even : odd;
    const std::size_t n_columns = k % 2 == 0 ? (n_mfcc + 1) / 2 : n_mfcc / 2;
    const std::size_t n_bands = k % 2 == 0 ? (n_mels + 1) / 2 : n_mels / 2;
    for (std::size_t m = 0; m < n_bands; ++m) {
      table[m * n_columns + k / 2] = static_cast<float>(dct_weight(n_mels, k, m));
    }
  }
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

// Cosines of even k are the same for bands m and n_mels - 1 - m, those of odd k opposite. Sums
// replace the lower bands, differences the upper ones; the middle one of an odd number is its own
// sum.
static void fold(std::size_t n_mels, float* mel_db) {
  for (std::size_t m = 0; m < n_mels / 2; ++m) {
    float* const low = mel_db + m * kLanes;
    float* const high = mel_db + (n_mels - 1 - m) * kLanes;
    const Vec a = LoadU(low), b = LoadU(high);
    StoreU(low, a + b);
    StoreU(high, a - b);
  }
}

// Kept coefficients stay in registers while each band is loaded once.
template <std::size_t Count>
static void project(const float* bands, std::ptrdiff_t band_step, std::size_t n_bands,
                    const float* table, std::size_t table_stride, float* out,
                    std::size_t out_stride) {
  Vec sums[Count] = {};
  for (std::size_t m = 0; m < n_bands; ++m, bands += band_step, table += table_stride) {
    const Vec band = LoadU(bands);
    for (std::size_t k = 0; k < Count; ++k) sums[k] = MulAdd(band, Set(table[k]), sums[k]);
  }
  for (std::size_t k = 0; k < Count; ++k) StoreU(out + k * out_stride, sums[k]);
}

static void project_all(const float* bands, std::ptrdiff_t band_step, std::size_t n_bands,
                        const float* table, std::size_t n_columns, float* out,
                        std::size_t out_stride) {
  for (std::size_t k = 0; k < n_columns; k += 7) {
    const float* from = table + k;
    float* to = out + k * out_stride;
    switch (n_columns - k) {
      case 1: project<1>(bands, band_step, n_bands, from, n_columns, to, out_stride); break;
      case 2: project<2>(bands, band_step, n_bands, from, n_columns, to, out_stride); break;
      case 3: project<3>(bands, band_step, n_bands, from, n_columns, to, out_stride); break;
      case 4: project<4>(bands, band_step, n_bands, from, n_columns, to, out_stride); break;
      case 5: project<5>(bands, band_step, n_bands, from, n_columns, to, out_stride); break;
      case 6: project<6>(bands, band_step, n_bands, from, n_columns, to, out_stride); break;
      default: project<7>(bands, band_step, n_bands, from, n_columns, to, out_stride); break;
    }
  }
}

// mel_db is used up.
void cepstrum(const CepstrumPlan& plan, float* mel_db, float* out, std::size_t out_stride) {
  const std::size_t n_mels = plan.n_mels, n_mfcc = plan.n_mfcc;
  fold(n_mels, mel_db);
  const std::ptrdiff_t step = kLanes;
  project_all(mel_db, step, (n_mels + 1) / 2, plan.even.data(), (n_mfcc + 1) / 2, out,
              2 * out_stride);
  project_all(mel_db + (n_mels - 1) * kLanes, -step, n_mels / 2, plan.odd.data(), n_mfcc / 2,
              out + out_stride, 2 * out_stride);
}

}  // namespace quaver::QV_TARGET

#endif
