// SPDX-License-Identifier: BSD-3-Clause
// The extended Geneva set of a clip, in one call: what balance.hpp, pitch.hpp, harmonics.hpp,
// formants.hpp and periods.hpp say of its frames, each computed once, in the tables and statistics
// of egemaps_functionals.hpp. Formants are looked for where the set needs them.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/voice/balance.hpp"
#include "quaver/voice/egemaps_functionals.hpp"
#include "quaver/voice/formants.hpp"
#include "quaver/voice/harmonics.hpp"
#include "quaver/voice/periods.hpp"
#include "quaver/voice/pitch.hpp"

namespace quaver {

struct EgemapsPlan {
  explicit EgemapsPlan(double sample_rate);

  BalancePlan balance;
  PitchPlan pitch;
  HarmonicsPlan harmonics;
  FormantPlan formants;
  PeriodsPlan periods;

  std::size_t count(std::size_t n_samples) const;  // frames of 60 ms, 0 where none fits
};

class EgemapsWorkspace {
 public:
  void reserve(const EgemapsPlan& plan, std::size_t n_samples);
  Buffer<float> spectra, balance, path, f0, formants, formant_hz, harmonics, periods, voice, frame;
  std::vector<PitchFrame> candidates;
  std::vector<unsigned char> voiced;
};

// At least one frame. out: (kEgemapsFunctionals,). std::invalid_argument for samples that are not
// finite.
void egemaps(const EgemapsPlan& plan, const Samples& samples, float* out);

// out: (plan.count(samples.size) + 1, kEgemapsDescriptors), of formants in all frames.
void egemaps_table(const EgemapsPlan& plan, const Samples& samples, float* out);

}  // namespace quaver
