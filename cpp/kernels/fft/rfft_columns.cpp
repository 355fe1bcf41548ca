// SPDX-License-Identifier: BSD-3-Clause
// two_passes.hpp in float32: the first pass windows as it loads, the second emits power and
// magnitude.
#ifndef QV_TARGET

#include "quaver/fft/rfft.hpp"

#define QV_FILE "kernels/fft/rfft_columns.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/transforms.hpp"
#include "simd/two_passes.hpp"

namespace quaver::QV_TARGET {

// Columns: B where the compiler may know it, or 0.
template <int Rows, int HopRows, int Columns>
static __attribute__((noinline)) void first_pass(const RfftPlan& plan, const FramingPlan& framing,
                                                 const float* phases, float* work) {
  const WindowedRows<float, HopRows> source{phases, framing.column_offsets[QV_TARGET_INDEX],
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

struct SecondPass {
  const RfftPlan& plan;
  float *work, *power, *magnitude;

  template <int B1, int B2>
  QV_INLINE_MEMBER void operator()(Radices<B1, B2>) const {
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
};

static void first_pass_512(const RfftPlan& plan, const FramingPlan& framing, std::size_t rows,
                           const float* phases, float* work) {
  const std::size_t hop =
      framing.phase_stride(kLanes) == kUsualStride<float> ? framing.hop_length : 0;
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
  with_radices(plan.n_columns, SecondPass{plan, work, power, magnitude});
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
