// SPDX-License-Identifier: BSD-3-Clause
// The STFT, its inverse, bands, decibel and contrast without Python, for sanitizers: one target,
// named on the command line, against the sums that define them.
#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "check.hpp"
#include "quaver/spectrum/contrast.hpp"
#include "quaver/spectrum/decibel.hpp"
#include "quaver/spectrum/stft.hpp"

using namespace quaver;

static std::vector<float> noise(std::size_t n) {
  std::mt19937 generator(7);
  std::normal_distribution<float> normal(0.0f, 0.1f);
  std::vector<float> x(n);
  for (float& v : x) v = normal(generator);
  return x;
}

static std::vector<double> hann(std::size_t n) {
  std::vector<double> w(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double phase = 2 * 3.14159265358979323846 * (static_cast<double>(i) + 0.5);
    w[i] = 0.5 - 0.5 * std::cos(phase / static_cast<double>(n));
  }
  return w;
}

struct Sum {
  double re = 0.0, im = 0.0;
};

template <class Plan>
static Sum definition(const Plan& plan, std::size_t lead, const std::vector<double>& window,
                      const std::vector<float>& y, std::size_t t, std::size_t k) {
  Sum sum;
  for (std::size_t i = 0; i < window.size(); ++i) {
    const std::size_t place = t * plan.hop_length + lead + i;
    if (place < plan.pad || place - plan.pad >= y.size()) continue;
    const double s = window[i] * static_cast<double>(y[place - plan.pad]);
    const double angle = 2 * 3.14159265358979323846 *
                         static_cast<double>(k * (lead + i) % plan.n_fft) /
                         static_cast<double>(plan.n_fft);
    sum.re += s * std::cos(angle);
    sum.im -= s * std::sin(angle);
  }
  return sum;
}

static void test_sizes() {
  const std::size_t sizes[][3] = {{4, 1, 4},    {6, 2, 5},      {30, 7, 21},  {50, 60, 49},
                                  {64, 16, 64}, {120, 50, 100}, {14, 10, 14}, {15, 4, 11},
                                  {67, 20, 67}, {256, 64, 256}};
  for (const auto& [n_fft, hop, win] : sizes) {
    for (bool center : {false, true}) {
      const std::vector<double> window = hann(win);
      const StftPlan<float> plan(n_fft, hop, window.data(), win, center);
      const StftPlan<double> wide(n_fft, hop, window.data(), win, center);
      for (std::size_t n_frames : {1, 17, 33}) {
        const std::vector<float> y = noise(n_fft + (n_frames - 1) * hop);
        const std::size_t n = plan.count(y.size()), n_bins = n_fft / 2 + 1;
        std::vector<float> complex(2 * n * n_bins), complex64(2 * n * n_bins), power(n * n_bins),
            exact(n * n_bins);
        stft(plan, y.data(), y.size(), complex.data());
        stft(wide, y.data(), y.size(), complex64.data());
        stft_bins(plan, StftOutput::power, y.data(), y.size(), power.data());
        stft_bins(wide, StftOutput::magnitude, y.data(), y.size(), exact.data());
        for (std::size_t t = 0; t < n; ++t) {
          for (std::size_t k = 0; k < n_bins; ++k) {
            const Sum sum = definition(plan, plan.window_lead, window, y, t, k);
            const double square = sum.re * sum.re + sum.im * sum.im;
            const float* value = complex.data() + 2 * (t * n_bins + k);
            CHECK_NEAR(static_cast<double>(value[0]), sum.re, 2e-6);
            CHECK_NEAR(static_cast<double>(value[1]), sum.im, 2e-6);
            const float* value64 = complex64.data() + 2 * (t * n_bins + k);
            CHECK_NEAR(static_cast<double>(value64[0]), sum.re, 1e-7 * std::fabs(sum.re) + 1e-13);
            CHECK_NEAR(static_cast<double>(value64[1]), sum.im, 1e-7 * std::fabs(sum.im) + 1e-13);
            CHECK_NEAR(static_cast<double>(power[k * n + t]), square, 4e-6);
            CHECK_NEAR(static_cast<double>(exact[k * n + t]), std::sqrt(square),
                       1e-7 * std::sqrt(square) + 1e-13);
          }
        }
        std::vector<float> back(y.size());
        istft(plan, complex.data(), n, n, back.size(), back.data());
        for (std::size_t i = win; hop * 2 <= win && i + win < y.size(); ++i) {
          CHECK_NEAR(static_cast<double>(back[i]), static_cast<double>(y[i]), 1e-5);
        }
      }
    }
  }
}

// float64 samples; odd and prime lengths, and columns of 16, 17, 20 and 32 rows.
static void test_double() {
  for (std::size_t n_fft : {1, 3, 15, 67, 134, 512, 544, 640, 1024}) {
    const std::vector<double> window = hann(n_fft);
    const StftPlan<double> plan(n_fft, n_fft, window.data(), n_fft, true);
    const std::vector<float> y = noise(3 * n_fft);
    const std::vector<double> x(y.begin(), y.end());
    const std::size_t n = plan.count(x.size()), n_bins = n_fft / 2 + 1;
    std::vector<double> complex(2 * n * n_bins), power(n * n_bins);
    stft(plan, x.data(), x.size(), complex.data());
    stft_bins(plan, StftOutput::power, x.data(), x.size(), power.data());
    for (std::size_t t = 0; t < n; ++t) {
      for (std::size_t k = 0; k < n_bins; ++k) {
        const Sum sum = definition(plan, 0, window, y, t, k);
        CHECK_NEAR(complex[2 * (t * n_bins + k)], sum.re, 1e-11);
        CHECK_NEAR(complex[2 * (t * n_bins + k) + 1], sum.im, 1e-11);
        CHECK_NEAR(power[k * n + t], sum.re * sum.re + sum.im * sum.im, 1e-10);
      }
    }
  }
}

static void test_bands_and_contrast() {
  const std::vector<double> window = hann(64);
  const StftPlan<double> plan(64, 16, window.data(), 64, true);
  const std::vector<float> y = noise(1000);
  const std::size_t n = plan.count(y.size()), n_bins = 33;
  std::vector<float> picture(n * n_bins), bands(2 * n), low(2 * n), high(2 * n);
  std::vector<float> weights(2 * n_bins);
  for (std::size_t k = 5; k < 20; ++k) weights[n_bins + k] = 1.0f;
  stft_bins(plan, StftOutput::power, y.data(), y.size(), picture.data());
  stft_bands(plan, StftOutput::power, FilterBank<float>(weights.data(), 2, n_bins), y.data(),
             y.size(), bands.data());
  for (std::size_t t = 0; t < n; ++t) {
    double sum = 0;
    for (std::size_t k = 5; k < 20; ++k) sum += static_cast<double>(picture[k * n + t]);
    CHECK_NEAR(static_cast<double>(bands[n + t]), sum, 1e-6 * sum);
  }
  const ContrastPlan extremes({{0, 10, 2}, {10, 33, 23}});
  stft_contrast(plan, extremes, y.data(), y.size(), low.data(), high.data());
  stft_bins(plan, StftOutput::magnitude, y.data(), y.size(), picture.data());
  std::vector<float> low2(2 * n), high2(2 * n);
  contrast(extremes, {picture.data(), n_bins, n, false}, low2.data(), high2.data());
  CHECK(low == low2);
  CHECK(high == high2);
  for (std::size_t t = 0; t < n; ++t) {
    CHECK(bands[t] == 0.0f);
    std::vector<float> column;
    for (std::size_t k = 0; k < 10; ++k) column.push_back(picture[k * n + t]);
    std::sort(column.begin(), column.end());
    CHECK_NEAR(static_cast<double>(low[t]), static_cast<double>((column[0] + column[1]) / 2), 1e-6);
    CHECK_NEAR(static_cast<double>(high[t]), static_cast<double>((column[8] + column[9]) / 2),
               1e-6);
    // All bins of a band: both ends are its mean.
    CHECK_NEAR(static_cast<double>(low[n + t]), static_cast<double>(high[n + t]), 1e-6);
  }
}

static void test_decibel() {
  for (std::size_t n : {0, 1, 3, 16, 33}) {
    std::vector<float> x(n), out(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i) * 0.25f;
    for (const float top_db : {std::numeric_limits<float>::infinity(), 80.0f}) {
      const float largest = decibel(x.data(), n, false, 1e-10f, 1.0f, top_db, out.data());
      for (std::size_t i = 0; i < n; ++i) {
        const double power = std::max(static_cast<double>(x[i]), 1e-10);
        const double lowest = static_cast<double>(largest) - static_cast<double>(top_db);
        const double expected = std::max(10 * std::log10(power) - 1, lowest);
        CHECK_NEAR(static_cast<double>(out[i]), expected, 2e-5);
        CHECK(out[i] <= largest);
      }
    }
    if (n == 0) continue;
    x[n - 1] = std::nanf("");
    CHECK(std::isnan(decibel(x.data(), n, false, 1e-10f, 0.0f, 80.0f, out.data())));
  }
}

static void test_plans_refuse() {
  const std::vector<double> window = hann(16);
  CHECK_THROWS(StftPlan<float>(0, 4, window.data(), 0, true));
  CHECK_THROWS(StftPlan<float>(16, 0, window.data(), 16, true));
  CHECK_THROWS(StftPlan<float>(8, 4, window.data(), 16, true));
  CHECK_THROWS(ContrastPlan({{0, 3, 4}}));
  CHECK_THROWS(ContrastPlan({{3, 3, 1}}));
  CHECK_THROWS(ContrastPlan({{0, 100, 65}}));
}

int main(int argc, char** argv) {
  if (argc > 1 && !can_run(argv[1])) return kSkipped;
  test_sizes();
  test_double();
  test_bands_and_contrast();
  test_decibel();
  test_plans_refuse();
  std::printf("target %s: %d failures\n", target_name(active_target()), failures);
  return failures == 0 ? 0 : 1;
}
