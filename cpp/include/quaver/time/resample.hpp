// SPDX-License-Identifier: BSD-3-Clause
// A signal at another rate, for any ratio of rates a plan is affordable for.
//   y[j] = sum_n x[n] h(j M / L - n),  M / L = rate before / rate after in lowest terms
// h: a sinc under a Kaiser window, symmetric about 0 (linear phase, no delay), times the lower rate
// over the rate before. Of the lower rate's half: flat within 1e-5 up to 0.913, half (-6 dB) at
// 0.957, below -120 dB from 1 on; where a step is one of the rates, as from 48 to 16 kHz, the
// filter is that of soxr's recipe HQ, within 1e-5. There are floor(n L / M + 1/2) values of n; the
// signal is 0 outside. By fast convolution: of a block of M K samples' spectrum, what is below both
// halves times the filter's is the spectrum of L K values, of which those in the middle are free of
// what wraps around. int16 is scaled by 1/32768; float64 is rounded to float32. Error: 1e-6 of the
// largest sample within a block and its neighbours. A sample that is not finite spoils them.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft.hpp"
#include "quaver/framing/framing.hpp"
#include "quaver/framing/layout.hpp"

namespace quaver {

// Points of a block's longer transform: larger terms of a ratio are refused.
constexpr std::size_t kLargestResampling = std::size_t{1} << 14;

struct ResamplePlan {
  // taps: another low pass of about the same length and stop band, its values at the rate after
  // from the middle on. std::invalid_argument for a rate of 0 and for a ratio that affordable() is
  // false of.
  ResamplePlan(std::size_t rate_before, std::size_t rate_after,
               const std::vector<double>& taps = {});

  std::size_t n_before, n_after;          // terms of the ratio, M and L
  std::size_t guard_before, step_before;  // samples of a block: spoilt at each end, and good
  std::size_t guard_after, step_after;
  FftPlan<float> forward, inverse;
  FrameLayout<float> layout;
  Buffer<float> response;  // of bins below both halves, over forward.n

  std::size_t count(std::size_t n_samples) const;
  static bool affordable(std::size_t rate_before, std::size_t rate_after);

 private:
  struct Sizes;
  ResamplePlan(const Sizes& sizes, const std::vector<double>& taps);
};

// A plan that is kept for the next call, as are some of those used last; null if not affordable().
std::shared_ptr<const ResamplePlan> shared_plan(std::size_t rate_before, std::size_t rate_after);

struct ResampleWorkspace {
  void reserve(const ResamplePlan& plan, std::size_t lanes);
  Buffer<float> phases, frames, work, spectrum, last;
};

// A signal that comes bit by bit; what is written does not depend on where it is cut.
class Resampling {
 public:
  // The plan must outlive it.
  void begin(const ResamplePlan& plan);
  // Most values that feeding n more samples and finish() write.
  std::size_t most(std::size_t n_samples) const;
  // Returns how many values were written. Eager: all that can be told already, else blocks for all
  // lanes at once.
  std::size_t feed(const Samples& samples, bool is_eager, float* out);
  std::size_t finish(float* out);

 private:
  void emit(std::size_t n_blocks, float* out);

  const ResamplePlan* plan_ = nullptr;
  Buffer<float> pending_;  // samples from where the next block begins
  std::size_t n_pending_ = 0;
  std::size_t n_fed_ = 0, n_made_ = 0;
};

// The whole signal, count() values, with this thread's memory.
void resample(const ResamplePlan& plan, const Samples& samples, float* out);

}  // namespace quaver
