// SPDX-License-Identifier: BSD-3-Clause
// The pipelines with other libraries' numbers.
#include "fuzz.hpp"
#include "quaver/peers/pyaudio.hpp"
#include "quaver/peers/speech_features.hpp"

using namespace quaver;

static void check_speech(fuzz::Bytes& bytes, const std::vector<float>& x) {
  const SpeechOutput outputs[] = {SpeechOutput::fbank, SpeechOutput::mfcc, SpeechOutput::ssc};
  SpeechFeaturesOptions o;
  o.output = bytes.any_of(outputs);
  o.frame_length = bytes.between(0, 400);
  o.frame_step = bytes.between(0, 500);
  o.n_fft = bytes.between(1, 520);
  o.window.assign(o.frame_length, 1.0);
  o.n_bands = bytes.between(0, 20);
  const std::size_t n_bins = o.n_fft / 2 + 1;
  o.bank.assign(o.n_bands * n_bins, 0.0);
  for (std::size_t k = 0; k < n_bins && o.n_bands != 0; ++k) {
    o.bank[bytes.byte() % o.n_bands * n_bins + k] = 1.0;
  }
  o.matrix.assign(o.n_bands * bytes.between(0, 5), 0.5);
  o.weights.assign(n_bins, 2.0);
  o.append_energy = bytes.flag();
  const SpeechFeaturesPlan plan(o);
  const std::size_t n_frames = plan.count(x.size());
  fuzz::on_each_target(
      [&] {
        std::vector<double> out(n_frames * plan.n_columns), energy(n_frames);
        speech_features(plan, fuzz::view(x), out.data(), energy.data());
        return out;
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        if (o.output != SpeechOutput::fbank || plan.n_columns == 0) return;
        fuzz::require_rows(expected, found, plan.n_columns, 1e-11);
      });
}

static void check_pyaudio(fuzz::Bytes& bytes, const std::vector<float>& x, bool is_noise) {
  PyAudioOptions o;
  o.window = bytes.between(0, 400);
  o.step = bytes.between(0, 500);
  o.n_bands = bytes.between(12, 20);
  o.bank.assign(o.n_bands * (o.window / 2), 0.25);
  o.chroma.push_back({bytes.between(0, 200), bytes.between(0, 12), 1.0});
  o.deltas = bytes.flag();
  const PyAudioPlan plan(o);
  fuzz::on_each_target(
      [&] {
        std::vector<double> out(plan.n_rows() * plan.count(x.size()));
        pyaudio_features(plan, fuzz::view(x), pyaudio_normalisation(fuzz::view(x)), out.data());
        return out;
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        const std::size_t n = 3 * plan.count(x.size());  // of time: crossings and energies
        for (std::size_t i = 0; i < n && is_noise; ++i) {
          fuzz::require_near(expected[i], found[i], 1e-6 * (1.0 + std::fabs(expected[i])));
        }
      });
}

static void one(fuzz::Bytes& bytes) {
  const std::vector<float> x = bytes.samples(bytes.between(1, 2500));
  const bool is_noise = bytes.is_noise();
  if (bytes.flag())
    check_speech(bytes, x);
  else
    check_pyaudio(bytes, x, is_noise);
}

QV_FUZZ(one)
