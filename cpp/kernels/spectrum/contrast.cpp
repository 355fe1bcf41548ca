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

// Rows of a block, once a call: what it does with them costs far more.
void contrast(const ContrastPlan& plan, const Picture<float>& magnitude, float* valley,
              float* peak) {
  const KernelTable& table = kernels();
  Buffer<float> scratch(magnitude.n_bins * table.lanes);
  table.contrast(plan, magnitude, scratch.data(), valley, peak);
}
void contrast(const ContrastPlan& plan, const Picture<double>& magnitude, double* valley,
              double* peak) {
  const KernelTable& table = kernels();
  Buffer<double> scratch(magnitude.n_bins * table.lanes);
  table.contrast_wide(plan, magnitude, scratch.data(), valley, peak);
}

}  // namespace quaver

#else

#include "simd/pictures.hpp"

namespace quaver::QV_TARGET {

template <class T>
static inline Lanes<T> largest_value() {
  return Set(sizeof(T) == sizeof(float) ? T(3.4028235e38f) : T(1.7976931348623157e308));
}

// The N smallest values of n_bins rows in rising order, or the largest in falling order.
template <std::size_t N, bool kSmallest, class T>
static void keep_extremes(const PictureBlock<T>& band, std::size_t n_bins, Lanes<T>* list) {
  Lanes<T> kept[N];
  for (std::size_t j = 0; j < N; ++j)
    kept[j] = kSmallest ? largest_value<T>() : -largest_value<T>();
  for (std::size_t k = 0; k < n_bins; ++k) {
    Lanes<T> x = LoadU(band.rows + k * band.stride);
    for (std::size_t j = 0; j < N; ++j) {
      const Lanes<T> lesser = Min(kept[j], x), greater = Max(kept[j], x);
      kept[j] = kSmallest ? lesser : greater;
      x = kSmallest ? greater : lesser;
    }
  }
  for (std::size_t j = 0; j < N; ++j) list[j] = kept[j];
}

// More than stay in registers: both lists side by side.
template <class T>
static void keep_many(const PictureBlock<T>& band, std::size_t n_bins, std::size_t count,
                      Lanes<T>* low, Lanes<T>* high) {
  for (std::size_t j = 0; j < count; ++j) {
    low[j] = largest_value<T>();
    high[j] = -largest_value<T>();
  }
  for (std::size_t k = 0; k < n_bins; ++k) {
    Lanes<T> sinking = LoadU(band.rows + k * band.stride), rising = sinking;
    for (std::size_t j = 0; j < count; ++j) {
      const Lanes<T> smaller = Min(low[j], sinking), larger = Max(high[j], rising);
      sinking = Max(low[j], sinking);
      rising = Min(high[j], rising);
      low[j] = smaller;
      high[j] = larger;
    }
  }
}

template <std::size_t N, class T>
static void keep_both(const PictureBlock<T>& band, std::size_t n_bins, Lanes<T>* low,
                      Lanes<T>* high) {
  keep_extremes<N, true>(band, n_bins, low);
  keep_extremes<N, false>(band, n_bins, high);
}

template <class T>
static void keep(const PictureBlock<T>& band, std::size_t n_bins, std::size_t count, Lanes<T>* low,
                 Lanes<T>* high) {
  switch (count) {
    case 1: return keep_both<1>(band, n_bins, low, high);
    case 2: return keep_both<2>(band, n_bins, low, high);
    case 3: return keep_both<3>(band, n_bins, low, high);
    case 4: return keep_both<4>(band, n_bins, low, high);
    case 5: return keep_both<5>(band, n_bins, low, high);
    case 6: return keep_both<6>(band, n_bins, low, high);
    case 7: return keep_both<7>(band, n_bins, low, high);
    case 8: return keep_both<8>(band, n_bins, low, high);
    default: return keep_many(band, n_bins, count, low, high);
  }
}

// Of n_valid frames, `block` of all bins. rooted: of square roots, which keep the order, so that
// only the extremes' are taken.
template <class T>
static void band_extremes(const ContrastBand& band, bool rooted, const PictureBlock<T>& block,
                          std::size_t n_valid, T* valley, T* peak) {
  Lanes<T> low[kMaxContrastCount], high[kMaxContrastCount];
  const PictureBlock<T> own{block.rows + band.first * block.stride, block.stride};
  keep(own, band.last - band.first, band.count, low, high);
  Lanes<T> low_sum{}, high_sum{};
  for (std::size_t j = 0; j < band.count; ++j) {
    const Lanes<T> small = low[j], large = high[band.count - 1 - j];
    low_sum += rooted ? Sqrt(small) : small;
    high_sum += rooted ? Sqrt(large) : large;
  }
  const T inverse = T{1} / static_cast<T>(band.count);
  low_sum *= inverse;
  high_sum *= inverse;
  __builtin_memcpy(valley, &low_sum, n_valid * sizeof(T));
  __builtin_memcpy(peak, &high_sum, n_valid * sizeof(T));
}

template <class T>
static void all_extremes(const ContrastPlan& plan, bool rooted, const Picture<T>& picture,
                         T* scratch, T* valley, T* peak) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  const std::size_t n_frames = picture.n_frames;
  for (std::size_t t = 0; t < n_frames; t += kWidth) {
    const std::size_t n_valid = n_frames - t < kWidth ? n_frames - t : kWidth;
    const PictureBlock<T> block = block_of(picture, t, n_valid, scratch);
    for (std::size_t b = 0; b < plan.n_bands; ++b) {
      band_extremes(plan.bands[b], rooted, block, n_valid, valley + b * n_frames + t,
                    peak + b * n_frames + t);
    }
  }
}

void contrast(const ContrastPlan& plan, const Picture<float>& magnitude, float* scratch,
              float* valley, float* peak) {
  all_extremes(plan, false, magnitude, scratch, valley, peak);
}
void contrast_wide(const ContrastPlan& plan, const Picture<double>& magnitude, double* scratch,
                   double* valley, double* peak) {
  all_extremes(plan, false, magnitude, scratch, valley, peak);
}

// A register of frames: whole blocks need no scratch.
void contrast_of_power(const ContrastPlan& plan, const Picture<float>& power, float* valley,
                       float* peak) {
  all_extremes(plan, true, power, static_cast<float*>(nullptr), valley, peak);
}

}  // namespace quaver::QV_TARGET

#endif
