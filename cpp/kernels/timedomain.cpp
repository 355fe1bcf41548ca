// SPDX-License-Identifier: BSD-3-Clause
// Zero crossings are counted on sign bits of the unwindowed samples (a window that ends in zeros
// would hide signs), which neighbouring frames share; energies on the windowed frames, with sums
// split by sub-block, so that no float32 sum is long.
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

// One bit a sample: 1 where it is negative, which -0 is not.
static void collect_signs(const float* linear, std::size_t count, unsigned char* signs) {
  const Vec zero{};
  for (std::size_t n = 0; n < count; n += 16, signs += 2) {
    unsigned bits = 0;
    for (std::size_t j = 0; j < 16; j += kLanes) bits |= MaskLess(LoadU(linear + n + j), zero) << j;
    const std::uint16_t both = static_cast<std::uint16_t>(bits);
    __builtin_memcpy(signs, &both, sizeof both);  // little-endian, as count_changes reads them
  }
}

static inline unsigned count_bits(std::uint64_t x) {
#if QV_WIDTH > 4
  return static_cast<unsigned>(__builtin_popcountll(x));
#else  // the baseline has no instruction for it (Hacker's Delight, 5-1)
  x -= x >> 1 & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
  x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return static_cast<unsigned>(x * 0x0101010101010101u >> 56);
#endif
}

// Sign changes between samples first .. first + n_pairs, both included.
static unsigned count_changes(const unsigned char* signs, std::size_t first, std::size_t n_pairs) {
  enum : std::size_t { kStep = 56 };  // of 64 bits read, up to 7 are ahead of the first
  unsigned changes = 0;
  for (std::size_t done = 0; done < n_pairs; done += kStep) {
    const std::size_t at = first + done, left = n_pairs - done;
    std::uint64_t bits;
    __builtin_memcpy(&bits, signs + at / 8, sizeof bits);
    bits >>= at % 8;
    changes += count_bits((bits ^ bits >> 1) << (64 - (left < kStep ? left : kStep)));
  }
  return changes;
}

static Vec zero_crossings(const FramingPlan& plan, const float* linear, unsigned char* signs) {
  const std::size_t n_pairs = plan.frame_length - 1;
  collect_signs(linear, (kLanes - 1) * plan.hop_length + plan.frame_length, signs);
  VecI changes{};
  for (std::size_t i = 0; i < kLanes; ++i) {
    changes[i] = static_cast<int>(count_changes(signs, i * plan.hop_length, n_pairs));
  }
  return __builtin_convertvector(changes, Vec) / static_cast<float>(n_pairs > 0 ? n_pairs : 1);
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

// `energies` holds a row for each sub-block.
void time_features(const FramingPlan& plan, const TimeDomainPlan& features, const float* linear,
                   const float* phases, float* energies, unsigned char* signs,
                   float* zero_crossing_rate, float* energy, float* energy_entropy) {
  StoreU(zero_crossing_rate, zero_crossings(plan, linear, signs));
  const std::size_t length = features.block_length;
  Vec total{};
  for (std::size_t b = 0; b < features.n_blocks; ++b) {
    const Vec sum = sum_of_squares(plan, phases, b * length, (b + 1) * length);
    StoreU(energies + b * kLanes, sum);
    total += sum;
  }
  const Vec rest = sum_of_squares(plan, phases, features.n_blocks * length, plan.frame_length);
  StoreU(energy, (total + rest) / static_cast<float>(plan.frame_length));
  StoreU(energy_entropy, Entropy(energies, features.n_blocks, total));
}

}  // namespace quaver::QV_TARGET

#endif
