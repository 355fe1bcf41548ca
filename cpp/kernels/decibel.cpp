// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/decibel.hpp"

#define QV_FILE "kernels/decibel.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

float decibel(const float* power, std::size_t n, float amin, float offset, float* out) {
  return kernels().decibel(power, n, amin, offset, out);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

float decibel_run(const float* power, std::size_t n, float amin, float offset, float* out) {
  const Vec smallest = Set(amin), huge = Set(3.4028235e38f), shift = Set(offset);
  Vec largest = Set(-3.4028235e38f);
  VecI n_bad{};
  for (std::size_t i = 0; i < n; i += kLanes) {
    const std::size_t n_valid = n - i < kLanes ? n - i : kLanes;
    Vec p = smallest;
    __builtin_memcpy(&p, power + i, n_valid * sizeof(float));
    n_bad += (p <= huge) + 1;  // a true comparison is -1; NaN fails it
    const Vec db = Decibel(Max(p, smallest)) - shift;
    largest = Max(largest, db);
    __builtin_memcpy(out + i, &db, n_valid * sizeof(float));
  }
  // The lanes behind the last value hold amin, the lowest there is: no maximum of their own.
  float result = largest[0];
  int bad = 0;
  for (std::size_t i = 0; i < kLanes; ++i) {
    result = result < largest[i] ? largest[i] : result;
    bad |= n_bad[i];
  }
  return bad == 0 ? result : __builtin_nanf("");
}

}  // namespace quaver::QV_TARGET

#endif
