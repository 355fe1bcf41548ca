// SPDX-License-Identifier: BSD-3-Clause
// A transpose a window. Frames shared by several windows are turned several times: they are still
// in the first cache, and copying turned ones would read as much.
#include "quaver/framing/windows.hpp"

#include "quaver/core/transpose.hpp"

namespace quaver {

std::vector<std::size_t> window_starts(std::size_t n_frames, std::size_t length, std::size_t step,
                                       bool align) {
  std::vector<std::size_t> starts;
  if (n_frames < length) return starts;
  // Against what is left, since the sum of two sizes may wrap.
  const std::size_t last = n_frames - length;
  starts.push_back(0);
  while (last - starts.back() >= step) starts.push_back(starts.back() + step);
  if (align && starts.back() < last) starts.push_back(last);
  return starts;
}

void windows(const float* values, std::size_t n_features, const std::vector<std::size_t>& starts,
             std::size_t length, float* out) {
  for (std::size_t start : starts) {
    transpose(values + start * n_features, length, n_features, n_features, out, length);
    out += n_features * length;
  }
}

}  // namespace quaver
