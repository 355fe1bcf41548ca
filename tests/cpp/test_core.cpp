// SPDX-License-Identifier: BSD-3-Clause
// The core without Python, for sanitizers: one target, named on the command line. Numbers are
// compared with textbook loops in double; the thorough comparison is in the Python tests.
#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"
#include "quaver/batch.hpp"
#include "quaver/dispatch.hpp"
#include "quaver/extract.hpp"
#include "quaver/stream.hpp"

using namespace quaver;

static ExtractOptions default_options(std::size_t frame, std::size_t hop, std::size_t n_fft) {
  ExtractOptions o;
  o.short_term.framing.frame_length = frame;
  o.short_term.framing.hop_length = hop;
  o.short_term.framing.n_fft = n_fft;
  o.short_term.mel.n_mels = 13;
  for (std::size_t i = 0; i < kFirstMfcc + 13; ++i) o.rows.push_back(i);
  for (std::size_t s = 0; s < kNumStatistics; ++s) {
    o.statistics.push_back(static_cast<Statistic>(s));
  }
  return o;
}

static std::vector<float> noise(std::size_t n) {
  std::mt19937 generator(7);
  std::normal_distribution<float> normal(0.0f, 0.1f);
  std::vector<float> x(n);
  for (float& v : x) v = normal(generator);
  return x;
}

static Samples view(const std::vector<float>& x) {
  return {x.data(), 1, x.size(), SampleType::float32};
}

// A transform of n points on windows of `length` against the sum that defines it, through the
// log-mel pipeline.
static void check_transform(std::size_t n, std::size_t length) {
  const double pi = 3.14159265358979323846;
  LogMelOptions o;
  o.framing = {length, n / 2, n, 0.0, "hann", true};
  o.mel = {n, 16000.0, 2, 0.0, 8000.0, false, true, 1e-10};
  o.center = false;
  const LogMelPlan plan(o);
  const std::vector<float> x = noise(3 * n + 1);
  std::vector<float> out(plan.count(x.size()) * 2);
  log_mel(plan, view(x), out.data());
  const std::vector<double> bank = mel_filter_bank(o.mel);
  const std::size_t lead = (n - length) / 2;
  for (std::size_t t = 0; t < out.size() / 2; ++t) {
    for (std::size_t m = 0; m < 2; ++m) {
      double mel = 0.0;
      for (std::size_t k = 0; k <= n / 2; ++k) {
        double re = 0.0, im = 0.0;
        for (std::size_t i = 0; i < length; ++i) {
          const double size = static_cast<double>(n), index = static_cast<double>(i);
          const double s = (0.5 - 0.5 * std::cos(2 * pi * index / static_cast<double>(length))) *
                           static_cast<double>(x[t * (n / 2) + lead + i]);
          re += s * std::cos(2 * pi * static_cast<double>(k) * index / size);
          im -= s * std::sin(2 * pi * static_cast<double>(k) * index / size);
        }
        mel += bank[m * (n / 2 + 1) + k] * (re * re + im * im);
      }
      CHECK_NEAR(static_cast<double>(out[2 * t + m]), 10 * std::log10(mel), 1e-4);
    }
  }
}

static void test_transform_lengths() {
  for (std::size_t n : {16, 20, 24, 30, 32, 36, 48, 50, 60, 64, 80, 90, 96, 100, 120, 128, 160}) {
    check_transform(n, n);
  }
  // Rows of zero padding are left out in steps.
  for (std::size_t length : {17, 100, 256, 257, 399, 400, 401, 511, 512})
    check_transform(512, length);
}

static void test_plans_refuse() {
  CHECK_THROWS(RfftPlan(14 * 2));
  CHECK_THROWS(RfftPlan(15));
  CHECK_THROWS(RfftPlan(0));
  CHECK_THROWS(DeltaPlan(4, 1));
  CHECK_THROWS(DeltaPlan(0, 3));
  CHECK_THROWS(CepstrumPlan(13, 14));
  CHECK_THROWS(FramingPlan({400, 0, 512, 0.97, "hamming", false}));
  CHECK_THROWS(FramingPlan({600, 160, 512, 0.97, "hamming", false}));
  CHECK_THROWS(FramingPlan({400, 160, 512, 0.97, "kaiser", false}));
  CHECK_THROWS(FunctionalsPlan({}));
}

static void test_statistics() {
  const std::vector<float> x = noise(1000);
  std::vector<float> sorted = x;
  std::sort(sorted.begin(), sorted.end());
  double mean = 0.0, m2 = 0.0;
  for (float v : x) mean += static_cast<double>(v) / 1000;
  for (float v : x) m2 += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean) / 1000;
  const FunctionalsPlan plan(
      {Statistic::mean, Statistic::median, Statistic::std, Statistic::min, Statistic::max});
  float out[5];
  functionals(plan, x.data(), x.size(), 1, out);
  CHECK_NEAR(out[0], mean, 1e-8);
  CHECK_NEAR(out[1], (static_cast<double>(sorted[499]) + static_cast<double>(sorted[500])) / 2,
             1e-8);
  CHECK_NEAR(out[2], std::sqrt(m2), 1e-8);
  CHECK(out[3] == sorted.front());
  CHECK(out[4] == sorted.back());
}

// Odd lengths, frames and hops; every chunking gives the bits of the whole.
static void test_stream_equals_batch() {
  const std::size_t shapes[][3] = {{400, 160, 512}, {400, 400, 400}, {90, 130, 120}, {64, 1, 128}};
  for (const auto& shape : shapes) {
    const auto extractor =
        std::make_shared<Extractor>(default_options(shape[0], shape[1], shape[2]));
    const std::vector<float> x = noise(shape[0] + 37 * shape[1] + 3);
    const std::size_t n = extractor->count(x.size()), width = extractor->n_features();
    std::vector<float> whole(n * width), parts;
    extractor->frames(view(x), whole.data());
    for (std::size_t chunk : {1, 7, 160, 1000}) {
      Stream stream(extractor);
      parts.clear();
      for (std::size_t i = 0; i < x.size(); i += chunk) {
        const std::size_t size = std::min<std::size_t>(chunk, x.size() - i);
        const std::size_t ready = stream.push({x.data() + i, 1, size, SampleType::float32});
        parts.resize(parts.size() + ready * width);
        stream.pop(ready, parts.data() + parts.size() - ready * width);
      }
      CHECK(parts.size() == whole.size());
      CHECK(std::memcmp(parts.data(), whole.data(), whole.size() * sizeof(float)) == 0);
    }
  }
}

static void test_threads_agree() {
  const Extractor extractor(default_options(400, 160, 512));
  const std::vector<float> x = noise(16000);
  std::vector<std::vector<float>> results(4, std::vector<float>(extractor.n_values()));
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&] { extractor.vector(view(x), result.data()); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == results[0]);
}

// More clips than threads, of different lengths, bad ones among them.
static void test_pool() {
  const Extractor extractor(default_options(400, 160, 512));
  const std::vector<float> x = noise(16000);
  std::vector<float> broken(1000, std::nanf(""));
  std::vector<std::vector<float>> results(40, std::vector<float>(extractor.n_values()));
  std::vector<Clip> clips;
  for (std::size_t i = 0; i < results.size(); ++i) {
    Samples samples{x.data(), 1, 400 + 311 * i, SampleType::float32};
    if (i % 9 == 4) samples.size = 100;
    if (i % 9 == 7) samples = view(broken);
    clips.push_back({samples, results[i].data()});
  }
  for (std::size_t n_threads : {1, 2, 5, 100}) {
    for (auto& result : results) std::fill(result.begin(), result.end(), -1.0f);
    const std::vector<ClipError> errors = extract_clips(extractor, clips, n_threads);
    std::size_t n_errors = 0;
    for (std::size_t i = 0; i < clips.size(); ++i) {
      if (i % 9 == 4 || i % 9 == 7) {
        CHECK(n_errors < errors.size() && errors[n_errors].index == i);
        CHECK(n_errors < errors.size() && !errors[n_errors].reason.empty());
        ++n_errors;
        continue;
      }
      std::vector<float> expected(extractor.n_values());
      extractor.vector(clips[i].samples, expected.data());
      CHECK(results[i] == expected);
    }
    CHECK(n_errors == errors.size());
  }
  CHECK(extract_clips(extractor, {}, 3).empty());
}

static void test_bad_samples() {
  const Extractor extractor(default_options(400, 160, 512));
  std::vector<float> x = noise(1000), out(extractor.n_values());
  x[999] = std::nanf("");
  CHECK_THROWS(extractor.vector(view(x), out.data()));
  x[999] = 1e13f;
  CHECK_THROWS(extractor.vector(view(x), out.data()));
  CHECK_THROWS(extractor.count(399));
  CHECK_THROWS(extractor.count(0));
  std::fill(x.begin(), x.end(), 0.0f);
  extractor.vector(view(x), out.data());
  for (float v : out) CHECK(std::isfinite(v));
}

int main(int argc, char** argv) {
  if (argc > 1) {
    try {
      set_target(argv[1]);
    } catch (const std::invalid_argument& error) {
      std::printf("not run: %s\n", error.what());
      return 0;
    }
  }
  test_transform_lengths();
  test_plans_refuse();
  test_statistics();
  test_stream_equals_batch();
  test_threads_agree();
  test_pool();
  test_bad_samples();
  std::printf("target %s: %d failures\n", target_name(active_target()), failures);
  return failures == 0 ? 0 : 1;
}
