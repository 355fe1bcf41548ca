// SPDX-License-Identifier: BSD-3-Clause
// The transforms of simd/two_passes.hpp in double: a file of its own, for compilers take minutes
// over each.
#ifndef QV_TARGET

#include "quaver/fft/fft.hpp"

#define QV_FILE "kernels/fft/fft_two_passes64.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/two_pass_ends.hpp"

namespace quaver::QV_TARGET {

// Samples of frames in lanes.
template <class T>
struct FrameRows {
  const T* frames;
  std::size_t n_columns;

  QV_INLINE_MEMBER FrameRows column(std::size_t b) const {
    return {frames + b * LanesOf<T>::kCount, n_columns};
  }
  template <int A>
  QV_INLINE_MEMBER Lanes<T> at() const {
    return LoadU(frames + A * n_columns * LanesOf<T>::kCount);
  }
  template <int A>
  QV_INLINE_MEMBER void combine(Lanes<T> y, Lanes<T>& sum, Lanes<T>& difference) const {
    const Lanes<T> x = at<A>();
    sum = y + x;
    difference = y - x;
  }
};

template <class T, std::size_t N>
struct RowSink {
  T* rows;

  QV_INLINE_MEMBER void take(Point<T> z, std::size_t c, std::size_t d, bool) const {
    StoreU(rows + c * row_stride<T>(N / 32) + d * LanesOf<T>::kCount,
           MulAdd(z.re, z.re, z.im * z.im));
  }
  QV_INLINE_MEMBER void finish(std::size_t, std::size_t, bool) const {}
};

template <class T>
struct PowerPass {
  const FftPlan<T>& plan;
  T* work;

  template <int B1, int B2>
  QV_INLINE_MEMBER void run() const {
    transform_rows<B1, B2>(plan.turns.data(), work, RowSink<T, 32 * B1 * B2>{work});
  }
};

void two_pass_frames(const FftPlan<double>& plan, const double* frames, double* work, Bins bins,
                     void* out) {
  transform_columns<32>(FrameRows<double>{frames, plan.n_columns}, plan.n_columns, work);
  with_radices(plan.n_columns, SecondPass<double>{plan, work, bins, out});
}

void two_pass_phases(const FftPlan<double>& plan, const FrameLayout<double>& layout,
                     const double* phases, double* work, Bins bins, void* out) {
  window_columns(plan, layout, phases, work);
  with_radices(plan.n_columns, SecondPass<double>{plan, work, bins, out});
}
void two_pass_power(const FftPlan<double>& plan, const FrameLayout<double>& layout,
                    const double* phases, double* work) {
  window_columns(plan, layout, phases, work);
  with_radices(plan.n_columns, PowerPass<double>{plan, work});
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
