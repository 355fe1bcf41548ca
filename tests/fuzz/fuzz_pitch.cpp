// SPDX-License-Identifier: BSD-3-Clause
// YIN's difference and period, and the path of pYIN.
#include "fuzz.hpp"
#include "quaver/pitch/pyin.hpp"
#include "quaver/pitch/yin.hpp"

using namespace quaver;

static void check_pyin(const YinPlan& yin, const std::vector<double>& difference,
                       std::size_t n_frames, fuzz::Bytes& bytes) {
  const std::size_t n_bins = bytes.between(1, 60), reach = bytes.between(0, 6);
  const std::size_t n_thresholds = bytes.between(0, 110);
  std::vector<double> thresholds(n_thresholds), prior(n_thresholds);
  for (std::size_t i = 0; i < n_thresholds; ++i) {
    thresholds[i] = static_cast<double>(i + 1) / static_cast<double>(n_thresholds);
    prior[i] = 1.0 / static_cast<double>(n_thresholds);
  }
  std::vector<double> stay((2 * reach + 1) * n_bins), change(stay.size());
  for (double& v : stay) v = -static_cast<double>(bytes.byte()) / 16.0;
  for (double& v : change) v = -static_cast<double>(bytes.byte()) / 8.0;
  const PyinOptions options{16000.0, 60.0 + bytes.byte(), 2.0, 0.01, n_bins, 12, bytes.flag()};
  fuzz::on_each_target(
      [&] {
        const PyinPlan plan(yin, options, thresholds.data(), prior.data(), n_thresholds,
                            {stay.data(), change.data(), reach, -700.0});
        std::vector<std::uint16_t> states(n_frames);
        std::vector<double> voiced(n_frames);
        if (!pyin(plan, difference.data(), n_frames, states.data(), voiced.data())) voiced.clear();
        for (std::uint16_t state : states) REQUIRE(state < 2 * n_bins);
        return voiced;
      },
      [](const fuzz::Values& expected, const fuzz::Values& found) {
        for (std::size_t i = 0; i < found.size(); ++i) {
          fuzz::require_near(expected[i], found[i], 1e-6);  // single: rounded to float32
        }
      });
}

static void one(fuzz::Bytes& bytes) {
  const std::size_t max_period = bytes.between(2, 150),
                    min_period = bytes.between(1, max_period - 1);
  const std::size_t length = max_period + bytes.between(1, 150);
  const YinPlan plan{length, bytes.between(1, 200), min_period, max_period, 1e-300};
  const std::vector<float> x = bytes.samples(length + bytes.between(0, 1500));
  const std::vector<double> wide(x.begin(), x.end());
  const bool is_noise = bytes.is_noise();
  const std::size_t n_frames = (x.size() - length) / plan.hop_length + 1;
  const auto difference = [&] {
    std::vector<double> out(n_frames * plan.n_lags());
    yin_difference(plan, wide.data(), n_frames, out.data());
    return out;
  };
  fuzz::on_each_target(difference, [&](const fuzz::Values& expected, const fuzz::Values& found) {
    for (std::size_t i = 0; i < found.size() && is_noise; ++i) {
      fuzz::require_near(expected[i], found[i], 1e-9 * (1.0 + std::fabs(expected[i])));
    }
  });
  const std::vector<double> rows = difference();
  std::vector<double> period(n_frames);
  yin_period(plan, rows.data(), n_frames, bytes.number(), period.data());
  for (double p : period) {
    REQUIRE(p >= static_cast<double>(min_period) - 1 && p <= static_cast<double>(max_period) + 1);
  }
  check_pyin(plan, rows, n_frames, bytes);
}

QV_FUZZ(one)
