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
};

// Working memory of one row; grows to the longest row seen.
class FunctionalsScratch {
 public:
  FunctionalsScratch() = default;
  FunctionalsScratch(const FunctionalsScratch&) = delete;
  FunctionalsScratch& operator=(const FunctionalsScratch&) = delete;
  ~FunctionalsScratch();
  void reserve(std::size_t n_frames);

  unsigned short* bins = nullptr;  // bin of each value
  float* candidates = nullptr;     // values of one bin
  unsigned* counts = nullptr;      // histogram

  static constexpr std::size_t kMaxBins = 4096;

 private:
  std::size_t capacity_ = 0;
};

// The k-th smallest of n values; reorders them.
float select_rank(float* values, std::size_t n, std::size_t k);

}  // namespace quaver
