// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/short_term.hpp"

#define QV_FILE "kernels/short_term.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

MelOptions complete(MelOptions mel, const ShortTermOptions& options) {
  mel.n_fft = options.framing.n_fft;
  mel.sample_rate = options.sample_rate;
  return mel;
}

}  // namespace

ShortTermPlan::ShortTermPlan(const ShortTermOptions& options)
    : framing(options.framing),
      time(options.framing.frame_length, options.n_blocks),
      rfft(options.framing.n_fft),
      spectrum(options.framing.n_fft, options.sample_rate, options.n_bands, options.rolloff),
      mel(complete(options.mel, options)),
      cepstrum(options.mel.n_mels, options.n_mfcc),
      time_domain(options.time_domain),
      spectral(options.spectral),
      cepstral(options.cepstral),
      n_rows(kFirstMfcc + options.n_mfcc) {}

void ShortTermWorkspace::reserve(const ShortTermPlan& plan, std::size_t lanes) {
  const std::size_t linear_size = plan.framing.linear_size(lanes);
  raw.reserve(linear_size + 1);
  linear.reserve(linear_size);
  phases.reserve(plan.framing.phases_size(lanes));
  frames.reserve(plan.framing.n_fft * lanes);
  work.reserve(2 * plan.framing.n_fft * lanes);
  power.reserve(plan.rfft.n_bins * lanes);
  mel_db.reserve(plan.mel.n_mels * lanes);
  frames.fill_zero();  // the padding between frame_length and n_fft
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

static void run_block(const ShortTermPlan& plan, std::size_t n_valid, FrameCarry* carry,
                      ShortTermWorkspace& work, float* out, std::size_t out_stride) {
  const std::size_t phase_stride = plan.framing.phase_stride(kLanes);
  float* phases = work.phases.data();
  float* frames = work.frames.data();
  gather_phases(plan.framing, work.linear.data(), phases, phase_stride);
  window_frames(plan.framing, phases, phase_stride, frames);
  if (plan.time_domain) {
    time_features(plan.framing, plan.time, phases, phase_stride, frames,
                  out + kZeroCrossingRate * out_stride, out + kEnergy * out_stride,
                  out + kEnergyEntropy * out_stride);
  }
  if (!plan.spectral && !plan.cepstral) return;
  float* power = work.power.data();
  power_spectrum(plan.rfft, frames, work.work.data(), power);
  if (plan.spectral) {
    spectral_features(plan.spectrum, power, work.work.data(), carry->previous.data(), n_valid,
                      carry->has_previous, out + kSpectralCentroid * out_stride,
                      out + kSpectralSpread * out_stride, out + kSpectralEntropy * out_stride,
                      out + kSpectralFlux * out_stride, out + kSpectralRolloff * out_stride);
    carry->has_previous = true;
  }
  if (plan.cepstral) {
    mel_decibel(plan.mel, power, work.mel_db.data());
    cepstrum(plan.cepstrum, work.mel_db.data(), out + kFirstMfcc * out_stride, out_stride);
  }
}

// out: n_rows rows, out_stride >= n_frames rounded up to whole registers.
void short_term_run(const ShortTermPlan& plan, const Samples& src, std::size_t n_frames,
                    FrameCarry* carry, ShortTermWorkspace& work, float* out,
                    std::size_t out_stride) {
  work.reserve(plan, kLanes);
  const std::size_t hop = plan.framing.hop_length;
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    load_samples(src, static_cast<std::ptrdiff_t>(t * hop),
                 (n_valid - 1) * hop + plan.framing.frame_length, plan.framing, work.raw.data(),
                 work.linear.data());
    run_block(plan, n_valid, carry, work, out + t, out_stride);
  }
}

}  // namespace quaver::QV_TARGET

#endif
