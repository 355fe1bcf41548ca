// SPDX-License-Identifier: BSD-3-Clause
// Frames in lanes; the smallest and largest values so far are two short sorted lists of registers,
// into which each bin sinks by minimum and maximum: no branch depends on the data.
#ifndef QV_TARGET

#include "quaver/contrast.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#define QV_FILE "kernels/contrast.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

ContrastPlan::ContrastPlan(std::vector<ContrastBand> list)
    : band_list(std::move(list)), bands(band_list.data()), n_bands(band_list.size()) {
  for (const ContrastBand& b : band_list) {
    if (b.last <= b.first || b.count == 0 || b.count > b.last - b.first ||
        b.count > kMaxContrastCount) {
      throw std::invalid_argument(
          "count must lie between 1 and the bins of its band and not exceed " +
          std::to_string(kMaxContrastCount) + ", got " + std::to_string(b.count) +
          " for the bins " + std::to_string(b.first) + " to " + std::to_string(b.last));
    }
  }
}

void contrast(const ContrastPlan& plan, const float* magnitude, std::size_t n_frames, float* valley,
              float* peak) {
  kernels().contrast(plan, magnitude, n_frames, valley, peak);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

static inline Vec load_some(const float* x, std::size_t n) {
  if (n == kLanes) return LoadU(x);
  Vec v{};
  __builtin_memcpy(&v, x, n * sizeof(float));
  return v;
}

static void band_extremes(const ContrastBand& band, const float* magnitude, std::size_t n_frames,
                          std::size_t n_valid, float* valley, float* peak) {
  Vec low[kMaxContrastCount], high[kMaxContrastCount];
  for (std::size_t j = 0; j < band.count; ++j) {
    low[j] = Set(3.4028235e38f);
    high[j] = Set(-3.4028235e38f);
  }
  for (std::size_t k = band.first; k < band.last; ++k) {
    const Vec x = load_some(magnitude + k * n_frames, n_valid);
    Vec sinking = x, rising = x;
    for (std::size_t j = 0; j < band.count; ++j) {
      const Vec smaller = Min(low[j], sinking), larger = Max(high[j], rising);
      sinking = Max(low[j], sinking);
      rising = Min(high[j], rising);
      low[j] = smaller;
      high[j] = larger;
    }
  }
  Vec low_sum{}, high_sum{};
  for (std::size_t j = 0; j < band.count; ++j) {
    low_sum += low[j];
    high_sum += high[band.count - 1 - j];
  }
  const float inverse = 1.0f / static_cast<float>(band.count);
  low_sum *= inverse;
  high_sum *= inverse;
  __builtin_memcpy(valley, &low_sum, n_valid * sizeof(float));
  __builtin_memcpy(peak, &high_sum, n_valid * sizeof(float));
}

void contrast_run(const ContrastPlan& plan, const float* magnitude, std::size_t n_frames,
                  float* valley, float* peak) {
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    for (std::size_t b = 0; b < plan.n_bands; ++b) {
      band_extremes(plan.bands[b], magnitude + t, n_frames, n_valid, valley + b * n_frames + t,
                    peak + b * n_frames + t);
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
