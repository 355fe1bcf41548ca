// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/voice/formants.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "kernels/voice/frames.hpp"
#include "quaver/core/scratch.hpp"
#include "quaver/pipelines/extract.hpp"

#define QV_FILE "kernels/voice/formants.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

constexpr double kPi = 3.14159265358979323846, kRate = 11000.0;

FramingPlan framing_of(double sample_rate) {
  const FramingOptions options =
      voice_frames(sample_rate, FormantPlan::kLowestRate, 0.02, "hamming");
  FramingPlan plan(options);
  const std::size_t length = options.frame_length, n_fft = options.n_fft;
  std::vector<double> window(length);
  for (std::size_t i = 0; i < length; ++i) {
    const double phase = 2.0 * kPi * static_cast<double>(i) / static_cast<double>(length - 1);
    window[i] = 2.0 / static_cast<double>(n_fft) * (0.54 - 0.46 * std::cos(phase));
  }
  plan.layout =
      FrameLayout<float>(window.data(), length, options.hop_length, n_fft, (n_fft - length) / 2);
  return plan;
}

// As the frames have it.
double rate_of(const FramingPlan& framing) {
  return 50.0 * static_cast<double>(framing.frame_length);
}

// Points a second, as many as tiles are whole of in a frame, and the bins that they are of.
double predicted_rate(const FramingPlan& framing, FormantMethod method) {
  return method == FormantMethod::opensmile ? kRate : std::min(kRate, rate_of(framing));
}
std::size_t points_of(double rate) {
  constexpr std::size_t kTiles = 2 * FormantPlan::kTile;
  return static_cast<std::size_t>(0.02 * rate) / kTiles * kTiles;
}
std::size_t bins_of(const FramingPlan& framing, FormantMethod method, double rate) {
  if (method == FormantMethod::opensmile) return points_of(rate) / 2;
  const double n_fft = static_cast<double>(framing.n_fft);
  const double bins = std::ceil(0.5 * n_fft * rate / rate_of(framing));
  return std::min(static_cast<std::size_t>(bins), framing.n_fft / 2 + 1);
}

// Samples of the frame and the zeros ahead that a point is apart from the next.
double spacing_of(const FormantPlan& plan) { return rate_of(plan.framing) / plan.rate; }

// Their middle, in samples.
double middle_of(const FormantPlan& plan, FormantMethod method) {
  if (method == FormantMethod::opensmile) {
    return spacing_of(plan) * (static_cast<double>(plan.n_points) - 1.0) / 2.0;
  }
  return static_cast<double>(plan.framing.layout.lead) +
         (static_cast<double>(plan.framing.frame_length) - 1.0) / 2.0;
}

double radians_of(const FormantPlan& plan, std::size_t k) {
  return 2.0 * kPi * static_cast<double>(k) / static_cast<double>(plan.framing.n_fft);
}

// The factor of a bin for what it is in the middle, pre-emphasised from 50 Hz on or not.
std::complex<double> turn_of(const FormantPlan& plan, FormantMethod method, std::size_t k) {
  const std::complex<double> turn = std::polar(1.0, radians_of(plan, k) * middle_of(plan, method));
  if (method == FormantMethod::opensmile) return turn;
  const double before = std::exp(-2.0 * kPi * 50.0 / rate_of(plan.framing));
  return turn * (k == 0 ? 0.5 : 1.0) * (1.0 - std::polar(before, -radians_of(plan, k)));
}

Buffer<float> turns_of(const FormantPlan& plan, FormantMethod method) {
  std::vector<double> turns;
  for (std::size_t k = 0; k < plan.n_bins; ++k) {
    const std::complex<double> turn = turn_of(plan, method, k);
    turns.push_back(turn.real());
    turns.push_back(turn.imag());
  }
  return Buffer<float>(turns);
}

Buffer<float> waves_of(const FormantPlan& plan) {
  constexpr std::size_t kTile = FormantPlan::kTile;
  std::vector<double> waves;
  for (std::size_t first = 0; first < plan.n_points / 2; first += kTile) {
    for (std::size_t k = 0; k < plan.n_bins; ++k) {
      const double step = radians_of(plan, k) * spacing_of(plan);
      for (std::size_t i = 0; i < kTile; ++i) {
        waves.push_back(std::cos(step * (static_cast<double>(first + i) + 0.5)));
      }
      for (std::size_t i = 0; i < kTile; ++i) {
        waves.push_back(std::sin(step * (static_cast<double>(first + i) + 0.5)));
      }
    }
  }
  return Buffer<float>(waves);
}

}  // namespace

FormantPlan::FormantPlan(double sample_rate, FormantMethod method)
    : framing(framing_of(sample_rate)),
      fft(framing.n_fft),
      rate(predicted_rate(framing, method)),
      sign(method == FormantMethod::opensmile ? 1.0 : -1.0),
      order(method == FormantMethod::opensmile ? kFormantOrder : kFormantOrder - 1),
      n_points(points_of(rate)),
      n_bins(bins_of(framing, method, rate)),
      turns(turns_of(*this, method)),
      waves(waves_of(*this)) {}

std::size_t FormantPlan::count(std::size_t n_samples) const {
  return count_frames(n_samples, framing.frame_length, framing.hop_length);
}

void FormantWorkspace::reserve(const FormantPlan& plan, std::size_t lanes) {
  const std::size_t linear_size = plan.framing.linear_size(lanes);
  raw.reserve(linear_size + 1);
  linear.reserve(linear_size);
  phases.reserve(plan.framing.layout.phases_size(lanes));
  work.reserve(plan.fft.work_size(lanes));
  spectrum.reserve(2 * plan.fft.n_bins * lanes);
  points.reserve(plan.n_points * lanes);
  predictors.reserve(kFormantOrder * lanes);
  found.reserve(kFormantColumns * lanes);
  if (plan.fft.n_columns == 0) frames.reserve(plan.fft.n * lanes);
}

void formants(const FormantPlan& plan, const Samples& samples, const unsigned char* wanted,
              float* out) {
  thread_local FormantWorkspace work;
  const Borrowed<FormantWorkspace> borrowed(work, plan.fft.n);
  // With its index, which the kernel does not know; those of frames that nobody wants it does not
  // read.
  require_finite(samples);
  kernels().formants(plan, samples, plan.count(samples.size), wanted, borrowed, out);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

// To what bins are in the middle of the points.
static void turn(const FormantPlan& plan, float* spectrum) {
  const float* const turns = plan.turns.data();
  for (std::size_t k = 0; k < plan.n_bins; ++k) {
    float* const bin = spectrum + 2 * k * kLanes;
    const Vec re = LoadU(bin), im = LoadU(bin + kLanes);
    const Vec cosine = Set(turns[2 * k]), sine = Set(turns[2 * k + 1]);
    StoreU(bin, MulSub(re, cosine, im * sine));
    StoreU(bin + kLanes, MulAdd(re, sine, im * cosine));
  }
}

// Cosines are alike either side of the middle, sines of the other sign.
static void to_points(const FormantPlan& plan, const float* spectrum, float* points) {
  constexpr std::size_t kTile = FormantPlan::kTile;
  const float* waves = plan.waves.data();
  float *behind = points + plan.n_points / 2 * kLanes, *before = behind;
  for (std::size_t first = 0; first < plan.n_points / 2; first += kTile) {
    Vec even[kTile] = {}, odd[kTile] = {};
    for (std::size_t k = 0; k < plan.n_bins; ++k, waves += 2 * kTile) {
      const Vec re = LoadU(spectrum + 2 * k * kLanes), im = LoadU(spectrum + (2 * k + 1) * kLanes);
      for (std::size_t i = 0; i < kTile; ++i) even[i] = MulAdd(re, Set(waves[i]), even[i]);
      for (std::size_t i = 0; i < kTile; ++i) odd[i] = MulAdd(im, Set(waves[kTile + i]), odd[i]);
    }
    for (std::size_t i = 0; i < kTile; ++i, behind += kLanes) {
      before -= kLanes;
      StoreU(behind, even[i] - odd[i]);
      StoreU(before, even[i] + odd[i]);
    }
  }
}

// Products with the points behind that are there; the last ones kept in registers.
static void correlate(const float* points, std::size_t n_points, float* sums) {
  constexpr std::size_t kLags = kFormantOrder + 1;
  Vec total[kLags] = {};
  for (std::size_t j = 0; j < n_points; ++j) {
    const Vec at = LoadU(points + j * kLanes);
    const std::size_t n = j < kFormantOrder ? j + 1 : kLags;
    if (n == kLags) {
      for (std::size_t l = 0; l < kLags; ++l) {
        total[l] = MulAdd(at, LoadU(points + (j - l) * kLanes), total[l]);
      }
    } else {
      for (std::size_t l = 0; l < n; ++l) {
        total[l] = MulAdd(at, LoadU(points + (j - l) * kLanes), total[l]);
      }
    }
  }
  for (std::size_t l = 0; l < kLags; ++l) StoreU(sums + l * kLanes, total[l]);
}

// Of half a register of frames; predictors in lanes of the same.
static void recurse(const float* sums, std::size_t order, double* predictors) {
  VecD r[kFormantOrder + 1], a[kFormantOrder] = {};
  for (std::size_t l = 0; l <= kFormantOrder; ++l) r[l] = LoadWide(sums + l * kLanes);
  VecD error = r[0];
  const VecD least = r[0] * 1e-8;
  for (std::size_t i = 0; i < order; ++i) {
    VecD sum = r[i + 1];
    for (std::size_t q = 0; q < i; ++q) sum = MulAdd(a[q], r[i - q], sum);
    const VecD reflection = error > least ? -sum / error : VecD{};
    for (std::size_t q = 0; 2 * q + 1 <= i; ++q) {
      const VecD low = a[q], high = a[i - 1 - q];
      a[q] = MulAdd(reflection, high, low);
      a[i - 1 - q] = MulAdd(reflection, low, high);
    }
    a[i] = reflection;
    error = NegMulAdd(reflection * reflection, error, error);
  }
  for (std::size_t q = 0; q < kFormantOrder; ++q) StoreU(predictors + q * kLanesD, a[q]);
}

// Predictors that wait until they fill registers, and their frames.
struct Waiting {
  std::size_t n;
  std::size_t frames[2 * kLanes];
  double predictors[2 * kLanes * kFormantOrder];
};

// Of the wanted frames of a block; silent ones have no formants.
static void collect(const double* predictors, double sign, std::size_t t, std::size_t n_valid,
                    const unsigned char* wanted, Waiting& waiting) {
  for (std::size_t i = 0; i < n_valid; ++i) {
    const double* const from = predictors + i / kLanesD * (kFormantOrder * kLanesD) + i % kLanesD;
    if ((wanted != nullptr && !wanted[t + i]) || from[0] == 0.0) continue;
    double* const to = waiting.predictors + waiting.n * kFormantOrder;
    for (std::size_t q = 0; q < kFormantOrder; ++q) to[q] = sign * from[q * kLanesD];
    waiting.frames[waiting.n++] = t + i;
  }
}

// The first n of them.
static void solve(Waiting& waiting, std::size_t n, double rate, float* found, float* out) {
  predictor_formants(waiting.predictors, n, rate, found);
  for (std::size_t i = 0; i < n; ++i) {
    float* const row = out + waiting.frames[i] * kFormantColumns;
    __builtin_memcpy(row, found + i * kFormantColumns, kFormantColumns * sizeof(float));
  }
  waiting.n -= n;
  __builtin_memmove(waiting.frames, waiting.frames + n, waiting.n * sizeof(std::size_t));
  __builtin_memmove(waiting.predictors, waiting.predictors + n * kFormantOrder,
                    waiting.n * kFormantOrder * sizeof(double));
}

// Of the frames from t on.
static void predict(const FormantPlan& plan, FormantWorkspace& work) {
  spectrum_phases(plan.fft, plan.framing.layout, work.phases.data(), work.frames.data(),
                  work.work.data(), Bins::complex, work.spectrum.data());
  turn(plan, work.spectrum.data());
  to_points(plan, work.spectrum.data(), work.points.data());
  float* const sums = work.spectrum.data();
  correlate(work.points.data(), plan.n_points, sums);
  recurse(sums, plan.order, work.predictors.data());
  recurse(sums + kLanesD, plan.order, work.predictors.data() + kFormantOrder * kLanesD);
}

bool formants(const FormantPlan& plan, const Samples& src, std::size_t n_frames,
              const unsigned char* wanted, FormantWorkspace& work, float* out) {
  work.reserve(plan, kLanes);
  __builtin_memset(out, 0, n_frames * kFormantColumns * sizeof(float));
  Waiting waiting;
  waiting.n = 0;
  std::size_t last = 0;  // behind the block before
  for (std::size_t t = 0; t < n_frames; t = last) {
    for (; wanted != nullptr && t < n_frames && !wanted[t];) ++t;
    if (t == n_frames) break;
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    if (!load_phases(src, static_cast<std::ptrdiff_t>(t * plan.framing.hop_length), n_valid,
                     t == 0 || t != last, plan.framing, work.raw.data(), work.linear.data(),
                     work.phases.data())) {
      return false;
    }
    predict(plan, work);
    collect(work.predictors.data(), plan.sign, t, n_valid, wanted, waiting);
    if (waiting.n >= kLanes) solve(waiting, kLanes, plan.rate, work.found.data(), out);
    last = t + n_valid;
  }
  solve(waiting, waiting.n, plan.rate, work.found.data(), out);
  return true;
}

}  // namespace quaver::QV_TARGET

#endif
