// SPDX-License-Identifier: BSD-3-Clause
// The real transform of n = 32 B points in two passes, real from the start:
//   sample a B + b, bin c + 32 d:  X[c + 32 d] = sum_b wn^(b c) wB^(b d) Y[b][c],
//   Y[b][c] = sum_a s[a B + b] w32^(a c),  wn = exp(2 pi i / n)
// First B real transforms of 32, of which only c = 0 .. 16 exist, then a complex one of B for each
// of these, whose outputs are bins or mirror images of bins. Unlike the packed complex transform of
// rfft.cpp nothing is left to untangle, and rows a of zero padding are never touched. The first
// pass windows as it loads, the second emits power and magnitude. A row of the second pass, B = B1
// B2 points, is again two passes, over a copy that stays in L1.
#ifndef QV_TARGET

#include "quaver/rfft.hpp"

#define QV_FILE "kernels/rfft_columns.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/transforms.hpp"

namespace quaver::QV_TARGET {

enum : std::size_t { kPhaseStride = QV_WIDTH + 4 };  // where a frame spans two to four hops

// Rows of a column of windowed samples; half of the windowing is part of an addition. HopRows: rows
// a hop, where that is known (of 16 columns), or 0; offsets need no loads then.
template <int HopRows>
struct WindowedRows {
  const float* phases;
  const unsigned* offsets;
  const float* window;

  template <int A>
  QV_INLINE_MEMBER Vec sample() const {
    if constexpr (HopRows == 0) return LoadU(phases + offsets[A]);
    constexpr int rows = HopRows == 0 ? 1 : HopRows;
    return LoadU(phases + 16 * (A % rows) * kPhaseStride + A / rows);
  }
  template <int A>
  QV_INLINE_MEMBER Vec at() const {
    return sample<A>() * window[A];
  }
  template <int A>
  QV_INLINE_MEMBER void combine(Vec y, Vec& sum, Vec& difference) const {
    Vec x = sample<A>();
    const Vec w = Set(window[A]);
    sum = MulAdd(x, w, y);
    difference = NegMulAdd(x, w, y);
  }
};
template <int C>
QV_INLINE void store_columns(const Vec* re, const Vec* im, std::size_t stride, float* to) {
  if constexpr (C < 16) {
    StoreU(to + C * stride, re[C]);
    StoreU(to + C * stride + kLanes, im[C]);
    store_columns<C + 1>(re, im, stride, to);
  }
}

// Row c of `work` holds Y[b][c], b = 0 .. B - 1, as pairs of real and imaginary parts; row 0 the
// real numbers Y[b][0] and Y[b][16] in their place. Rows are an odd number of registers apart: they
// must not share cache sets. Columns: B where the compiler may know it, or 0.
template <int Rows, int HopRows, int Columns>
static __attribute__((noinline)) void first_pass(const RfftPlan& plan, const FramingPlan& framing,
                                                 const float* phases, float* work) {
  const std::size_t n_columns = Columns == 0 ? plan.n_columns : Columns;
  const unsigned* offsets = framing.column_offsets[QV_TARGET_INDEX];
  const float* window = framing.column_window.data();
  for (std::size_t b = 0; b < n_columns; ++b, offsets += 32, window += 32) {
    Vec re[17], im[17];
    const WindowedRows<HopRows> column{HopRows == 0 ? phases : phases + b * kPhaseStride, offsets,
                                       window};
    RealTransform<32, 1, 0, Rows>::run(column, re, im);
    im[0] = re[16];
    store_columns<0>(re, im, (2 * n_columns + 1) * kLanes, work + 2 * b * kLanes);
  }
}

// Points j + B2 I, I < B1, of row c, turned by exp(2 pi i B2 I c / n). The roots of the row before
// are taken in between: the divider works beside the multipliers.
template <int B1, int B2, bool IsReal, bool WithRoot>
struct RowPoints {
  const float *row, *turns;
  std::size_t j, n_fft, before;
  const float* power;
  float* magnitude;

  template <int I>
  QV_INLINE_MEMBER Point at() const {
    const float* const from = row + 2 * (j + B2 * I) * kLanes;
    if constexpr (WithRoot) {
      const std::size_t d = j + B2 * I, bin = before + 32 * d;
      take_root(power, I < B1 / 2 ? bin : n_fft - bin, magnitude);
    }
    if constexpr (IsReal) {
      const Vec y = LoadU(from);
      return I == 0 ? Point{y, Vec{}} : Point{y * turns[2 * I - 2], y * turns[2 * I - 1]};
    } else {
      const Point z = {LoadU(from), LoadU(from + kLanes)};
      return I == 0 ? z : times(z, turns[2 * I - 2], turns[2 * I - 1]);
    }
  }
};
// What the first half of a row's transform has left for output k + B1 l.
struct MiddlePoints {
  const float* from;

  template <int J>
  QV_INLINE_MEMBER Point at() const {
    return {LoadU(from + 2 * J * kLanes), LoadU(from + (2 * J + 1) * kLanes)};
  }
};

template <int B1, int B2, int K>
QV_INLINE void store_turned(const Point* z, const float* turns, float* to) {
  if constexpr (K < B1) {
    const Point turned = times(z[place(B1, K)], turns[2 * K], turns[2 * K + 1]);
    StoreU(to + 2 * K * B2 * kLanes, turned.re);
    StoreU(to + (2 * K * B2 + 1) * kLanes, turned.im);
    store_turned<B1, B2, K + 1>(z, turns, to);
  }
}
// Outputs d = first + step l of row c.
template <int Radix, int L>
QV_INLINE void emit_bins(const Point* z, std::size_t n_fft, std::size_t bin, std::size_t step,
                         float* power) {
  if constexpr (L < Radix) {
    emit(z[place(Radix, L)], L < Radix / 2 ? bin : n_fft - bin, power);
    emit_bins<Radix, L + 1>(z, n_fft, bin + step, step, power);
  }
}

template <int B1, int B2, bool IsReal, bool WithRoot>
static void emit_row(const RfftPlan& plan, const float* row, std::size_t c, std::size_t before,
                     float* copy, float* power, float* magnitude) {
  const float* const turns = plan.turns.data() + c * plan.turns_per_row;
  const float* middle = turns + 2 * (B1 - 1);
  for (std::size_t j = 0; j < B2; ++j, middle += 2 * B1) {
    Point z[B1];
    transform<B1>(
        RowPoints<B1, B2, IsReal, WithRoot>{row, turns, j, plan.n_fft, before, power, magnitude},
        z);
    if constexpr (B2 == 1)
      emit_bins<B1, 0>(z, plan.n_fft, c, 32, power);
    else
      store_turned<B1, B2, 0>(z, middle, copy + 2 * j * kLanes);
  }
  if constexpr (B2 > 1) {
    for (std::size_t k = 0; k < B1; ++k) {
      Point z[B2];
      transform<B2>(MiddlePoints{copy + 2 * k * B2 * kLanes}, z);
      emit_bins<B2, 0>(z, plan.n_fft, c + 32 * k, 32 * B1, power);
    }
  }
}

template <int B1, int B2, bool WithRoot>
static __attribute__((noinline)) void second_pass(const RfftPlan& plan, float* work, float* power,
                                                  float* magnitude) {
  const std::size_t n_columns = B1 * B2, stride = (2 * n_columns + 1) * kLanes;
  float* const copy = work + 16 * stride;
  // Mirror images of the bins of rows 0 and 16 are bins of theirs, which are emitted twice.
  emit_row<B1, B2, true, false>(plan, work, 0, 0, copy, power, magnitude);
  emit_row<B1, B2, true, WithRoot>(plan, work + kLanes, 16, 0, copy, power, magnitude);
  for (std::size_t c = 1; c < 16; ++c) {
    emit_row<B1, B2, false, WithRoot>(plan, work + c * stride, c, c == 1 ? 16 : c - 1, copy, power,
                                      magnitude);
  }
  if constexpr (!WithRoot) return;
  for (std::size_t bin = 15; bin < plan.n_bins; bin += 32) take_root(power, bin, magnitude);
  for (std::size_t bin = 17; bin < plan.n_bins; bin += 32) take_root(power, bin, magnitude);
}

template <int B1, int B2>
static void second_pass_of(const RfftPlan& plan, float* work, float* power, float* magnitude) {
  if (magnitude != nullptr)
    second_pass<B1, B2, true>(plan, work, power, magnitude);
  else
    second_pass<B1, B2, false>(plan, work, power, magnitude);
}

static void first_pass_512(const RfftPlan& plan, const FramingPlan& framing, std::size_t rows,
                           const float* phases, float* work) {
  const std::size_t hop = framing.phase_stride(kLanes) == kPhaseStride ? framing.hop_length : 0;
  if (rows <= 16)
    first_pass<16, 0, 16>(plan, framing, phases, work);
  else if (rows <= 25 && hop == 160)
    first_pass<25, 10, 16>(plan, framing, phases, work);
  else if (rows <= 25)
    first_pass<25, 0, 16>(plan, framing, phases, work);
  else if (hop == 128)
    first_pass<32, 8, 16>(plan, framing, phases, work);
  else
    first_pass<32, 0, 16>(plan, framing, phases, work);
}

void power_spectrum_columns(const RfftPlan& plan, const FramingPlan& framing, const float* phases,
                            float* work, float* power, float* magnitude) {
  const std::size_t rows = (framing.frame_length + plan.n_columns - 1) / plan.n_columns;
  if (plan.n_columns == 16) {
    first_pass_512(plan, framing, rows, phases, work);
    second_pass_512(plan, work, power, magnitude);
    return;
  }
  if (rows <= 8)
    first_pass<8, 0, 0>(plan, framing, phases, work);
  else if (rows <= 16)
    first_pass<16, 0, 0>(plan, framing, phases, work);
  else if (rows <= 25)
    first_pass<25, 0, 0>(plan, framing, phases, work);
  else
    first_pass<32, 0, 0>(plan, framing, phases, work);
  switch (plan.n_columns) {
    case 8: return second_pass_of<8, 1>(plan, work, power, magnitude);
    case 32: return second_pass_of<8, 4>(plan, work, power, magnitude);
    case 64: return second_pass_of<8, 8>(plan, work, power, magnitude);
    default: return second_pass_of<8, 16>(plan, work, power, magnitude);
  }
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
