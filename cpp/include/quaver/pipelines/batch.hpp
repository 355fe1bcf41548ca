// SPDX-License-Identifier: BSD-3-Clause
// Vectors of many clips on a pool of threads.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "quaver/pipelines/extract.hpp"

namespace quaver {

struct Clip {
  Samples samples;
  float* out;  // n_values
};

struct ClipError {
  std::size_t index;
  std::string reason;
};

// Extractor::vector of each clip, by at most n_threads threads of which the caller is one. Returns
// the clips that could not be used, in order; what is written for them is undefined.
std::vector<ClipError> extract_clips(const Extractor& extractor, const std::vector<Clip>& clips,
                                     std::size_t n_threads);

}  // namespace quaver
