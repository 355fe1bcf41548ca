// SPDX-License-Identifier: BSD-3-Clause
// Short-term features of a signal that arrives in chunks of any size. The frames of all chunks,
// one after the other, are bit for bit those of Extractor::frames on the whole signal.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "quaver/pipelines/extract.hpp"

namespace quaver {

class Stream {
 public:
  // Differences of neighbours only: a Savitzky-Golay derivative would need frames to come.
  explicit Stream(std::shared_ptr<const Extractor> extractor);

  const Extractor& extractor() const { return *extractor_; }
  // Takes the chunk in and returns how many frames are ready.
  std::size_t push(const Samples& chunk);
  // out: (n_frames as returned by push, n_features)
  void pop(std::size_t n_frames, float* out);
  void reset();

 private:
  std::shared_ptr<const Extractor> extractor_;
  std::vector<float> pending_;  // samples from the next frame's first on
  std::size_t skip_ = 0;        // samples between frames still to come, when hop > frame length
  float before_ = 0.0f;         // the sample ahead of pending_
  FrameCarry carry_;
  ShortTermWorkspace work_;
  Buffer<float> rows_;
  std::vector<float> last_;  // the features of the frame before
  bool has_last_ = false;
};

}  // namespace quaver
