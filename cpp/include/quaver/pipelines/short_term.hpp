// SPDX-License-Identifier: BSD-3-Clause
// The fused pipeline: samples to short-term features, one pass over each block of frames; nothing
// of size n_frames x n_bins is written to memory. Results do not depend on where a block or a
// chunk begins: feeding a signal in pieces gives the same bits as one call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft.hpp"
#include "quaver/framing/framing.hpp"
#include "quaver/spectrum/cepstrum.hpp"
#include "quaver/spectrum/mel.hpp"
#include "quaver/spectrum/spectrum.hpp"
#include "quaver/statistics/functionals.hpp"
#include "quaver/time/delta.hpp"
#include "quaver/time/timedomain.hpp"

namespace quaver {

// What computes a feature: a stage runs where one of its features is wanted. Those of the voice
// have frames of their own (pipelines/voice_rows.hpp).
enum class Stage {
  time_domain,
  spectral,
  cepstral,
  balance,
  pitch,
  periods,
  formants,
  harmonics,
  levels
};
constexpr bool is_of_voice(Stage stage) { return stage >= Stage::balance; }

// Where a feature means something: statistics are over these frames.
enum class Where { everywhere, voiced };

// The features, in the order of their rows; all else is made from this list, in Python too.
//   X(name, stage, unit, whether it is in the default set, where it means something)
#define QV_SHORT_TERM_FEATURES(X)                          \
  X(zero_crossing_rate, time_domain, "", true, everywhere) \
  X(energy, time_domain, "", true, everywhere)             \
  X(log_energy, time_domain, "dB", false, everywhere)      \
  X(energy_entropy, time_domain, "", true, everywhere)     \
  X(spectral_centroid, spectral, "Hz", true, everywhere)   \
  X(spectral_spread, spectral, "Hz", true, everywhere)     \
  X(spectral_entropy, spectral, "", true, everywhere)      \
  X(spectral_flux, spectral, "", true, everywhere)         \
  X(spectral_rolloff, spectral, "Hz", true, everywhere)    \
  X(spectral_slope, spectral, "dB/kHz", false, everywhere) \
  X(mfcc, cepstral, "", true, everywhere)                  \
  X(mel, cepstral, "dB", false, everywhere)                \
  X(loudness, balance, "", false, everywhere)              \
  X(alpha_ratio, balance, "dB", false, everywhere)         \
  X(hammarberg_index, balance, "dB", false, everywhere)    \
  X(slope_0_500, balance, "dB/Hz", false, everywhere)      \
  X(slope_500_1500, balance, "dB/Hz", false, everywhere)   \
  X(f0, pitch, "Hz", false, voiced)                        \
  X(f0_semitones, pitch, "semitones", false, voiced)       \
  X(voicing, pitch, "", false, everywhere)                 \
  X(jitter, periods, "", false, voiced)                    \
  X(shimmer, periods, "dB", false, voiced)                 \
  X(hnr, harmonics, "dB", false, voiced)                   \
  X(h1_h2, harmonics, "dB", false, voiced)                 \
  X(h1_a3, levels, "dB", false, voiced)                    \
  X(f1_frequency, formants, "Hz", false, voiced)           \
  X(f1_bandwidth, formants, "Hz", false, voiced)           \
  X(f1_level, levels, "dB", false, voiced)                 \
  X(f2_frequency, formants, "Hz", false, voiced)           \
  X(f2_bandwidth, formants, "Hz", false, voiced)           \
  X(f2_level, levels, "dB", false, voiced)                 \
  X(f3_frequency, formants, "Hz", false, voiced)           \
  X(f3_bandwidth, formants, "Hz", false, voiced)           \
  X(f3_level, levels, "dB", false, voiced)

enum class Feature : std::size_t {
#define QV_ENUMERATOR(name, ...) name,
  QV_SHORT_TERM_FEATURES(QV_ENUMERATOR)
#undef QV_ENUMERATOR
};

struct FeatureInfo {
  const char* name;
  Stage stage;
  const char* unit;
  bool is_default;
  Where where;
};
constexpr FeatureInfo kFeatures[] = {
#define QV_INFO(name, stage, unit, is_default, where) \
  {#name, Stage::stage, unit, is_default, Where::where},
    QV_SHORT_TERM_FEATURES(QV_INFO)
#undef QV_INFO
};
constexpr std::size_t kNumFeatures = sizeof(kFeatures) / sizeof(kFeatures[0]);
constexpr const FeatureInfo& info(Feature f) { return kFeatures[static_cast<std::size_t>(f)]; }

// Which features are wanted, and so which stages run.
class FeatureSet {
 public:
  void add(Feature feature) {
    features_ |= bit(feature);
    stages_ |= bit(info(feature).stage);
  }
  bool has(Feature feature) const { return (features_ & bit(feature)) != 0; }
  bool has(Stage stage) const { return (stages_ & bit(stage)) != 0; }
  bool has_voice() const { return stages_ >= bit(Stage::balance); }

 private:
  template <class Enum>
  static constexpr std::uint64_t bit(Enum e) {
    return std::uint64_t{1} << static_cast<unsigned>(e);
  }
  static_assert(kNumFeatures <= 64, "a bit a feature");
  std::uint64_t features_ = 0, stages_ = 0;
};

// Rows of the fused output: mfcc has n_mfcc of them, mel n_mels, each other feature one.
class ShortTermRows {
 public:
  static constexpr std::size_t kMostRows = std::size_t{1} << 16;  // of a feature
  ShortTermRows(std::size_t n_mels, std::size_t n_mfcc);  // std::invalid_argument beyond kMostRows

  std::size_t size() const { return first_[kNumFeatures]; }
  std::size_t first(Feature feature) const { return first_[static_cast<std::size_t>(feature)]; }
  Feature feature_of(std::size_t row) const;  // std::invalid_argument beyond the last
  std::string name_of(std::size_t row) const;

 private:
  std::size_t first_[kNumFeatures + 1];
};

struct ShortTermOptions {
  double sample_rate = 16000.0;
  FramingOptions framing;
  std::size_t n_blocks = 10;
  std::size_t n_bands = 10;
  double rolloff = 0.9;
  MelOptions mel;  // n_fft and sample_rate are taken from above
  std::size_t n_mfcc = 13;
  FeatureSet features;  // those that are wanted
};

struct ShortTermPlan {
  explicit ShortTermPlan(const ShortTermOptions& options);

  FramingPlan framing;
  TimeDomainPlan time;
  FftPlan<float> fft;
  SpectrumPlan spectrum;
  MelPlan mel;
  CepstrumPlan cepstrum;
  FeatureSet features;
  ShortTermRows rows;
  double white_band;  // power of white noise of energy 1 in a band of unit area
};

// Decibels of a power: 10 log10(max(least, power)) - reference_db.
struct DecibelScale {
  float least, reference_db;
};

// The energy of speech: that of frames, weighted by itself, whatever lies between words.
double speech_energy(const float* energy, std::size_t n_frames);

// One pass over the samples: what it computes, and on which scales. By default all that the plan's
// features need, decibels of full scale from 1e-10 on; or relative to the energy of speech and no
// softer than floor_db below it. The level of bands is what white noise of that energy has in bands
// of unit area.
struct ShortTermPass {
  explicit ShortTermPass(const ShortTermPlan& plan);
  ShortTermPass(const ShortTermPlan& plan, double speech_energy, double floor_db);

  FeatureSet features;
  DecibelScale energy, band;
};

// Where the rows of a block of frames go.
struct BlockRows {
  const ShortTermPlan& plan;
  float* out;
  std::size_t stride;

  float* of(Feature feature) const { return out + plan.rows.first(feature) * stride; }
};

// What one frame hands to the next, for the flux: its magnitude spectrum and 1 over its sum.
struct FrameCarry {
  explicit FrameCarry(std::size_t n_bins) : previous(n_bins + 1) {}
  Buffer<float> previous;
  bool has_previous = false;
};

// Scratch of one call; keep one per thread and pass it again.
class ShortTermWorkspace {
 public:
  void reserve(const ShortTermPlan& plan, std::size_t lanes);
  std::size_t size() const;  // values, of all stages
  Buffer<float> raw, linear, phases, frames, work, power, magnitude, mel_db, sums, energies;
  Buffer<float> previous;  // as that of FrameCarry
  SignScratch signs;

 private:
  std::vector<std::uint64_t> sign_words_;
  std::vector<unsigned> changes_before_;
};

}  // namespace quaver
