// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/voice/egemaps.hpp"

#include <algorithm>

#include "kernels/voice/pieces.hpp"
#include "quaver/core/scratch.hpp"
#include "simd/kernel_table.hpp"

namespace quaver {
namespace {

constexpr double kGain = 32768.0 / 32767.0;  // as in balance.cpp
// Samples of a recording whose working memory stays, in units of Borrowed: half a minute.
constexpr std::size_t kSamplesOfKept = 16;
constexpr std::size_t kFormants = HarmonicsPlan::kFormants;

double sum_of_squares(const float* x, std::size_t n) {
  constexpr std::size_t kChains = 8;
  float sums[kChains] = {};
  std::size_t i = 0;
  for (; i + kChains <= n; i += kChains) {
    for (std::size_t c = 0; c < kChains; ++c) sums[c] += x[i + c] * x[i + c];
  }
  double sum = 0.0;
  for (; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  for (float s : sums) sum += static_cast<double>(s);
  return sum;
}

double mean_square(const FramingPlan& framing, const Samples& samples, std::size_t n_frames,
                   Buffer<float>& frame) {
  const KernelTable& table = kernels();
  const std::size_t length = framing.frame_length;
  frame.reserve(length);
  double sum = 0.0;
  for (std::size_t t = 0; t < n_frames; ++t) {
    table.to_floats(samples, t * framing.hop_length, length, frame.data());
    sum += sum_of_squares(frame.data(), length);
  }
  return kGain * kGain * sum / static_cast<double>(n_frames * length);
}

// Pitch, and the harmonics of what that is, in pieces where a recording is long.
class Voice {
 public:
  Voice(const EgemapsPlan& plan, const Samples& samples, EgemapsWorkspace& work)
      : plan_(plan), samples_(samples), work_(work), n_(plan.count(samples.size)) {}

  // Returns how many of the last frames were settled only by the end.
  std::size_t find_pitch() {
    each_piece([&](std::size_t first, std::size_t n, const Samples& part) {
      pitch_candidates(plan_.pitch, part, work_.candidates.data() + first,
                       is_whole(n) ? work_.spectra.data() : nullptr);
    });
    const std::size_t n_unsettled = pitch_path(work_.candidates.data(), n_, work_.path.data());
    for (std::size_t t = 0; t < n_; ++t) work_.f0[t] = work_.path[2 * t];
    return n_unsettled;
  }

  void find_harmonics() {
    each_piece([&](std::size_t first, std::size_t n, const Samples& part) {
      if (!is_whole(n)) {
        pitch_candidates(plan_.pitch, part, work_.candidates.data() + first, work_.spectra.data());
      }
      harmonics(plan_.harmonics, work_.spectra.data(), n, work_.f0.data() + first,
                work_.formant_hz.data() + first * kFormants,
                work_.harmonics.data() + first * HarmonicsPlan::kColumns);
    });
  }

 private:
  bool is_whole(std::size_t n) const { return n == n_; }

  template <class Work>
  void each_piece(const Work& work) {
    quaver::each_piece(plan_.pitch.framing, samples_, n_, work);
  }

  const EgemapsPlan& plan_;
  const Samples& samples_;
  EgemapsWorkspace& work_;
  std::size_t n_;
};

// The columns of RawDescriptors::voice.
void gather(EgemapsWorkspace& work, std::size_t n) {
  for (std::size_t t = 0; t < n; ++t) {
    float* const to = work.voice.data() + t * kVoiceColumns;
    const float* const harmonic = work.harmonics.data() + t * HarmonicsPlan::kColumns;
    const float* const formant = work.formants.data() + t * kFormantColumns;
    to[0] = work.f0[t];
    std::copy_n(work.periods.data() + t * PeriodsPlan::kColumns, PeriodsPlan::kColumns, to + 1);
    std::copy_n(harmonic, 3, to + 3);
    for (std::size_t k = 0; k < kFormants; ++k) {
      std::copy_n(formant + 2 * k, 2, to + 6 + 3 * k);
      to[8 + 3 * k] = harmonic[3 + k];
    }
  }
}

enum class Formants { of_voice, of_all };

RawDescriptors describe(const EgemapsPlan& plan, const Samples& samples, Formants wanted,
                        EgemapsWorkspace& work) {
  const std::size_t n = plan.count(samples.size), n_balance = plan.balance.count(samples.size);
  work.reserve(plan, samples.size);
  spectral_balance(plan.balance, samples, work.balance.data());
  Voice voice(plan, samples, work);
  const std::size_t n_unsettled = voice.find_pitch();
  work.voiced.assign(n_balance, 0);
  for (std::size_t t = 0; t < n; ++t) work.voiced[t] = work.f0[t] > 0.0f;
  formants(plan.formants, samples, wanted == Formants::of_all ? nullptr : work.voiced.data(),
           work.formants.data());
  for (std::size_t i = 0; i < n * kFormants; ++i) work.formant_hz[i] = work.formants[2 * i];
  voice.find_harmonics();
  jitter_shimmer(plan.periods, samples, work.f0.data(), work.periods.data());
  gather(work, n);
  return {work.balance.data(), n_balance, work.voice.data(), n, n_unsettled};
}

}  // namespace

EgemapsPlan::EgemapsPlan(double sample_rate)
    : balance(sample_rate),
      pitch(sample_rate),
      harmonics(sample_rate),
      formants(sample_rate),
      periods(sample_rate) {}

std::size_t EgemapsPlan::count(std::size_t n_samples) const { return pitch.count(n_samples); }

void EgemapsWorkspace::reserve(const EgemapsPlan& plan, std::size_t n_samples) {
  const std::size_t n = plan.count(n_samples), n_balance = plan.balance.count(n_samples);
  candidates.resize(n);
  spectra.reserve(spectra_size(plan.pitch.fft.n_bins, std::min(n, kKeptFrames)));
  balance.reserve(n_balance * BalancePlan::kColumns);
  path.reserve(2 * n);
  f0.reserve(n);
  formants.reserve(n_balance * kFormantColumns);
  formant_hz.reserve(n * kFormants);
  harmonics.reserve(n * HarmonicsPlan::kColumns);
  periods.reserve(n * PeriodsPlan::kColumns);
  voice.reserve(n * kVoiceColumns);
}

void egemaps(const EgemapsPlan& plan, const Samples& samples, float* out) {
  thread_local EgemapsWorkspace work;
  const Borrowed<EgemapsWorkspace> borrowed(work, samples.size / kSamplesOfKept);
  const RawDescriptors raw = describe(plan, samples, Formants::of_voice, borrowed);
  const double power = mean_square(plan.balance.framing, samples, raw.n_balance, work.frame);
  egemaps_functionals(raw, power, out);
}

void egemaps_table(const EgemapsPlan& plan, const Samples& samples, float* out) {
  thread_local EgemapsWorkspace work;
  const Borrowed<EgemapsWorkspace> borrowed(work, samples.size / kSamplesOfKept);
  egemaps_descriptors(describe(plan, samples, Formants::of_all, borrowed), out);
}

}  // namespace quaver
