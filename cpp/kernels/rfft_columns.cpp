// SPDX-License-Identifier: BSD-3-Clause
// two_passes.hpp in float32: the first pass windows as it loads, the second emits power and
// magnitude.
#ifndef QV_TARGET

#include "quaver/rfft.hpp"

#define QV_FILE "kernels/rfft_columns.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/transforms.hpp"
#include "simd/two_passes.hpp"

namespace quaver::QV_TARGET {

enum : std::size_t { kPhaseStride = QV_WIDTH + 4 };  // where a frame spans two to four hops

// Rows of a column of windowed samples; half of the windowing is part of an addition. HopRows: rows
// a hop, where that is known (of 16 columns), or 0; offsets need no loads then.
template <int HopRows>
struct WindowedRows {
  const float* phases;
  const unsigned* offsets;
  const float* window;

  QV_INLINE_MEMBER WindowedRows column(std::size_t b) const {
    return {HopRows == 0 ? phases : phases + b * kPhaseStride, offsets + 32 * b, window + 32 * b};
  }
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

// Columns: B where the compiler may know it, or 0.
template <int Rows, int HopRows, int Columns>
static __attribute__((noinline)) void first_pass(const RfftPlan& plan, const FramingPlan& framing,
                                                 const float* phases, float* work) {
  const WindowedRows<HopRows> source{phases, framing.column_offsets[QV_TARGET_INDEX],
                                     framing.column_window.data()};
  transform_columns<Rows>(source, Columns == 0 ? plan.n_columns : Columns, work);
}

// The roots of a row are taken during the transform of the next: the divider works beside the
// multipliers.
template <std::size_t N, bool WithRoot>
struct PowerSink {
  float *power, *magnitude;

  static QV_INLINE_MEMBER std::size_t bin(std::size_t c, std::size_t d, bool is_mirrored) {
    return is_mirrored ? N - c - 32 * d : c + 32 * d;
  }
  QV_INLINE_MEMBER void take(Point<float> z, std::size_t c, std::size_t d, bool is_mirrored) const {
    StoreU(power + bin(c, d, is_mirrored) * kLanes, MulAdd(z.re, z.re, z.im * z.im));
  }
  QV_INLINE_MEMBER void finish(std::size_t c, std::size_t d, bool is_mirrored) const {
    if constexpr (WithRoot) take_root(bin(c, d, is_mirrored));
  }
  QV_INLINE_MEMBER void take_root(std::size_t k) const {
    StoreU(magnitude + k * kLanes, Sqrt(LoadU(power + k * kLanes)));
  }
};

template <int B1, int B2>
static void second_pass(const RfftPlan& plan, float* work, float* power, float* magnitude) {
  constexpr std::size_t n = 32 * B1 * B2;
  const float* const turns = plan.turns.data();
  if (magnitude == nullptr) {
    return transform_rows<B1, B2>(turns, work, PowerSink<n, false>{power, nullptr});
  }
  const PowerSink<n, true> sink{power, magnitude};
  transform_rows<B1, B2>(turns, work, sink);
  for (std::size_t k = 15; k < plan.n_bins; k += 32) sink.take_root(k);
  for (std::size_t k = 17; k < plan.n_bins; k += 32) sink.take_root(k);
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
  if (plan.n_columns == 16)
    first_pass_512(plan, framing, rows, phases, work);
  else if (rows <= 8)
    first_pass<8, 0, 0>(plan, framing, phases, work);
  else if (rows <= 16)
    first_pass<16, 0, 0>(plan, framing, phases, work);
  else if (rows <= 25)
    first_pass<25, 0, 0>(plan, framing, phases, work);
  else
    first_pass<32, 0, 0>(plan, framing, phases, work);
  switch (plan.n_columns) {
    case 8: return second_pass<8, 1>(plan, work, power, magnitude);
    case 16: return second_pass<16, 1>(plan, work, power, magnitude);
    case 32: return second_pass<8, 4>(plan, work, power, magnitude);
    case 64: return second_pass<8, 8>(plan, work, power, magnitude);
    default: return second_pass<8, 16>(plan, work, power, magnitude);
  }
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
