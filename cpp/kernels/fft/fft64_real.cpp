// SPDX-License-Identifier: BSD-3-Clause
// two_passes.hpp in float64, for powers of two from 256 to 4096.
#ifndef QV_TARGET

#include "quaver/fft/fft64.hpp"

#define QV_FILE "kernels/fft/fft64_real.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/complex64.hpp"
#include "simd/two_passes.hpp"

namespace quaver::QV_TARGET {

// Samples of frames in lanes.
struct FrameRows {
  const double* frames;
  std::size_t n_columns;

  QV_INLINE_MEMBER FrameRows column(std::size_t b) const {
    return {frames + b * kLanesD, n_columns};
  }
  template <int A>
  QV_INLINE_MEMBER VecD at() const {
    return LoadU(frames + A * n_columns * kLanesD);
  }
  template <int A>
  QV_INLINE_MEMBER void combine(VecD y, VecD& sum, VecD& difference) const {
    const VecD x = at<A>();
    sum = y + x;
    difference = y - x;
  }
};
// What becomes of bins: `out` in their order, or powers in the rows they came from.
template <std::size_t N, Bins64 kBins>
struct BinSink {
  void* out;

  QV_INLINE_MEMBER void take(Pair z, std::size_t c, std::size_t d, bool is_mirrored) const {
    if (is_mirrored)
      put_bin<kBins>(out, N - c - 32 * d, z);
    else
      put_bin<kBins>(out, c + 32 * d, {z.re, -z.im});
  }
  QV_INLINE_MEMBER void finish(std::size_t, std::size_t, bool) const {}
};
template <std::size_t N>
struct RowSink {
  double* rows;

  QV_INLINE_MEMBER void take(Pair z, std::size_t c, std::size_t d, bool) const {
    StoreU(rows + c * row_stride<double>(N / 32) + d * kLanesD, MulAdd(z.re, z.re, z.im * z.im));
  }
  QV_INLINE_MEMBER void finish(std::size_t, std::size_t, bool) const {}
};

template <int Rows, class Source>
static __attribute__((noinline)) void first_pass(const Source& source, std::size_t n_columns,
                                                 double* work) {
  transform_columns<Rows>(source, n_columns, work);
}

// 25: a frame of 25 ms in the next power of two, at 8 or 16 kHz; its usual step has a way without
// loads of offsets.
static void window_columns(const Fft64Plan& plan, const Framing64Plan& framing,
                           const double* phases, double* work) {
  const unsigned* const offsets = framing.offsets[QV_TARGET_INDEX];
  const double* const window = framing.window.data();
  const WindowedRows<double, 0> source{phases, offsets, window};
  const std::size_t n_columns = plan.n_columns, end = framing.lead + framing.length;
  // Whole rows only: what lies behind a frame may be NaN, which no window makes zero.
  const bool is_usual =
      n_columns == 16 && framing.step == 160 && framing.lead == 0 && framing.length == 400;
  if (is_usual)
    first_pass<25>(WindowedRows<double, 10>{phases, offsets, window}, 16, work);
  else if (end <= 25 * n_columns)
    first_pass<25>(source, n_columns, work);
  else
    first_pass<32>(source, n_columns, work);
}

template <int B1, int B2, Bins64 kBins>
static void emit(const Fft64Plan& plan, double* work, void* out) {
  transform_rows<B1, B2>(plan.turns.data(), work, BinSink<32 * B1 * B2, kBins>{out});
  // Exactly zero, and not by the cancellation of rounding errors.
  put_imaginary<kBins>(out, 0, VecD{});
  put_imaginary<kBins>(out, 16 * B1 * B2, VecD{});
}
struct SecondPass {
  const Fft64Plan& plan;
  double* work;
  Bins64 bins;
  void* out;

  template <int B1, int B2>
  QV_INLINE_MEMBER void operator()(Radices<B1, B2>) const {
    switch (bins) {
      case Bins64::complex: return emit<B1, B2, Bins64::complex>(plan, work, out);
      case Bins64::power: return emit<B1, B2, Bins64::power>(plan, work, out);
      case Bins64::complex32: return emit<B1, B2, Bins64::complex32>(plan, work, out);
      case Bins64::power32: return emit<B1, B2, Bins64::power32>(plan, work, out);
    }
  }
};

void real64_frames(const Fft64Plan& plan, const double* frames, double* work, Bins64 bins,
                   void* out) {
  first_pass<32>(FrameRows{frames, plan.n_columns}, plan.n_columns, work);
  with_radices(plan.n_columns, SecondPass{plan, work, bins, out});
}

void real64_phases(const Fft64Plan& plan, const Framing64Plan& framing, const double* phases,
                   double* work, Bins64 bins, void* out) {
  window_columns(plan, framing, phases, work);
  with_radices(plan.n_columns, SecondPass{plan, work, bins, out});
}

struct PowerRows {
  const Fft64Plan& plan;
  double* work;

  template <int B1, int B2>
  QV_INLINE_MEMBER void operator()(Radices<B1, B2>) const {
    transform_rows<B1, B2>(plan.turns.data(), work, RowSink<32 * B1 * B2>{work});
  }
};
void real64_power(const Fft64Plan& plan, const Framing64Plan& framing, const double* phases,
                  double* work) {
  window_columns(plan, framing, phases, work);
  with_radices(plan.n_columns, PowerRows{plan, work});
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
