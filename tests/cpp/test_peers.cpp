// SPDX-License-Identifier: BSD-3-Clause
// The float64 pipelines without Python, for sanitizers: one target, named on the command line.
#include <cmath>
#include <random>
#include <vector>

#include "check.hpp"
#include "quaver/peers/pyaudio.hpp"
#include "quaver/peers/speech_features.hpp"

using namespace quaver;

static std::vector<double> noise(std::size_t n) {
  std::mt19937 generator(7);
  std::normal_distribution<double> normal(0.0, 0.1);
  std::vector<double> x(n);
  for (double& v : x) v = normal(generator);
  return x;
}

static Samples view(const std::vector<double>& x) {
  return {x.data(), 1, x.size(), SampleType::float64};
}

// One band a bin, so that the bands are the power spectrum.
static SpeechFeaturesOptions spectrum_of(std::size_t n) {
  SpeechFeaturesOptions o;
  o.output = SpeechOutput::fbank;
  o.frame_length = o.frame_step = o.n_fft = n;
  o.pre_emphasis = 0.0;
  o.window.assign(n, 1.0);
  o.n_bands = n / 2 + 1;
  o.bank.assign(o.n_bands * o.n_bands, 0.0);
  for (std::size_t k = 0; k < o.n_bands; ++k) o.bank[k * o.n_bands + k] = 1.0;
  return o;
}

// Mixed radices, odd lengths and Bluestein's, against the sum that defines the transform.
static void test_transform_lengths() {
  const double pi = 3.14159265358979323846;
  for (std::size_t n :
       {1, 2, 3, 4, 5, 6, 7, 16, 22, 35, 64, 67, 121, 128, 134, 150, 256, 512, 640, 1024}) {
    const SpeechFeaturesPlan plan(spectrum_of(n));
    const std::vector<double> x = noise(11 * n);
    const std::size_t n_frames = plan.count(x.size());
    std::vector<double> out(n_frames * plan.n_columns), energy(n_frames);
    speech_features(plan, view(x), out.data(), energy.data());
    for (std::size_t t = 0; t < n_frames; ++t) {
      for (std::size_t k = 0; k < plan.n_columns; ++k) {
        double re = 0.0, im = 0.0;
        for (std::size_t j = 0; j < n; ++j) {
          const double angle = 2 * pi * static_cast<double>(j * k % n) / static_cast<double>(n);
          re += x[t * n + j] * std::cos(angle);
          im -= x[t * n + j] * std::sin(angle);
        }
        const double expected = (re * re + im * im) / static_cast<double>(n);
        CHECK_NEAR(out[t * plan.n_columns + k], expected, 1e-12);
      }
    }
  }
}

static void test_lengths_of_signals(std::size_t n_fft, std::size_t length, std::size_t step) {
  SpeechFeaturesOptions o = spectrum_of(n_fft);
  o.output = SpeechOutput::mfcc;
  o.frame_length = length;
  o.frame_step = step;
  o.window.assign(length, 1.0);
  o.matrix.assign(3 * o.n_bands, 0.5);
  const SpeechFeaturesPlan plan(o);
  for (std::size_t n = 1; n < 15 * step; n += step / 3 + 1) {
    const std::vector<double> x = noise(n);
    std::vector<double> out(plan.count(n) * plan.n_columns);
    speech_features(plan, view(x), out.data(), nullptr);
    for (double v : out) CHECK(std::isfinite(v));
  }
}

static PyAudioOptions small_options(std::size_t window, std::size_t step) {
  PyAudioOptions o;
  o.window = window;
  o.step = step;
  o.bank.assign(o.n_bands * (window / 2), 0.01);
  o.chroma = {{0, 3, 1.0}, {window / 2 - 1, 11, 0.5}};
  return o;
}

static void test_pyaudio() {
  for (std::size_t window : {20, 51, 134, 200}) {
    for (std::size_t step : {7, 51, 300}) {
      const PyAudioPlan plan(small_options(window, step));
      for (std::size_t n : {window, window + 1, window + 9 * step, window + 17 * step + 3}) {
        const std::vector<double> x = noise(n);
        const Samples samples = view(x);
        std::vector<double> out(plan.n_rows() * plan.count(n));
        pyaudio_features(plan, samples, pyaudio_normalisation(samples), out.data());
        for (double v : out) CHECK(std::isfinite(v));
      }
    }
  }
}

static void test_plans_refuse() {
  CHECK_THROWS(FftPlan<double>(0));
  CHECK_THROWS(PyAudioPlan(small_options(200, 0)));
  PyAudioOptions o = small_options(200, 100);
  o.chroma[0].bin = 100;
  CHECK_THROWS(PyAudioPlan(o));
  SpeechFeaturesOptions s = spectrum_of(64);
  s.window.pop_back();
  CHECK_THROWS(SpeechFeaturesPlan(s));
  s = spectrum_of(64);
  s.output = SpeechOutput::mfcc;
  CHECK_THROWS(SpeechFeaturesPlan(s));
}

int main(int argc, char** argv) {
  if (argc > 1 && !can_run(argv[1])) return kSkipped;
  test_transform_lengths();
  test_lengths_of_signals(64, 50, 20);
  test_lengths_of_signals(512, 400, 160);
  test_lengths_of_signals(2048, 1102, 441);
  test_lengths_of_signals(4096, 4096, 1024);
  test_pyaudio();
  test_plans_refuse();
  std::printf("target %s: %d failures\n", target_name(active_target()), failures);
  return failures == 0 ? 0 : 1;
}
