// SPDX-License-Identifier: BSD-3-Clause
// Vectors of many files on a pool of threads: each worker reads, mixes down, resamples and extracts
// one recording at a time, in memory that it keeps.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "quaver/pipelines/extract.hpp"

namespace quaver {

struct FileClip {
  std::string path;           // or, where it is empty,
  const std::uint8_t* bytes;  // what a file holds
  std::size_t n_bytes;
  float* out;  // n_values
};

// Returns the files, in order, that are left to a more careful reader (recordings/plain.hpp), or of
// which Extractor::vector made none; what is written for them is undefined. choice: the channels;
// most_seconds: longer recordings are left.
std::vector<std::size_t> extract_files(const Extractor& extractor,
                                       const std::vector<FileClip>& clips, std::uint32_t rate,
                                       int choice, double most_seconds, std::size_t n_threads);

}  // namespace quaver
