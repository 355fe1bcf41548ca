// SPDX-License-Identifier: BSD-3-Clause
// Vectors of many clips on a pool of threads.
#pragma once

#include <cstddef>
#include <functional>
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

// function(i) of each clip, by at most n_threads threads of which the caller is one. Returns, in
// order, the clips of which it threw std::invalid_argument or memory was short.
std::vector<ClipError> for_each_clip(std::size_t n_clips, std::size_t n_threads,
                                     const std::function<void(std::size_t)>& function);

// Extractor::vector of each clip. Returns those that could not be used; what is written for them is
// undefined.
std::vector<ClipError> extract_clips(const Extractor& extractor, const std::vector<Clip>& clips,
                                     std::size_t n_threads);

}  // namespace quaver
