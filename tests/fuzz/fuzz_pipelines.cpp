// SPDX-License-Identifier: BSD-3-Clause
// Features of a clip: targets against base, a stream against the clip, many clips against one, and
// log-mel pictures.
#include <memory>

#include "fuzz.hpp"
#include "quaver/pipelines/batch.hpp"
#include "quaver/pipelines/extract.hpp"
#include "quaver/pipelines/stream.hpp"

using namespace quaver;

static ExtractOptions options_of(fuzz::Bytes& bytes) {
  const char* windows[] = {"hamming", "hann", "blackman", "boxcar", "none"};
  const std::size_t lengths[] = {256, 512, 400, 500, 127, 1024};
  ExtractOptions o;
  const std::size_t n_fft = bytes.any_of(lengths), frame = bytes.between(1, n_fft);
  const double emphasis = bytes.flag() ? 0.97 : 0.0;
  o.short_term.framing = {frame,    bytes.between(20, 600), n_fft,
                          emphasis, bytes.any_of(windows),  false};
  o.short_term.n_blocks = bytes.between(0, 12);
  o.short_term.n_bands = bytes.between(0, 12);
  o.short_term.rolloff = 0.9;
  o.short_term.mel.n_mels = bytes.between(1, 24);
  o.short_term.n_mfcc = bytes.between(1, 13);
  const std::size_t n_rows = ShortTermRows(o.short_term.mel.n_mels, o.short_term.n_mfcc).size();
  for (std::size_t i = bytes.between(0, 12); i != 0; --i) o.rows.push_back(bytes.byte() % n_rows);
  o.delta_order = bytes.between(0, 2);
  o.trim_db = bytes.flag() ? 20.0 : 0.0;
  o.floor_db = bytes.byte() % 8 == 0 ? 40.0 : 0.0;
  o.modulation = bytes.byte() % 8 == 0 && o.short_term.framing.hop_length <= 250;
  o.statistics = statistics_of({0, 1, 2, 7, 9, 12});
  if (o.delta_order == 2) o.voiced_statistics = statistics_of({0, 2});
  return o;
}

static std::vector<float> frames_of(const Extractor& extractor, const std::vector<float>& x) {
  std::vector<float> out(extractor.count(x.size()) * extractor.n_features());
  extractor.frames(fuzz::view(x), out.data());
  for (float v : out) REQUIRE(std::isfinite(v));
  return out;
}

static void check_stream(const std::shared_ptr<Extractor>& extractor, const std::vector<float>& x,
                         fuzz::Bytes& bytes) {
  Stream stream(extractor);
  std::vector<float> rows;
  for (std::size_t at = 0; at < x.size();) {
    const std::size_t n = std::min(x.size() - at, bytes.between(0, 400) + 1);
    const std::size_t ready = stream.push({x.data() + at, 1, n, SampleType::float32});
    rows.resize(rows.size() + ready * extractor->n_features());
    stream.pop(ready, rows.data() + rows.size() - ready * extractor->n_features());
    at += n;
  }
  const std::vector<float> expected = frames_of(*extractor, x);
  REQUIRE(rows.size() == expected.size());
  REQUIRE(std::memcmp(rows.data(), expected.data(), rows.size() * sizeof(float)) == 0);
}

static void check_clips(const Extractor& extractor, const std::vector<float>& x) {
  std::vector<float> one(extractor.n_values()), many(3 * one.size());
  extractor.vector(fuzz::view(x), one.data());
  std::vector<Clip> clips;
  for (std::size_t i = 0; i < 3; ++i)
    clips.push_back({fuzz::view(x), many.data() + i * one.size()});
  REQUIRE(extract_clips(extractor, clips, 2).empty());
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(std::memcmp(one.data(), clips[i].out, one.size() * sizeof(float)) == 0);
  }
}

static void check_log_mel(fuzz::Bytes& bytes, const std::vector<float>& x, bool is_noise) {
  const std::size_t lengths[] = {64, 256, 512, 400, 127};
  LogMelOptions o;
  const std::size_t n_fft = bytes.any_of(lengths), window = bytes.between(n_fft / 2, n_fft);
  o.framing = {window, bytes.between(20, 600), n_fft, 0.0, "hann", true};
  o.mel = {n_fft, 16000.0, bytes.between(1, 10), 0.0, 8000.0, bytes.flag(), bytes.flag(), 1e-10};
  o.center = bytes.flag();
  o.magnitude = bytes.flag();
  const LogMelPlan plan(o);
  const std::size_t n_mels = plan.mel.n_mels;
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(plan.count(x.size()) * n_mels);
        if (!out.empty()) log_mel(plan, fuzz::view(x), out.data());
        for (float v : out) REQUIRE(std::isfinite(v));
        return fuzz::widened(out);
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        for (std::size_t i = 0; i < found.size() && is_noise; ++i) {
          const auto row = expected.begin() + static_cast<std::ptrdiff_t>(i / n_mels * n_mels);
          const double top = *std::max_element(row, row + static_cast<std::ptrdiff_t>(n_mels));
          if (expected[i] > top - 60.0) fuzz::require_near(expected[i], found[i], 2e-3);
        }
      });
}

static void one(fuzz::Bytes& bytes) {
  const auto extractor = std::make_shared<Extractor>(options_of(bytes));
  const std::vector<float> x = bytes.samples(bytes.between(1, 4000));
  const bool is_noise = bytes.is_noise();
  check_log_mel(bytes, x, is_noise);
  fuzz::on_each_target([&] { return fuzz::widened(frames_of(*extractor, x)); },
                       [](const fuzz::Values&, const fuzz::Values&) {});
  const bool is_streamed = !(extractor->floor_db() > 0.0) && extractor->voice_names().empty();
  if (is_streamed) check_stream(extractor, x, bytes);
  check_clips(*extractor, x);
}

QV_FUZZ(one)
