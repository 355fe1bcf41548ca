// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/pipelines/extract.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "quaver/core/number_text.hpp"
#include "quaver/core/transpose.hpp"
#include "simd/kernel_table.hpp"

namespace quaver {
namespace {

// Fresh memory costs more than the computation in it (a page fault a 4 KB page), so each thread
// keeps its scratch, up to 8 MiB of rows, statistics and each derivative and 32 MiB of a block's
// stages, which a long recording or a huge transform exceeds.
struct Scratch {
  ShortTermWorkspace work;
  LogMelWorkspace log_mel;
  FunctionalsScratch functionals;
  ModulationScratch modulation;
  VoiceScratch voice;
  Buffer<float> rows, derivative, bridged, voiced;
  std::vector<std::uint32_t> voiced_frames;

  void shrink() {
    constexpr std::size_t kKeep = std::size_t{1} << 21, kKeepStages = std::size_t{1} << 23;
    if (rows.size() > kKeep) rows = Buffer<float>();
    if (derivative.size() > kKeep) derivative = Buffer<float>();
    if (bridged.size() > kKeep) bridged = Buffer<float>();
    if (voiced.size() > kKeep) voiced = Buffer<float>();
    if (voiced_frames.size() > kKeep) voiced_frames = std::vector<std::uint32_t>();
    if (voice.size() > kKeep) voice = VoiceScratch();
    if (functionals.capacity() > kKeep) functionals.clear();
    if (work.size() > kKeepStages) work = ShortTermWorkspace();
    if (log_mel.size() > kKeepStages) log_mel = LogMelWorkspace();
  }
};

Scratch& scratch() {
  thread_local Scratch instance;
  return instance;
}

// Row-major matrices are read and written a few columns at a time: one would use a sixteenth of
// each cache line, all would need memory for another matrix.
constexpr std::size_t kColumns = 8;

std::size_t padded(std::size_t n_frames) { return (n_frames + 15) / 16 * 16; }

// Bad samples are reported by their first index, which the pipelines do not know; they check what
// they load, `first` to `last`, and what lies outside is left to check here.
void require_finite_around(const Samples& samples, bool is_loaded_finite, std::ptrdiff_t first,
                           std::ptrdiff_t last) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(samples.size);
  Samples head = samples, tail = samples;
  head.size = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(first, 0, size));
  const std::ptrdiff_t from = std::clamp<std::ptrdiff_t>(last, 0, size);
  const std::ptrdiff_t offset = from * samples.stride;
  switch (samples.type) {
    case SampleType::int16: return;
    case SampleType::float32: tail.data = static_cast<const float*>(samples.data) + offset; break;
    default: tail.data = static_cast<const double*>(samples.data) + offset;
  }
  tail.size = static_cast<std::size_t>(size - from);
  const auto first_bad_sample = kernels().first_bad_sample;
  if (!is_loaded_finite || first_bad_sample(head) != head.size ||
      first_bad_sample(tail) != tail.size) {
    require_finite(samples);
  }
}

// All rows of a pass of the fused pipeline, feature-major, into scratch().rows.
void run_short_term(const ShortTermPlan& plan, const ShortTermPass& pass, const Samples& samples,
                    std::size_t n_frames) {
  Scratch& s = scratch();
  s.rows.reserve(plan.rows.size() * padded(n_frames));
  const std::size_t hop = plan.framing.hop_length, length = plan.framing.frame_length;
  // Samples between the frames are not loaded, and float64 rounds where the limit is.
  if (hop > length || samples.type == SampleType::float64) require_finite(samples);
  const bool is_finite = kernels().short_term(plan, pass, samples, n_frames, nullptr, s.work,
                                              s.rows.data(), padded(n_frames));
  require_finite_around(samples, is_finite, 0,
                        static_cast<std::ptrdiff_t>((n_frames - 1) * hop + length));
}

struct Span {
  std::size_t first, count;
};

// Frames between the first and the last whose energy is within trim_db of the loudest.
Span loud_span(const float* energy, std::size_t n_frames, double trim_db) {
  if (!(trim_db > 0.0)) return {0, n_frames};
  const float loudest = *std::max_element(energy, energy + n_frames);
  const float threshold = loudest * static_cast<float>(std::pow(10.0, -trim_db / 10.0));
  std::size_t first = 0, last = n_frames;
  while (first < last && energy[first] < threshold) ++first;
  while (last > first && energy[last - 1] < threshold) --last;
  return first == last ? Span{0, n_frames} : Span{first, last - first};
}

std::vector<DeltaPlan> make_deltas(std::size_t order, std::size_t width) {
  std::vector<DeltaPlan> plans;
  for (std::size_t i = 1; i <= order; ++i) plans.emplace_back(width, i);
  return plans;
}

// What the rows need, and the trimming.
ShortTermOptions with_features(const ExtractOptions& options) {
  if (options.rows.empty()) throw std::invalid_argument("features must not be empty");
  ShortTermOptions result = options.short_term;
  const ShortTermRows rows(result.mel.n_mels, result.n_mfcc);
  for (std::size_t row : options.rows) {
    const Feature feature = rows.feature_of(row);
    result.features.add(feature);
    if (info(feature).where == Where::voiced) result.features.add(Feature::f0);
  }
  if (options.trim_db > 0.0 || options.floor_db > 0.0) result.features.add(Feature::energy);
  if (!options.voiced_statistics.empty()) result.features.add(Feature::f0);
  if (options.modulation) result.features.add(Feature::mel);
  return result;
}

}  // namespace

Extractor::Extractor(ExtractOptions options)
    : options_(std::move(options)),
      short_term_(with_features(options_)),
      deltas_(make_deltas(options_.delta_order, options_.delta_width)),
      functionals_(options_.statistics) {
  for (std::size_t row = 0; row < short_term_.rows.size(); ++row) {
    is_of_voiced_.push_back(info(short_term_.rows.feature_of(row)).where == Where::voiced);
  }
  for (std::size_t row : rows()) n_everywhere_ += is_of_voiced(row) ? 0 : 1 + delta_order();
  if (!options_.voiced_statistics.empty()) {
    voiced_functionals_ = std::make_unique<FunctionalsPlan>(options_.voiced_statistics);
  }
  if (short_term_.features.has_voice()) {
    voice_ = std::make_unique<VoiceRows>(short_term_.features, options_.short_term.sample_rate,
                                         short_term_.framing);
  }
  if (!options_.modulation) return;
  const double hop = static_cast<double>(options_.short_term.framing.hop_length);
  modulation_ = std::make_unique<ModulationPlan>(options_.short_term.sample_rate / hop);
}

std::string Extractor::voice_names() const {
  std::string names;
  for (std::size_t row : rows()) {
    const FeatureInfo& feature = info(short_term_.rows.feature_of(row));
    if (is_of_voice(feature.stage))
      names += (names.empty() ? "" : ", ") + std::string(feature.name);
  }
  return names;
}

std::size_t Extractor::n_modulations() const {
  return modulation_ == nullptr ? 0 : short_term_.mel.n_mels * kNumModulations;
}

std::size_t Extractor::run(const Samples& samples) const {
  const std::size_t n = count(samples.size);
  ShortTermPass pass(short_term_);
  double speech = 0.0;
  if (options_.floor_db > 0.0) {
    // The level of all comes before what is relative to it: energies take a fifth of the time.
    FeatureSet energies;
    energies.add(Feature::energy);
    std::swap(pass.features, energies);
    run_short_term(short_term_, pass, samples, n);
    speech = speech_energy(row_of(Feature::energy, n), n);
    pass = ShortTermPass(short_term_, speech, options_.floor_db);
  }
  run_short_term(short_term_, pass, samples, n);
  if (voice_ != nullptr) {
    Scratch& s = scratch();
    voice_->run(samples, speech, {short_term_.rows, n, s.rows.data(), padded(n)}, s.voice);
  }
  return n;
}

const float* Extractor::row_of(Feature feature, std::size_t n_frames) const {
  return scratch().rows.data() + short_term_.rows.first(feature) * padded(n_frames);
}

// What derivatives of a row are of.
const float* Extractor::row_for_deltas(std::size_t row, std::size_t n_frames) const {
  Scratch& s = scratch();
  const float* const values = s.rows.data() + row * padded(n_frames);
  if (!is_of_voiced(row)) return values;
  s.bridged.reserve(padded(n_frames));
  bridge(values, row_of(Feature::f0, n_frames), n_frames, s.bridged.data());
  return s.bridged.data();
}

std::size_t Extractor::count(std::size_t n_samples) const {
  const FramingPlan& framing = short_term_.framing;
  if (n_samples == 0) throw std::invalid_argument("samples must not be empty, got 0 samples");
  const std::size_t n = count_frames(n_samples, framing.frame_length, framing.hop_length);
  if (n == 0) {
    throw std::invalid_argument("samples must hold at least one frame of " +
                                std::to_string(framing.frame_length) + " samples, got " +
                                std::to_string(n_samples) + "; pass pad=True to append zeros");
  }
  if (delta_order() > 0 && n < delta_width()) {
    throw std::invalid_argument("delta_width must not exceed the number of frames, got width " +
                                std::to_string(delta_width()) + " and " + std::to_string(n) +
                                " frames");
  }
  return n;
}

void Extractor::frames(const Samples& samples, float* out) const {
  const std::size_t n = run(samples);
  Scratch& s = scratch();
  // Columns of the result that are written together share its cache lines.
  s.derivative.reserve(kColumns * padded(n));
  const KernelTable& table = kernels();
  std::size_t column = 0, n_rows = 0;
  const auto flush = [&] {
    transpose(s.derivative.data(), n_rows, n, padded(n), out + column, n_features());
    column += n_rows;
    n_rows = 0;
  };
  for (std::size_t order = 0; order <= delta_order(); ++order) {
    for (std::size_t row : rows()) {
      const float* const from = s.rows.data() + row * padded(n);
      float* const to = s.derivative.data() + n_rows * padded(n);
      if (order == 0) {
        std::copy(from, from + n, to);
      } else {
        table.delta_row(deltas_[order - 1], row_for_deltas(row, n), n, to);
        if (is_of_voiced(row)) keep_where_voiced(row_of(Feature::f0, n), n, to);
      }
      if (++n_rows == kColumns) flush();
    }
  }
  flush();
  s.shrink();
}

// Of some frames those that are voiced, counted from the first.
std::size_t Extractor::find_voiced(std::size_t n_frames, std::size_t first,
                                   std::size_t count) const {
  if (!short_term_.features.has(Stage::pitch)) return 0;
  Scratch& s = scratch();
  s.voiced.reserve(padded(count));
  s.voiced_frames.resize(count + 1);
  return quaver::find_voiced(row_of(Feature::f0, n_frames) + first, count, s.voiced_frames.data());
}

// Zeros where no frame is voiced.
void Extractor::voiced_statistics(const FunctionalsPlan& plan, const float* values,
                                  std::size_t n_voiced, float* out) const {
  Scratch& s = scratch();
  for (std::size_t i = 0; i < n_voiced; ++i) s.voiced[i] = values[s.voiced_frames[i]];
  if (n_voiced > 0) {
    kernels().functionals_row(plan, s.voiced.data(), n_voiced, s.functionals, out);
  } else {
    std::fill(out, out + plan.n_statistics, 0.0f);
  }
}

void Extractor::vector(const Samples& samples, float* out) const {
  const std::size_t n = run(samples);
  Scratch& s = scratch();
  s.derivative.reserve(padded(n));
  s.functionals.reserve(n);
  const Span span = loud_span(row_of(Feature::energy, n), n, options_.trim_db);
  const std::size_t step = functionals_.n_statistics,
                    voiced_step = n_everywhere_ == 0 ? 0 : n_voiced() / n_everywhere_;
  const std::size_t n_everywhere = n_everywhere_ / (1 + delta_order());
  const std::size_t n_voiced_frames = find_voiced(n, span.first, span.count);
  float* const of_voiced = out + n_features() * step;
  std::size_t everywhere = 0;
  const KernelTable& table = kernels();
  for (std::size_t i = 0; i < rows().size(); ++i) {
    const std::size_t row = rows()[i];
    const bool is_voiced = is_of_voiced(row);
    const float* values = s.rows.data() + row * padded(n);
    for (std::size_t order = 0; order <= delta_order(); ++order) {
      if (order > 0) {
        table.delta_row(deltas_[order - 1], row_for_deltas(row, n), n, s.derivative.data());
        values = s.derivative.data();
      }
      float* const to = out + (order * rows().size() + i) * step;
      if (is_voiced) {
        voiced_statistics(functionals_, values + span.first, n_voiced_frames, to);
        continue;
      }
      table.functionals_row(functionals_, values + span.first, span.count, s.functionals, to);
      if (n_voiced() == 0) continue;
      voiced_statistics(*voiced_functionals_, values + span.first, n_voiced_frames,
                        of_voiced + (order * n_everywhere + everywhere) * voiced_step);
    }
    everywhere += is_voiced ? 0 : 1;
  }
  if (modulation_ != nullptr) {
    modulation(*modulation_, row_of(Feature::mel, n) + span.first, padded(n),
               short_term_.mel.n_mels, span.count, s.modulation, of_voiced + n_voiced());
  }
  s.shrink();
}

void require_finite(const Samples& samples) {
  const std::size_t i = kernels().first_bad_sample(samples);
  if (i == samples.size) return;
  const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(i) * samples.stride;
  const double value = samples.type == SampleType::float32
                           ? static_cast<double>(static_cast<const float*>(samples.data)[offset])
                           : static_cast<const double*>(samples.data)[offset];
  throw std::invalid_argument("samples must be finite and at most 1e12 in magnitude, got " +
                              number_text(value) + " at index " + std::to_string(i));
}

void log_mel(const LogMelPlan& plan, const Samples& samples, float* out) {
  const std::size_t hop = plan.framing.hop_length, length = plan.framing.frame_length;
  if (hop > length || samples.type == SampleType::float64) require_finite(samples);
  const std::size_t n_frames = plan.count(samples.size);
  const bool is_finite = kernels().log_mel(plan, samples, n_frames, scratch().log_mel, out);
  scratch().shrink();
  const std::ptrdiff_t first =
      static_cast<std::ptrdiff_t>(plan.window_lead) - static_cast<std::ptrdiff_t>(plan.pad);
  require_finite_around(samples, is_finite, first,
                        first + static_cast<std::ptrdiff_t>((n_frames - 1) * hop + length));
}

namespace {

std::size_t load_columns(const float* values, std::size_t n_frames, std::size_t n_features,
                         std::size_t first, Buffer<float>& rows) {
  const std::size_t n = std::min(kColumns, n_features - first);
  rows.reserve(kColumns * padded(n_frames));
  transpose(values + first, n_frames, n, n_features, rows.data(), padded(n_frames));
  return n;
}

}  // namespace

void functionals(const FunctionalsPlan& plan, const float* values, std::size_t n_frames,
                 std::size_t n_features, float* out) {
  Scratch& s = scratch();
  s.functionals.reserve(n_frames);
  const KernelTable& table = kernels();
  for (std::size_t first = 0; first < n_features; first += kColumns) {
    const std::size_t n = load_columns(values, n_frames, n_features, first, s.rows);
    for (std::size_t i = 0; i < n; ++i) {
      table.functionals_row(plan, s.rows.data() + i * padded(n_frames), n_frames, s.functionals,
                            out + (first + i) * plan.n_statistics);
    }
  }
  s.shrink();
}

void modulation(const ModulationPlan& plan, const float* values, std::size_t n_frames,
                std::size_t n_features, float* out) {
  Scratch& s = scratch();
  for (std::size_t first = 0; first < n_features; first += kColumns) {
    const std::size_t n = load_columns(values, n_frames, n_features, first, s.rows);
    modulation(plan, s.rows.data(), padded(n_frames), n, n_frames, s.modulation,
               out + first * kNumModulations);
  }
  s.shrink();
}

void delta(const DeltaPlan& plan, const float* values, std::size_t n_frames, std::size_t n_features,
           float* out) {
  Scratch& s = scratch();
  s.derivative.reserve(kColumns * padded(n_frames));
  const KernelTable& table = kernels();
  for (std::size_t first = 0; first < n_features; first += kColumns) {
    const std::size_t n = load_columns(values, n_frames, n_features, first, s.rows);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t at = i * padded(n_frames);
      table.delta_row(plan, s.rows.data() + at, n_frames, s.derivative.data() + at);
    }
    transpose(s.derivative.data(), n, n_frames, padded(n_frames), out + first, n_features);
  }
  s.shrink();
}

}  // namespace quaver
