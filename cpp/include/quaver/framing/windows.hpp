// SPDX-License-Identifier: BSD-3-Clause
// Windows over (n_frames, n_features), each turned to (n_features, length) as convolutions take
// pictures: out[w][i][t] = values[starts[w] + t][i]. Exact: values are only moved.
#pragma once

#include <cstddef>
#include <vector>

namespace quaver {

// First frames of the windows: 0, step, 2 step, ... while a whole window fits. With `align`, one
// more window ends with the last frame if those leave a rest. Needs n_frames >= length.
std::vector<std::size_t> window_starts(std::size_t n_frames, std::size_t length, std::size_t step,
                                       bool align);

// `out` is (starts.size(), n_features, length); needs starts[w] + length <= n_frames.
void windows(const float* values, std::size_t n_features, const std::vector<std::size_t>& starts,
             std::size_t length, float* out);

}  // namespace quaver
