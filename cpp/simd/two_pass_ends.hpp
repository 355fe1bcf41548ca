// SPDX-License-Identifier: BSD-3-Clause
// The ends of the transforms of two_passes.hpp: the first pass windows as it loads, the second
// emits. No include guard: a kernel file includes this inside its target region.

#include "simd/complex.hpp"
#include "simd/two_passes.hpp"

namespace quaver::QV_TARGET {

// What becomes of bins: `out` in their order, or powers in the rows they came from.
template <class T, std::size_t N, Bins kBins>
struct BinSink {
  void* out;

  static QV_INLINE_MEMBER std::size_t bin(std::size_t c, std::size_t d, bool is_mirrored) {
    return is_mirrored ? N - c - 32 * d : c + 32 * d;
  }
  QV_INLINE_MEMBER void take(Point<T> z, std::size_t c, std::size_t d, bool is_mirrored) const {
    if (is_mirrored)
      put_bin<kBins>(out, bin(c, d, true), z);
    else
      put_bin<kBins>(out, bin(c, d, false), Point<T>{z.re, -z.im});
  }
  QV_INLINE_MEMBER void finish(std::size_t, std::size_t, bool) const {}
};

// Columns: B where the compiler may know it, or 0.
template <int Rows, int HopRows, int Columns, class T>
static __attribute__((noinline)) void first_pass(const FftPlan<T>& plan,
                                                 const FrameLayout<T>& layout, const T* phases,
                                                 T* work) {
  const WindowedRows<T, HopRows> source{phases, layout.offsets[QV_TARGET_INDEX],
                                        layout.window.data()};
  transform_columns<Rows>(source, Columns == 0 ? plan.n_columns : Columns, work);
}

// 25 rows: a frame of 25 ms in the next power of two, at 8 or 16 kHz. The usual hops have ways
// without loads of offsets, for whole rows only: what lies behind a frame may be NaN, which no
// window makes zero.
template <class T>
static void first_pass_512(const FftPlan<T>& plan, const FrameLayout<T>& layout, std::size_t rows,
                           const T* phases, T* work) {
  const bool is_plain = layout.lead == 0 && layout.length % 16 == 0 &&
                        layout.phase_stride(LanesOf<T>::kCount) == kUsualStride<T>;
  const std::size_t hop = is_plain ? layout.step : 0;
  if (rows <= 16)
    first_pass<16, 0, 16>(plan, layout, phases, work);
  else if (rows == 25 && hop == 160)
    first_pass<25, 10, 16>(plan, layout, phases, work);
  else if (rows <= 25)
    first_pass<25, 0, 16>(plan, layout, phases, work);
  else if (rows == 32 && hop == 128)
    first_pass<32, 8, 16>(plan, layout, phases, work);
  else
    first_pass<32, 0, 16>(plan, layout, phases, work);
}

template <class T>
static void window_columns(const FftPlan<T>& plan, const FrameLayout<T>& layout, const T* phases,
                           T* work) {
  const std::size_t rows = (layout.lead + layout.length + plan.n_columns - 1) / plan.n_columns;
  if (plan.n_columns == 16)
    first_pass_512(plan, layout, rows, phases, work);
  else if (rows <= 8)
    first_pass<8, 0, 0>(plan, layout, phases, work);
  else if (rows <= 16)
    first_pass<16, 0, 0>(plan, layout, phases, work);
  else if (rows <= 25)
    first_pass<25, 0, 0>(plan, layout, phases, work);
  else
    first_pass<32, 0, 0>(plan, layout, phases, work);
}

template <class T, int B1, int B2>
struct TwoPassEmit {
  const FftPlan<T>& plan;
  T* work;
  void* out;

  template <Bins kBins>
  QV_INLINE_MEMBER void run() const {
    if constexpr (kBins != Bins::magnitude) {  // two_pass_magnitude's
      transform_rows<B1, B2>(plan.turns.data(), work, BinSink<T, 32 * B1 * B2, kBins>{out});
      // Exactly zero, and not by the cancellation of rounding errors.
      put_imaginary<kBins, T>(out, 0, Lanes<T>{});
      put_imaginary<kBins, T>(out, 16 * B1 * B2, Lanes<T>{});
    }
  }
};
template <class T>
struct SecondPass {
  const FftPlan<T>& plan;
  T* work;
  Bins bins;
  void* out;

  template <int B1, int B2>
  QV_INLINE_MEMBER void run() const {
    with_bins<T>(bins, TwoPassEmit<T, B1, B2>{plan, work, out});
  }
};
}  // namespace quaver::QV_TARGET
