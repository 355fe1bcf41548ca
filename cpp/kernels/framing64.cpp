// SPDX-License-Identifier: BSD-3-Clause
// Frames of float64 samples side by side, by transposing tiles of them.
#ifndef QV_TARGET

#define QV_FILE "kernels/framing64.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/vec64.hpp"

namespace quaver::QV_TARGET {

// A tile: kTile frames by kTile samples, times the window.
#if QV_WIDTH >= 8
enum : std::size_t { kTile = 4 };
static inline void gather_tile(const double* x, std::size_t step, const double* window,
                               double* frames) {
  const __m256d a = _mm256_loadu_pd(x), b = _mm256_loadu_pd(x + step);
  const __m256d c = _mm256_loadu_pd(x + 2 * step), d = _mm256_loadu_pd(x + 3 * step);
  const __m256d ab_low = _mm256_unpacklo_pd(a, b), ab_high = _mm256_unpackhi_pd(a, b);
  const __m256d cd_low = _mm256_unpacklo_pd(c, d), cd_high = _mm256_unpackhi_pd(c, d);
  const __m256d rows[4] = {
      _mm256_permute2f128_pd(ab_low, cd_low, 0x20), _mm256_permute2f128_pd(ab_high, cd_high, 0x20),
      _mm256_permute2f128_pd(ab_low, cd_low, 0x31), _mm256_permute2f128_pd(ab_high, cd_high, 0x31)};
  for (std::size_t j = 0; j < 4; ++j) {
    _mm256_storeu_pd(frames + j * kLanesD, _mm256_mul_pd(rows[j], _mm256_set1_pd(window[j])));
  }
}
#else
enum : std::size_t { kTile = 2 };
static inline void gather_tile(const double* x, std::size_t step, const double* window,
                               double* frames) {
  for (std::size_t j = 0; j < 2; ++j) {
    StoreD(frames + j * kLanesD, VecD{x[j], x[step + j]} * window[j]);
  }
}
#endif

void window_frames64(const double* linear, std::size_t step, std::size_t length,
                     const double* window, std::size_t n_valid, double* frames) {
  const std::size_t n_tiled = length - length % kTile;
  std::size_t i = 0;
  for (; i + kTile <= n_valid; i += kTile) {
    const double* x = linear + i * step;
    for (std::size_t n = 0; n < n_tiled; n += kTile) {
      gather_tile(x + n, step, window + n, frames + n * kLanesD + i);
    }
    for (std::size_t n = n_tiled; n < length; ++n) {
      for (std::size_t j = 0; j < kTile; ++j) {
        frames[n * kLanesD + i + j] = x[j * step + n] * window[n];
      }
    }
  }
  for (; i < n_valid; ++i) {
    const double* x = linear + i * step;
    for (std::size_t n = 0; n < length; ++n) frames[n * kLanesD + i] = x[n] * window[n];
  }
}

}  // namespace quaver::QV_TARGET

#endif
