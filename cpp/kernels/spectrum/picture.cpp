// SPDX-License-Identifier: BSD-3-Clause
// Sums over bins: of frames side by side in lanes, or where frames lie one after the other with
// bins in lanes, which needs no turning.
#ifndef QV_TARGET

#include "quaver/spectrum/picture.hpp"

#include "quaver/core/scratch.hpp"

#define QV_FILE "kernels/spectrum/picture.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

// Frames of a picture in lanes; kept by the thread.
template <class T>
Borrowed<Buffer<T>> scratch(std::size_t n_bins, std::size_t lanes) {
  thread_local Buffer<T> of_thread;
  of_thread.reserve(n_bins * lanes);
  return {of_thread, 2 * n_bins};
}

}  // namespace

float lowest(const float* values, std::size_t n) { return kernels().lowest(values, n); }
double lowest(const double* values, std::size_t n) { return kernels().lowest_wide(values, n); }

void bands_of(const FilterBank<float>& bank, const Picture<float>& picture, float* out) {
  const KernelTable& table = kernels();
  const Borrowed<Buffer<float>> rows = scratch<float>(picture.n_bins, table.lanes);
  table.bands_of(bank, picture, static_cast<Buffer<float>&>(rows).data(), out);
}
void bands_of(const FilterBank<float>& bank, const Picture<double>& picture, double* out) {
  const KernelTable& table = kernels();
  const Borrowed<Buffer<double>> rows = scratch<double>(picture.n_bins, table.lanes);
  table.bands_of_wide(bank, picture, static_cast<Buffer<double>&>(rows).data(), out);
}

void energies(const Picture<float>& picture, bool is_even, float* out) {
  kernels().energies(picture, is_even, out);
}
void energies(const Picture<double>& picture, bool is_even, double* out) {
  kernels().energies_wide(picture, is_even, out);
}

void log_means(const Picture<float>& picture, bool squared, double amin, double* of_logarithms,
               double* of_values) {
  kernels().log_means(picture, squared, amin, of_logarithms, of_values);
}
void log_means(const Picture<double>& picture, bool squared, double amin, double* of_logarithms,
               double* of_values) {
  kernels().log_means_wide(picture, squared, amin, of_logarithms, of_values);
}

void magphase(const float* z, std::size_t n, float* magnitude, float* phase) {
  kernels().magphase(z, n, magnitude, phase);
}
void magphase(const double* z, std::size_t n, double* magnitude, double* phase) {
  kernels().magphase_wide(z, n, magnitude, phase);
}

}  // namespace quaver

#else

#include "simd/logarithms.hpp"
#include "simd/pictures.hpp"
#include "simd/products.hpp"

namespace quaver::QV_TARGET {

// The first n values; `rest` in the lanes behind them.
template <class T>
static inline Lanes<T> load_part(const T* x, std::size_t n, T rest) {
  Lanes<T> v = Set(rest);
  __builtin_memcpy(&v, x, n * sizeof(T));
  return v;
}

template <class T>
static T lowest_of(const T* values, std::size_t n) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  const T most = sizeof(T) == sizeof(float) ? T(3.4028235e38f) : T(1.7976931348623157e308);
  Lanes<T> least = Set(most), zeros{};
  std::size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) {
    const Lanes<T> x = LoadU(values + i);
    zeros += x - x;  // NaN of what is not finite
    least = Min(least, x);
  }
  if (i < n) {
    const Lanes<T> x = load_part(values + i, n - i, most);
    zeros += x - x;
    least = Min(least, x);
  }
  T lowest = most, zero{};
  for (std::size_t lane = 0; lane < kWidth; ++lane) {
    lowest = lowest < least[lane] ? lowest : least[lane];
    zero += zeros[lane];
  }
  return lowest + zero;
}

float lowest(const float* values, std::size_t n) { return lowest_of(values, n); }
double lowest_wide(const double* values, std::size_t n) { return lowest_of(values, n); }

template <class T>
static void run_bands(const FilterBank<float>& bank, const Picture<T>& picture, T* scratch,
                      T* out) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  const std::size_t n_frames = picture.n_frames;
  for (std::size_t t = 0; t < n_frames; t += kWidth) {
    const std::size_t n_valid = n_frames - t < kWidth ? n_frames - t : kWidth;
    const PictureBlock<T> block = block_of(picture, t, n_valid, scratch);
    for (std::size_t m = 0; m < bank.n_bands; ++m) {
      const Lanes<T> sum = band_sum(bank, m, block.rows, block.stride);
      __builtin_memcpy(out + m * n_frames + t, &sum, n_valid * sizeof(T));
    }
  }
}

void bands_of(const FilterBank<float>& bank, const Picture<float>& picture, float* scratch,
              float* out) {
  run_bands(bank, picture, scratch, out);
}
void bands_of_wide(const FilterBank<float>& bank, const Picture<double>& picture, double* scratch,
                   double* out) {
  run_bands(bank, picture, scratch, out);
}

enum : std::size_t { kSumAtOnce = 64 };  // registers whose sum is one rounding chain

// Of n_valid frames from t on, frames in lanes.
template <class T>
static Lanes<T> energies_of_block(const Picture<T>& picture, std::size_t t, std::size_t n_valid) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  Lanes<T> total{};
  for (std::size_t first = 0; first < picture.n_bins; first += kSumAtOnce) {
    const std::size_t last =
        first + kSumAtOnce < picture.n_bins ? first + kSumAtOnce : picture.n_bins;
    Lanes<T> sum{};
    for (std::size_t k = first; k < last; ++k) {
      const T* row = picture.values + k * picture.n_frames + t;
      const Lanes<T> x = n_valid == kWidth ? LoadU(row) : load_part(row, n_valid, T{});
      sum = MulAdd(x, x, sum);
    }
    total += sum;
  }
  return total;
}

// Of one frame, bins in lanes.
template <class T>
static T energy_of_frame(const T* frame, std::size_t n_bins) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  Lanes<T> sums[4] = {};
  std::size_t k = 0;
  for (; k + 4 * kWidth <= n_bins; k += 4 * kWidth) {
    for (std::size_t j = 0; j < 4; ++j) {
      const Lanes<T> x = LoadU(frame + k + j * kWidth);
      sums[j] = MulAdd(x, x, sums[j]);
    }
  }
  for (; k < n_bins; k += kWidth) {
    const std::size_t n = n_bins - k < kWidth ? n_bins - k : kWidth;
    const Lanes<T> x = load_part(frame + k, n, T{});
    sums[0] = MulAdd(x, x, sums[0]);
  }
  const Lanes<T> sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  T total{};
  for (std::size_t lane = 0; lane < kWidth; ++lane) total += sum[lane];
  return total;
}

template <class T>
static void run_energies(const Picture<T>& picture, bool is_even, T* out) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  const std::size_t n_bins = picture.n_bins, n_frames = picture.n_frames;
  const std::size_t frame_step = picture.frames_first ? n_bins : 1;
  const std::size_t bin_step = picture.frames_first ? 1 : n_frames;
  const Picture<T> inner{picture.values + bin_step, n_bins - 1 - (is_even ? 1 : 0), n_frames,
                         picture.frames_first};
  if (picture.frames_first) {
    for (std::size_t t = 0; t < n_frames; ++t) {
      out[t] = energy_of_frame(inner.values + t * n_bins, inner.n_bins);
    }
  } else {
    for (std::size_t t = 0; t < n_frames; t += kWidth) {
      const std::size_t n_valid = n_frames - t < kWidth ? n_frames - t : kWidth;
      const Lanes<T> sum = energies_of_block(inner, t, n_valid);
      __builtin_memcpy(out + t, &sum, n_valid * sizeof(T));
    }
  }
  for (std::size_t t = 0; t < n_frames; ++t) {
    const T* frame = picture.values + t * frame_step;
    const T first = frame[0], last = is_even ? frame[(n_bins - 1) * bin_step] : T{};
    out[t] += T(0.5) * (first * first + last * last);
  }
}

void energies(const Picture<float>& picture, bool is_even, float* out) {
  run_energies(picture, is_even, out);
}
void energies_wide(const Picture<double>& picture, bool is_even, double* out) {
  run_energies(picture, is_even, out);
}

// Sums of values and of their logarithms: mantissas are multiplied and exponents counted, so that
// a logarithm is due once in many bins.
struct LogSum {
  VecD values, product, exponent, logarithms;
  std::size_t n;  // mantissas in the product
};

static inline void split_product(LogSum& s) {
  s.logarithms += Ln(s.product);
  s.product = Set(1.0);
  s.n = 0;
}

static inline LogSum no_values() { return {VecD{}, Set(1.0), VecD{}, VecD{}, 0}; }

static inline void add_value(LogSum& s, VecD v) {
  const VecU64 bits = reinterpret_cast<VecU64>(v);
  const VecD number = reinterpret_cast<VecD>((bits >> 52) | 0x4330000000000000ull);
  s.exponent += number - (0x1p52 + 1023.0);
  s.product *= reinterpret_cast<VecD>((bits & 0x000fffffffffffffull) | 0x3ff0000000000000ull);
  s.values += v;
  if (++s.n == 1000) split_product(s);  // below 2^1000
}

static inline VecD sum_of_logarithms(LogSum& s) {
  split_product(s);
  return MulAdd(s.exponent, Set(0.693147180559945309417), s.logarithms);
}

static inline VecD thresholded(VecD x, bool squared, VecD amin) {
  return Max(squared ? x * x : x, amin);
}

// Frames in lanes.
template <class T>
static void log_means_of_block(const Picture<T>& picture, bool squared, double amin, std::size_t t,
                               std::size_t n_valid, double* of_logarithms, double* of_values) {
  LogSum s = no_values();
  const VecD smallest = Set(amin);
  for (std::size_t k = 0; k < picture.n_bins; ++k) {
    const T* row = picture.values + k * picture.n_frames + t;
    const VecD x = load_wide(row, n_valid);
    add_value(s, thresholded(x, squared, smallest));
  }
  const double inverse = 1.0 / static_cast<double>(picture.n_bins);
  const VecD logarithms = sum_of_logarithms(s) * inverse, values = s.values * inverse;
  __builtin_memcpy(of_logarithms + t, &logarithms, n_valid * sizeof(double));
  __builtin_memcpy(of_values + t, &values, n_valid * sizeof(double));
}

// Bins in lanes; the lanes behind the last bin are taken out again.
template <class T>
static void log_means_of_frame(const T* frame, std::size_t n_bins, bool squared, double amin,
                               double* of_logarithms, double* of_values) {
  LogSum s = no_values();
  const VecD smallest = Set(amin);
  std::size_t k = 0;
  for (; k + kLanesD <= n_bins; k += kLanesD) {
    add_value(s, thresholded(load_wide(frame + k), squared, smallest));
  }
  VecD logarithms = sum_of_logarithms(s), values = s.values;
  if (k < n_bins) {
    const VecD rest = thresholded(load_wide(frame + k, n_bins - k), squared, smallest);
    const VecD ln = Ln(rest);
    for (std::size_t lane = 0; lane < n_bins - k; ++lane) {
      logarithms[lane] += ln[lane];
      values[lane] += rest[lane];
    }
  }
  const double inverse = 1.0 / static_cast<double>(n_bins);
  *of_logarithms = SumOfLanes(logarithms) * inverse;
  *of_values = SumOfLanes(values) * inverse;
}

template <class T>
static void run_log_means(const Picture<T>& picture, bool squared, double amin,
                          double* of_logarithms, double* of_values) {
  if (picture.frames_first) {
    for (std::size_t t = 0; t < picture.n_frames; ++t) {
      log_means_of_frame(picture.values + t * picture.n_bins, picture.n_bins, squared, amin,
                         of_logarithms + t, of_values + t);
    }
    return;
  }
  for (std::size_t t = 0; t < picture.n_frames; t += kLanesD) {
    const std::size_t rest = picture.n_frames - t;
    log_means_of_block(picture, squared, amin, t, rest < kLanesD ? rest : kLanesD, of_logarithms,
                       of_values);
  }
}

void log_means(const Picture<float>& picture, bool squared, double amin, double* of_logarithms,
               double* of_values) {
  run_log_means(picture, squared, amin, of_logarithms, of_values);
}
void log_means_wide(const Picture<double>& picture, bool squared, double amin,
                    double* of_logarithms, double* of_values) {
  run_log_means(picture, squared, amin, of_logarithms, of_values);
}

// Squares of float32 neither overflow nor vanish in double. Those of double do at the ends of its
// range, and infinity goes before NaN: then the library's function has the say.
template <class T>
struct LengthRange;
template <>
struct LengthRange<float> {
  static constexpr double kLowest = 0.0, kHighest = 3.4028235e38;
};
template <>
struct LengthRange<double> {
  static constexpr double kLowest = 1e-140, kHighest = 1e140;
};
static inline float exact_length(float re, float im) { return __builtin_hypotf(re, im); }
static inline double exact_length(double re, double im) { return __builtin_hypot(re, im); }

template <class T>
static void run_magphase(const T* __restrict z, std::size_t n, T* __restrict magnitude,
                         T* __restrict phase) {
  constexpr std::size_t kAtOnce = 64;
  double lengths[kAtOnce];
  for (std::size_t first = 0; first < n; first += kAtOnce) {
    const std::size_t count = n - first < kAtOnce ? n - first : kAtOnce;
    const T* const from = z + 2 * first;
    T *const to = phase + 2 * first, *const own = magnitude + first;
    int n_rare = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double re = static_cast<double>(from[2 * i]), im = static_cast<double>(from[2 * i + 1]);
      lengths[i] = std::sqrt(re * re + im * im);
    }
    for (std::size_t i = 0; i < count; ++i) {
      own[i] = static_cast<T>(lengths[i]);
      n_rare += !(lengths[i] >= LengthRange<T>::kLowest && lengths[i] <= LengthRange<T>::kHighest);
    }
    for (std::size_t i = 0; n_rare != 0 && i < count; ++i) {
      own[i] = exact_length(from[2 * i], from[2 * i + 1]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const T zero = own[i] == T{} ? T{1} : T{}, divisor = own[i] + zero;
      to[2 * i] = from[2 * i] / divisor + zero;
      to[2 * i + 1] = from[2 * i + 1] / divisor;
    }
  }
}

void magphase(const float* z, std::size_t n, float* magnitude, float* phase) {
  run_magphase(z, n, magnitude, phase);
}
void magphase_wide(const double* z, std::size_t n, double* magnitude, double* phase) {
  run_magphase(z, n, magnitude, phase);
}

}  // namespace quaver::QV_TARGET

#endif
