// SPDX-License-Identifier: BSD-3-Clause
// Blocks lie in lanes, as frames do.
#ifndef QV_TARGET

#include "quaver/time/resample.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>

#define QV_FILE "kernels/time/resample.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

constexpr double kPi = 3.14159265358979323846;
// Of the lower rate's half, and the Kaiser window's shape for 126 dB: those of soxr's recipe HQ.
constexpr double kCutOff = 0.95687182, kBeta = 13.04;
// Half of the window, in samples of the lower rate.
constexpr double kReach = 96.1231;
// Points of both transforms with which twice the time is taken, as caches are small.
constexpr double kHandy = 6144.0;

double bessel_i0(double x) {
  double sum = 1.0, term = 1.0;
  for (int k = 1; term > 1e-18 * sum; ++k) {
    term *= (x / 2 / k) * (x / 2 / k);
    sum += term;
  }
  return sum;
}

// soxr's number of taps is one more than a multiple of four, at the higher rate.
double reach_of(std::size_t n_before, std::size_t n_after) {
  const double steps = static_cast<double>(std::max(n_before, n_after));
  const double n_taps = 4.0 * std::ceil(2.0 * kReach * steps / 4.0) + 1.0;
  return n_taps / 2.0 / steps;
}

// At the rate after, from the middle on.
std::vector<double> kaiser_taps(std::size_t n_before, std::size_t n_after) {
  const double reach = reach_of(n_before, n_after);
  const double step =  // in samples of the lower rate
      n_after > n_before ? static_cast<double>(n_before) / static_cast<double>(n_after) : 1.0;
  std::vector<double> taps;
  for (std::size_t n = 0; static_cast<double>(n) * step < reach; ++n) {
    const double t = static_cast<double>(n) * step, x = kPi * kCutOff * t, u = t / reach;
    const double window = bessel_i0(kBeta * std::sqrt(1.0 - u * u)) / bessel_i0(kBeta);
    taps.push_back(kCutOff * step * window * (n == 0 ? 1.0 : std::sin(x) / x));
  }
  return taps;
}

// How long a real transform takes, about: of what is left of n, a pass for each factor.
double cost_of(std::size_t n) {
  double cost = 3.0;
  std::size_t rest = n;
  for (std::size_t p = 2; rest > 1; ++p) {
    for (; rest % p == 0; rest /= p) cost += p == 2 ? 1.0 : 0.9 * static_cast<double>(p);
    if (p > FftPlan<float>::kMaxRadix) return 1e9;
  }
  return cost * static_cast<double>(n);
}

// 2, 4, 6, 8, 12, 16, 24 ..: the transforms are at their best with powers of two.
std::size_t next_length(std::size_t k) {
  const bool is_power = (k & (k - 1)) == 0;
  return k == 2 ? 4 : is_power ? k / 2 * 3 : k / 3 * 4;
}

bool is_smooth(std::size_t n) { return cost_of(n) < 1e9; }

// One a thread, of a few megabytes at the most.
ResampleWorkspace& workspace() {
  thread_local ResampleWorkspace instance;
  return instance;
}

}  // namespace

struct ResamplePlan::Sizes {
  std::size_t n_before, n_after, guard, length;  // the latter in multiples of the terms

  Sizes(std::size_t rate_before, std::size_t rate_after);
};

// Of the lengths of blocks, the one of the least work for each good sample; 0 if all are too long.
ResamplePlan::Sizes::Sizes(std::size_t rate_before, std::size_t rate_after)
    : n_before(rate_before), n_after(rate_after), guard(0), length(0) {
  if (rate_before == 0 || rate_after == 0) {
    throw std::invalid_argument("rates must be positive, got " + std::to_string(rate_before) +
                                " and " + std::to_string(rate_after));
  }
  const std::size_t divisor = std::gcd(rate_before, rate_after);
  n_before /= divisor;
  n_after /= divisor;
  const std::size_t lower = std::min(n_before, n_after), higher = std::max(n_before, n_after);
  if (higher > kLargestResampling || !is_smooth(higher) || !is_smooth(lower)) return;
  const double reach = reach_of(n_before, n_after) / static_cast<double>(lower);
  guard = static_cast<std::size_t>(std::ceil(reach));
  double least = 1e9;
  for (std::size_t k = 2; k * higher <= kLargestResampling; k = next_length(k)) {
    if (k <= 2 * guard) continue;
    const double points = static_cast<double>(k * (n_before + n_after));
    const double cost = (cost_of(k * n_before) + cost_of(k * n_after)) * (1.0 + points / kHandy) /
                        static_cast<double>((k - 2 * guard) * higher);
    if (cost < least) {
      least = cost;
      length = k;
    }
  }
}

bool ResamplePlan::affordable(std::size_t rate_before, std::size_t rate_after) {
  return Sizes(rate_before, rate_after).length != 0;
}

static std::vector<double> ones(std::size_t n) { return std::vector<double>(n, 1.0); }

static std::size_t checked_block(std::size_t length, std::size_t rate_before,
                                 std::size_t rate_after) {
  if (length != 0) return length;
  throw std::invalid_argument("cannot be resampled by blocks from " + std::to_string(rate_before) +
                              " to " + std::to_string(rate_after) + " Hz");
}

ResamplePlan::ResamplePlan(std::size_t rate_before, std::size_t rate_after,
                           const std::vector<double>& taps)
    : ResamplePlan(Sizes(rate_before, rate_after), taps) {}

ResamplePlan::ResamplePlan(const Sizes& sizes, const std::vector<double>& given)
    : n_before(sizes.n_before),
      n_after(sizes.n_after),
      guard_before(n_before * sizes.guard),
      step_before(n_before * (checked_block(sizes.length, n_before, n_after) - 2 * sizes.guard)),
      guard_after(n_after * sizes.guard),
      step_after(n_after * (sizes.length - 2 * sizes.guard)),
      forward(n_before * sizes.length),
      inverse(n_after * sizes.length, true),
      layout(ones(forward.n).data(), forward.n, step_before, forward.n, 0),
      response(std::min(forward.n_bins, inverse.n_bins)) {
  const std::vector<double> taps = given.empty() ? kaiser_taps(n_before, n_after) : given;
  const std::size_t n = inverse.n;
  std::vector<double> cosine(n);
  for (std::size_t i = 0; i < n; ++i) {
    cosine[i] = std::cos(2.0 * kPi * static_cast<double>(i) / static_cast<double>(n));
  }
  for (std::size_t k = 0; k < response.size(); ++k) {
    double sum = 0.0;
    for (std::size_t i = 1; i < taps.size(); ++i) sum += taps[i] * cosine[k * i % n];
    response[k] = static_cast<float>((taps[0] + 2.0 * sum) / static_cast<double>(forward.n));
  }
}

std::size_t ResamplePlan::count(std::size_t n) const {
  // Of n = q M + r, so that nothing overflows.
  return n / n_before * n_after + (2 * (n % n_before) * n_after + n_before) / (2 * n_before);
}

std::shared_ptr<const ResamplePlan> shared_plan(std::size_t rate_before, std::size_t rate_after) {
  struct Kept {
    std::size_t rate_before, rate_after;
    std::shared_ptr<const ResamplePlan> plan;
  };
  constexpr std::size_t kMostKept = 16;  // of a megabyte or two at the most
  static std::mutex mutex;
  static std::vector<Kept> all;  // the last used in front
  const std::lock_guard<std::mutex> lock(mutex);
  auto found = std::find_if(all.begin(), all.end(), [&](const Kept& kept) {
    return kept.rate_before == rate_before && kept.rate_after == rate_after;
  });
  if (found == all.end()) {
    if (!ResamplePlan::affordable(rate_before, rate_after)) return nullptr;
    if (all.size() == kMostKept) all.pop_back();
    auto plan = std::make_shared<const ResamplePlan>(rate_before, rate_after);
    found = all.insert(all.end(), {rate_before, rate_after, std::move(plan)});
  }
  std::rotate(all.begin(), found, found + 1);
  return all.front().plan;
}

void ResampleWorkspace::reserve(const ResamplePlan& plan, std::size_t lanes) {
  const std::size_t longer = std::max(plan.forward.n, plan.inverse.n);
  phases.reserve(plan.layout.phases_size(lanes));
  frames.reserve(longer * lanes);
  work.reserve(std::max(plan.forward.work_size(lanes), plan.inverse.work_size(lanes)));
  spectrum.reserve((longer + 2) * lanes);
}

void Resampling::begin(const ResamplePlan& plan) {
  plan_ = &plan;
  pending_.reserve(plan.layout.linear_size(kLanesOf[kNumTargets - 1]) + plan.forward.n);
  n_pending_ = plan.guard_before;
  std::fill_n(pending_.data(), n_pending_, 0.0f);
  n_fed_ = n_made_ = 0;
}

std::size_t Resampling::most(std::size_t n) const { return plan_->count(n_fed_ + n) - n_made_; }

void Resampling::emit(std::size_t n_blocks, float* out) {
  const KernelTable& table = kernels();
  const ResamplePlan& plan = *plan_;
  for (std::size_t done = 0; done < n_blocks; done += table.lanes) {
    table.resample_blocks(plan, pending_.data() + done * plan.step_before,
                          std::min(n_blocks - done, table.lanes), workspace(),
                          out + done * plan.step_after);
  }
  n_pending_ -= n_blocks * plan.step_before;
  std::copy_n(pending_.data() + n_blocks * plan.step_before, n_pending_, pending_.data());
  n_made_ += n_blocks * plan.step_after;
}

std::size_t Resampling::feed(const Samples& samples, bool is_eager, float* out) {
  const KernelTable& table = kernels();
  const std::size_t n = plan_->forward.n, step = plan_->step_before, before = n_made_;
  const std::size_t full = n + (table.lanes - 1) * step;
  std::size_t taken = 0;
  while (taken < samples.size) {
    const std::size_t room = full > n_pending_ ? full - n_pending_ : 0;
    const std::size_t part = std::min(samples.size - taken, room);
    table.to_floats(samples, taken, part, pending_.data() + n_pending_);
    taken += part;
    n_pending_ += part;
    if (n_pending_ >= full) emit((n_pending_ - n) / step + 1, out + (n_made_ - before));
  }
  n_fed_ += samples.size;
  if (is_eager && n_pending_ >= n) emit((n_pending_ - n) / step + 1, out + (n_made_ - before));
  return n_made_ - before;
}

std::size_t Resampling::finish(float* out) {
  const std::size_t total = plan_->count(n_fed_), step = plan_->step_after, before = n_made_;
  while (n_made_ < total) {
    const std::size_t left = total - n_made_;
    const std::size_t n_blocks = std::min((left + step - 1) / step, kernels().lanes);
    const std::size_t needed = plan_->forward.n + (n_blocks - 1) * plan_->step_before;
    if (n_pending_ < needed) {
      std::fill(pending_.data() + n_pending_, pending_.data() + needed, 0.0f);
      n_pending_ = needed;
    }
    float* const to = out + (n_made_ - before);
    if (left >= n_blocks * step) {
      emit(n_blocks, to);
      continue;
    }
    Buffer<float>& last = workspace().last;  // of which more is made than there is room for
    last.reserve(n_blocks * step);
    emit(n_blocks, last.data());
    std::copy_n(last.data(), left, to);
    n_made_ = total;
  }
  return n_made_ - before;
}

void resample(const ResamplePlan& plan, const Samples& samples, float* out) {
  thread_local Resampling signal;
  signal.begin(plan);
  const std::size_t made = signal.feed(samples, false, out);
  signal.finish(out + made);
}

}  // namespace quaver

#else

#include "simd/complex.hpp"

namespace quaver::QV_TARGET {

typedef Point<float> Complex;

template <class T>
static inline void convert(const T* x, std::ptrdiff_t stride, std::size_t n, float scale,
                           float* __restrict to) {
  if (stride == 1) {
    for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<float>(x[i]) * scale;
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    to[i] = static_cast<float>(x[static_cast<std::ptrdiff_t>(i) * stride]) * scale;
  }
}

void to_floats(const Samples& samples, std::size_t first, std::size_t n, float* to) {
  const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(first) * samples.stride;
  switch (samples.type) {
    case SampleType::int16:
      convert(static_cast<const std::int16_t*>(samples.data) + start, samples.stride, n,
              1.0f / 32768.0f, to);
      break;
    case SampleType::float32:
      convert(static_cast<const float*>(samples.data) + start, samples.stride, n, 1.0f, to);
      break;
    case SampleType::float64:
      convert(static_cast<const double*>(samples.data) + start, samples.stride, n, 1.0f, to);
      break;
  }
}

QV_INLINE Complex filtered(const ResamplePlan& plan, const float* spectrum, std::size_t k) {
  if (k >= plan.response.size()) return {Vec{}, Vec{}};
  const Complex x = load_point(spectrum, k);
  return {x.re * plan.response[k], x.im * plan.response[k]};
}

// As pack() of stft_inverse.cpp: the half-length spectrum whose forward transform is the conjugate
// of the packed block.
static void pack_filtered(const ResamplePlan& plan, const float* spectrum, float* z) {
  const std::size_t half = plan.inverse.n / 2;
  const Vec first = filtered(plan, spectrum, 0).re, last = filtered(plan, spectrum, half).re;
  store_point(z, 0, Complex{first + last, last - first});
  for (std::size_t k = 1; 2 * k <= half; ++k) {
    const Complex a = filtered(plan, spectrum, k), b = filtered(plan, spectrum, half - k);
    const float cosine = plan.inverse.post[2 * k], sine = plan.inverse.post[2 * k + 1];
    const Complex e = {a.re + b.re, a.im - b.im}, d = {a.re - b.re, a.im + b.im};
    const Complex o = {MulAdd(d.re, Set(cosine), -(d.im * sine)),
                       MulAdd(d.im, Set(cosine), d.re * sine)};
    store_point(z, k, Complex{e.re - o.im, -(e.im + o.re)});
    store_point(z, half - k, Complex{e.re + o.im, e.im - o.re});
  }
}

void resample_blocks(const ResamplePlan& plan, const float* linear, std::size_t n_valid,
                     ResampleWorkspace& work, float* out) {
  work.reserve(plan, kLanes);
  float *const spectrum = work.spectrum.data(), *const frames = work.frames.data();
  gather_phases(plan.layout, linear, work.phases.data());
  spectrum_phases(plan.forward, plan.layout, work.phases.data(), frames, work.work.data(),
                  Bins::complex, spectrum);
  pack_filtered(plan, spectrum, frames);
  float* z = const_cast<float*>(complex_transform(plan.inverse, frames, work.work.data())) +
             plan.guard_after * kLanes;
  for (std::size_t n = plan.guard_after % 2 == 0 ? 1 : 0; n < plan.step_after; n += 2) {
    StoreU(z + n * kLanes, -LoadU(z + n * kLanes));  // the conjugate
  }
  rows_to_frames(z, plan.step_after, n_valid, out);
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
