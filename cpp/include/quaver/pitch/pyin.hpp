// SPDX-License-Identifier: BSD-3-Clause
// Probabilistic YIN (Mauch & Dixon 2014) as librosa 1.0 computes it: troughs of d' become pitch
// candidates with probabilities under a prior over thresholds, and a hidden Markov model of
// n_bins voiced and n_bins unvoiced states finds the path. float64; probabilities are rounded to
// float32 where librosa does, for a float32 input. Weights within 1e-12 of the twin's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quaver/pitch/yin.hpp"

namespace quaver {

struct KernelTable;

struct PyinOptions {
  double sample_rate, fmin;
  double boltzmann, no_trough_prob;
  std::size_t n_bins, bins_per_octave;
  bool single;  // round probabilities to float32
};

// Transitions between pitches, in logarithms. Band row d holds, for the target j, the transition
// from bin j + d - reach: `stay` within and `change` across voicing. All others are `outside`.
struct PitchTransitions {
  const double* stay;    // (2 reach + 1, n_bins)
  const double* change;  // (2 reach + 1, n_bins)
  std::size_t reach;
  double outside;
};

// What the kernels read: plain pointers into the plan, in whole registers.
struct TroughPrior {
  const double* thresholds;  // padded with thresholds that no trough lies below
  const double* prior;
  const double* normaliser;  // of the Boltzmann prior, by number of troughs
  std::size_t n_padded;
  double boltzmann;
};
struct TransitionBand {
  const double* stay;  // blocks of one register of targets, band rows inside: read once, in order
  const double* change;
  std::size_t n_bins, reach;
  double outside;
};

// Made for the target that is active then, which runs it too.
struct PyinPlan {
  PyinPlan(const YinPlan& yin, const PyinOptions& options, const double* thresholds,
           const double* prior, std::size_t n_thresholds, const PitchTransitions& transitions);
  PyinPlan(const PyinPlan&) = delete;
  PyinPlan& operator=(const PyinPlan&) = delete;

  const KernelTable& table;
  YinPlan yin;
  PyinOptions options;
  std::size_t n_thresholds;
  std::vector<double> thresholds, prior, prior_sums, normaliser, stay, change;
  TroughPrior trough_prior;
  TransitionBand band;
};

// Bin (or bin + n_bins, unvoiced) of each frame into states, probability of voicing into voiced.
// False where a probability lies outside 0 .. 1.
bool pyin(const PyinPlan& plan, const double* difference, std::size_t n_frames,
          std::uint16_t* states, double* voiced);

}  // namespace quaver
