// SPDX-License-Identifier: BSD-3-Clause
// The fused pipeline: samples to short-term features, one pass over each block of frames; nothing
// of size n_frames x n_bins is written to memory. Results do not depend on where a block or a
// chunk begins: feeding a signal in pieces gives the same bits as one call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/rfft.hpp"
#include "quaver/framing/framing.hpp"
#include "quaver/spectrum/cepstrum.hpp"
#include "quaver/spectrum/mel.hpp"
#include "quaver/spectrum/spectrum.hpp"
#include "quaver/statistics/functionals.hpp"
#include "quaver/time/delta.hpp"
#include "quaver/time/timedomain.hpp"

namespace quaver {

// Rows of the fused output, in this order, then the cepstral coefficients.
enum ShortTermRow : std::size_t {
  kZeroCrossingRate,
  kEnergy,
  kEnergyEntropy,
  kSpectralCentroid,
  kSpectralSpread,
  kSpectralEntropy,
  kSpectralFlux,
  kSpectralRolloff,
  kFirstMfcc,
};

struct ShortTermOptions {
  double sample_rate = 16000.0;
  FramingOptions framing;
  std::size_t n_blocks = 10;
  std::size_t n_bands = 10;
  double rolloff = 0.9;
  MelOptions mel;  // n_fft and sample_rate are taken from above
  std::size_t n_mfcc = 13;
  bool time_domain = true, spectral = true, cepstral = true;  // stages that are computed
};

struct ShortTermPlan {
  explicit ShortTermPlan(const ShortTermOptions& options);

  FramingPlan framing;
  TimeDomainPlan time;
  RfftPlan rfft;
  SpectrumPlan spectrum;
  MelPlan mel;
  CepstrumPlan cepstrum;
  bool time_domain, spectral, cepstral;
  std::size_t n_rows;  // kFirstMfcc + n_mfcc
};

// What one frame hands to the next, for the flux: its magnitude spectrum and 1 over its sum.
struct FrameCarry {
  explicit FrameCarry(std::size_t n_bins) : previous(n_bins + 1) {}
  Buffer previous;
  bool has_previous = false;
};

// Scratch of one call; keep one per thread and pass it again.
class ShortTermWorkspace {
 public:
  void reserve(const ShortTermPlan& plan, std::size_t lanes);
  Buffer raw, linear, phases, frames, work, power, magnitude, mel_db, sums, energies;
  Buffer previous;  // as that of FrameCarry
  SignScratch signs;

 private:
  std::vector<std::uint64_t> sign_words_;
  std::vector<unsigned> changes_before_;
};

}  // namespace quaver
