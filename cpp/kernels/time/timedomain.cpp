// SPDX-License-Identifier: BSD-3-Clause
// Zero crossings are counted on sign bits of the unwindowed samples (a window that ends in zeros
// would hide signs), which neighbouring frames share; energies on the windowed frames, with sums
// split by sub-block, so that no float32 sum is long.
#ifndef QV_TARGET

#include "quaver/time/timedomain.hpp"

#include <stdexcept>
#include <string>

#define QV_FILE "kernels/time/timedomain.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

TimeDomainPlan::TimeDomainPlan(const FramingPlan& framing, std::size_t n_blocks_)
    : n_blocks(n_blocks_), block_length(n_blocks_ == 0 ? 0 : framing.frame_length / n_blocks_) {
  const std::size_t frame_length = framing.frame_length;
  if (n_blocks == 0 || block_length == 0) {
    throw std::invalid_argument("n_blocks must lie between 1 and frame_length (" +
                                std::to_string(frame_length) + "), got " +
                                std::to_string(n_blocks));
  }
  squared_window = Buffer<float>(frame_length);
  for (std::size_t n = 0; n < frame_length; ++n) {
    squared_window[n] = framing.window[n] * framing.window[n];
  }
}

}  // namespace quaver

#else

#include "simd/logarithms.hpp"

namespace quaver::QV_TARGET {

// Bit k is 1 where sample k is negative, which -0 is not.
static void collect_signs(const float* linear, std::size_t count, std::uint64_t* signs) {
  const Vec zero{};
  for (std::size_t n = 0; n < count; n += 64) {
    std::uint64_t bits = 0;
    for (std::size_t j = 0; j < 64; j += kLanes) {
      bits |= std::uint64_t{MaskLess(LoadU(linear + n + j), zero)} << j;
    }
    signs[n / 64] = bits;
  }
}

// Signs become changes: bit k is 1 where samples k and k + 1 differ. before[w]: changes ahead of
// word w.
static void mark_changes(std::uint64_t* signs, std::size_t n_words, unsigned* before) {
  unsigned count = 0;
  for (std::size_t w = 0; w < n_words; ++w) {
    const std::uint64_t next = w + 1 < n_words ? signs[w + 1] : 0;
    signs[w] ^= signs[w] >> 1 | next << 63;
    before[w] = count;
    count += CountBits(signs[w]);
  }
}

static inline unsigned changes_ahead(const std::uint64_t* changes, const unsigned* before,
                                     std::size_t sample) {
  const std::uint64_t ahead = (std::uint64_t{1} << sample % 64) - 1;
  return before[sample / 64] + CountBits(changes[sample / 64] & ahead);
}

static Vec zero_crossings(const FramingPlan& plan, const float* linear,
                          const SignScratch& scratch) {
  const std::size_t step = plan.layout.step, n_pairs = plan.frame_length - 1;
  const std::size_t count = (kLanes - 1) * step + plan.frame_length;
  collect_signs(linear, count, scratch.signs);
  mark_changes(scratch.signs, (count + 63) / 64, scratch.before);
  float changes[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) {
    const unsigned first = changes_ahead(scratch.signs, scratch.before, i * step);
    changes[i] = static_cast<float>(
        changes_ahead(scratch.signs, scratch.before, i * step + n_pairs) - first);
  }
  return LoadU(changes) / static_cast<float>(n_pairs > 0 ? n_pairs : 1);
}

// Energy of samples first .. last of the windowed frames.
static Vec sum_of_squares(const FramingPlan& plan, const float* phases, std::size_t first,
                          std::size_t last) {
  const unsigned* offsets = plan.offsets[QV_TARGET_INDEX];
  const float* window = plan.window.data();
  Vec sums[4] = {};
  std::size_t n = first;
  for (; n + 4 <= last; n += 4) {
    for (std::size_t j = 0; j < 4; ++j) {
      const Vec s = LoadU(phases + offsets[n + j]) * window[n + j];
      sums[j] = MulAdd(s, s, sums[j]);
    }
  }
  for (; n < last; ++n) {
    const Vec s = LoadU(phases + offsets[n]) * window[n];
    sums[0] = MulAdd(s, s, sums[0]);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

#if QV_WIDTH == 16
enum : std::size_t { kFewSquares = 20 };  // terms of a float32 sum, whose totals are summed in turn

// Phases first .. first + block_length are a sub-block of Taps frames: sample q hop + p of frame i
// is sample p of frame i + q, so that its square is the one of lane i + q, slid down by q. Rows
// have four columns more than a register (FrameLayout::phase_stride).
template <std::size_t Taps>
static void share_squares(const FramingPlan& plan, const TimeDomainPlan& features,
                          const float* phases, std::size_t first, float* energies) {
  const std::size_t hop = plan.hop_length, stride = plan.layout.phase_stride(kLanes);
  const std::size_t length = features.block_length;
  const float* const weights = features.squared_window.data();
  Vec totals[Taps] = {};
  for (std::size_t from = first; from < first + length; from += kFewSquares) {
    const std::size_t rest = first + length - from;
    Vec sums[Taps] = {};
    for (std::size_t p = from; p < from + (rest < kFewSquares ? rest : kFewSquares); ++p) {
      const Vec x = InRegister(LoadU(phases + p * stride)), squares = x * x;
      const __m128 y = _mm_loadu_ps(phases + p * stride + kLanes), beyond = _mm_mul_ps(y, y);
      sums[0] = MulAdd(squares, Set(weights[p]), sums[0]);
      if constexpr (Taps > 1)
        sums[1] = MulAdd(SlideDown<1>(squares, beyond), Set(weights[p + hop]), sums[1]);
      if constexpr (Taps > 2)
        sums[2] = MulAdd(SlideDown<2>(squares, beyond), Set(weights[p + 2 * hop]), sums[2]);
      if constexpr (Taps > 3)
        sums[3] = MulAdd(SlideDown<3>(squares, beyond), Set(weights[p + 3 * hop]), sums[3]);
    }
    for (std::size_t q = 0; q < Taps; ++q) totals[q] += sums[q];
  }
  for (std::size_t q = 0; q < Taps; ++q) {
    StoreU(energies + (first + q * hop) / length * kLanes, totals[q]);
  }
}
static void shared_energies(const FramingPlan& plan, const TimeDomainPlan& features,
                            const float* phases, float* energies) {
  for (std::size_t first = 0; first < plan.layout.n_phases; first += features.block_length) {
    switch ((plan.frame_length - first + plan.hop_length - 1) / plan.hop_length) {
      case 1: share_squares<1>(plan, features, phases, first, energies); break;
      case 2: share_squares<2>(plan, features, phases, first, energies); break;
      case 3: share_squares<3>(plan, features, phases, first, energies); break;
      default: share_squares<4>(plan, features, phases, first, energies);
    }
  }
}
#endif

// A row for each sub-block.
static void block_energies(const FramingPlan& plan, const TimeDomainPlan& features,
                           const float* phases, float* energies) {
  const std::size_t length = features.block_length;
#if QV_WIDTH == 16
  if (plan.layout.n_taps >= 2 && plan.layout.n_taps <= 4 && plan.hop_length % length == 0 &&
      plan.frame_length == features.n_blocks * length) {
    return shared_energies(plan, features, phases, energies);
  }
#endif
  for (std::size_t b = 0; b < features.n_blocks; ++b) {
    StoreU(energies + b * kLanes, sum_of_squares(plan, phases, b * length, (b + 1) * length));
  }
}

// `energies` holds a row for each sub-block.
void time_features(const FramingPlan& plan, const TimeDomainPlan& features, const float* linear,
                   const float* phases, float* energies, const SignScratch& scratch,
                   const DecibelScale& scale, const BlockRows& out) {
  StoreU(out.of(Feature::zero_crossing_rate), zero_crossings(plan, linear, scratch));
  block_energies(plan, features, phases, energies);
  Vec total{};
  for (std::size_t b = 0; b < features.n_blocks; ++b) total += LoadU(energies + b * kLanes);
  const Vec rest =
      sum_of_squares(plan, phases, features.n_blocks * features.block_length, plan.frame_length);
  const Vec energy = (total + rest) / static_cast<float>(plan.frame_length);
  StoreU(out.of(Feature::energy), energy);
  if (out.plan.features.has(Feature::log_energy)) {
    StoreU(out.of(Feature::log_energy),
           Decibel(Max(energy, Set(scale.least))) - Set(scale.reference_db));
  }
  StoreU(out.of(Feature::energy_entropy), Entropy(energies, features.n_blocks, total));
}

}  // namespace quaver::QV_TARGET

#endif
