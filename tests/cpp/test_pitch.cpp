// SPDX-License-Identifier: BSD-3-Clause
// Medians, vocoder and pitch on sizes around those of a register; meant for the sanitizers.
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "check.hpp"
#include "quaver/effects/median.hpp"
#include "quaver/effects/vocoder.hpp"
#include "quaver/pitch/pyin.hpp"

using namespace quaver;

static std::vector<double> noise(std::size_t n) {
  std::mt19937 generator(static_cast<unsigned>(n));
  std::normal_distribution<double> normal;
  std::vector<double> x(n);
  for (double& v : x) v = normal(generator);
  return x;
}

template <typename T>
static void test_medians() {
  for (std::size_t n : {1, 2, 5, 20}) {
    for (std::size_t m : {1, 3, 4, 8, 15, 16, 17}) {
      const std::vector<double> wide = noise(n * m);
      const std::vector<T> x(wide.begin(), wide.end());
      std::vector<T> out(n * m);
      running_median(x.data(), n, m, 1, out.data());
      CHECK(out == x);
      for (std::size_t size : {2, 3, 31}) {
        running_median(x.data(), n, m, size, out.data());
        for (T v : out) CHECK(std::find(x.begin(), x.end(), v) != x.end());
      }
    }
  }
  CHECK_THROWS(running_median(static_cast<T*>(nullptr), 1, 1, 0, nullptr));
}

template <typename T>
static void test_vocoder() {
  for (std::size_t n_bins : {1, 2, 3, 8, 9, 16, 17}) {
    const std::size_t n_frames = 5;
    const std::vector<double> wide = noise(2 * n_bins * n_frames);
    const std::vector<T> x(wide.begin(), wide.end());
    const std::vector<double> advance(n_bins, 1.5), positions{0.0, 1.0, 2.0, 3.0, 4.0};
    std::vector<T> out(x.size());
    phase_vocoder({n_bins, advance.data(), positions.data(), 5}, x.data(), n_frames, out.data());
    // At rate 1 every frame comes back.
    for (std::size_t i = 0; i < x.size(); ++i) CHECK_NEAR(out[i], x[i], 1e-5);
  }
}

static void test_pitch() {
  const double rate = 8000.0, hertz = 200.0;
  const std::size_t reach = 3, n_bins = 37;
  std::vector<double> band((2 * reach + 1) * n_bins, std::log(1.0 / 14.0));
  const std::vector<double> thresholds{0.1, 0.2, 0.3, 0.4, 1.0}, prior(5, 0.2);
  for (std::size_t n_frames : {1, 7, 8, 9, 20}) {
    const YinPlan yin{1001, 100, 20, 100, 1e-300};
    std::vector<double> x(yin.frame_length + (n_frames - 1) * yin.hop_length);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = std::sin(6.283185307179586 * hertz * static_cast<double>(i) / rate);
    }
    std::vector<double> difference(n_frames * yin.n_lags()), period(n_frames), voiced(n_frames);
    yin_difference(yin, x.data(), n_frames, difference.data());
    yin_period(yin, difference.data(), n_frames, 0.2, period.data());
    for (double p : period) CHECK_NEAR(p, rate / hertz, 0.2);
    const PyinOptions options{rate, 80.0, 2.0, 0.01, n_bins, 12, false};
    const PitchTransitions transitions{band.data(), band.data(), reach, -700.0};
    const PyinPlan plan(yin, options, thresholds.data(), prior.data(), 5, transitions);
    std::vector<std::uint16_t> states(n_frames);
    CHECK(pyin(plan, difference.data(), n_frames, states.data(), voiced.data()));
    for (std::uint16_t state : states) CHECK(state == 16);  // 12 log2(200 / 80) = 15.9
    for (double p : voiced) CHECK(p > 0.5 && p <= 1.0);
  }
  const PyinOptions none{rate, 80.0, 2.0, 0.01, 0, 12, false};
  const PitchTransitions empty{band.data(), band.data(), reach, -700.0};
  CHECK_THROWS(PyinPlan({8, 1, 1, 4, 0.0}, none, nullptr, nullptr, 0, empty));
}

int main(int argc, char** argv) {
  if (argc > 1 && !can_run(argv[1])) return kSkipped;
  test_medians<float>();
  test_medians<double>();
  test_vocoder<float>();
  test_vocoder<double>();
  test_pitch();
  std::printf("target %s: %d failures\n", target_name(active_target()), failures);
  return failures == 0 ? 0 : 1;
}
