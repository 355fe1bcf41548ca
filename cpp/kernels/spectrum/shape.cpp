// SPDX-License-Identifier: BSD-3-Clause
// Sums over bins as in picture.cpp: frames side by side in lanes, or bins where frames lie one
// after the other. Peaks are few: flags of a stretch are found without a branch, then looked at
// eight at a time.
#ifndef QV_TARGET

#include "quaver/spectrum/shape.hpp"

#include <cstring>

#define QV_FILE "kernels/spectrum/shape.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

void moments(const Picture<float>& picture, const double* frequencies, double* sums,
             double* weighted) {
  kernels().moments(picture, frequencies, sums, weighted);
}
void moments(const Picture<double>& picture, const double* frequencies, double* sums,
             double* weighted) {
  kernels().moments_wide(picture, frequencies, sums, weighted);
}

void deviations(const Picture<float>& picture, const double* frequencies, const double* centres,
                double* out) {
  kernels().deviations(picture, frequencies, centres, out);
}
void deviations(const Picture<double>& picture, const double* frequencies, const double* centres,
                double* out) {
  kernels().deviations_wide(picture, frequencies, centres, out);
}

// Rows of a block, once a call, as of the contrast.
void rolloff(const Picture<float>& picture, float share, std::int64_t* out) {
  const KernelTable& table = kernels();
  Buffer<float> scratch(picture.n_bins * table.lanes);
  table.rolloff(picture, share, scratch.data(), out);
}
void rolloff(const Picture<double>& picture, double share, std::int64_t* out) {
  const KernelTable& table = kernels();
  Buffer<double> scratch(picture.n_bins * table.lanes);
  table.rolloff_wide(picture, share, scratch.data(), out);
}

void peaks(const Picture<float>& picture, const PeakRange<float>& range, float* hertz,
           float* heights) {
  const std::size_t size = picture.n_bins * picture.n_frames;
  std::memset(hertz, 0, size * sizeof(float));
  std::memset(heights, 0, size * sizeof(float));
  Buffer<float> levels(picture.n_frames);
  kernels().peaks(picture, range, levels.data(), hertz, heights);
}
void peaks(const Picture<double>& picture, const PeakRange<double>& range, double* hertz,
           double* heights) {
  const std::size_t size = picture.n_bins * picture.n_frames;
  std::memset(hertz, 0, size * sizeof(double));
  std::memset(heights, 0, size * sizeof(double));
  Buffer<double> levels(picture.n_frames);
  kernels().peaks_wide(picture, range, levels.data(), hertz, heights);
}

}  // namespace quaver

#else

#include "simd/pictures.hpp"

namespace quaver::QV_TARGET {

// Bins in lanes.
template <class T>
static void moments_of_frame(const T* frame, const double* frequencies, std::size_t n_bins,
                             double* sum, double* weighted) {
  VecD sums[2] = {}, products[2] = {};
  std::size_t k = 0;
  for (; k + 2 * kLanesD <= n_bins; k += 2 * kLanesD) {
    for (std::size_t j = 0; j < 2; ++j) {
      const VecD x = load_wide(frame + k + j * kLanesD);
      sums[j] += x;
      products[j] = MulAdd(x, LoadU(frequencies + k + j * kLanesD), products[j]);
    }
  }
  for (; k < n_bins; k += kLanesD) {
    const VecD x = load_wide(frame + k, n_bins - k);
    sums[0] += x;
    products[0] = MulAdd(x, load_wide(frequencies + k, n_bins - k), products[0]);
  }
  *sum = SumOfLanes(sums[0] + sums[1]);
  *weighted = SumOfLanes(products[0] + products[1]);
}

// Frames in lanes, n_valid of them.
template <class T>
static void moments_of_block(const Picture<T>& picture, const double* frequencies, std::size_t t,
                             std::size_t n_valid, double* sums, double* weighted) {
  VecD sum{}, product{};
  for (std::size_t k = 0; k < picture.n_bins; ++k) {
    const VecD x = load_wide(picture.values + k * picture.n_frames + t, n_valid);
    sum += x;
    product = MulAdd(x, Set(frequencies[k]), product);
  }
  __builtin_memcpy(sums + t, &sum, n_valid * sizeof(double));
  __builtin_memcpy(weighted + t, &product, n_valid * sizeof(double));
}

template <class T>
static void run_moments(const Picture<T>& picture, const double* frequencies, double* sums,
                        double* weighted) {
  if (picture.frames_first) {
    for (std::size_t t = 0; t < picture.n_frames; ++t) {
      moments_of_frame(picture.values + t * picture.n_bins, frequencies, picture.n_bins, sums + t,
                       weighted + t);
    }
    return;
  }
  for (std::size_t t = 0; t < picture.n_frames; t += kLanesD) {
    const std::size_t rest = picture.n_frames - t;
    moments_of_block(picture, frequencies, t, rest < kLanesD ? rest : kLanesD, sums, weighted);
  }
}

void moments(const Picture<float>& picture, const double* frequencies, double* sums,
             double* weighted) {
  run_moments(picture, frequencies, sums, weighted);
}
void moments_wide(const Picture<double>& picture, const double* frequencies, double* sums,
                  double* weighted) {
  run_moments(picture, frequencies, sums, weighted);
}

template <class T>
static double deviation_of_frame(const T* frame, const double* frequencies, std::size_t n_bins,
                                 double centre) {
  const VecD c = Set(centre);
  VecD sums[2] = {};
  std::size_t k = 0;
  for (; k + 2 * kLanesD <= n_bins; k += 2 * kLanesD) {
    for (std::size_t j = 0; j < 2; ++j) {
      const VecD distance = LoadU(frequencies + k + j * kLanesD) - c;
      sums[j] = MulAdd(distance * distance, load_wide(frame + k + j * kLanesD), sums[j]);
    }
  }
  // The lanes behind the last bin have no weight.
  for (; k < n_bins; k += kLanesD) {
    const VecD distance = load_wide(frequencies + k, n_bins - k) - c;
    sums[0] = MulAdd(distance * distance, load_wide(frame + k, n_bins - k), sums[0]);
  }
  return SumOfLanes(sums[0] + sums[1]);
}

template <class T>
static void run_deviations(const Picture<T>& picture, const double* frequencies,
                           const double* centres, double* out) {
  if (picture.frames_first) {
    for (std::size_t t = 0; t < picture.n_frames; ++t) {
      out[t] = deviation_of_frame(picture.values + t * picture.n_bins, frequencies, picture.n_bins,
                                  centres[t]);
    }
    return;
  }
  for (std::size_t t = 0; t < picture.n_frames; t += kLanesD) {
    const std::size_t rest = picture.n_frames - t, n_valid = rest < kLanesD ? rest : kLanesD;
    const VecD c = load_wide(centres + t, n_valid);
    VecD sum{};
    for (std::size_t k = 0; k < picture.n_bins; ++k) {
      const VecD distance = Set(frequencies[k]) - c;
      const VecD x = load_wide(picture.values + k * picture.n_frames + t, n_valid);
      sum = MulAdd(distance * distance, x, sum);
    }
    __builtin_memcpy(out + t, &sum, n_valid * sizeof(double));
  }
}

void deviations(const Picture<float>& picture, const double* frequencies, const double* centres,
                double* out) {
  run_deviations(picture, frequencies, centres, out);
}
void deviations_wide(const Picture<double>& picture, const double* frequencies,
                     const double* centres, double* out) {
  run_deviations(picture, frequencies, centres, out);
}

// Frames in lanes, so that each one's sums are made bin by bin.
template <class T>
static void run_rolloff(const Picture<T>& picture, T share, T* scratch, std::int64_t* out) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  const Lanes<T> one = Set(T(1)), none{};
  for (std::size_t t = 0; t < picture.n_frames; t += kWidth) {
    const std::size_t rest = picture.n_frames - t, n_valid = rest < kWidth ? rest : kWidth;
    const PictureBlock<T> block = block_of(picture, t, n_valid, scratch);
    Lanes<T> total{};
    for (std::size_t k = 0; k < picture.n_bins; ++k) {
      total += LoadU(block.rows + k * block.stride);
    }
    const Lanes<T> level = Set(share) * total;
    Lanes<T> so_far{}, below{};
    for (std::size_t k = 0; k < picture.n_bins; ++k) {
      so_far += LoadU(block.rows + k * block.stride);
      below += so_far < level ? one : none;
    }
    for (std::size_t i = 0; i < n_valid; ++i) out[t + i] = static_cast<std::int64_t>(below[i]);
  }
}

void rolloff(const Picture<float>& picture, float share, float* scratch, std::int64_t* out) {
  run_rolloff(picture, share, scratch, out);
}
void rolloff_wide(const Picture<double>& picture, double share, double* scratch,
                  std::int64_t* out) {
  run_rolloff(picture, share, scratch, out);
}

template <class T>
static void largest_values(const Picture<T>& picture, T* out) {
  if (picture.frames_first) {
    for (std::size_t t = 0; t < picture.n_frames; ++t) {
      const T* frame = picture.values + t * picture.n_bins;
      Lanes<T> most{};
      std::size_t k = 0;
      for (; k + LanesOf<T>::kCount <= picture.n_bins; k += LanesOf<T>::kCount) {
        most = Max(most, LoadU(frame + k));
      }
      T largest{};
      for (std::size_t i = 0; i < LanesOf<T>::kCount; ++i) {
        largest = largest < most[i] ? most[i] : largest;
      }
      for (; k < picture.n_bins; ++k) largest = largest < frame[k] ? frame[k] : largest;
      out[t] = largest;
    }
    return;
  }
  for (std::size_t t = 0; t < picture.n_frames; ++t) out[t] = T{};
  for (std::size_t k = 0; k < picture.n_bins; ++k) {
    const T* row = picture.values + k * picture.n_frames;
    for (std::size_t t = 0; t < picture.n_frames; ++t) out[t] = out[t] < row[t] ? row[t] : out[t];
  }
}

// A value and its neighbours `step` away in both directions; without a next one it is an end.
template <class T>
static inline void put_peak(const T* x, std::size_t step, bool is_end, std::size_t bin,
                            double hz_per_bin, T* hertz, T* height) {
  T shift{}, slope{};
  if (!is_end) {
    const T before = *(x - step), next = x[step];
    const T bend = next + before - T(2) * *x;
    slope = (next - before) / T(2);
    if (std::fabs(slope) < std::fabs(bend)) shift = -slope / bend;
  }
  *hertz = static_cast<T>((static_cast<double>(bin) + static_cast<double>(shift)) * hz_per_bin);
  *height = *x + T(0.5) * slope * shift;
}

enum : std::size_t { kFlags = 64 };

// Whether each of kFlags values exceeds its level and the one before, and is no less than the next.
template <class T>
static inline void flag_peaks(const T* __restrict x, const T* __restrict before,
                              const T* __restrict next, const T* __restrict levels, std::size_t n,
                              unsigned char* __restrict flags) {
  for (std::size_t i = 0; i < n; ++i) {
    flags[i] =
        static_cast<unsigned char>((x[i] > levels[i]) & (x[i] > before[i]) & (x[i] >= next[i]));
  }
}

// The next flag from i on; n when there is none.
static inline std::size_t next_flag(const unsigned char* flags, std::size_t i, std::size_t n) {
  while (i + 8 <= n) {
    std::uint64_t eight;
    __builtin_memcpy(&eight, flags + i, 8);
    if (eight != 0) break;
    i += 8;
  }
  while (i < n && flags[i] == 0) ++i;
  return i;
}

template <class T>
static void peaks_of_frame(const T* frame, std::size_t n_bins, const PeakRange<T>& range, T level,
                           T* hertz, T* heights) {
  unsigned char flags[kFlags];
  T levels[kFlags];
  for (std::size_t i = 0; i < kFlags; ++i) levels[i] = level;
  const std::size_t end = n_bins - 1;  // the last bin has no next one
  const std::size_t first = range.first < 1 ? 1 : range.first;
  const std::size_t last = range.last < end ? range.last : end;
  for (std::size_t at = first; at < last; at += kFlags) {
    const std::size_t n = last - at < kFlags ? last - at : kFlags;
    flag_peaks(frame + at, frame + at - 1, frame + at + 1, levels, n, flags);
    for (std::size_t i = next_flag(flags, 0, n); i < n; i = next_flag(flags, i + 1, n)) {
      const std::size_t k = at + i;
      put_peak(frame + k, 1, false, k, range.hz_per_bin, hertz + k, heights + k);
    }
  }
  if (range.first <= end && end < range.last && frame[end] > level && frame[end] > frame[end - 1]) {
    put_peak(frame + end, 1, true, end, range.hz_per_bin, hertz + end, heights + end);
  }
}

// Of all frames, which lie side by side.
template <class T>
static void peaks_of_bin(const Picture<T>& picture, std::size_t k, const PeakRange<T>& range,
                         const T* levels, T* hertz, T* heights) {
  unsigned char flags[kFlags];
  const std::size_t n_frames = picture.n_frames;
  const bool is_end = k + 1 == picture.n_bins;
  for (std::size_t t = 0; t < n_frames; t += kFlags) {
    const std::size_t n = n_frames - t < kFlags ? n_frames - t : kFlags;
    const T* const x = picture.values + k * n_frames + t;
    flag_peaks(x, x - n_frames, is_end ? x : x + n_frames, levels + t, n, flags);
    for (std::size_t i = next_flag(flags, 0, n); i < n; i = next_flag(flags, i + 1, n)) {
      const std::size_t at = k * n_frames + t + i;
      put_peak(x + i, n_frames, is_end, k, range.hz_per_bin, hertz + at, heights + at);
    }
  }
}

template <class T>
static void run_peaks(const Picture<T>& picture, const PeakRange<T>& range, T* levels, T* hertz,
                      T* heights) {
  largest_values(picture, levels);
  for (std::size_t t = 0; t < picture.n_frames; ++t) levels[t] = range.share * levels[t];
  if (picture.frames_first) {
    for (std::size_t t = 0; t < picture.n_frames; ++t) {
      const std::size_t at = t * picture.n_bins;
      peaks_of_frame(picture.values + at, picture.n_bins, range, levels[t], hertz + at,
                     heights + at);
    }
    return;
  }
  for (std::size_t k = range.first < 1 ? 1 : range.first; k < range.last && k < picture.n_bins;
       ++k) {
    peaks_of_bin(picture, k, range, levels, hertz, heights);
  }
}

void peaks(const Picture<float>& picture, const PeakRange<float>& range, float* levels,
           float* hertz, float* heights) {
  run_peaks(picture, range, levels, hertz, heights);
}
void peaks_wide(const Picture<double>& picture, const PeakRange<double>& range, double* levels,
                double* hertz, double* heights) {
  run_peaks(picture, range, levels, hertz, heights);
}

}  // namespace quaver::QV_TARGET

#endif
