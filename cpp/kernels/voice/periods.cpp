// SPDX-License-Identifier: BSD-3-Clause
// Lags in lanes: of all in the range at once the products in float32, what they are compared with
// as running sums. The three around the maximum are summed again in float64.
#ifndef QV_TARGET

#include "quaver/voice/periods.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

#include "kernels/voice/frames.hpp"
#include "quaver/core/scratch.hpp"
#include "quaver/voice/pitch.hpp"

#define QV_FILE "kernels/voice/periods.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

PeriodsPlan::PeriodsPlan(double rate) : sample_rate(rate) {
  const FramingOptions frames = voice_frames(rate, PitchPlan::kLowestRate, 0.06, "boxcar");
  frame_length = frames.frame_length;
  hop_length = frames.hop_length;
  longest_lag = static_cast<std::size_t>(1.1 * rate / kLowestPitch);
  n_lags = longest_lag - static_cast<std::size_t>(0.9 * rate / kLowestPitch) + 2;
}

std::size_t PeriodsPlan::count(std::size_t n_samples) const {
  return count_frames(n_samples, frame_length, hop_length);
}

void PeriodsWorkspace::reserve(const PeriodsPlan& plan, std::size_t lanes) {
  const std::size_t n_lags = plan.n_lags + lanes;
  window.reserve(2 * plan.longest_lag + 4 * lanes);
  products.reserve(n_lags);
  for (Buffer<double>* rows : {&own, &next, &offsets, &correlations}) rows->reserve(n_lags);
}

void jitter_shimmer(const PeriodsPlan& plan, const Samples& samples, const float* f0, float* out) {
  thread_local PeriodsWorkspace work;
  const Borrowed<PeriodsWorkspace> borrowed(work, plan.frame_length);
  const std::size_t n_frames = plan.count(samples.size);
  require_finite(samples);
  require_pitches(f0, n_frames);
  kernels().jitter_shimmer(plan, samples, f0, n_frames, borrowed, out);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

static constexpr double kLeastLikeness = 0.5, kLeastDeviation = 1e-15, kLeastOfMean = 1e-6;

// Lags of a search, those in whole registers, and the square of the least deviation.
struct LagRange {
  std::size_t first, n, n_padded;
  double least_square;
};

struct Period {
  std::size_t lag;
  double length, likeness;
};

static inline double sum_of(const float* x, std::size_t n) {
  VecD sums{};
  std::size_t i = 0;
  for (; i + kLanesD <= n; i += kLanesD) sums += LoadWide(x + i);
  double sum = SumOfLanes(sums);
  for (; i < n; ++i) sum += static_cast<double>(x[i]);
  return sum;
}

static double product_of(const float* x, const float* y, std::size_t n) {
  VecD sums{};
  std::size_t i = 0;
  for (; i + kLanesD <= n; i += kLanesD) sums = MulAdd(LoadWide(x + i), LoadWide(y + i), sums);
  double sum = SumOfLanes(sums);
  for (; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  return sum;
}

static float extent_of(const float* x, std::size_t n) {
  Vec lowest = Set(x[0]), highest = lowest;
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec v = LoadU(x + i);
    lowest = Min(lowest, v);
    highest = Max(highest, v);
  }
  float low = LowestLane(lowest), high = HighestLane(highest);
  for (; i < n; ++i) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  return high - low;
}

// The samples of the longest two periods less their mean, and zeros behind them.
static LagRange load_window(const Samples& src, std::size_t at, std::size_t first, std::size_t last,
                            float* window) {
  LagRange lags{first, last - first + 1, 0, 0.0};
  lags.n_padded = (lags.n + kLanes - 1) / kLanes * kLanes;
  const std::size_t n = 2 * last, end = 2 * (first + lags.n_padded) + kLanes;
  to_floats(src, at, n, window);
  const double mean = sum_of(window, n) / static_cast<double>(n);
  const float less = static_cast<float>(mean);
  for (std::size_t i = 0; i < n; ++i) window[i] -= less;
  for (std::size_t i = n; i < end; ++i) window[i] = 0.0f;
  const double share = kLeastOfMean * mean;
  lags.least_square = kLeastDeviation * kLeastDeviation + share * share;
  return lags;
}

// Of kLanes lags, each of which takes one product more than the one before.
static Vec products_of(const float* x, std::size_t lag) {
  const float* const y = x + lag;
  Vec sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= lag; i += 4) {
    for (std::size_t j = 0; j < 4; ++j) {
      sums[j] = MulAdd(Set(x[i + j]), LoadU(y + i + j), sums[j]);
    }
  }
  for (; i < lag; ++i) sums[0] = MulAdd(Set(x[i]), LoadU(y + i), sums[0]);
  Vec lane{};
  for (std::size_t j = 0; j < kLanes; ++j) lane[j] = static_cast<float>(j);
  for (std::size_t j = 0; j + 1 < kLanes; ++j) {
    const Vec product = Set(y[j]) * LoadU(y + lag + j);
    sums[j % 4] += lane > Set(static_cast<float>(j)) ? product : Vec{};
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// The sums of squares of each period and of the one behind it, less their means, and the product
// of their sums over the lag.
static void running_sums(const float* x, const LagRange& lags, PeriodsWorkspace& work) {
  const std::size_t first = lags.first;
  double own = sum_of(x, first), own_square = product_of(x, x, first);
  double next = sum_of(x + first, first), next_square = product_of(x + first, x + first, first);
  for (std::size_t k = 0; k < lags.n_padded; ++k) {
    const std::size_t t = first + k;
    const double share = 1.0 / static_cast<double>(t);
    work.own.data()[k] = own_square - own * own * share;
    work.next.data()[k] = next_square - next * next * share;
    work.offsets.data()[k] = own * next * share;
    const double gained = static_cast<double>(x[t]);
    const double a = static_cast<double>(x[2 * t]), b = static_cast<double>(x[2 * t + 1]);
    own += gained;
    own_square += gained * gained;
    next += (a + b) - gained;
    next_square += (a * a + b * b) - gained * gained;
  }
}

// own becomes the factors of the products less their offsets.
static void correlate(const float* x, const LagRange& lags, PeriodsWorkspace& work) {
  running_sums(x, lags, work);
  for (std::size_t k = 0; k < lags.n_padded; k += kLanes) {
    StoreU(work.products.data() + k, products_of(x, lags.first + k));
  }
  double* const scales = work.own.data();
  for (std::size_t k = 0; k < lags.n_padded; k += kLanesD) {
    const VecD own = LoadU(scales + k), next = LoadU(work.next.data() + k);
    const VecD least = Set(lags.least_square * static_cast<double>(lags.first + k));
    // A comparison with no number is false.
    const VecD none = Set(__builtin_nan(""));
    const VecD scale = Min(own, next) > least ? 1.0 / Sqrt(own * next) : none;
    const VecD product = LoadWide(work.products.data() + k) - LoadU(work.offsets.data() + k);
    StoreU(scales + k, scale);
    StoreU(work.correlations.data() + k, product * scale);
  }
}

// The highest local maximum inside of the range; a lag of 0 where there is none.
static Period find_period(const float* x, const LagRange& lags, PeriodsWorkspace& work) {
  correlate(x, lags, work);
  double* const c = work.correlations.data();
  std::size_t best = 0;
  for (std::size_t k = 1; k + 1 < lags.n; ++k) {
    if (c[k] > c[k - 1] && c[k] >= c[k + 1] && (best == 0 || c[k] > c[best])) best = k;
  }
  if (best == 0) return {0, 0.0, 0.0};
  double near[3];
  for (std::size_t j = 0; j < 3; ++j) {
    const std::size_t k = best - 1 + j, t = lags.first + k;
    near[j] = (product_of(x, x + t, t) - work.offsets.data()[k]) * work.own.data()[k];
  }
  const double bend = near[0] - 2.0 * near[1] + near[2];
  const double shift = bend < 0.0 ? 0.5 * (near[0] - near[2]) / bend : 0.0;
  return {lags.first + best, static_cast<double>(lags.first + best) + shift,
          near[1] - 0.25 * (near[0] - near[2]) * shift};
}

// The same period found anew differs by its sums' rounding, and jitter of 0 is none to smoothing.
constexpr double kSameLength = 1e-5;  // samples

// What a frame's periods come to; of lengths those of the voice's last one, too.
struct PeriodSums {
  double last_length, jitter, shimmer;
  double n_lengths, lengths, n_steps, steps, changes, amplitudes;
};

static void add_period(const Period& period, const float* x, PeriodSums& sums) {
  if (sums.last_length > 0.0) {
    const double step = std::fabs(period.length - sums.last_length);
    sums.steps += step < kSameLength ? 0.0 : step;
    sums.n_steps += 1.0;
  }
  sums.last_length = period.length;
  sums.lengths += period.length;
  sums.n_lengths += 1.0;
  const std::size_t inner = period.lag - 2;
  const double own = static_cast<double>(extent_of(x + 1, inner));
  const double next = static_cast<double>(extent_of(x + period.lag + 1, inner));
  sums.changes += std::fabs(next - own);
  sums.amplitudes += 0.5 * (next + own);
}

static void finish_frame(PeriodSums& sums) {
  if (sums.n_lengths > 0.0) {
    const double change = sums.amplitudes > 0.0 ? sums.changes / sums.amplitudes : 0.0;
    sums.shimmer = 20.0 * __builtin_log10(1.0 + (change < 1.0 ? change : 1.0));
  }
  if (sums.n_steps > 0.0) {
    const double jitter = (sums.steps / sums.n_steps) / (sums.lengths / sums.n_lengths);
    sums.jitter = jitter < 1.0 ? jitter : 1.0;
  }
  sums.n_lengths = sums.lengths = sums.n_steps = sums.steps = sums.changes = sums.amplitudes = 0.0;
}

void jitter_shimmer(const PeriodsPlan& plan, const Samples& src, const float* f0,
                    std::size_t n_frames, PeriodsWorkspace& work, float* out) {
  work.reserve(plan, kLanes);
  float* const x = work.window.data();
  std::size_t at = 0, begin = 0;
  PeriodSums sums{};
  for (std::size_t frame = 0; frame < n_frames; ++frame) {
    const std::size_t start = frame * plan.hop_length;
    if (f0[frame] == 0.0f) {
      sums = PeriodSums{};
    } else {
      const bool goes_on = frame > 0 && f0[frame - 1] != 0.0f;
      if (!goes_on) at = start;
      if (goes_on && at + 2 > start) at = begin;
      begin = at;
      const double expected = plan.sample_rate / static_cast<double>(f0[frame]);
      const std::size_t shortest = static_cast<std::size_t>(0.9 * expected);
      const std::size_t longest = static_cast<std::size_t>(1.1 * expected);
      do {
        const Period period = find_period(x, load_window(src, at, shortest, longest, x), work);
        if (period.likeness > kLeastLikeness) add_period(period, x, sums);
        at += period.lag > 0 ? period.lag : static_cast<std::size_t>(expected + 0.5);
      } while (at + 2 * longest + 4 <= start + plan.hop_length);
      finish_frame(sums);
    }
    out[2 * frame] = static_cast<float>(sums.jitter);
    out[2 * frame + 1] = static_cast<float>(sums.shimmer);
  }
}

}  // namespace quaver::QV_TARGET

#endif
