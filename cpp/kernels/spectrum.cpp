// SPDX-License-Identifier: BSD-3-Clause
// Two passes over the block: one forms magnitudes and sums, the other needs the sums. Sums run in
// chunks of kChunk bins that are then added up: a float32 sum over n_bins terms would lose up to
// n_bins / 2 ulp, this one kChunk + n_bins / kChunk.
#ifndef QV_TARGET

#include "quaver/spectrum.hpp"

#include <stdexcept>
#include <string>

#define QV_FILE "kernels/spectrum.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

SpectrumPlan::SpectrumPlan(std::size_t n_fft, double sample_rate, std::size_t n_bands_,
                           double rolloff_)
    : n_bins(n_fft / 2 + 1),
      n_bands(n_bands_),
      band_length(n_bands_ == 0 ? 0 : n_bins / n_bands_),
      bin_width(static_cast<float>(sample_rate / static_cast<double>(n_fft))),
      rolloff(static_cast<float>(rolloff_)) {
  if (band_length == 0) {
    throw std::invalid_argument("n_bands must lie between 1 and n_fft / 2 + 1 (" +
                                std::to_string(n_bins) + "), got " + std::to_string(n_bands));
  }
  if (!(rolloff_ > 0.0 && rolloff_ <= 1.0)) {
    throw std::invalid_argument("rolloff must lie in (0, 1], got " + std::to_string(rolloff_));
  }
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

enum : std::size_t { kChunk = 32 };

struct Sums {
  Vec magnitude, weighted, power;  // sum X, sum k X, sum P
};

static Sums sum_chunk(const float* power, std::size_t first, std::size_t last, float* magnitude) {
  Sums s{};
  for (std::size_t k = first; k < last; ++k) {
    const Vec p = LoadU(power + k * kLanes);
    const Vec x = Sqrt(p);
    StoreU(magnitude + k * kLanes, x);
    s.magnitude += x;
    s.weighted = MulAdd(x, Set(static_cast<float>(k)), s.weighted);
    s.power += p;
  }
  return s;
}

static Sums sum_spectrum(const SpectrumPlan& plan, const float* power, float* magnitude) {
  Sums total{};
  for (std::size_t k = 0; k < plan.n_bins; k += kChunk) {
    const std::size_t last = k + kChunk < plan.n_bins ? k + kChunk : plan.n_bins;
    const Sums s = sum_chunk(power, k, last, magnitude);
    total.magnitude += s.magnitude;
    total.weighted += s.weighted;
    total.power += s.power;
  }
  return total;
}

static Vec band_power(const SpectrumPlan& plan, const float* power, std::size_t band) {
  Vec even{}, odd{};
  const float* p = power + band * plan.band_length * kLanes;
  std::size_t k = 0;
  for (; k + 2 <= plan.band_length; k += 2) {
    even += LoadU(p + k * kLanes);
    odd += LoadU(p + (k + 1) * kLanes);
  }
  if (k < plan.band_length) even += LoadU(p + k * kLanes);
  return even + odd;
}

static Vec entropy_of_bands(const SpectrumPlan& plan, const float* power) {
  const Vec smallest = Set(1.2e-38f);
  Vec total{}, entropy{};
  for (std::size_t b = 0; b < plan.n_bands; ++b) total += band_power(plan, power, b);
  const Vec safe_total = Max(total, smallest);
  for (std::size_t b = 0; b < plan.n_bands; ++b) {
    const Vec p = band_power(plan, power, b) / safe_total;
    entropy -= p * Log2(Max(p, smallest));
  }
  return Max(entropy, Vec{});
}

struct Shape {
  Vec spread, flux;  // sum (k - c)^2 U; sum (U - U of the frame before)^2
  VecI below;        // bins whose running power is below the roll-off threshold
};

// U = X / sum X replaces X in `magnitude`; `previous` moves on to the block's last valid frame.
static Shape shape_of_spectrum(const SpectrumPlan& plan, const float* power, float* magnitude,
                               float* previous, std::size_t n_valid, Vec inverse, Vec center,
                               Vec threshold) {
  Shape total{};
  Vec reached{};
  for (std::size_t first = 0; first < plan.n_bins; first += kChunk) {
    const std::size_t last = first + kChunk < plan.n_bins ? first + kChunk : plan.n_bins;
    Vec spread{}, flux{}, running{};
    for (std::size_t k = first; k < last; ++k) {
      float* row = magnitude + k * kLanes;
      const Vec u = LoadU(row) * inverse;
      StoreU(row, u);
      const Vec distance = Set(static_cast<float>(k)) - center;
      spread = MulAdd(distance * distance, u, spread);
      const Vec change = u - SlideUp(u, previous[k]);
      flux = MulAdd(change, change, flux);
      running += LoadU(power + k * kLanes);
      total.below -= (reached + running) < threshold;
      previous[k] = row[n_valid - 1];
    }
    total.spread += spread;
    total.flux += flux;
    reached += running;
  }
  return total;
}

void spectral_features(const SpectrumPlan& plan, const float* power, float* magnitude,
                       float* previous, std::size_t n_valid, bool has_previous, float* centroid,
                       float* spread, float* entropy, float* flux, float* rolloff) {
  const Sums sums = sum_spectrum(plan, power, magnitude);
  const Vec zero{};
  const Vec smallest = Set(1.2e-38f);
  // A silent frame has U = 0 everywhere; its sums are 0, so any finite inverse will do.
  const Vec inverse = 1.0f / Max(sums.magnitude, smallest);
  const Vec center = sums.weighted * inverse;
  const Shape shape = shape_of_spectrum(plan, power, magnitude, previous, n_valid, inverse, center,
                                        sums.power * plan.rolloff);
  const Vec last_bin = Set(static_cast<float>(plan.n_bins - 1));
  StoreU(centroid, center * plan.bin_width);
  StoreU(spread, Sqrt(Max(shape.spread, zero)) * plan.bin_width);
  StoreU(entropy, entropy_of_bands(plan, power));
  StoreU(flux, shape.flux);
  if (!has_previous) flux[0] = 0.0f;
  StoreU(rolloff, Min(__builtin_convertvector(shape.below, Vec), last_bin) * plan.bin_width);
}

}  // namespace quaver::QV_TARGET

#endif
