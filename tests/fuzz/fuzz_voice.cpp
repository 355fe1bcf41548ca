// SPDX-License-Identifier: BSD-3-Clause
// The descriptors of a voice: finite whatever comes, the path among candidates of any kind.
#include "fuzz.hpp"
#include "quaver/voice/balance.hpp"
#include "quaver/voice/egemaps_functionals.hpp"
#include "quaver/voice/formants.hpp"
#include "quaver/voice/harmonics.hpp"
#include "quaver/voice/periods.hpp"
#include "quaver/voice/pitch.hpp"

using namespace quaver;

static void check_path(fuzz::Bytes& bytes) {
  std::vector<PitchFrame> frames(bytes.between(0, 40));
  for (PitchFrame& frame : frames) {
    for (std::size_t i = 0; i < kPitchCandidates; ++i) {
      frame.hz[i] = bytes.flag() ? static_cast<float>(bytes.between(55, 1000)) : 0.0f;
      frame.strength[i] = static_cast<float>(bytes.number());
    }
    frame.level = bytes.flag() ? 0.1f : 0.0f;
  }
  std::vector<float> out(2 * frames.size());
  pitch_path(frames.data(), frames.size(), out.data());
  for (std::size_t t = 0; t < frames.size(); ++t) {
    bool is_one = out[2 * t] == 0.0f;
    for (float hz : frames[t].hz) is_one = is_one || (hz > 0.0f && hz == out[2 * t]);
    REQUIRE(is_one);
  }
}

// The harmonics of any pitch, near formants anywhere.
static void check_harmonics(fuzz::Bytes& bytes, double rate, const Samples& samples) {
  const PitchPlan pitch(rate);
  const HarmonicsPlan plan(rate);
  const std::size_t n_frames = pitch.count(samples.size);
  std::vector<float> f0(n_frames), formants(n_frames * HarmonicsPlan::kFormants);
  for (float& hz : f0) hz = bytes.flag() ? static_cast<float>(bytes.between(50, 2000)) : 0.0f;
  for (float& hz : formants) hz = static_cast<float>(bytes.between(0, 20000));
  fuzz::on_each_target(
      [&] {
        std::vector<PitchFrame> frames(n_frames);
        std::vector<float> spectra(spectra_size(plan.fft.n_bins, n_frames));
        std::vector<float> out(n_frames * HarmonicsPlan::kColumns);
        if (n_frames > 0) pitch_candidates(pitch, samples, frames.data(), spectra.data());
        harmonics(plan, spectra.data(), n_frames, f0.data(), formants.data(), out.data());
        return std::vector<double>(out.begin(), out.end());
      },
      [](const fuzz::Values&, const fuzz::Values& found) {
        for (double level : found) REQUIRE(std::fabs(level) <= 201.0);
      });
}

// Statistics of any rows of descriptors.
static void check_functionals(fuzz::Bytes& bytes) {
  const std::size_t n_voice = bytes.between(1, 40), n_balance = n_voice + bytes.between(0, 4);
  std::vector<float> balance(n_balance * BalancePlan::kColumns), voice(n_voice * kVoiceColumns);
  for (float& x : balance) x = bytes.flag() ? static_cast<float>(bytes.between(0, 9)) : 0.0f;
  for (float& x : voice) x = bytes.flag() ? static_cast<float>(bytes.between(0, 900)) : 0.0f;
  const RawDescriptors raw{balance.data(), n_balance, voice.data(), n_voice, bytes.between(0, 9)};
  std::vector<float> out(kEgemapsFunctionals), table((n_voice + 1) * kEgemapsDescriptors);
  egemaps_functionals(raw, bytes.flag() ? 0.0 : 0.01, out.data());
  egemaps_descriptors(raw, table.data());
  for (float x : out) REQUIRE(std::isfinite(x));
  for (float x : table) REQUIRE(std::isfinite(x));
}

static void check_formants(const fuzz::Values& values) {
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const double hz = values[i];
    REQUIRE(std::isfinite(values[i + 1]) && values[i + 1] >= 0.0);
    REQUIRE(hz == 0.0 || (hz > 49.9 && hz < 5450.1));
    if (hz == 0.0) REQUIRE(values[i + 1] == 0.0);
    if (i % kFormantColumns != 0 && hz != 0.0) REQUIRE(values[i - 2] > 0.0 && values[i - 2] <= hz);
  }
}

static void check_predictors(fuzz::Bytes& bytes) {
  std::vector<double> predictors(bytes.between(0, 20) * kFormantOrder);
  for (double& a : predictors) {
    const double x = bytes.number();
    a = std::fabs(x) < 1e6 ? x : 0.0;
  }
  const std::size_t n = predictors.size() / kFormantOrder;
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(n * kFormantColumns);
        predictor_formants(predictors.data(), n, 11000.0, out.data());
        return fuzz::widened(out);
      },
      [](const fuzz::Values& expected, const fuzz::Values& found) {
        check_formants(expected);
        check_formants(found);
      });
}

// The periods of any voices.
static void check_periods(fuzz::Bytes& bytes, double rate, const Samples& samples) {
  const PeriodsPlan plan(rate);
  std::vector<float> f0(plan.count(samples.size));
  for (float& hz : f0) hz = bytes.flag() ? static_cast<float>(bytes.between(50, 2000)) : 0.0f;
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(f0.size() * PeriodsPlan::kColumns);
        jitter_shimmer(plan, samples, f0.data(), out.data());
        return std::vector<double>(out.begin(), out.end());
      },
      [](const fuzz::Values&, const fuzz::Values& found) {
        for (std::size_t i = 0; i < found.size(); ++i) {
          REQUIRE(found[i] >= 0.0 && found[i] <= (i % 2 == 0 ? 1.0 : 6.0206));
        }
      });
}

static void one(fuzz::Bytes& bytes) {
  const double rates[] = {8000.0, 11025.0, 16000.0};
  const double rate = rates[bytes.between(0, 2)];
  const std::vector<float> x = bytes.samples(bytes.between(480, 4000));
  const Samples samples = fuzz::view(x);
  const auto finite = [](const fuzz::Values&, const fuzz::Values& found) {
    for (double value : found) REQUIRE(std::isfinite(value));
  };
  const BalancePlan balance(rate);
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(balance.count(x.size()) * BalancePlan::kColumns);
        if (!out.empty()) spectral_balance(balance, samples, out.data());
        return std::vector<double>(out.begin(), out.end());
      },
      finite);
  const PitchPlan pitch(rate);
  fuzz::on_each_target(
      [&] {
        std::vector<PitchFrame> frames(pitch.count(x.size()));
        if (!frames.empty()) pitch_candidates(pitch, samples, frames.data());
        std::vector<double> out;
        for (const PitchFrame& frame : frames) {
          for (float hz : frame.hz) REQUIRE(hz == 0.0f || (hz > 54.9f && hz < 1000.1f));
          for (float v : frame.strength) REQUIRE(v >= 0.0f && v <= 1.0f);
          out.push_back(static_cast<double>(frame.level));
        }
        return out;
      },
      finite);
  const FormantPlan formant(rate, bytes.flag() ? FormantMethod::plain : FormantMethod::opensmile);
  std::vector<unsigned char> wanted(formant.count(x.size()));
  for (unsigned char& flag : wanted) flag = bytes.flag() ? 1 : 0;
  const unsigned char* const flags = bytes.flag() ? wanted.data() : nullptr;
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(wanted.size() * kFormantColumns);
        if (!out.empty()) formants(formant, samples, flags, out.data());
        return fuzz::widened(out);
      },
      [](const fuzz::Values& expected, const fuzz::Values& found) {
        check_formants(expected);
        check_formants(found);
      });
  check_predictors(bytes);
  check_path(bytes);
  check_functionals(bytes);
  check_harmonics(bytes, rate, samples);
  check_periods(bytes, rate, samples);
}

QV_FUZZ(one)
