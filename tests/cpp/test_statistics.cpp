// SPDX-License-Identifier: BSD-3-Clause
// Statistics of frames and their modulation without Python, for sanitizers: one target, named on
// the command line.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

#include "check.hpp"
#include "quaver/pipelines/extract.hpp"

using namespace quaver;

static std::vector<float> noise(std::size_t n) {
  std::mt19937 generator(7);
  std::normal_distribution<float> normal(0.0f, 0.1f);
  std::vector<float> x(n);
  for (float& v : x) v = normal(generator);
  return x;
}

// Shares of a line and of a parabola, made orthogonal to what comes before by Gram and Schmidt.
static std::array<double, 2> trend_by_definition(const std::vector<double>& row) {
  const std::size_t n = row.size();
  std::vector<std::vector<double>> basis = {std::vector<double>(n, 1.0)};
  std::array<double, 2> shares{};
  for (int power : {1, 2}) {
    std::vector<double> next(n);
    for (std::size_t t = 0; t < n; ++t) next[t] = std::pow(static_cast<double>(t), power);
    for (int pass = 0; pass < 2; ++pass) {
      for (const std::vector<double>& before : basis) {
        double share = 0.0;
        for (std::size_t t = 0; t < n; ++t) share += next[t] * before[t] / static_cast<double>(n);
        for (std::size_t t = 0; t < n; ++t) next[t] -= share * before[t];
      }
    }
    double square = 0.0;
    for (double v : next) square += v * v / static_cast<double>(n);
    if (square < 1e-9) break;
    for (double& v : next) v /= std::sqrt(square);
    for (std::size_t t = 0; t < n; ++t) {
      shares[static_cast<std::size_t>(power - 1)] += next[t] * row[t] / static_cast<double>(n);
    }
    basis.push_back(next);
  }
  return shares;
}

static void test_modulation_at_ugly_sizes() {
  const ModulationPlan plan(100.0);
  for (std::size_t n_rows : {1, 3, 4, 5, 8, 9, 17}) {
    for (std::size_t n : {1, 2, 3, 9, 255, 256, 257, 384, 385, 1001}) {
      const std::vector<float> x = noise(n * n_rows);
      std::vector<float> out(n_rows * kNumModulations);
      modulation(plan, x.data(), n, n_rows, out.data());
      for (float v : out) CHECK(v >= -10.0f && v < 20.0f);
    }
  }
  CHECK_THROWS(ModulationPlan(63.9));
  CHECK_THROWS(ModulationPlan(10000.1));
  CHECK_THROWS(ModulationPlan(std::numeric_limits<double>::quiet_NaN()));
}

// Buffers of the exact size, so that the address sanitizer sees one value too many. Below `gate`
// values are zero: equal ones are many candidates of a percentile.
static void test_statistics_at_ugly_sizes(float gate) {
  const std::size_t n_features = 3;
  std::vector<Statistic> all;
  for (std::size_t s = 0; s < kNumStatistics; ++s) all.push_back(static_cast<Statistic>(s));
  const FunctionalsPlan plan(all);
  for (std::size_t n :
       {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 96, 97, 127, 129, 1001, 1024, 1025}) {
    std::vector<float> x = noise(n * n_features);
    for (float& v : x) v = std::fabs(v) < gate ? 0.0f : v;
    std::vector<float> out(n_features * kNumStatistics);
    functionals(plan, x.data(), n, n_features, out.data());
    for (std::size_t f = 0; f < n_features; ++f) {
      std::vector<double> row(n);
      for (std::size_t t = 0; t < n; ++t) row[t] = static_cast<double>(x[t * n_features + f]);
      const std::array<double, 2> trend = trend_by_definition(row);
      std::sort(row.begin(), row.end());
      const auto percentile = [&](double q) {
        const double place = q * static_cast<double>(n - 1);
        const std::size_t low = static_cast<std::size_t>(place), high = std::min(low + 1, n - 1);
        return row[low] + (place - static_cast<double>(low)) * (row[high] - row[low]);
      };
      double mean = 0.0, m2 = 0.0, m3 = 0.0, m4 = 0.0;
      for (double v : row) mean += v / static_cast<double>(n);
      for (double v : row) {
        const double d = v - mean;
        m2 += d * d / static_cast<double>(n);
        m3 += d * d * d / static_cast<double>(n);
        m4 += d * d * d * d / static_cast<double>(n);
      }
      const bool constant = m2 == 0.0;
      const std::map<Statistic, double> expected = {
          {Statistic::mean, mean},
          {Statistic::median, percentile(0.5)},
          {Statistic::std, std::sqrt(m2)},
          {Statistic::kurtosis, constant ? 0.0 : m4 / (m2 * m2) - 3.0},
          {Statistic::skewness, constant ? 0.0 : m3 / (m2 * std::sqrt(m2))},
          {Statistic::percentile_1, percentile(0.01)},
          {Statistic::percentile_99, percentile(0.99)},
          {Statistic::min, row.front()},
          {Statistic::max, row.back()},
          {Statistic::range, row.back() - row.front()},
          {Statistic::quartile_1, percentile(0.25)},
          {Statistic::quartile_3, percentile(0.75)},
          {Statistic::iqr, percentile(0.75) - percentile(0.25)},
          {Statistic::slope, trend[0]},
          {Statistic::curvature, trend[1]},
          {Statistic::residual,
           std::sqrt(std::max(0.0, m2 - trend[0] * trend[0] - trend[1] * trend[1]))},
      };
      CHECK(expected.size() == kNumStatistics);
      for (const auto& [statistic, value] : expected) {
        const std::size_t s = static_cast<std::size_t>(statistic);
        CHECK_NEAR(static_cast<double>(out[f * kNumStatistics + s]), value,
                   1e-5 * std::max(1.0, std::fabs(value)));
      }
    }
  }
}

int main(int argc, char** argv) {
  if (argc > 1 && !can_run(argv[1])) return kSkipped;
  test_statistics_at_ugly_sizes(0.0f);
  test_statistics_at_ugly_sizes(0.1f);
  test_modulation_at_ugly_sizes();
  std::printf("target %s: %d failures\n", target_name(active_target()), failures);
  return failures == 0 ? 0 : 1;
}
