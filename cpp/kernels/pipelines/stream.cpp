// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/pipelines/stream.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>

#include "quaver/core/number_text.hpp"
#include "simd/kernel_table.hpp"

namespace quaver {
namespace {

float sample_at(const Samples& samples, std::size_t i) {
  const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(i) * samples.stride;
  switch (samples.type) {
    case SampleType::int16:
      return static_cast<float>(static_cast<const std::int16_t*>(samples.data)[offset]) *
             (1.0f / 32768.0f);
    case SampleType::float32: return static_cast<const float*>(samples.data)[offset];
    default: return static_cast<float>(static_cast<const double*>(samples.data)[offset]);
  }
}

}  // namespace

Stream::Stream(std::shared_ptr<const Extractor> extractor)
    : extractor_(std::move(extractor)), carry_(extractor_->short_term().fft.n_bins) {
  if (extractor_->delta_order() > 0 && extractor_->delta_width() != 0) {
    throw std::invalid_argument(
        "a stream takes differences of neighbouring frames: delta_width must be None, got " +
        std::to_string(extractor_->delta_width()));
  }
  if (extractor_->floor_db() > 0.0) {
    throw std::invalid_argument(
        "a stream does not know the level of speech to come: floor_db must be None, got " +
        number_text(extractor_->floor_db()));
  }
  if (const std::string names = extractor_->voice_names(); !names.empty()) {
    throw std::invalid_argument(
        "frames of a voice reach beyond a stream's own: features must not be of the voice, got " +
        names);
  }
  reset();
}

void Stream::reset() {
  pending_.clear();
  skip_ = 0;
  before_ = 0.0f;
  carry_.has_previous = false;
  carry_.previous.fill_zero();
  last_.assign(extractor_->n_features(), 0.0f);
  has_last_ = false;
}

std::size_t Stream::push(const Samples& chunk) {
  require_finite(chunk);
  std::size_t i = 0;
  for (; i < chunk.size && skip_ > 0; ++i, --skip_) before_ = sample_at(chunk, i);
  pending_.reserve(pending_.size() + chunk.size - i);
  for (; i < chunk.size; ++i) pending_.push_back(sample_at(chunk, i));
  const FramingPlan& framing = extractor_->short_term().framing;
  return count_frames(pending_.size(), framing.frame_length, framing.hop_length);
}

void Stream::pop(std::size_t n_frames, float* out) {
  if (n_frames == 0) return;
  const ShortTermPlan& plan = extractor_->short_term();
  const std::size_t stride = (n_frames + 15) / 16 * 16;
  rows_.reserve(plan.rows.size() * stride);
  const Samples samples{pending_.data(), 1, pending_.size(), SampleType::float32, before_};
  kernels().short_term(plan, ShortTermPass(plan), samples, n_frames, &carry_, work_, rows_.data(),
                       stride);

  const std::vector<std::size_t>& kept = extractor_->rows();
  const std::size_t n_features = extractor_->n_features();
  for (std::size_t t = 0; t < n_frames; ++t, out += n_features) {
    for (std::size_t i = 0; i < kept.size(); ++i) out[i] = rows_[kept[i] * stride + t];
    for (std::size_t i = kept.size(); i < n_features; ++i) {
      const std::size_t lower = i - kept.size();  // the same feature, one derivative less
      out[i] = has_last_ ? out[lower] - last_[lower] : 0.0f;
    }
    last_.assign(out, out + n_features);
    has_last_ = true;
  }

  const std::size_t used = n_frames * plan.framing.hop_length;
  const std::size_t dropped = used < pending_.size() ? used : pending_.size();
  before_ = pending_[dropped - 1];
  skip_ = used - dropped;
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(dropped));
}

}  // namespace quaver
