// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/voice/balance.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/voice/frames.hpp"
#include "quaver/core/scratch.hpp"
#include "quaver/pipelines/extract.hpp"

#define QV_FILE "kernels/voice/balance.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

constexpr double kPi = 3.14159265358979323846;
// int16 counts in steps of 1/32767 here, elsewhere of 1/32768.
constexpr double kGain = 32768.0 / 32767.0;

double mel_of(double hz) { return 1127.0 * std::log(1.0 + hz / 700.0); }

// n bands between their edges: band m rises from edge m and falls to edge m + 2.
std::vector<double> mel_edges(std::size_t n_bands, double low_hz, double high_hz) {
  std::vector<double> edges(n_bands + 2);
  const double low = mel_of(low_hz), high = mel_of(high_hz);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    edges[i] = low + (high - low) * static_cast<double>(i) / static_cast<double>(n_bands + 1);
  }
  return edges;
}

constexpr double kLowestHz = 20.0, kHighestHz = 8000.0;

std::vector<double> edges_of(std::size_t n_bins, double bin_width) {
  const double nyquist = static_cast<double>(n_bins - 1) * bin_width;
  return mel_edges(BalancePlan::kBands, kLowestHz, std::min(kHighestHz, nyquist));
}

FilterBank<float> mel_bank(std::size_t n_bins, double bin_width) {
  const std::vector<double> edges = edges_of(n_bins, bin_width);
  std::vector<float> dense(BalancePlan::kBands * n_bins);
  for (std::size_t m = 0; m < BalancePlan::kBands; ++m) {
    for (std::size_t k = rounded(kLowestHz / bin_width + 1.0); k < n_bins; ++k) {
      const double mel = mel_of(static_cast<double>(k) * bin_width);
      const double rise = (mel - edges[m]) / (edges[m + 1] - edges[m]);
      const double fall = (edges[m + 2] - mel) / (edges[m + 2] - edges[m + 1]);
      dense[m * n_bins + k] =
          static_cast<float>(kGain * kGain * std::max(0.0, std::min(rise, fall)));
    }
  }
  return {dense.data(), BalancePlan::kBands, n_bins};
}

double equal_loudness(double hz) {
  const double o = 2.0 * kPi * hz, o2 = o * o;
  return (o2 + 56.8e6) * o2 * o2 / ((o2 + 6.3e6) * (o2 + 6.3e6) * (o2 + 0.38e9)) /
         (0.17 + 1e-32 * std::pow(o, 7.0));
}

Buffer<float> loudness_weights(std::size_t n_bins, double bin_width) {
  const std::vector<double> edges = edges_of(n_bins, bin_width);
  std::vector<double> weights;
  for (std::size_t m = 0; m < BalancePlan::kBands; ++m) {
    weights.push_back(equal_loudness(700.0 * (std::exp(edges[m + 1] / 1127.0) - 1.0)));
  }
  return Buffer<float>(weights);
}

Buffer<float> cepstral_cosines() {
  std::vector<double> cosines;
  for (std::size_t k = 1; k <= BalancePlan::kCepstra; ++k) {
    const double lifter = 1.0 + 11.0 * std::sin(kPi * static_cast<double>(k) / 22.0);
    for (std::size_t m = 0; m < BalancePlan::kBands; ++m) {
      const double ln_of_decibel = std::log(10.0) / 10.0;
      cosines.push_back(ln_of_decibel * lifter * dct_weight(BalancePlan::kBands, k, m));
    }
  }
  return Buffer<float>(cosines);
}

// Bins below a frequency.
std::size_t bins_below(double hz, double bin_width, std::size_t n_bins) {
  return std::min(n_bins, static_cast<std::size_t>(std::ceil(hz / bin_width)));
}

}  // namespace

SlopePlan::SlopePlan(double low_hz, double high_hz, double bin_width) {
  const double low = low_hz / bin_width, high = high_hz / bin_width;
  first = static_cast<std::size_t>(low);
  const std::size_t last = static_cast<std::size_t>(high);
  n_bins = last - first + 1;
  std::vector<double> shares(n_bins, 1.0);
  shares.front() = static_cast<double>(first + 1) - low;
  if (high > static_cast<double>(last)) shares.back() = high - static_cast<double>(last);
  const double n = static_cast<double>(last - first);
  double sum = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double f = shares[i] * static_cast<double>(first + i) * bin_width;
    sum += f;
    squares += f * f;
  }
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double f = static_cast<double>(first + i) * bin_width;
    shares[i] *= (n * f - sum) / (n * squares - sum * sum);
  }
  weights = Buffer<float>(shares);
}

BalancePlan::BalancePlan(double sample_rate)
    : framing(voice_frames(sample_rate, BalancePlan::kLowestRate, 0.02, "hamming")),
      fft(framing.n_fft),
      bin_width(50.0 * static_cast<double>(framing.frame_length) / static_cast<double>(fft.n)),
      bank(mel_bank(fft.n_bins, bin_width)),
      equal_loud(loudness_weights(fft.n_bins, bin_width)),
      cosines(cepstral_cosines()),
      low_slope(0.0, 500.0, bin_width),
      high_slope(500.0, 1500.0, bin_width),
      n_below_1000(bins_below(1000.0, bin_width, fft.n_bins)),
      n_below_2000(bins_below(2000.0, bin_width, fft.n_bins)),
      n_to_5000(std::min(fft.n_bins, static_cast<std::size_t>(5000.0 / bin_width) + 1)),
      n_below_5000(bins_below(5000.0, bin_width, fft.n_bins)) {}

std::size_t BalancePlan::count(std::size_t n_samples) const {
  return count_frames(n_samples, framing.frame_length, framing.hop_length);
}

void BalanceWorkspace::reserve(const BalancePlan& plan, std::size_t lanes) {
  const std::size_t linear_size = plan.framing.linear_size(lanes);
  raw.reserve(linear_size + 1);
  linear.reserve(linear_size);
  phases.reserve(plan.framing.layout.phases_size(lanes));
  work.reserve(plan.fft.work_size(lanes));
  power.reserve(plan.fft.n_bins * lanes);
  magnitude.reserve(plan.fft.n_bins * lanes);
  bands.reserve(BalancePlan::kBands * lanes);
  columns.reserve(BalancePlan::kColumns * lanes);
  previous.reserve(plan.fft.n_bins);
  if (plan.fft.n_columns == 0) frames.reserve(plan.fft.n * lanes);
}

void spectral_balance(const BalancePlan& plan, const Samples& samples, float* out) {
  thread_local BalanceWorkspace work;
  const Borrowed<BalanceWorkspace> borrowed(work, plan.fft.n);
  // With its index, which the kernel does not know; those behind the last frame it does not read.
  require_finite(samples);
  kernels().spectral_balance(plan, samples, plan.count(samples.size), borrowed, out);
}

}  // namespace quaver

#else

#include "simd/logarithms.hpp"
#include "simd/products.hpp"

namespace quaver::QV_TARGET {

static constexpr float kTiny = 1.2e-38f;                  // the least normal number
static constexpr float kPowerGain = 1.0000610370189520f;  // (32768 / 32767)^2
static constexpr float kAmplitudeGain = 1.0000305185094760f;

// 2^x, |x| < 126, within 3e-7 of itself: its rounded part as an exponent, of the rest a Taylor
// polynomial.
static inline Vec PowerOfTwo(Vec x) {
  const Vec magic = Set(12582912.0f);  // 1.5 * 2^23: the sum has no place for a fraction
  const Vec whole = (x + magic) - magic, f = (x - whole) * 0.693147181f;
  Vec q = Set(1.0f / 720.0f);
  q = MulAdd(q, f, Set(1.0f / 120.0f));
  q = MulAdd(q, f, Set(1.0f / 24.0f));
  q = MulAdd(q, f, Set(1.0f / 6.0f));
  q = MulAdd(q, f, Set(0.5f));
  q = MulAdd(q, f, Set(1.0f));
  q = MulAdd(q, f, Set(1.0f));
  const VecI exponent = (__builtin_convertvector(whole, VecI) + 127) << 23;
  return q * reinterpret_cast<Vec>(exponent);
}

// x^0.33 of an x in decibels.
static inline Vec root_of_decibel(Vec decibel) { return PowerOfTwo(decibel * 0.109623627f); }

static inline Vec sum_of_bins(const float* rows, std::size_t first, std::size_t last) {
  Vec even{}, odd{};
  std::size_t k = first;
  for (; k + 2 <= last; k += 2) {
    even += LoadU(rows + k * kLanes);
    odd += LoadU(rows + (k + 1) * kLanes);
  }
  if (k < last) even += LoadU(rows + k * kLanes);
  return even + odd;
}

static inline Vec largest_bin(const float* rows, std::size_t first, std::size_t last) {
  Vec largest{};
  for (std::size_t k = first; k < last; ++k) largest = Max(largest, LoadU(rows + k * kLanes));
  return largest;
}

// 0 where a part is.
static inline Vec ratio_decibel(Vec above, Vec below) {
  const Vec ratio = Decibel(Max(above, Set(kTiny))) - Decibel(Max(below, Set(kTiny)));
  return Min(above, below) > Vec{} ? ratio : Vec{};
}

static Vec slope(const SlopePlan& plan, const float* power) {
  const float* const weights = plan.weights.data();
  Vec sum{};
  for (std::size_t i = 0; i < plan.n_bins; ++i) {
    const Vec p = LoadU(power + (plan.first + i) * kLanes) * kPowerGain;
    sum = MulAdd(Decibel(Max(p, Set(1e-14f))), Set(weights[i]), sum);
  }
  return sum;
}

// previous: the magnitudes of the frame ahead of the block; those of its last take their place.
static Vec flux(std::size_t n, const float* magnitude, std::size_t last_lane, float* previous) {
  Vec total{};
  for (std::size_t k = 0; k < n; ++k) {
    const Vec x = InRegister(LoadU(magnitude + k * kLanes));
    const Vec change = x - SlideUp(Set(previous[k]), x);
    previous[k] = magnitude[k * kLanes + last_lane];
    total = MulAdd(change, change, total);
  }
  return Sqrt(total * (1.0f / static_cast<float>(n))) * kAmplitudeGain;
}

// Bands of power become their decibels; the mean of their loudness is returned.
static Vec loudness(const BalancePlan& plan, const float* power, float* bands) {
  const float* const equal_loud = plan.equal_loud.data();
  const Vec quietest = Set(9.3e-10f), least = Set(9.31379421e-10f);
  Vec sum{};
  for (std::size_t m = 0; m < BalancePlan::kBands; ++m) {
    const Vec band = band_sum(plan.bank, m, power);
    sum += root_of_decibel(Decibel(Max(band, quietest) * equal_loud[m]));
    StoreU(bands + m * kLanes, Decibel(Max(band, least)));
  }
  return sum * (1.0f / static_cast<float>(BalancePlan::kBands));
}

static void balance_columns(const BalancePlan& plan, std::size_t last_lane, BalanceWorkspace& work,
                            float* columns) {
  const float* const power = work.power.data();
  const Vec columns_of[] = {
      loudness(plan, power, work.bands.data()),
      ratio_decibel(sum_of_bins(power, plan.n_below_1000, plan.n_to_5000),
                    sum_of_bins(power, 0, plan.n_below_1000)),
      ratio_decibel(largest_bin(power, 0, plan.n_below_2000),
                    largest_bin(power, plan.n_below_2000, plan.n_to_5000)),
      slope(plan.low_slope, power),
      slope(plan.high_slope, power),
      flux(plan.n_below_5000, work.magnitude.data(), last_lane, work.previous.data())};
  for (const Vec column : columns_of) {
    StoreU(columns, column);
    columns += kLanes;
  }
  times_matrix(plan.cosines.data(), BalancePlan::kCepstra, BalancePlan::kBands, work.bands.data(),
               columns);
}

bool spectral_balance(const BalancePlan& plan, const Samples& src, std::size_t n_frames,
                      BalanceWorkspace& work, float* out) {
  work.reserve(plan, kLanes);
  float* const columns = work.columns.data();
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    if (!load_phases(src, static_cast<std::ptrdiff_t>(t * plan.framing.hop_length), n_valid, t == 0,
                     plan.framing, work.raw.data(), work.linear.data(), work.phases.data())) {
      return false;
    }
    power_spectrum(plan.fft, plan.framing.layout, work.phases.data(), work.frames.data(),
                   work.work.data(), work.power.data(), work.magnitude.data());
    balance_columns(plan, n_valid - 1, work, columns);
    if (t == 0) columns[5 * kLanes] = 0.0f;  // the flux of the first frame
    transpose(columns, BalancePlan::kColumns, n_valid, kLanes, out + t * BalancePlan::kColumns,
              BalancePlan::kColumns);
  }
  return true;
}

}  // namespace quaver::QV_TARGET

#endif
