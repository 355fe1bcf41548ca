// SPDX-License-Identifier: BSD-3-Clause
// Short-term features of a voice, whose frames are those of their kernels: a frame of the pipeline
// has the values of the frame of the voice whose middle is nearest to its own, of two the later;
// the first and the last stand for what lies beyond them. A clip shorter than one frame is followed
// by zeros.
//   f0_semitones  12 log2(f0 / 27.5 Hz)
// Without pitch f0 and f0_semitones are 0. Where a feature means something in voiced frames only,
// its derivatives are of a contour that is straight between them, and 0 elsewhere.
// If levels are relative to that of speech, samples are first multiplied so that its energy is
// 0.01.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "quaver/pipelines/short_term.hpp"
#include "quaver/voice/balance.hpp"
#include "quaver/voice/formants.hpp"
#include "quaver/voice/harmonics.hpp"
#include "quaver/voice/periods.hpp"
#include "quaver/voice/pitch.hpp"

namespace quaver {

// Of one call; keep one per thread.
struct VoiceScratch {
  Buffer<float> samples, values, spectra, f0, formants, formant_hz;
  std::vector<unsigned char> wanted;
  std::vector<PitchFrame> candidates;
  std::size_t size() const;
};

// Where the rows go, a stride apart from row to row.
struct VoiceTarget {
  const ShortTermRows& rows;
  std::size_t n_frames;
  float* out;
  std::size_t stride;
};

class VoiceRows {
 public:
  // std::invalid_argument for a rate that the kernels of a wanted feature do not take
  VoiceRows(const FeatureSet& features, double sample_rate, const FramingPlan& framing);

  // Fills the rows of its features, relative to speech of that energy, which is 0 where levels are
  // those of full scale. Samples are finite.
  void run(const Samples& samples, double speech_energy, const VoiceTarget& target,
           VoiceScratch& scratch) const;

 private:
  void run_balance(const Samples& samples, const VoiceTarget& target, VoiceScratch& scratch) const;
  void run_pitch(const Samples& samples, const VoiceTarget& target, VoiceScratch& scratch) const;
  void run_periods(std::size_t n, const Samples& samples, const VoiceTarget& target,
                   VoiceScratch& scratch) const;
  void run_formants(std::size_t n_pitches, const Samples& samples, const VoiceTarget& target,
                    VoiceScratch& scratch) const;
  void run_harmonics(std::size_t n, const Samples& samples, const VoiceTarget& target,
                     VoiceScratch& scratch) const;
  std::size_t longest_frame() const;  // of the kernels

  std::size_t frame_length_, hop_length_;
  std::unique_ptr<const BalancePlan> balance_;
  std::unique_ptr<const PitchPlan> pitch_;
  std::unique_ptr<const PeriodsPlan> periods_;
  std::unique_ptr<const FormantPlan> formants_;
  std::unique_ptr<const HarmonicsPlan> harmonics_;
};

// to: the values of voiced frames, and straight lines between these; 0 if there are none.
void bridge(const float* values, const float* f0, std::size_t n_frames, float* to);
// 0 for the values of others.
void keep_where_voiced(const float* f0, std::size_t n_frames, float* values);
// Which frames are voiced, in order; how many there are.
std::size_t find_voiced(const float* f0, std::size_t n_frames, std::uint32_t* frames);

}  // namespace quaver
