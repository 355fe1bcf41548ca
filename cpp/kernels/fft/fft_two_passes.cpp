// SPDX-License-Identifier: BSD-3-Clause
// The transforms of simd/two_passes.hpp in float.
#ifndef QV_TARGET

#include "quaver/fft/fft.hpp"

#define QV_FILE "kernels/fft/fft_two_passes.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/two_pass_ends.hpp"

namespace quaver::QV_TARGET {

// The roots of a row are taken during the transform of the next: the divider works beside the
// multipliers.
template <std::size_t N>
struct MagnitudeSink {
  typedef BinSink<float, N, Bins::power> Power;
  float *power, *magnitude;

  QV_INLINE_MEMBER void take(Point<float> z, std::size_t c, std::size_t d, bool is_mirrored) const {
    Power{power}.take(z, c, d, is_mirrored);
  }
  QV_INLINE_MEMBER void finish(std::size_t c, std::size_t d, bool is_mirrored) const {
    take_root(Power::bin(c, d, is_mirrored));
  }
  QV_INLINE_MEMBER void take_root(std::size_t k) const {
    StoreU(magnitude + k * kLanes, Sqrt(LoadU(power + k * kLanes)));
  }
};
struct MagnitudePass {
  const FftPlan<float>& plan;
  float *work, *power, *magnitude;

  template <int B1, int B2>
  QV_INLINE_MEMBER void run() const {
    const MagnitudeSink<32 * B1 * B2> sink{power, magnitude};
    transform_rows<B1, B2>(plan.turns.data(), work, sink);
    for (std::size_t k = 15; k < plan.n_bins; k += 32) sink.take_root(k);
    for (std::size_t k = 17; k < plan.n_bins; k += 32) sink.take_root(k);
  }
};

void two_pass_phases(const FftPlan<float>& plan, const FrameLayout<float>& layout,
                     const float* phases, float* work, Bins bins, void* out) {
  window_columns(plan, layout, phases, work);
  with_radices(plan.n_columns, SecondPass<float>{plan, work, bins, out});
}
void two_pass_magnitude(const FftPlan<float>& plan, const FrameLayout<float>& layout,
                        const float* phases, float* work, float* power, float* magnitude) {
  window_columns(plan, layout, phases, work);
  with_radices(plan.n_columns, MagnitudePass{plan, work, power, magnitude});
}
}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
