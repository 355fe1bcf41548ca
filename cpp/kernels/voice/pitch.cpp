// SPDX-License-Identifier: BSD-3-Clause
// Frames in lanes up to the summation; its maxima are looked for a frame at a time.
#ifndef QV_TARGET

#include "quaver/voice/pitch.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "kernels/voice/frames.hpp"
#include "quaver/core/scratch.hpp"
#include "quaver/pipelines/extract.hpp"

#define QV_FILE "kernels/voice/pitch.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

constexpr double kPi = 3.14159265358979323846, kLowestHz = 25.0;

FramingPlan framing_of(double sample_rate) {
  const FramingOptions options = voice_frames(sample_rate, PitchPlan::kLowestRate, 0.06, "boxcar");
  FramingPlan plan(options);
  const std::size_t length = options.frame_length, hop = options.hop_length, n_fft = options.n_fft;
  const double middle = static_cast<double>(length - 1) / 2.0;
  std::vector<double> window(length);
  for (std::size_t i = 0; i < length; ++i) {
    const double z = (static_cast<double>(i) - middle) / (0.4 * middle);
    window[i] = 32768.0 / 32767.0 * std::exp(-0.5 * z * z);
  }
  plan.layout = FrameLayout<float>(window.data(), length, hop, n_fft, 0);
  return plan;
}

double octaves_of(const FramingPlan& framing) {
  return std::log2(pitch_bin_width(framing.frame_length, framing.n_fft) *
                   static_cast<double>(framing.n_fft / 2) / kLowestHz);
}

SplinePlan spline_of(const FramingPlan& framing) {
  const std::size_t n = framing.n_fft / 2 + 1;
  const double width = pitch_bin_width(framing.frame_length, framing.n_fft);
  const double octaves = octaves_of(framing), size = static_cast<double>(n);
  std::vector<double> knots(n), places(n), gains(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double at = static_cast<double>(i);
    knots[i] = std::log2(width * std::max(at, 0.5));
    places[i] = std::log2(kLowestHz) + octaves * at / (size - 1.0);
    gains[i] = 0.5 + std::atan(3.0 * (octaves * (at + 2.0) / size - std::log2(1.3))) / kPi;
  }
  return {knots, places, gains};
}

}  // namespace

SplinePlan::SplinePlan(const std::vector<double>& x, const std::vector<double>& places,
                       const std::vector<double>& gains)
    : n_knots(x.size()), n_places(places.size()) {
  std::vector<double> elimination;
  double above = 0.0;  // of the knot before, what the elimination leaves
  for (std::size_t i = 1; i + 1 < n_knots; ++i) {
    const double left = x[i] - x[i - 1], right = x[i + 1] - x[i];
    const double factor = 1.0 / (2.0 * (left + right) - left * above);
    above = right * factor;
    elimination.insert(elimination.end(),
                       {6.0 / left * factor, 6.0 / right * factor, left * factor, above});
  }
  steps = Buffer<float>(elimination);
  std::vector<double> shares;
  std::size_t k = 0;
  for (std::size_t i = 0; i < n_places; ++i) {
    while (k + 2 < n_knots && x[k + 1] <= places[i]) ++k;
    knot_list.push_back(static_cast<unsigned>(k));
    const double h = x[k + 1] - x[k], b = (places[i] - x[k]) / h, a = 1.0 - b;
    const double bend = gains[i] * h * h / 6.0;
    shares.insert(shares.end(),
                  {gains[i] * a, gains[i] * b, bend * (a * a * a - a), bend * (b * b * b - b)});
  }
  knots = knot_list.data();
  weights = Buffer<float>(shares);
}

PitchPlan::PitchPlan(double sample_rate)
    : framing(framing_of(sample_rate)),
      fft(framing.n_fft),
      step(octaves_of(framing) / static_cast<double>(framing.n_fft / 2)),
      spline(spline_of(framing)) {
  const double per_octave = static_cast<double>(fft.n_bins) / octaves_of(framing);
  for (std::size_t h = 0; h < kHarmonics; ++h) {
    shifts[h] = static_cast<std::size_t>(std::log2(static_cast<double>(h + 1)) * per_octave);
  }
}

std::size_t PitchPlan::count(std::size_t n_samples) const {
  return count_frames(n_samples, framing.frame_length, framing.hop_length);
}

void PitchWorkspace::reserve(const PitchPlan& plan, std::size_t lanes) {
  const std::size_t linear_size = plan.framing.linear_size(lanes), bins = plan.fft.n_bins * lanes;
  raw.reserve(linear_size + 1);
  linear.reserve(linear_size);
  phases.reserve(plan.framing.layout.phases_size(lanes));
  work.reserve(plan.fft.work_size(lanes));
  for (Buffer<float>* rows : {&power, &magnitude, &smoothed, &curves}) rows->reserve(bins);
  for (Buffer<float>* rows : {&octaves, &sums}) rows->reserve(bins + 3 * lanes);
  if (plan.fft.n_columns == 0) frames.reserve(plan.fft.n * lanes);
}

std::size_t spectra_size(std::size_t n_bins, std::size_t n_frames) {
  const std::size_t lanes = kernels().lanes;
  return (n_frames + lanes - 1) / lanes * lanes * n_bins;
}

void pitch_candidates(const PitchPlan& plan, const Samples& samples, PitchFrame* out,
                      float* magnitudes) {
  thread_local PitchWorkspace work;
  const Borrowed<PitchWorkspace> borrowed(work, plan.fft.n);
  require_finite(samples);  // as of spectral_balance
  kernels().pitch_candidates(plan, samples, plan.count(samples.size), borrowed, out, magnitudes);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

// Row k, of zeros beyond both ends.
static inline Vec row_of(const float* x, std::size_t n, std::size_t k) {
  return k < n ? LoadU(x + k * kLanes) : Vec{};
}

// The last row of each lane that is a peak, as a number; -1 without one.
static Vec last_peak(const float* x, std::size_t n) {
  Vec last = Set(-1.0f), before{}, at = LoadU(x);
  for (std::size_t k = 0; k < n; ++k) {
    const Vec behind = row_of(x, n, k + 1);
    last = (at > before) & (at > behind) ? Set(static_cast<float>(k)) : last;
    before = at;
    at = behind;
  }
  return last;
}

// What of x lies within two rows of a peak, or ahead of the first, or behind the last, and 0
// elsewhere; smoothed, but for the last row.
static void enhance(const float* x, std::size_t n, float* out) {
  const Vec last = last_peak(x, n);
  VecI seen{}, near[5] = {};  // whether rows k - 2 .. k + 2 are peaks
  Vec ahead{}, at = LoadU(x), before{}, kept{};
  for (std::size_t k = 0; k < n + 2; ++k) {
    const Vec behind = row_of(x, n, k + 1);
    for (std::size_t j = 0; j < 4; ++j) near[j] = near[j + 1];
    near[4] = k < n ? (at > ahead) & (at > behind) : VecI{};
    ahead = at;
    at = behind;
    if (k < 2) continue;
    const std::size_t row = k - 2;
    seen |= near[2];
    const VecI is_kept = near[0] | near[1] | near[2] | near[3] | near[4] | ~seen |
                         (Set(static_cast<float>(row)) > last);
    const Vec next = is_kept ? LoadU(x + row * kLanes) : Vec{};
    if (row > 0) {
      StoreU(out + (row - 1) * kLanes, MulAdd(before + next, Set(0.25f), kept * 0.5f));
    }
    before = kept;
    kept = next;
  }
  StoreU(out + (n - 1) * kLanes, kept);
}

// Second derivatives of the spline through y, by elimination; those of both ends are 0.
static void bend(const SplinePlan& plan, const float* y, float* curves) {
  const std::size_t n = plan.n_knots;
  const float* s = plan.steps.data();
  Vec before = LoadU(y), at = LoadU(y + kLanes), curve{};
  for (std::size_t i = 1; i + 1 < n; ++i, s += SplinePlan::kSteps) {
    const Vec behind = LoadU(y + (i + 1) * kLanes);
    const Vec turn = MulAdd(behind - at, Set(s[1]), (before - at) * s[0]);
    curve = NegMulAdd(curve, Set(s[2]), turn);
    StoreU(curves + i * kLanes, curve);
    before = at;
    at = behind;
  }
  StoreU(curves, Vec{});
  StoreU(curves + (n - 1) * kLanes, Vec{});
  curve = Vec{};
  for (std::size_t i = n - 1; i-- > 1;) {
    s -= SplinePlan::kSteps;
    curve = NegMulAdd(curve, Set(s[3]), LoadU(curves + i * kLanes));
    StoreU(curves + i * kLanes, curve);
  }
}

static void evaluate(const SplinePlan& plan, const float* y, const float* curves, float* out) {
  const float* w = plan.weights.data();
  for (std::size_t i = 0; i < plan.n_places; ++i, w += 4) {
    const float *const at = y + plan.knots[i] * kLanes, *const curve =
                                                            curves + plan.knots[i] * kLanes;
    const Vec line = MulAdd(LoadU(at), Set(w[0]), LoadU(at + kLanes) * w[1]);
    const Vec bent = MulAdd(LoadU(curve), Set(w[2]), LoadU(curve + kLanes) * w[3]);
    StoreU(out + i * kLanes, Max(line + bent, Vec{}));
  }
  for (std::size_t i = plan.n_places; i < plan.n_places + 3; ++i) StoreU(out + i * kLanes, Vec{});
}

// The sums of four places with `count` harmonics each.
static inline void sum_at(const PitchPlan& plan, const float* octaves, std::size_t i,
                          std::size_t count, Vec* sums) {
  float weight = 1.0f / static_cast<float>(PitchPlan::kHarmonics);
  for (std::size_t h = 0; h < count; ++h) {
    const float* const from = octaves + (i + plan.shifts[h]) * kLanes;
    for (std::size_t j = 0; j < 4; ++j) {
      sums[j] = MulAdd(LoadU(from + j * kLanes), Set(weight), sums[j]);
    }
    weight *= 0.85f;
  }
}

// Returns the mean of the sums. Places are done by fours; `octaves` goes on with three of zeros,
// and there is room for as many sums.
static Vec sum_harmonics(const PitchPlan& plan, const float* octaves, float* sums) {
  const std::size_t n = plan.fft.n_bins;
  Vec total{};
  std::size_t count = PitchPlan::kHarmonics;
  for (std::size_t i = 0; i < n; i += 4) {
    while (i + plan.shifts[count - 1] >= n) --count;
    Vec four[4] = {};
    sum_at(plan, octaves, i, count, four);
    for (std::size_t j = 0; j < 4; ++j) {
      StoreU(sums + (i + j) * kLanes, four[j]);
      total += i + j < n ? four[j] : Vec{};
    }
  }
  return total * (1.0f / static_cast<float>(n));
}

static Vec level_of(const PitchPlan& plan, const float* power) {
  const std::size_t n = plan.fft.n_bins;
  Vec sum{};
  for (std::size_t k = 1; k + 1 < n; ++k) sum += LoadU(power + k * kLanes);
  const double scale =
      1.0 / (static_cast<double>(plan.fft.n) * static_cast<double>(plan.framing.frame_length));
  const Vec ends = LoadU(power) + LoadU(power + (n - 1) * kLanes);
  return Sqrt((sum + sum + ends) * static_cast<float>(scale));
}

// Places of the highest maxima of each frame, the highest first, of equal ones the lower; 0 where
// there are fewer.
static void find_highest(const float* sums, std::size_t n, float* places) {
  Vec heights[kPitchCandidates] = {}, found[kPitchCandidates] = {};
  Vec before = LoadU(sums), at = LoadU(sums + kLanes);
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const Vec behind = LoadU(sums + (i + 1) * kLanes);
    Vec height = (at > before) & (at >= behind) ? at : Vec{};
    before = at;
    at = behind;
    if (MaskLess(heights[kPitchCandidates - 1], height) == 0) continue;
    Vec place = Set(static_cast<float>(i));
    for (std::size_t j = 0; j < kPitchCandidates; ++j) {
      const VecI is_higher = height > heights[j];
      const Vec lower = is_higher ? heights[j] : height, other = is_higher ? found[j] : place;
      heights[j] = is_higher ? height : heights[j];
      found[j] = is_higher ? place : found[j];
      height = lower;
      place = other;
    }
  }
  for (std::size_t j = 0; j < kPitchCandidates; ++j) StoreU(places + j * kLanes, found[j]);
}

// Those in range on the vertices of parabolas, that of the highest vertex first.
static void place_candidates(const PitchPlan& plan, const float* sums, const float* places,
                             double mean, PitchFrame& out) {
  double heights[kPitchCandidates], hz[kPitchCandidates];
  std::size_t n = 0, best = 0;
  for (std::size_t j = 0; j < kPitchCandidates && places[j * kLanes] > 0.0f; ++j) {
    const std::size_t place = static_cast<std::size_t>(places[j * kLanes]);
    const float* const y = sums + place * kLanes;
    const double left = static_cast<double>(*(y - kLanes)), at = static_cast<double>(*y),
                 right = static_cast<double>(y[kLanes]);
    const double shift = 0.5 * (left - right) / (left - 2.0 * at + right);
    hz[n] = 25.0 * __builtin_exp2((static_cast<double>(place) + shift) * plan.step);
    heights[n] = at - 0.25 * (left - right) * shift;
    if (hz[n] < 55.0 || hz[n] > 1000.0) continue;
    if (heights[n] > heights[best]) best = n;
    ++n;
  }
  for (std::size_t j = 0; j < kPitchCandidates; ++j) {
    out.hz[j] = out.strength[j] = 0.0f;
    if (j >= n) continue;
    const std::size_t from = j == 0 ? best : j == best ? 0 : j;
    const double strength = 1.0 - mean / heights[from];
    out.hz[j] = static_cast<float>(hz[from]);
    out.strength[j] = strength > 0.0 ? static_cast<float>(strength) : 0.0f;
  }
}

bool pitch_candidates(const PitchPlan& plan, const Samples& src, std::size_t n_frames,
                      PitchWorkspace& work, PitchFrame* out, float* magnitudes) {
  work.reserve(plan, kLanes);
  const std::size_t n = plan.fft.n_bins;
  float *const smoothed = work.smoothed.data(), *const sums = work.sums.data();
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    if (!load_phases(src, static_cast<std::ptrdiff_t>(t * plan.framing.hop_length), n_valid, t == 0,
                     plan.framing, work.raw.data(), work.linear.data(), work.phases.data())) {
      return false;
    }
    float* const magnitude = magnitudes == nullptr ? work.magnitude.data() : magnitudes + t * n;
    power_spectrum(plan.fft, plan.framing.layout, work.phases.data(), work.frames.data(),
                   work.work.data(), work.power.data(), magnitude);
    enhance(magnitude, n, smoothed);
    bend(plan.spline, smoothed, work.curves.data());
    evaluate(plan.spline, smoothed, work.curves.data(), work.octaves.data());
    const Vec mean = sum_harmonics(plan, work.octaves.data(), sums);
    const Vec level = level_of(plan, work.power.data());
    float places[kPitchCandidates * kLanes];
    find_highest(sums, n, places);
    for (std::size_t i = 0; i < n_valid; ++i) {
      place_candidates(plan, sums + i, places + i, static_cast<double>(mean[i]), out[t + i]);
      out[t + i].level = level[i];
    }
  }
  return true;
}

}  // namespace quaver::QV_TARGET

#endif
