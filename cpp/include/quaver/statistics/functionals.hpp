// SPDX-License-Identifier: BSD-3-Clause
// Global statistics of a feature over all frames. Moments are accumulated in float64 around the
// float64 mean; percentiles are exact order statistics with linear interpolation (NumPy's
// default). Constant rows have skewness and kurtosis 0. Error: one rounding to float32.
#pragma once

#include <cstddef>
#include <vector>

namespace quaver {

enum class Statistic {
  mean,
  median,
  std,       // ddof 0
  kurtosis,  // Fisher: 0 for a normal distribution
  skewness,
  percentile_1,
  percentile_99,
  min,
  max,
  range,  // max - min
};
constexpr std::size_t kNumStatistics = 10;

struct FunctionalsPlan {
  explicit FunctionalsPlan(std::vector<Statistic> statistics);

  std::vector<Statistic> statistic_list;
  const Statistic* statistics;
  std::size_t n_statistics;
  bool has_percentiles = false;
};

// Working memory of one row; grows to the longest row seen.
class FunctionalsScratch {
 public:
  FunctionalsScratch() = default;
  FunctionalsScratch(const FunctionalsScratch&) = delete;
  FunctionalsScratch& operator=(const FunctionalsScratch&) = delete;
  ~FunctionalsScratch();
  void reserve(std::size_t n_frames);

  static constexpr std::size_t kStep = 64;  // keys are written this many at a time
  signed char* keys = nullptr;              // of the row, n_frames rounded up to kStep
  signed char* inner_keys = nullptr;        // of the candidates
  float* candidates = nullptr;              // values that share a key, and kStep more

 private:
  std::size_t capacity_ = 0;
};

}  // namespace quaver
