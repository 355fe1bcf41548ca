// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/pipelines/voice_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/voice/pieces.hpp"

namespace quaver {
namespace {

// Which column of a kernel's values a feature is.
struct Column {
  Feature feature;
  std::size_t index;
};
constexpr Column kBalance[] = {{Feature::loudness, 0},
                               {Feature::alpha_ratio, 1},
                               {Feature::hammarberg_index, 2},
                               {Feature::slope_0_500, 3},
                               {Feature::slope_500_1500, 4}};
constexpr Column kPitch[] = {{Feature::f0, 0}, {Feature::voicing, 1}};
constexpr Column kPeriods[] = {{Feature::jitter, 0}, {Feature::shimmer, 1}};
constexpr Column kFormants[] = {{Feature::f1_frequency, 0}, {Feature::f1_bandwidth, 1},
                                {Feature::f2_frequency, 2}, {Feature::f2_bandwidth, 3},
                                {Feature::f3_frequency, 4}, {Feature::f3_bandwidth, 5}};
constexpr Column kHarmonics[] = {{Feature::hnr, 0},      {Feature::h1_h2, 1},
                                 {Feature::h1_a3, 2},    {Feature::f1_level, 3},
                                 {Feature::f2_level, 4}, {Feature::f3_level, 5}};
constexpr double kLowestNote = 27.5, kEnergyOfSpeech = 0.01;

template <class T>
void load(const Samples& samples, double scale, float* to) {
  const T* const x = static_cast<const T*>(samples.data);
  for (std::size_t i = 0; i < samples.size; ++i) {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(i) * samples.stride;
    to[i] = static_cast<float>(static_cast<double>(x[at]) * scale);
  }
}

// The samples, or these multiplied and with zeros behind them.
Samples prepared(const Samples& samples, double scale, std::size_t least, Buffer<float>& buffer) {
  if (scale == 1.0 && samples.size >= least) return samples;
  const std::size_t size = std::max(samples.size, least);
  buffer.reserve(size);
  switch (samples.type) {
    case SampleType::int16: load<std::int16_t>(samples, scale / 32768.0, buffer.data()); break;
    case SampleType::float32: load<float>(samples, scale, buffer.data()); break;
    default: load<double>(samples, scale, buffer.data());
  }
  std::fill(buffer.data() + samples.size, buffer.data() + size, 0.0f);
  return {buffer.data(), 1, size, SampleType::float32};
}

// From a kernel's frames to those of the pipeline.
struct Nearest {
  std::ptrdiff_t hop, lead;           // twice as many samples, as are the middles
  std::ptrdiff_t voice_hop, n_voice;  // the former twice

  Nearest(std::size_t frame_length, std::size_t hop_length, const FramingPlan& voice, std::size_t n)
      : hop(2 * static_cast<std::ptrdiff_t>(hop_length)),
        lead(static_cast<std::ptrdiff_t>(frame_length) -
             static_cast<std::ptrdiff_t>(voice.frame_length)),
        voice_hop(2 * static_cast<std::ptrdiff_t>(voice.hop_length)),
        n_voice(static_cast<std::ptrdiff_t>(n)) {}

  std::size_t operator()(std::size_t t) const {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(t) * hop + lead + voice_hop / 2;
    const std::ptrdiff_t i = at < 0 ? 0 : at / voice_hop;
    return static_cast<std::size_t>(std::min(i, n_voice - 1));
  }
};

template <std::size_t n>
void spread(const Column (&columns)[n], const float* values, std::size_t width,
            const Nearest& nearest, const VoiceTarget& target) {
  for (const Column& column : columns) {
    float* const to = target.out + target.rows.first(column.feature) * target.stride;
    for (std::size_t t = 0; t < target.n_frames; ++t) {
      to[t] = values[nearest(t) * width + column.index];
    }
  }
}

// 0 where there is no pitch.
template <std::size_t n>
void silence(const Column (&columns)[n], const VoiceTarget& target) {
  const float* const f0 = target.out + target.rows.first(Feature::f0) * target.stride;
  for (const Column& column : columns) {
    keep_where_voiced(f0, target.n_frames,
                      target.out + target.rows.first(column.feature) * target.stride);
  }
}

}  // namespace

std::size_t VoiceScratch::size() const {
  return samples.size() + values.size() + spectra.size() + f0.size() + formants.size() +
         formant_hz.size() + wanted.capacity() / sizeof(float) +
         candidates.capacity() * (sizeof(PitchFrame) / sizeof(float));
}

VoiceRows::VoiceRows(const FeatureSet& features, double sample_rate, const FramingPlan& framing)
    : frame_length_(framing.frame_length), hop_length_(framing.hop_length) {
  if (features.has(Stage::balance)) balance_ = std::make_unique<BalancePlan>(sample_rate);
  if (features.has(Stage::pitch)) pitch_ = std::make_unique<PitchPlan>(sample_rate);
  if (features.has(Stage::periods)) periods_ = std::make_unique<PeriodsPlan>(sample_rate);
  const bool has_levels = features.has(Stage::levels);
  if (features.has(Stage::formants) || has_levels) {
    formants_ = std::make_unique<FormantPlan>(sample_rate);
  }
  if (features.has(Stage::harmonics) || has_levels) {
    harmonics_ = std::make_unique<HarmonicsPlan>(sample_rate);
  }
}

void VoiceRows::run(const Samples& samples, double speech_energy, const VoiceTarget& target,
                    VoiceScratch& scratch) const {
  const double scale = speech_energy > 0.0 ? std::sqrt(kEnergyOfSpeech / speech_energy) : 1.0;
  const Samples whole = prepared(samples, scale, longest_frame(), scratch.samples);
  if (balance_) run_balance(whole, target, scratch);
  if (pitch_) run_pitch(whole, target, scratch);
}

std::size_t VoiceRows::longest_frame() const {
  return (pitch_ ? pitch_->framing : balance_->framing).frame_length;
}

void VoiceRows::run_balance(const Samples& samples, const VoiceTarget& target,
                            VoiceScratch& scratch) const {
  const BalancePlan& plan = *balance_;
  const std::size_t n = plan.count(samples.size);
  scratch.values.reserve(n * BalancePlan::kColumns);
  spectral_balance(plan, samples, scratch.values.data());
  spread(kBalance, scratch.values.data(), BalancePlan::kColumns,
         Nearest(frame_length_, hop_length_, plan.framing, n), target);
}

void VoiceRows::run_pitch(const Samples& samples, const VoiceTarget& target,
                          VoiceScratch& scratch) const {
  const PitchPlan& plan = *pitch_;
  const std::size_t n = plan.count(samples.size);
  scratch.candidates.resize(n);
  scratch.values.reserve(2 * n);
  const bool has_kept = harmonics_ && n <= kKeptFrames;
  if (harmonics_) {
    scratch.spectra.reserve(spectra_size(plan.fft.n_bins, std::min(n, kKeptFrames)));
  }
  pitch_candidates(plan, samples, scratch.candidates.data(),
                   has_kept ? scratch.spectra.data() : nullptr);
  pitch_path(scratch.candidates.data(), n, scratch.values.data());
  spread(kPitch, scratch.values.data(), 2, Nearest(frame_length_, hop_length_, plan.framing, n),
         target);
  const float* const f0 = target.out + target.rows.first(Feature::f0) * target.stride;
  float* const semitones = target.out + target.rows.first(Feature::f0_semitones) * target.stride;
  for (std::size_t t = 0; t < target.n_frames; ++t) {
    const double octaves = f0[t] > 0.0f ? std::log2(static_cast<double>(f0[t]) / kLowestNote) : 0.0;
    semitones[t] = static_cast<float>(12.0 * octaves);
  }
  scratch.f0.reserve(n);
  for (std::size_t t = 0; t < n; ++t) scratch.f0[t] = scratch.values[2 * t];
  if (periods_) run_periods(n, samples, target, scratch);
  if (formants_) run_formants(n, samples, target, scratch);
  if (harmonics_) run_harmonics(n, samples, target, scratch);
}

void VoiceRows::run_periods(std::size_t n, const Samples& samples, const VoiceTarget& target,
                            VoiceScratch& scratch) const {
  scratch.values.reserve(n * PeriodsPlan::kColumns);
  jitter_shimmer(*periods_, samples, scratch.f0.data(), scratch.values.data());
  spread(kPeriods, scratch.values.data(), PeriodsPlan::kColumns,
         Nearest(frame_length_, hop_length_, pitch_->framing, n), target);
}

// Those of frames that a voiced one is near to, or begins with: levels are told by the latter.
void VoiceRows::run_formants(std::size_t n_pitches, const Samples& samples,
                             const VoiceTarget& target, VoiceScratch& scratch) const {
  const FormantPlan& plan = *formants_;
  const std::size_t n = plan.count(samples.size);
  const Nearest nearest(frame_length_, hop_length_, plan.framing, n);
  const float* const f0 = target.out + target.rows.first(Feature::f0) * target.stride;
  scratch.wanted.assign(n, 0);
  for (std::size_t t = 0; t < target.n_frames; ++t) scratch.wanted[nearest(t)] |= f0[t] > 0.0f;
  for (std::size_t t = 0; t < n_pitches; ++t) scratch.wanted[t] |= scratch.f0[t] > 0.0f;
  scratch.formants.reserve(n * kFormantColumns);
  formants(plan, samples, scratch.wanted.data(), scratch.formants.data());
  spread(kFormants, scratch.formants.data(), kFormantColumns, nearest, target);
  silence(kFormants, target);
}

void VoiceRows::run_harmonics(std::size_t n, const Samples& samples, const VoiceTarget& target,
                              VoiceScratch& scratch) const {
  constexpr std::size_t kCount = HarmonicsPlan::kFormants;
  scratch.formant_hz.reserve(n * kCount);
  for (std::size_t i = 0; i < n * kCount; ++i) {
    const std::size_t at = i / kCount * kFormantColumns + 2 * (i % kCount);
    scratch.formant_hz[i] = formants_ ? scratch.formants[at] : 0.0f;
  }
  scratch.values.reserve(n * HarmonicsPlan::kColumns);
  const auto work = [&](std::size_t first, std::size_t n_part, const Samples& part) {
    if (n_part < n) {
      pitch_candidates(*pitch_, part, scratch.candidates.data() + first, scratch.spectra.data());
    }
    harmonics(*harmonics_, scratch.spectra.data(), n_part, scratch.f0.data() + first,
              scratch.formant_hz.data() + first * kCount,
              scratch.values.data() + first * HarmonicsPlan::kColumns);
  };
  each_piece(pitch_->framing, samples, n, work);
  spread(kHarmonics, scratch.values.data(), HarmonicsPlan::kColumns,
         Nearest(frame_length_, hop_length_, pitch_->framing, n), target);
  silence(kHarmonics, target);
}

void bridge(const float* values, const float* f0, std::size_t n_frames, float* to) {
  float last = 0.0f;
  std::size_t first = 0;  // behind the last voiced one
  for (std::size_t t = 0; t < n_frames; ++t) {
    if (!(f0[t] > 0.0f)) continue;
    if (first == 0) last = values[t];
    const float step = (values[t] - last) / static_cast<float>(t - first + 1);
    for (std::size_t i = first; i < t; ++i) to[i] = last + static_cast<float>(i - first + 1) * step;
    to[t] = last = values[t];
    first = t + 1;
  }
  std::fill(to + first, to + n_frames, last);
}

void keep_where_voiced(const float* f0, std::size_t n_frames, float* values) {
  for (std::size_t t = 0; t < n_frames; ++t) {
    if (!(f0[t] > 0.0f)) values[t] = 0.0f;
  }
}

std::size_t find_voiced(const float* f0, std::size_t n_frames, std::uint32_t* frames) {
  std::size_t n = 0;
  for (std::size_t t = 0; t < n_frames; ++t) {
    frames[n] = static_cast<std::uint32_t>(t);
    n += f0[t] > 0.0f ? 1 : 0;
  }
  return n;
}

}  // namespace quaver
