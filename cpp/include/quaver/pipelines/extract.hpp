// SPDX-License-Identifier: BSD-3-Clause
// From one clip to frames (n_frames, n_features) or to one vector (n_features * n_statistics,
// statistic fastest, then those of voiced frames, of what means something in others too, then the
// modulations of each mel band): the fused pipeline, its derivatives
// and their global statistics. An Extractor is immutable and may be shared by threads; scratch
// memory is kept per thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "quaver/pipelines/log_mel.hpp"
#include "quaver/pipelines/short_term.hpp"
#include "quaver/pipelines/voice_rows.hpp"
#include "quaver/statistics/functionals.hpp"
#include "quaver/statistics/modulation.hpp"
#include "quaver/time/delta.hpp"

namespace quaver {

struct ExtractOptions {
  ShortTermOptions short_term;    // its features follow from what is below
  std::vector<std::size_t> rows;  // of ShortTermRows: those that are kept, in order
  std::size_t delta_order = 1;    // 0, 1 or 2
  std::size_t delta_width = 0;    // 0: difference of neighbours; else Savitzky-Golay
  double trim_db = 0.0;           // > 0: statistics leave out the quieter frames at both ends
  double floor_db = 0.0;          // > 0: levels are relative to the speech's, and as low as this
  std::vector<Statistic> statistics;
  std::vector<Statistic> voiced_statistics;  // of voiced frames, besides
  bool modulation = false;
};

class Extractor {
 public:
  explicit Extractor(ExtractOptions options);

  const ShortTermPlan& short_term() const { return short_term_; }
  const std::vector<std::size_t>& rows() const { return options_.rows; }
  std::size_t delta_order() const { return options_.delta_order; }
  std::size_t delta_width() const { return options_.delta_width; }
  std::size_t n_features() const { return rows().size() * (1 + delta_order()); }
  double floor_db() const { return options_.floor_db; }
  std::string voice_names() const;  // of its features of the voice, ", " between them
  std::size_t n_values() const {
    return n_features() * functionals_.n_statistics + n_voiced() + n_modulations();
  }

  // Frames of a clip; std::invalid_argument when not one fits or too few for the derivative.
  std::size_t count(std::size_t n_samples) const;
  // out: (count(n), n_features), row-major
  void frames(const Samples& samples, float* out) const;
  // out: n_values
  void vector(const Samples& samples, float* out) const;

 private:
  std::size_t n_voiced() const {
    return voiced_functionals_ == nullptr ? 0 : n_everywhere_ * voiced_functionals_->n_statistics;
  }
  std::size_t n_modulations() const;
  std::size_t run(const Samples& samples) const;  // all rows into scratch; the number of frames
  const float* row_of(Feature feature, std::size_t n_frames) const;  // of the last run
  const float* row_for_deltas(std::size_t row, std::size_t n_frames) const;
  std::size_t find_voiced(std::size_t n_frames, std::size_t first, std::size_t count) const;
  void voiced_statistics(const FunctionalsPlan& plan, const float* values, std::size_t n_voiced,
                         float* out) const;
  bool is_of_voiced(std::size_t row) const { return is_of_voiced_[row] != 0; }

  ExtractOptions options_;
  ShortTermPlan short_term_;
  std::vector<DeltaPlan> deltas_;  // order 1, order 2
  FunctionalsPlan functionals_;
  std::unique_ptr<const FunctionalsPlan> voiced_functionals_;
  std::vector<unsigned char> is_of_voiced_;  // of each row: looking it up costs more than using it
  std::size_t n_everywhere_ = 0;             // features that mean something in all frames
  std::unique_ptr<const ModulationPlan> modulation_;
  std::unique_ptr<const VoiceRows> voice_;
};

// std::invalid_argument with the first index and value that is NaN, infinite or beyond
// kMaxMagnitude.
void require_finite(const Samples& samples);

// out: (plan.count(n), n_mels)
void log_mel(const LogMelPlan& plan, const Samples& samples, float* out);

// values: (n_frames, n_features) row-major; out: n_features * n_statistics
void functionals(const FunctionalsPlan& plan, const float* values, std::size_t n_frames,
                 std::size_t n_features, float* out);
// out: n_features * kNumModulations
void modulation(const ModulationPlan& plan, const float* values, std::size_t n_frames,
                std::size_t n_features, float* out);
// out: (n_frames, n_features)
void delta(const DeltaPlan& plan, const float* values, std::size_t n_frames, std::size_t n_features,
           float* out);

}  // namespace quaver
