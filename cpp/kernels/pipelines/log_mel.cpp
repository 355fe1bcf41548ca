// SPDX-License-Identifier: BSD-3-Clause
// The frame is transformed from the window's first sample on, not centred in n_fft zeros as librosa
// does: a shift in time changes phases only, and only power is used.
#ifndef QV_TARGET

#include "quaver/pipelines/log_mel.hpp"

#include <stdexcept>
#include <string>

#define QV_FILE "kernels/pipelines/log_mel.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

LogMelPlan::LogMelPlan(const LogMelOptions& options)
    : framing(options.framing),
      fft(options.framing.n_fft),
      mel(options.mel),
      magnitude(options.magnitude),
      n_fft(options.framing.n_fft),
      pad(options.center ? n_fft / 2 : 0),
      window_lead((n_fft - framing.frame_length) / 2) {
  if (options.mel.n_fft != n_fft) {
    throw std::invalid_argument("the mel bank's n_fft is " + std::to_string(options.mel.n_fft) +
                                ", the transform's " + std::to_string(n_fft));
  }
}

std::size_t LogMelPlan::count(std::size_t n_samples) const {
  return count_frames(n_samples + 2 * pad, n_fft, framing.hop_length);
}

void LogMelWorkspace::reserve(const LogMelPlan& plan, std::size_t lanes) {
  const std::size_t linear_size = plan.framing.linear_size(lanes);
  raw.reserve(linear_size + 1);
  linear.reserve(linear_size);
  phases.reserve(plan.framing.layout.phases_size(lanes));
  work.reserve(plan.fft.work_size(lanes));
  power.reserve(plan.fft.n_bins * lanes);
  if (plan.magnitude) magnitude.reserve(plan.fft.n_bins * lanes);
  mel_db.reserve(plan.mel.n_mels * lanes);
  if (plan.fft.n_columns == 0) frames.reserve(plan.n_fft * lanes);
}

std::size_t LogMelWorkspace::size() const {
  std::size_t total = 0;
  for (const Buffer<float>* part :
       {&raw, &linear, &phases, &frames, &work, &power, &magnitude, &mel_db}) {
    total += part->size();
  }
  return total;
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

bool log_mel(const LogMelPlan& plan, const Samples& src, std::size_t n_frames,
             LogMelWorkspace& work, float* out) {
  work.reserve(plan, kLanes);
  const std::size_t hop = plan.framing.hop_length, n_mels = plan.mel.n_mels;
  const std::ptrdiff_t lead =
      static_cast<std::ptrdiff_t>(plan.window_lead) - static_cast<std::ptrdiff_t>(plan.pad);
  float* power = work.power.data();
  float* magnitude = plan.magnitude ? work.magnitude.data() : nullptr;
  float* mel_db = work.mel_db.data();
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(t * hop) + lead;
    if (!load_phases(src, start, n_valid, t == 0, plan.framing, work.raw.data(), work.linear.data(),
                     work.phases.data())) {
      return false;
    }
    power_spectrum(plan.fft, plan.framing.layout, work.phases.data(), work.frames.data(),
                   work.work.data(), power, magnitude);
    mel_decibel(plan.mel, magnitude == nullptr ? power : magnitude, {plan.mel.amin, 0.0f}, mel_db);
    transpose(mel_db, n_mels, n_valid, kLanes, out + t * n_mels, n_mels);
  }
  return true;
}

}  // namespace quaver::QV_TARGET

#endif
