// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/spectrum/decibel.hpp"

#define QV_FILE "kernels/spectrum/decibel.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

float decibel(const float* power, std::size_t n, bool squared, float amin, float offset,
              float top_db, float* out) {
  return kernels().decibel(power, n, squared, amin, offset, top_db, out);
}
double decibel(const double* power, std::size_t n, bool squared, double amin, double offset,
               double top_db, double* out) {
  return kernels().decibel_wide(power, n, squared, amin, offset, top_db, out);
}

}  // namespace quaver

#else

#include "simd/logarithms.hpp"

namespace quaver::QV_TARGET {

static inline VecD Decibel(VecD x) { return Ln(x) * 4.34294481903251828; }

template <class T>
static T run_decibel(const T* values, std::size_t n, bool squared, T amin, T offset, T top_db,
                     T* out) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  const T lowest = sizeof(T) == sizeof(float) ? T(-3.4028235e38f) : T(-1.7976931348623157e308);
  const Lanes<T> smallest = Set(amin), shift = Set(offset);
  Lanes<T> largest = Set(lowest), zeros{};
  for (std::size_t i = 0; i < n; i += kWidth) {
    const std::size_t count = n - i < kWidth ? n - i : kWidth;
    // The lanes behind the last value hold amin or less, the lowest there is: no maximum of theirs.
    Lanes<T> p{};
    if (count == kWidth)
      p = LoadU(values + i);
    else
      __builtin_memcpy(&p, values + i, count * sizeof(T));
    zeros += p - p;  // NaN of what is not finite
    if (squared) p *= p;
    const Lanes<T> db = Decibel(Max(p, smallest)) - shift;
    largest = Max(largest, db);
    if (count == kWidth)
      StoreU(out + i, db);
    else
      __builtin_memcpy(out + i, &db, count * sizeof(T));
  }
  T result = largest[0], zero{};
  for (std::size_t lane = 0; lane < kWidth; ++lane) {
    result = result < largest[lane] ? largest[lane] : result;
    zero += zeros[lane];
  }
  const T limit = result - top_db;
  if (limit >= lowest) {  // neither -infinity nor NaN
    const Lanes<T> floor = Set(limit);
    std::size_t i = 0;
    for (; i + kWidth <= n; i += kWidth) StoreU(out + i, Max(LoadU(out + i), floor));
    for (; i < n; ++i) out[i] = out[i] < limit ? limit : out[i];
  }
  return result + zero;
}

float decibel(const float* power, std::size_t n, bool squared, float amin, float offset,
              float top_db, float* out) {
  return run_decibel(power, n, squared, amin, offset, top_db, out);
}
double decibel_wide(const double* power, std::size_t n, bool squared, double amin, double offset,
                    double top_db, double* out) {
  return run_decibel(power, n, squared, amin, offset, top_db, out);
}

}  // namespace quaver::QV_TARGET

#endif
