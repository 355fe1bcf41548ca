// SPDX-License-Identifier: BSD-3-Clause
// Moments: two passes with float64 accumulators (one-pass float32 loses up to 8e-3 of the
// deviation). Percentiles: functionals_percentile.cpp.
#ifndef QV_TARGET

#include "quaver/statistics/functionals.hpp"

#include <stdexcept>
#include <string>
#include <utility>

#define QV_FILE "kernels/statistics/functionals.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

std::vector<Statistic> statistics_of(const std::vector<std::size_t>& places) {
  std::vector<Statistic> list;
  for (std::size_t s : places) {
    if (s >= kNumStatistics) throw std::invalid_argument("unknown statistic " + std::to_string(s));
    list.push_back(static_cast<Statistic>(s));
  }
  return list;
}

FunctionalsPlan::FunctionalsPlan(std::vector<Statistic> list)
    : statistic_list(std::move(list)),
      statistics(statistic_list.data()),
      n_statistics(statistic_list.size()) {
  if (n_statistics == 0) throw std::invalid_argument("statistics must not be empty");
  for (Statistic s : statistic_list) {
    has_percentiles |= info(s).quantile != kNoQuantile;
    has_trend |= s == Statistic::slope || s == Statistic::curvature || s == Statistic::residual;
  }
}

FunctionalsScratch::~FunctionalsScratch() { clear(); }

void FunctionalsScratch::clear() {
  capacity_ = 0;
  delete[] std::exchange(keys, nullptr);
  delete[] std::exchange(inner_keys, nullptr);
  delete[] std::exchange(candidates, nullptr);
}

void FunctionalsScratch::reserve(std::size_t n_frames) {
  if (n_frames <= capacity_) return;
  clear();
  keys = new signed char[n_frames + kStep];
  inner_keys = new signed char[n_frames + kStep];
  candidates = new float[n_frames + kStep];
  capacity_ = n_frames;
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

Extremes sum_and_extremes(const float* row, std::size_t n) {
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
  Extremes e{SumOfLanes(sums[0] + sums[1]), LowestLane(low), HighestLane(high)};
  for (; t < n; ++t) {
    e.sum += static_cast<double>(row[t]);
    e.min = row[t] < e.min ? row[t] : e.min;
    e.max = row[t] > e.max ? row[t] : e.max;
  }
  return e;
}

struct RowMoments {
  double m2, m3, m4;
};

static RowMoments central_moments(const float* row, std::size_t n, double mean) {
  VecD s2[2] = {}, s3[2] = {}, s4[2] = {};  // two chains hide the latency
  std::size_t t = 0;
  for (; t + kLanes <= n; t += kLanes) {
    for (std::size_t half = 0; half < 2; ++half) {
      const VecD d = LoadWide(row + t + half * kLanesD) - mean;
      const VecD d2 = d * d;
      s2[half] += d2;
      s3[half] = MulAdd(d2, d, s3[half]);
      s4[half] = MulAdd(d2, d2, s4[half]);
    }
  }
  RowMoments m{SumOfLanes(s2[0] + s2[1]), SumOfLanes(s3[0] + s3[1]), SumOfLanes(s4[0] + s4[1])};
  for (; t < n; ++t) {
    const double d = static_cast<double>(row[t]) - mean, d2 = d * d;
    m.m2 += d2;
    m.m3 += d2 * d;
    m.m4 += d2 * d2;
  }
  const double size = static_cast<double>(n);
  return {m.m2 / size, m.m3 / size, m.m4 / size};
}

struct Trend {
  double slope, curvature, residual;
};

// With j = t - (n - 1) / 2, of mean square q = (n^2 - 1) / 12, the polynomials are j and j^2 - q.
static Trend trend_of(const float* row, std::size_t n, double mean, double variance) {
  const double size = static_cast<double>(n), half = (size - 1.0) / 2.0;
  const double q = (size * size - 1.0) / 12.0, norm = q * (size * size - 4.0) / 15.0;
  VecD j = Set(-half), first{}, second{};
  for (std::size_t i = 0; i < kLanesD; ++i) j[i] += static_cast<double>(i);
  std::size_t t = 0;
  for (; t + kLanesD <= n; t += kLanesD) {
    const VecD d = (LoadWide(row + t) - mean) * j;
    first += d;
    second = MulAdd(d, j, second);
    j += static_cast<double>(kLanesD);
  }
  double sums[2] = {SumOfLanes(first), SumOfLanes(second)};
  for (; t < n; ++t) {
    const double place = static_cast<double>(t) - half;
    const double d = (static_cast<double>(row[t]) - mean) * place;
    sums[0] += d;
    sums[1] += d * place;
  }
  // The deviations sum to 0, so that q times them need not be taken off.
  const double slope = sums[0] / (size * __builtin_sqrt(q));
  const double curvature = norm > 0.0 ? sums[1] / (size * __builtin_sqrt(norm)) : 0.0;
  const double rest = variance - slope * slope - curvature * curvature;
  return {slope, curvature, rest > 0.0 ? __builtin_sqrt(rest) : 0.0};
}

static void fill_constant(const FunctionalsPlan& plan, float value, float* out) {
  for (std::size_t i = 0; i < plan.n_statistics; ++i) {
    out[i] = info(plan.statistics[i]).of_constant == OfConstant::zero ? 0.0f : value;
  }
}

static float quantiles(const StatisticInfo& s, const float* row, std::size_t n,
                       FunctionalsScratch& scratch) {
  const double value = percentile(row, n, s.quantile, scratch);
  if (s.less == kNoQuantile) return static_cast<float>(value);
  return static_cast<float>(value - percentile(row, n, s.less, scratch));
}

void functionals_row(const FunctionalsPlan& plan, const float* row, std::size_t n,
                     FunctionalsScratch& scratch, float* out) {
  const Extremes e = sum_and_extremes(row, n);
  if (!(e.max > e.min)) return fill_constant(plan, row[0], out);
  const double mean = e.sum / static_cast<double>(n);
  const RowMoments m = central_moments(row, n, mean);
  if (plan.has_percentiles) prepare_percentiles(row, n, e, scratch);
  const Trend trend = plan.has_trend ? trend_of(row, n, mean, m.m2) : Trend{};
  for (std::size_t i = 0; i < plan.n_statistics; ++i) {
    const Statistic s = plan.statistics[i];
    switch (s) {
      case Statistic::mean: out[i] = static_cast<float>(mean); break;
      case Statistic::std: out[i] = static_cast<float>(__builtin_sqrt(m.m2)); break;
      case Statistic::kurtosis: out[i] = static_cast<float>(m.m4 / (m.m2 * m.m2) - 3.0); break;
      case Statistic::skewness:
        out[i] = static_cast<float>(m.m3 / (m.m2 * __builtin_sqrt(m.m2)));
        break;
      case Statistic::min: out[i] = e.min; break;
      case Statistic::max: out[i] = e.max; break;
      case Statistic::range: out[i] = e.max - e.min; break;
      case Statistic::slope: out[i] = static_cast<float>(trend.slope); break;
      case Statistic::curvature: out[i] = static_cast<float>(trend.curvature); break;
      case Statistic::residual: out[i] = static_cast<float>(trend.residual); break;
#define QV_CASE(name, ...) case Statistic::name:
#define QV_NO_CASE(...)
        QV_STATISTICS(QV_NO_CASE, QV_CASE)
#undef QV_CASE
#undef QV_NO_CASE
        out[i] = quantiles(info(s), row, n, scratch);
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
