// SPDX-License-Identifier: BSD-3-Clause
// Statistics of frames: order statistics to the bit, moments where they are well conditioned.
#include "fuzz.hpp"
#include "quaver/pipelines/extract.hpp"
#include "quaver/statistics/functionals.hpp"

using quaver::Statistic;

static bool is_moment(Statistic s) {
  return s == Statistic::mean || s == Statistic::std || s == Statistic::kurtosis ||
         s == Statistic::skewness || s == Statistic::slope || s == Statistic::curvature ||
         s == Statistic::residual;
}

static void one(fuzz::Bytes& bytes) {
  std::vector<std::size_t> places(bytes.between(0, 16));
  for (std::size_t& place : places) place = bytes.byte() % (quaver::kNumStatistics + 1);
  const quaver::FunctionalsPlan plan(quaver::statistics_of(places));
  const std::size_t n_frames = bytes.between(1, 1500), n_features = bytes.between(1, 12);
  std::vector<float> x = bytes.samples(n_frames * n_features);
  const bool is_noise = bytes.is_noise();
  if (bytes.flag()) {  // many equal values share a key
    for (float& v : x) v = std::round(v * 8.0f) / 8.0f;
  }
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(n_features * plan.n_statistics);
        quaver::functionals(plan, x.data(), n_frames, n_features, out.data());
        for (float v : out) REQUIRE(std::isfinite(v));
        return fuzz::widened(out);
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        for (std::size_t i = 0; i < found.size(); ++i) {
          const bool moment = is_moment(plan.statistics[i % plan.n_statistics]);
          if (moment && !is_noise) continue;
          const double tolerance = moment ? 2e-5 * (1.0 + std::fabs(expected[i])) : 0.0;
          fuzz::require_near(expected[i], found[i], tolerance);
        }
      });
}

QV_FUZZ(one)
