// SPDX-License-Identifier: BSD-3-Clause
// The second pass of rfft_columns.cpp for 512 points, where a row is one transform of 16 that never
// leaves the registers. Two special rows: half of their results are mirror images.
#ifndef QV_TARGET

#include "quaver/rfft.hpp"

#define QV_FILE "kernels/rfft512.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/transforms.hpp"

namespace quaver::QV_TARGET {

enum : std::size_t { kColumns = 16, kRowStride = (2 * kColumns + 1) * QV_WIDTH };

// Y[b][0] of all b
struct FirstColumn {
  const float* row;

  template <int B>
  QV_INLINE_MEMBER Vec at() const {
    return LoadU(row + 2 * B * kLanes);
  }
  template <int B>
  QV_INLINE_MEMBER void combine(Vec y, Vec& sum, Vec& difference) const {
    sum = y + at<B>();
    difference = y - at<B>();
  }
};

QV_INLINE std::size_t bin_of(std::size_t c, std::size_t d) {
  const std::size_t k = c + 32 * d;
  return d < 8 ? k : 512 - k;
}
template <int D>
QV_INLINE void emit_all(const Point* z, std::size_t c, float* power) {
  if constexpr (D < 16) {
    emit(z[4 * (D % 4) + D / 4], bin_of(c, D), power);
    emit_all<D + 1>(z, c, power);
  }
}
// Points b = 0 .. 15 of row c, turned by exp(2 pi i b c / 512). The roots of the column before are
// taken in between: the divider works beside the multipliers.
template <bool WithRoot>
struct TurnedRow {
  const float *row, *w;
  std::size_t c;
  const float* power;
  float* magnitude;

  template <int B>
  QV_INLINE_MEMBER Point at() const {
    const Point z = {LoadU(row + 2 * B * kLanes), LoadU(row + (2 * B + 1) * kLanes)};
    if constexpr (WithRoot) take_root(power, bin_of(c - 1, B), magnitude);
    if constexpr (B == 0) return z;
    return times(z, w[2 * B - 2], w[2 * B - 1]);
  }
};

// c = 0: X[32 d] is a real transform of Y[b][0].
static void emit_column_0(const float* row, float* power) {
  Vec re[9], im[9];
  RealTransform<16, 1, 0, 16>::run(FirstColumn{row}, re, im);
  im[0] = im[8] = Vec{};
  for (std::size_t d = 0; d <= 8; ++d) emit({re[d], im[d]}, 32 * d, power);
}

// c = 16: a complex transform of Y[b][16] exp(2 pi i b / 32), whose other half are mirror images.
struct LastColumn {
  const float* row;

  template <int B>
  QV_INLINE_MEMBER Point at() const {
    const Vec y = LoadU(row + (2 * B + 1) * kLanes);
    constexpr float c = B <= 8 ? kCosine[B] : -kCosine[16 - B];
    constexpr float s = B <= 8 ? kCosine[8 - B] : kCosine[B - 8];
    return {y * c, y * s};
  }
};
static void emit_column_16(const float* row, float* power) {
  Point z[16];
  transform_16(LastColumn{row}, z);
  for (std::size_t d = 0; d < 8; ++d) emit(z[4 * (d % 4) + d / 4], 16 + 32 * d, power);
}

template <bool WithRoot>
static void second_pass(const RfftPlan& plan, const float* work, float* power, float* magnitude) {
  emit_column_0(work, power);
  emit_column_16(work, power);
  for (std::size_t c = 1; c < 16; ++c) {
    Point z[16];
    transform_16(
        TurnedRow<WithRoot>{work + c * kRowStride, plan.turns.data() + c * 30, c, power, magnitude},
        z);
    emit_all<0>(z, c, power);
  }
  if constexpr (!WithRoot) return;
  for (std::size_t d = 0; d < 16; ++d) take_root(power, bin_of(15, d), magnitude);
  for (std::size_t d = 0; d < 8; ++d) take_root(power, 16 + 32 * d, magnitude);
  take_root(power, 256, magnitude);
}

void second_pass_512(const RfftPlan& plan, const float* work, float* power, float* magnitude) {
  if (magnitude != nullptr)
    second_pass<true>(plan, work, power, magnitude);
  else
    second_pass<false>(plan, work, power, magnitude);
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
