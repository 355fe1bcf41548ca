// SPDX-License-Identifier: BSD-3-Clause
// Moments: two passes with float64 accumulators (one-pass float32 loses up to 8e-3 of the
// deviation). Percentiles: a histogram between min and max, whose bins are monotone in the value,
// finds the bin of each wanted rank; only that bin's values are then selected from.
#ifndef QV_TARGET

#include "quaver/functionals.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

#define QV_FILE "kernels/functionals.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

FunctionalsPlan::FunctionalsPlan(std::vector<Statistic> list)
    : statistic_list(std::move(list)),
      statistics(statistic_list.data()),
      n_statistics(statistic_list.size()) {
  if (n_statistics == 0) throw std::invalid_argument("statistics must not be empty");
}

FunctionalsScratch::~FunctionalsScratch() {
  delete[] bins;
  delete[] candidates;
  delete[] counts;
}

void FunctionalsScratch::reserve(std::size_t n_frames) {
  if (counts == nullptr) counts = new unsigned[kMaxBins];
  if (n_frames <= capacity_) return;
  capacity_ = 0;
  delete[] std::exchange(bins, nullptr);
  delete[] std::exchange(candidates, nullptr);
  bins = new unsigned short[n_frames];
  candidates = new float[n_frames];
  capacity_ = n_frames;
}

float select_rank(float* values, std::size_t n, std::size_t k) {
  std::nth_element(values, values + k, values + n);
  return values[k];
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

struct Extremes {
  double mean;
  float min, max;
};

static Extremes first_pass(const float* row, std::size_t n) {
  VecD sums[2] = {};
  Vec low = Set(row[0]), high = low;
  std::size_t t = 0;
  for (; t + kLanes <= n; t += kLanes) {
    const Vec x = LoadU(row + t);
    low = Min(low, x);
    high = Max(high, x);
    sums[0] += LoadWide(row + t);
    sums[1] += LoadWide(row + t + kLanesD);
  }
  const VecD both = sums[0] + sums[1];
  Extremes e{0.0, low[0], high[0]};
  for (std::size_t i = 0; i < kLanesD; ++i) e.mean += both[i];
  for (std::size_t i = 1; i < kLanes; ++i) {
    e.min = low[i] < e.min ? low[i] : e.min;
    e.max = high[i] > e.max ? high[i] : e.max;
  }
  for (; t < n; ++t) {
    e.mean += static_cast<double>(row[t]);
    e.min = row[t] < e.min ? row[t] : e.min;
    e.max = row[t] > e.max ? row[t] : e.max;
  }
  e.mean /= static_cast<double>(n);
  return e;
}

struct Moments {
  double m2, m3, m4;
};

static Moments central_moments(const float* row, std::size_t n, double mean) {
  VecD s2{}, s3{}, s4{};
  std::size_t t = 0;
  for (; t + kLanesD <= n; t += kLanesD) {
    const VecD d = LoadWide(row + t) - mean;
    const VecD d2 = d * d;
    s2 += d2;
    s3 += d2 * d;
    s4 += d2 * d2;
  }
  Moments m{};
  for (std::size_t i = 0; i < kLanesD; ++i) {
    m.m2 += s2[i];
    m.m3 += s3[i];
    m.m4 += s4[i];
  }
  for (; t < n; ++t) {
    const double d = static_cast<double>(row[t]) - mean, d2 = d * d;
    m.m2 += d2;
    m.m3 += d2 * d;
    m.m4 += d2 * d2;
  }
  const double size = static_cast<double>(n);
  return {m.m2 / size, m.m3 / size, m.m4 / size};
}

// Histogram of a row; afterwards counts[b] is the number of values in bins 0 .. b.
static std::size_t fill_histogram(const float* row, std::size_t n, float min, float max,
                                  FunctionalsScratch& scratch) {
  std::size_t n_bins = 64;
  while (n_bins < n && n_bins < FunctionalsScratch::kMaxBins) n_bins *= 2;
  const double scale = static_cast<double>(n_bins) / (static_cast<double>(max) - min);
  const int last = static_cast<int>(n_bins) - 1;
  unsigned short* bins = scratch.bins;
  // The product is rounded to float32 once: monotone in the value, which is all that ranks need.
  const float factor = static_cast<float>(scale);
  const bool fits = factor <= 3e38f;
  for (std::size_t t = 0; t < n; ++t) {
    const float position = fits ? (row[t] - min) * factor
                                : static_cast<float>((static_cast<double>(row[t]) - min) * scale);
    const int bin = static_cast<int>(position < 4096.0f ? position : 4096.0f);
    bins[t] = static_cast<unsigned short>(bin < last ? bin : last);
  }
  unsigned* counts = scratch.counts;
  for (std::size_t b = 0; b < n_bins; ++b) counts[b] = 0;
  for (std::size_t t = 0; t < n; ++t) ++counts[bins[t]];
  for (std::size_t b = 1; b < n_bins; ++b) counts[b] += counts[b - 1];
  return n_bins;
}

static float value_of_rank(const float* row, std::size_t n, std::size_t rank, std::size_t n_bins,
                           FunctionalsScratch& scratch) {
  const unsigned* counts = scratch.counts;
  std::size_t low = 0, high = n_bins - 1;  // first bin whose running count exceeds the rank
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (counts[middle] > rank)
      high = middle;
    else
      low = middle + 1;
  }
  const std::size_t before = low == 0 ? 0 : counts[low - 1];
  const unsigned short wanted = static_cast<unsigned short>(low);
  float* candidates = scratch.candidates;
  std::size_t found = 0;
  const std::size_t total = counts[low] - before;
  for (std::size_t t = 0; t < n && found < total; ++t) {
    candidates[found] = row[t];
    found += scratch.bins[t] == wanted;
  }
  return select_rank(candidates, found, rank - before);
}

// NumPy's default ("linear") percentile.
static float percentile(const float* row, std::size_t n, double q, std::size_t n_bins,
                        FunctionalsScratch& scratch) {
  const double position = q * static_cast<double>(n - 1);
  const std::size_t rank = static_cast<std::size_t>(position);
  const double part = position - static_cast<double>(rank);
  const double low = static_cast<double>(value_of_rank(row, n, rank, n_bins, scratch));
  if (part <= 0.0) return static_cast<float>(low);
  const double high = static_cast<double>(value_of_rank(row, n, rank + 1, n_bins, scratch));
  return static_cast<float>(low + (high - low) * part);
}

static bool is_percentile(Statistic s) {
  return s == Statistic::median || s == Statistic::percentile_1 || s == Statistic::percentile_99;
}

static void fill_constant(const FunctionalsPlan& plan, float value, float* out) {
  for (std::size_t i = 0; i < plan.n_statistics; ++i) {
    const Statistic s = plan.statistics[i];
    const bool is_spread = s == Statistic::std || s == Statistic::kurtosis ||
                           s == Statistic::skewness || s == Statistic::range;
    out[i] = is_spread ? 0.0f : value;
  }
}

void functionals_row(const FunctionalsPlan& plan, const float* row, std::size_t n,
                     FunctionalsScratch& scratch, float* out) {
  const Extremes e = first_pass(row, n);
  if (!(e.max > e.min)) return fill_constant(plan, row[0], out);
  const Moments m = central_moments(row, n, e.mean);
  std::size_t n_bins = 0;
  for (std::size_t i = 0; i < plan.n_statistics; ++i) {
    const Statistic s = plan.statistics[i];
    if (n_bins == 0 && is_percentile(s)) n_bins = fill_histogram(row, n, e.min, e.max, scratch);
    switch (s) {
      case Statistic::mean: out[i] = static_cast<float>(e.mean); break;
      case Statistic::median: out[i] = percentile(row, n, 0.5, n_bins, scratch); break;
      case Statistic::std: out[i] = static_cast<float>(__builtin_sqrt(m.m2)); break;
      case Statistic::kurtosis: out[i] = static_cast<float>(m.m4 / (m.m2 * m.m2) - 3.0); break;
      case Statistic::skewness:
        out[i] = static_cast<float>(m.m3 / (m.m2 * __builtin_sqrt(m.m2)));
        break;
      case Statistic::percentile_1: out[i] = percentile(row, n, 0.01, n_bins, scratch); break;
      case Statistic::percentile_99: out[i] = percentile(row, n, 0.99, n_bins, scratch); break;
      case Statistic::min: out[i] = e.min; break;
      case Statistic::max: out[i] = e.max; break;
      case Statistic::range: out[i] = e.max - e.min; break;
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
