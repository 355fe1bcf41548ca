// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/spectrum/decibel.hpp"

#define QV_FILE "kernels/spectrum/decibel.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

float decibel(const float* power, std::size_t n, float amin, float offset, float* out) {
  return kernels().decibel(power, n, amin, offset, out);
}

}  // namespace quaver

#else

#include "simd/logarithms.hpp"

namespace quaver::QV_TARGET {

float decibel(const float* power, std::size_t n, float amin, float offset, float* out) {
  const Vec smallest = Set(amin), huge = Set(3.4028235e38f), shift = Set(offset);
  Vec largest = Set(-3.4028235e38f);
  VecI n_bad{};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec p = LoadU(power + i);
    n_bad += (p <= huge) + 1;  // a true comparison is -1; NaN fails it
    const Vec db = Decibel(Max(p, smallest)) - shift;
    largest = Max(largest, db);
    StoreU(out + i, db);
  }
  if (i < n) {
    Vec p = smallest;
    __builtin_memcpy(&p, power + i, (n - i) * sizeof(float));
    n_bad += (p <= huge) + 1;
    const Vec db = Decibel(Max(p, smallest)) - shift;
    largest = Max(largest, db);
    __builtin_memcpy(out + i, &db, (n - i) * sizeof(float));
  }
  // The lanes behind the last value hold amin, the lowest there is: no maximum of their own.
  float result = largest[0];
  int bad = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    result = result < largest[lane] ? largest[lane] : result;
    bad |= n_bad[lane];
  }
  return bad == 0 ? result : __builtin_nanf("");
}

}  // namespace quaver::QV_TARGET

#endif
