// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/pipelines/short_term.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#define QV_FILE "kernels/pipelines/short_term.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

MelOptions complete(MelOptions mel, const ShortTermOptions& options) {
  mel.n_fft = options.framing.n_fft;
  mel.sample_rate = options.sample_rate;
  return mel;
}

void check_rows(const char* name, std::size_t n) {
  if (n > ShortTermRows::kMostRows) {
    throw std::invalid_argument(std::string(name) + " must be at most " +
                                std::to_string(ShortTermRows::kMostRows) + ", got " +
                                std::to_string(n));
  }
}

DecibelScale below(double level, double floor_db) {
  const double least = std::max(level * std::pow(10.0, -floor_db / 10.0), 1.2e-38);
  // So that silence lies at the floor, however soft the speech was.
  return {static_cast<float>(least), static_cast<float>(10.0 * std::log10(least) + floor_db)};
}

}  // namespace

ShortTermRows::ShortTermRows(std::size_t n_mels, std::size_t n_mfcc) {
  check_rows("n_mels", n_mels);
  check_rows("n_mfcc", n_mfcc);
  std::size_t row = 0;
  for (std::size_t i = 0; i < kNumFeatures; ++i) {
    const Feature feature = static_cast<Feature>(i);
    first_[i] = row;
    row += feature == Feature::mfcc ? n_mfcc : feature == Feature::mel ? n_mels : 1;
  }
  first_[kNumFeatures] = row;
}

Feature ShortTermRows::feature_of(std::size_t row) const {
  if (row >= size()) {
    throw std::invalid_argument("feature row must be below " + std::to_string(size()) + ", got " +
                                std::to_string(row));
  }
  std::size_t i = 0;
  while (row >= first_[i + 1]) ++i;
  return static_cast<Feature>(i);
}

std::string ShortTermRows::name_of(std::size_t row) const {
  const Feature feature = feature_of(row);
  const std::string name = info(feature).name;
  const bool has_several = feature == Feature::mfcc || feature == Feature::mel;
  return has_several ? name + "_" + std::to_string(row - first(feature)) : name;
}

ShortTermPlan::ShortTermPlan(const ShortTermOptions& options)
    : framing(options.framing),
      time(framing, options.n_blocks),
      fft(options.framing.n_fft),
      spectrum(options.framing.n_fft, options.sample_rate, options.n_bands, options.rolloff),
      mel(complete(options.mel, options)),
      cepstrum(options.mel.n_mels, options.n_mfcc),
      features(options.features),
      rows(options.mel.n_mels, options.n_mfcc),
      white_band(static_cast<double>(options.framing.frame_length) *
                 static_cast<double>(options.framing.n_fft) / options.sample_rate) {}

ShortTermPass::ShortTermPass(const ShortTermPlan& plan)
    : features(plan.features), energy{1e-10f, 0.0f}, band{plan.mel.amin, 0.0f} {}

ShortTermPass::ShortTermPass(const ShortTermPlan& plan, double speech_energy, double floor_db)
    : features(plan.features),
      energy(below(speech_energy, floor_db)),
      band(below(speech_energy * plan.white_band, floor_db)) {}

double speech_energy(const float* energy, std::size_t n_frames) {
  double sum = 0.0, squares = 0.0;
  for (std::size_t t = 0; t < n_frames; ++t) {
    const double e = static_cast<double>(energy[t]);
    sum += e;
    squares += e * e;
  }
  return sum > 0.0 ? squares / sum : 0.0;
}

void ShortTermWorkspace::reserve(const ShortTermPlan& plan, std::size_t lanes) {
  const std::size_t linear_size = plan.framing.linear_size(lanes), n_bins = plan.fft.n_bins;
  raw.reserve(linear_size + 1);
  linear.reserve(linear_size);
  phases.reserve(plan.framing.layout.phases_size(lanes));
  if (plan.features.has(Stage::time_domain)) {
    energies.reserve(plan.time.n_blocks * lanes);
    sign_words_.resize(linear_size / 64);
    changes_before_.resize(linear_size / 64);
    signs = {sign_words_.data(), changes_before_.data()};
  }
  if (!plan.features.has(Stage::spectral) && !plan.features.has(Stage::cepstral)) return;
  power.reserve(n_bins * lanes);
  work.reserve(plan.fft.work_size(lanes));
  if (plan.fft.n_columns == 0) frames.reserve(plan.framing.n_fft * lanes);
  if (plan.features.has(Stage::spectral)) {
    magnitude.reserve(n_bins * lanes);
    previous.reserve(n_bins + 1);
    sums.reserve(3 * plan.spectrum.n_chunks * lanes);
    energies.reserve(plan.spectrum.n_bands * lanes);
  }
  if (plan.features.has(Stage::cepstral)) mel_db.reserve(plan.mel.n_mels * lanes);
}

std::size_t ShortTermWorkspace::size() const {
  std::size_t total = 0;
  for (const Buffer<float>* part : {&raw, &linear, &phases, &frames, &work, &power, &magnitude,
                                    &mel_db, &sums, &energies, &previous}) {
    total += part->size();
  }
  return total;
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

static void run_block(const ShortTermPlan& plan, const Samples& src, std::ptrdiff_t start,
                      std::size_t n_valid, bool has_previous, float* previous,
                      ShortTermWorkspace& work, const ShortTermPass& pass, const BlockRows& rows) {
  const bool spectral = pass.features.has(Stage::spectral);
  const bool cepstral = pass.features.has(Stage::cepstral);
  float* phases = work.phases.data();
  gather_phases(plan.framing.layout, work.linear.data(), phases);
  prefetch_block(src, start, plan.framing, 0);
  if (pass.features.has(Stage::time_domain)) {
    time_features(plan.framing, plan.time, work.linear.data(), phases, work.energies.data(),
                  work.signs, pass.energy, rows);
  }
  if (!spectral && !cepstral) return;
  prefetch_block(src, start, plan.framing, 1);
  float* power = work.power.data();
  float* magnitude = spectral ? work.magnitude.data() : nullptr;
  power_spectrum(plan.fft, plan.framing.layout, phases, work.frames.data(), work.work.data(), power,
                 magnitude);
  prefetch_block(src, start, plan.framing, 2);
  if (spectral) {
    power_features(plan.spectrum, power, work.sums.data(), work.energies.data(), rows);
  }
  if (cepstral) {
    float* mel_db = work.mel_db.data();
    mel_decibel(plan.mel, power, pass.band, mel_db);
    if (pass.features.has(Feature::mel)) {
      for (std::size_t m = 0; m < plan.mel.n_mels; ++m) {
        StoreU(rows.of(Feature::mel) + m * rows.stride, LoadU(mel_db + m * kLanes));
      }
    }
    cepstrum(plan.cepstrum, mel_db, rows.of(Feature::mfcc), rows.stride);
  }
  prefetch_block(src, start, plan.framing, 3);
  if (spectral) {
    magnitude_features(plan.spectrum, magnitude, n_valid - 1, has_previous, previous,
                       work.sums.data(), rows);
  }
}

// out: plan.rows rows, out_stride >= n_frames rounded up to whole registers. carry may be null.
bool short_term(const ShortTermPlan& plan, const ShortTermPass& pass, const Samples& src,
                std::size_t n_frames, FrameCarry* carry, ShortTermWorkspace& work, float* out,
                std::size_t out_stride) {
  work.reserve(plan, kLanes);
  const bool resumes = carry != nullptr && carry->has_previous;
  float* const previous = carry != nullptr ? carry->previous.data() : work.previous.data();
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(t * plan.framing.hop_length);
    if (!load_block(src, start, n_valid, t == 0, plan.framing, work.raw.data(),
                    work.linear.data())) {
      return false;
    }
    run_block(plan, src, start, n_valid, resumes || t > 0, previous, work, pass,
              {plan, out + t, out_stride});
  }
  if (carry != nullptr && n_frames > 0) carry->has_previous = true;
  return true;
}

}  // namespace quaver::QV_TARGET

#endif
