// SPDX-License-Identifier: BSD-3-Clause
// Frames in lanes; the smallest and largest values so far are two short sorted lists of registers,
// into which each bin sinks by minimum and maximum: no branch depends on the data.
#ifndef QV_TARGET

#include "quaver/spectrum/contrast.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#define QV_FILE "kernels/spectrum/contrast.cpp"
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

struct BandValues {
  const float* values;  // of the band's first bin
  std::size_t n_bins, n_frames, n_valid;

  inline __attribute__((always_inline)) Vec at(std::size_t k) const {
    return load_some(values + k * n_frames, n_valid);
  }
};

// The N smallest values in rising order, or the largest in falling order.
template <std::size_t N, bool kSmallest>
static void keep_extremes(const BandValues& band, Vec* list) {
  Vec kept[N];
  for (std::size_t j = 0; j < N; ++j) kept[j] = Set(kSmallest ? 3.4028235e38f : -3.4028235e38f);
  for (std::size_t k = 0; k < band.n_bins; ++k) {
    Vec x = band.at(k);
    for (std::size_t j = 0; j < N; ++j) {
      const Vec lesser = Min(kept[j], x), greater = Max(kept[j], x);
      kept[j] = kSmallest ? lesser : greater;
      x = kSmallest ? greater : lesser;
    }
  }
  for (std::size_t j = 0; j < N; ++j) list[j] = kept[j];
}

// More than stay in registers: both lists side by side.
static void keep_many(const BandValues& band, std::size_t count, Vec* low, Vec* high) {
  for (std::size_t j = 0; j < count; ++j) {
    low[j] = Set(3.4028235e38f);
    high[j] = Set(-3.4028235e38f);
  }
  for (std::size_t k = 0; k < band.n_bins; ++k) {
    Vec sinking = band.at(k), rising = sinking;
    for (std::size_t j = 0; j < count; ++j) {
      const Vec smaller = Min(low[j], sinking), larger = Max(high[j], rising);
      sinking = Max(low[j], sinking);
      rising = Min(high[j], rising);
      low[j] = smaller;
      high[j] = larger;
    }
  }
}

template <std::size_t N>
static void keep_both(const BandValues& band, Vec* low, Vec* high) {
  keep_extremes<N, true>(band, low);
  keep_extremes<N, false>(band, high);
}

static void keep(const BandValues& band, std::size_t count, Vec* low, Vec* high) {
  switch (count) {
    case 1: return keep_both<1>(band, low, high);
    case 2: return keep_both<2>(band, low, high);
    case 3: return keep_both<3>(band, low, high);
    case 4: return keep_both<4>(band, low, high);
    case 5: return keep_both<5>(band, low, high);
    case 6: return keep_both<6>(band, low, high);
    case 7: return keep_both<7>(band, low, high);
    case 8: return keep_both<8>(band, low, high);
    default: return keep_many(band, count, low, high);
  }
}

// rooted: of square roots, which keep the order, so that only the extremes' are taken.
static void band_extremes(const ContrastBand& band, bool rooted, const BandValues& values,
                          float* valley, float* peak) {
  Vec low[kMaxContrastCount], high[kMaxContrastCount];
  keep(values, band.count, low, high);
  Vec low_sum{}, high_sum{};
  for (std::size_t j = 0; j < band.count; ++j) {
    const Vec small = low[j], large = high[band.count - 1 - j];
    low_sum += rooted ? Sqrt(small) : small;
    high_sum += rooted ? Sqrt(large) : large;
  }
  const float inverse = 1.0f / static_cast<float>(band.count);
  low_sum *= inverse;
  high_sum *= inverse;
  __builtin_memcpy(valley, &low_sum, values.n_valid * sizeof(float));
  __builtin_memcpy(peak, &high_sum, values.n_valid * sizeof(float));
}

static void all_extremes(const ContrastPlan& plan, bool rooted, const float* values,
                         std::size_t n_frames, float* valley, float* peak) {
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    for (std::size_t b = 0; b < plan.n_bands; ++b) {
      const ContrastBand& band = plan.bands[b];
      band_extremes(band, rooted,
                    {values + band.first * n_frames + t, band.last - band.first, n_frames, n_valid},
                    valley + b * n_frames + t, peak + b * n_frames + t);
    }
  }
}

void contrast(const ContrastPlan& plan, const float* magnitude, std::size_t n_frames, float* valley,
              float* peak) {
  all_extremes(plan, false, magnitude, n_frames, valley, peak);
}

void contrast_of_power(const ContrastPlan& plan, const float* power, std::size_t n_frames,
                       float* valley, float* peak) {
  all_extremes(plan, true, power, n_frames, valley, peak);
}

}  // namespace quaver::QV_TARGET

#endif
