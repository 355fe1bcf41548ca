// SPDX-License-Identifier: BSD-3-Clause
// Valleys and peaks of spectral contrast (Jiang et al., Music type classification by spectral
// contrast feature, ICME 2002): in each band of bins, the mean of the `count` smallest and of the
// `count` largest magnitudes of a frame, as librosa.feature.spectral_contrast.
// Results are (n_bands, n_frames). Error: the rounding of a sum of `count` values.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/spectrum/picture.hpp"

namespace quaver {

struct ContrastBand {
  std::size_t first;  // bin
  std::size_t last;   // bin behind the band's last
  std::size_t count;  // 1 .. kMaxContrastCount, at most last - first
};

// Sorted lists of this length still pay off against a full sort.
constexpr std::size_t kMaxContrastCount = 64;

struct ContrastPlan {
  explicit ContrastPlan(std::vector<ContrastBand> bands);
  // Its pointer leads into its own vector, which a move keeps and a copy would not.
  ContrastPlan(ContrastPlan&&) = default;
  ContrastPlan& operator=(ContrastPlan&&) = default;

  std::vector<ContrastBand> band_list;
  const ContrastBand* bands;
  std::size_t n_bands;
};

void contrast(const ContrastPlan& plan, const Picture<float>& magnitude, float* valley,
              float* peak);
void contrast(const ContrastPlan& plan, const Picture<double>& magnitude, double* valley,
              double* peak);

}  // namespace quaver
