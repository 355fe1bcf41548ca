// SPDX-License-Identifier: BSD-3-Clause
// Zero crossings on the phases (unwindowed: a window that ends in zeros would hide signs), energies
// on the windowed frames; sums are split by sub-block, so no float32 sum is long.
#ifndef QV_TARGET

#include "quaver/timedomain.hpp"

#include <stdexcept>
#include <string>

#define QV_FILE "kernels/timedomain.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

TimeDomainPlan::TimeDomainPlan(std::size_t frame_length, std::size_t n_blocks_)
    : n_blocks(n_blocks_), block_length(n_blocks_ == 0 ? 0 : frame_length / n_blocks_) {
  if (n_blocks == 0 || block_length == 0) {
    throw std::invalid_argument("n_blocks must lie between 1 and frame_length (" +
                                std::to_string(frame_length) + "), got " +
                                std::to_string(n_blocks));
  }
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

static Vec count_crossings(const FramingPlan& plan, const float* phases, std::size_t phase_stride) {
  VecI crossings{};
  VecI before = LoadU(phases) < 0.0f;
  for (std::size_t q = 0, n = 0; q < plan.n_taps; ++q) {
    for (std::size_t p = 0; p < plan.n_phases && n < plan.frame_length; ++p, ++n) {
      const VecI now = LoadU(phases + p * phase_stride + q) < 0.0f;
      crossings -= now ^ before;  // a true lane is -1
      before = now;
    }
  }
  return __builtin_convertvector(crossings, Vec);
}

static Vec sum_of_squares(const float* frames, std::size_t count) {
  Vec sums[4] = {};
  std::size_t n = 0;
  for (; n + 4 <= count; n += 4) {
    for (std::size_t j = 0; j < 4; ++j) {
      const Vec s = LoadU(frames + (n + j) * kLanes);
      sums[j] = MulAdd(s, s, sums[j]);
    }
  }
  for (; n < count; ++n) {
    const Vec s = LoadU(frames + n * kLanes);
    sums[0] = MulAdd(s, s, sums[0]);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void time_features(const FramingPlan& plan, const TimeDomainPlan& features, const float* phases,
                   std::size_t phase_stride, const float* frames, float* zero_crossing_rate,
                   float* energy, float* energy_entropy) {
  const std::size_t length = plan.frame_length;
  const float pairs = static_cast<float>(length > 1 ? length - 1 : 1);
  StoreU(zero_crossing_rate, count_crossings(plan, phases, phase_stride) / pairs);

  // sum p log2 p = (sum e log2 e) / total - log2 total would cancel; p is formed first, so blocks
  // are visited twice.
  const std::size_t block = features.block_length;
  Vec total{};
  for (std::size_t b = 0; b < features.n_blocks; ++b) {
    total += sum_of_squares(frames + b * block * kLanes, block);
  }
  const std::size_t covered = features.n_blocks * block;
  const Vec rest = sum_of_squares(frames + covered * kLanes, length - covered);
  StoreU(energy, (total + rest) / static_cast<float>(length));

  const Vec smallest = Set(1.2e-38f);  // keeps the logarithm's argument normal
  const Vec safe_total = Max(total, smallest);
  Vec entropy{};
  for (std::size_t b = 0; b < features.n_blocks; ++b) {
    const Vec p = sum_of_squares(frames + b * block * kLanes, block) / safe_total;
    entropy -= p * Log2(Max(p, smallest));
  }
  StoreU(energy_entropy, Max(entropy, Vec{}));
}

}  // namespace quaver::QV_TARGET

#endif
