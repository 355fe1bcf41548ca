// SPDX-License-Identifier: BSD-3-Clause
// The core without Python, for sanitizers: one target, named on the command line. Numbers are
// compared with textbook loops in double; the thorough comparison is in the Python tests.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "check.hpp"
#include "quaver/peers/pyaudio.hpp"
#include "quaver/peers/speech_features.hpp"
#include "quaver/pipelines/batch.hpp"
#include "quaver/pipelines/extract.hpp"
#include "quaver/pipelines/stream.hpp"
#include "quaver/spectrum/contrast.hpp"
#include "quaver/spectrum/stft.hpp"

using namespace quaver;

// Plans hold pointers into their own vectors: a move keeps them, a copy would not.
template <class... Plans>
constexpr bool kOnlyMove =
    ((!std::is_copy_constructible_v<Plans> && std::is_move_constructible_v<Plans>) && ...);
static_assert(
    kOnlyMove<ContrastPlan, DeltaPlan, FftPlan<float>, FftPlan<double>, FilterBank<float>,
              FilterBank<double>, FramingPlan, FrameLayout<float>, FrameLayout<double>,
              FunctionalsPlan, LogMelPlan, MelPlan, ModulationPlan, PyAudioPlan, ShortTermPlan,
              SpectrumPlan, SpeechFeaturesPlan, StftPlan<float>, StftPlan<double>>);

static ExtractOptions default_options(std::size_t frame, std::size_t hop, std::size_t n_fft) {
  ExtractOptions o;
  o.short_term.framing.frame_length = frame;
  o.short_term.framing.hop_length = hop;
  o.short_term.framing.n_fft = n_fft;
  o.short_term.mel.n_mels = 13;
  // Those of the voice, which no stream has, come last.
  const ShortTermRows rows(o.short_term.mel.n_mels, o.short_term.n_mfcc);
  for (std::size_t i = 0; i < rows.first(Feature::loudness); ++i) o.rows.push_back(i);
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

constexpr double kPi = 3.14159265358979323846;

// P[k], or its root, of a windowed frame by the sum that defines it; turns: exp(2 pi i k / n).
static std::vector<double> spectrum_of(const float* x, std::size_t length,
                                       const std::vector<std::complex<double>>& turns,
                                       bool magnitude) {
  const std::size_t n = turns.size();
  std::vector<double> windowed(length), result(n / 2 + 1);
  for (std::size_t i = 0; i < length; ++i) {
    const double phase = 2 * kPi * static_cast<double>(i) / static_cast<double>(length);
    windowed[i] = (0.5 - 0.5 * std::cos(phase)) * static_cast<double>(x[i]);
  }
  for (std::size_t k = 0; k < result.size(); ++k) {
    std::complex<double> sum = 0.0;
    for (std::size_t i = 0; i < length; ++i) sum += windowed[i] * turns[k * i % n];
    result[k] = magnitude ? std::abs(sum) : std::norm(sum);
  }
  return result;
}

// The plan's bank as a matrix (n_mels, n_bins).
static std::vector<double> dense_bank(const MelPlan& plan, std::size_t n_bins) {
  std::vector<double> bank(plan.n_mels * n_bins);
  const float* weight = plan.weights.data();
  std::size_t k = plan.first_bin;
  for (std::size_t j = 0; j <= plan.n_mels; ++j) {
    for (std::size_t i = 0; i < plan.counts[j]; ++i, ++k, weight += 2) {
      if (j < plan.n_mels) bank[j * n_bins + k] = static_cast<double>(weight[0]);
      if (j > 0) bank[(j - 1) * n_bins + k] = static_cast<double>(weight[1]);
    }
  }
  return bank;
}

// A transform of n points on windows of `length` against the sum that defines it, through the
// log-mel pipeline.
static void check_transform(std::size_t n, std::size_t length, bool magnitude = false) {
  LogMelOptions o;
  o.framing = {length, n / 2, n, 0.0, "hann", true};
  o.mel = {n, 16000.0, 2, 0.0, 8000.0, false, true, 1e-10};
  o.center = false;
  o.magnitude = magnitude;
  const LogMelPlan plan(o);
  const std::vector<float> x = noise(3 * n + 1);
  std::vector<float> out(plan.count(x.size()) * 2);
  log_mel(plan, view(x), out.data());
  std::vector<std::complex<double>> turns(n);
  for (std::size_t i = 0; i < n; ++i) {
    turns[i] = std::polar(1.0, 2 * kPi * static_cast<double>(i) / static_cast<double>(n));
  }
  const std::vector<double> bank = dense_bank(plan.mel, n / 2 + 1);
  const std::size_t lead = (n - length) / 2, n_bins = n / 2 + 1;
  for (std::size_t t = 0; t < out.size() / 2; ++t) {
    const std::vector<double> spectrum =
        spectrum_of(x.data() + t * (n / 2) + lead, length, turns, magnitude);
    for (std::size_t m = 0; m < 2; ++m) {
      double mel = 0.0;
      for (std::size_t k = 0; k < n_bins; ++k) mel += bank[m * n_bins + k] * spectrum[k];
      CHECK_NEAR(static_cast<double>(out[2 * t + m]), 10 * std::log10(mel), 1e-4);
    }
  }
}

static void test_transform_lengths() {
  for (std::size_t n :
       {15, 16, 20, 24, 28, 30, 32, 36, 48, 50, 60, 64, 80, 90, 96, 100, 120, 128, 160}) {
    check_transform(n, n);
  }
  // Rows of zero padding are left out in steps.
  for (std::size_t length : {17, 100, 256, 257, 399, 400, 401, 511, 512})
    check_transform(512, length);
  for (std::size_t n : {256, 512, 1024, 2048, 4096}) {
    for (std::size_t length : {n / 5, n / 2, n / 32 * 25 + 1, n}) {
      check_transform(n, length, length == n);
    }
  }
}

// Each weight by the triangle that defines it; dense, the bank of the last options would take 8 GB.
static void check_mel_bank(const MelOptions& o) {
  const auto mel = [&](double hz) {
    if (o.htk) return 2595.0 * std::log10(1.0 + hz / 700.0);
    return hz < 1000.0 ? hz * 3.0 / 200.0 : 15.0 + 27.0 * std::log(hz / 1000.0) / std::log(6.4);
  };
  const auto hz = [&](double m) {
    if (o.htk) return 700.0 * (std::pow(10.0, m / 2595.0) - 1.0);
    return m < 15.0 ? m * 200.0 / 3.0 : 1000.0 * std::exp((m - 15.0) * std::log(6.4) / 27.0);
  };
  const double low = mel(o.fmin), step = (mel(o.fmax) - low) / static_cast<double>(o.n_mels + 1);
  const MelPlan plan(o);
  std::size_t k = plan.first_bin;
  const float* weight = plan.weights.data();
  for (std::size_t j = 0; j <= o.n_mels; ++j) {
    for (std::size_t i = 0; i < plan.counts[j]; ++i, ++k, weight += 2) {
      const double f = static_cast<double>(k) * o.sample_rate / static_cast<double>(o.n_fft);
      for (std::size_t m = j == 0 ? 0 : j - 1; m <= j && m < o.n_mels; ++m) {
        const double left = hz(low + step * static_cast<double>(m));
        const double middle = hz(low + step * static_cast<double>(m + 1));
        const double right = hz(low + step * static_cast<double>(m + 2));
        const double area = o.slaney_norm ? 2.0 / (right - left) : 1.0;
        const double height =
            std::min((f - left) / (middle - left), (right - f) / (right - middle));
        CHECK_NEAR(static_cast<double>(weight[j - m]), area * std::max(0.0, height), 1e-6 * area);
      }
    }
  }
  const double next = static_cast<double>(k) * o.sample_rate / static_cast<double>(o.n_fft);
  CHECK(k == o.n_fft / 2 + 1 || next >= o.fmax * (1 - 1e-9));
}

static void test_mel_banks() {
  check_mel_bank({512, 16000.0, 40, 0.0, 8000.0, false, true, 1e-10});
  check_mel_bank({512, 16000.0, 40, 50.0, 7000.0, true, false, 1e-10});
  check_mel_bank({1000, 44100.0, 1, 0.0, 22050.0, false, true, 1e-10});
  check_mel_bank({2048, 22050.0, 128, 20.0, 11025.0, false, false, 1e-10});
  check_mel_bank({kLargestLength, 16000.0, 512, 0.0, 8000.0, false, true, 1e-10});
}

static void test_plans_refuse() {
  CHECK_THROWS(FramingPlan({1, 1, 0, 0.97, "hamming", false}));
  CHECK_THROWS(FftPlan<float>(0));
  CHECK_THROWS(FftPlan<double>(0));
  CHECK_THROWS(DeltaPlan(4, 1));
  CHECK_THROWS(DeltaPlan(0, 3));
  CHECK_THROWS(CepstrumPlan(13, 14));
  CHECK_THROWS(FramingPlan({400, 0, 512, 0.97, "hamming", false}));
  CHECK_THROWS(FramingPlan({600, 160, 512, 0.97, "hamming", false}));
  CHECK_THROWS(FramingPlan({400, 160, 512, 0.97, "kaiser", false}));
  CHECK_THROWS(FunctionalsPlan({}));
  for (std::size_t size : {kLargestLength + 1, std::size_t{1} << 61, SIZE_MAX}) {
    CHECK_THROWS(FftPlan<float>(size));
    CHECK_THROWS(FftPlan<double>(size));
    CHECK_THROWS(DeltaPlan(size | 1, 1));
    CHECK_THROWS(ShortTermRows(40, size));
    CHECK_THROWS(ShortTermRows(size, 13));
    CHECK_THROWS(CepstrumPlan(13, size));
    CHECK_THROWS(FramingPlan({400, size, 512, 0.97, "hamming", false}));
    CHECK_THROWS(FramingPlan({400, 160, size, 0.97, "hamming", false}));
    CHECK_THROWS(MelPlan({size, 16000.0, 40, 0.0, 8000.0, false, true, 1e-10}));
  }
  for (double amin : {0.0, 1e39, HUGE_VAL, std::nan("")}) {
    CHECK_THROWS(MelPlan({512, 16000.0, 40, 0.0, 8000.0, false, true, amin}));
  }
}

static std::vector<double> differences(std::vector<double> row, std::size_t order) {
  for (std::size_t pass = 0; pass < order; ++pass) {
    for (std::size_t t = row.size() - 1; t > 0; --t) row[t] -= row[t - 1];
    row[0] = 0.0;
  }
  return row;
}

static void test_derivatives_at_ugly_sizes() {
  for (std::size_t order : {1, 2}) {
    for (std::size_t n : {1, 2, 3, 7, 8, 9, 15, 16, 17, 33}) {
      const std::vector<float> x = noise(n * 2);
      std::vector<float> out(n * 2);
      delta(DeltaPlan(0, order), x.data(), n, 2, out.data());
      for (std::size_t f = 0; f < 2; ++f) {
        std::vector<double> row(n);
        for (std::size_t t = 0; t < n; ++t) row[t] = static_cast<double>(x[2 * t + f]);
        row = differences(row, order);
        for (std::size_t t = 0; t < n; ++t) CHECK_NEAR(out[2 * t + f], row[t], 1e-6);
      }
    }
    // A parabola's derivatives are known everywhere, the edges included.
    for (std::size_t width : {3, 9}) {
      for (std::size_t n : {width, width + 1, 2 * width + 3}) {
        std::vector<float> x(n), out(n);
        for (std::size_t t = 0; t < n; ++t) x[t] = static_cast<float>(order == 1 ? 3 * t : t * t);
        delta(DeltaPlan(width, order), x.data(), n, 1, out.data());
        for (float slope : out) CHECK_NEAR(slope, order == 1 ? 3.0 : 2.0, 1e-4);
      }
    }
  }
}

// A centred picture is that of the signal with zeros put around it by hand; of every type.
static void test_log_mel_at_ugly_sizes() {
  LogMelOptions o;
  o.framing = {50, 19, 64, 0.0, "hann", true};
  o.mel = {64, 16000.0, 5, 0.0, 8000.0, false, true, 1e-10};
  const LogMelPlan centred(o);
  o.center = false;
  const LogMelPlan plain(o);
  for (std::size_t n : {1, 2, 31, 32, 33, 63, 64, 65, 19 * 15, 19 * 16 - 1, 19 * 16, 19 * 16 + 1,
                        415, 416, 417, 19 * 40, 1000}) {
    std::vector<short> integers(n);
    std::vector<float> padded(n + 64, 0.0f), strided(2 * n - 1, std::nanf(""));
    std::vector<double> doubles(n);
    std::vector<float> contiguous(n);
    const std::vector<float> x = noise(n);
    for (std::size_t i = 0; i < n; ++i) {
      integers[i] = static_cast<short>(20000 * std::max(-1.0f, std::min(1.0f, x[i])));
      doubles[i] = integers[i] / 32768.0;
      padded[32 + i] = strided[2 * i] = contiguous[i] = static_cast<float>(doubles[i]);
    }
    std::vector<float> expected(plain.count(padded.size()) * 5);
    log_mel(plain, view(padded), expected.data());
    CHECK(centred.count(n) == expected.size() / 5);
    const Samples sources[] = {{integers.data(), 1, n, SampleType::int16},
                               {doubles.data(), 1, n, SampleType::float64},
                               {strided.data(), 2, n, SampleType::float32},
                               {contiguous.data(), 1, n, SampleType::float32}};
    for (const Samples& source : sources) {
      std::vector<float> out(expected.size());
      log_mel(centred, source, out.data());
      CHECK(out == expected);
    }
  }
}

// One frame more or less than a register holds, trimmed or not, first and second derivatives.
static void test_vectors_at_ugly_sizes() {
  for (double trim_db : {0.0, 20.0}) {
    for (std::size_t delta_width : {0, 3}) {
      ExtractOptions o = default_options(90, 130, 120);
      o.delta_order = 2;
      o.delta_width = delta_width;
      o.trim_db = trim_db;
      const Extractor extractor(o);
      for (std::size_t n_frames : {1, 2, 3, 7, 8, 9, 15, 16, 17, 33}) {
        if (n_frames < delta_width) {
          CHECK_THROWS(extractor.count(90 + (n_frames - 1) * 130));
          continue;
        }
        for (std::size_t beyond : {0, 129}) {
          const std::vector<float> x = noise(90 + (n_frames - 1) * 130 + beyond);
          CHECK(extractor.count(x.size()) == n_frames);
          std::vector<float> frames(n_frames * extractor.n_features()), out(extractor.n_values());
          extractor.frames(view(x), frames.data());
          extractor.vector(view(x), out.data());
          for (float v : out) CHECK(std::isfinite(v));
          if (trim_db > 0.0) continue;
          std::vector<float> expected(out.size());
          functionals(FunctionalsPlan(o.statistics), frames.data(), n_frames,
                      extractor.n_features(), expected.data());
          CHECK(out == expected);
        }
      }
    }
  }
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
  if (argc > 1 && !can_run(argv[1])) return kSkipped;
  test_transform_lengths();
  test_mel_banks();
  test_plans_refuse();
  test_statistics();
  test_derivatives_at_ugly_sizes();
  test_log_mel_at_ugly_sizes();
  test_vectors_at_ugly_sizes();
  test_stream_equals_batch();
  test_threads_agree();
  test_pool();
  test_bad_samples();
  std::printf("target %s: %d failures\n", target_name(active_target()), failures);
  return failures == 0 ? 0 : 1;
}
