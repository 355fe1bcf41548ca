// SPDX-License-Identifier: BSD-3-Clause
// Features of the waveform (Giannakopoulos & Pikrakis 2014, Introduction to Audio Analysis, ch. 4).
//   zero_crossing_rate  sign changes between neighbours of the unwindowed frame / (length - 1);
//                       sign(0) = +
//   energy              mean square of the windowed frame
//   log_energy          its decibels, 10 log10(max(1e-10, energy)), or relative to a level
//   energy_entropy      base-2 entropy of the energies of n_blocks sub-blocks of
//                       floor(length / n_blocks) samples, normalised by their sum; the rest of the
//                       frame is left out; a silent frame has 0
// Error below 1e-6 relative (energy) and 1e-5 relative, 2e-6 absolute (entropy); zero crossings are
// exact up to the rounding of the pre-emphasis.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quaver/core/buffer.hpp"
#include "quaver/framing/framing.hpp"

namespace quaver {

struct TimeDomainPlan {
  TimeDomainPlan(const FramingPlan& framing, std::size_t n_blocks);

  std::size_t n_blocks;
  std::size_t block_length;
  Buffer<float> squared_window;
};

// Scratch for counting the zero crossings of a block of samples.
struct SignScratch {
  std::uint64_t* signs = nullptr;  // a bit a sample
  unsigned* before = nullptr;      // a number for each word of signs
};

}  // namespace quaver
