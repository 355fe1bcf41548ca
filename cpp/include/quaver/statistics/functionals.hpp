// SPDX-License-Identifier: BSD-3-Clause
// Global statistics of a feature over all frames. Moments are accumulated in float64 around the
// float64 mean; percentiles are exact order statistics with linear interpolation (NumPy's
// default). Constant rows have skewness and kurtosis 0. Error: one rounding to float32.
//   slope, curvature  coefficients of the orthogonal polynomials of degree 1 and 2 over the frames,
//                     of mean square 1, by least squares; of too few frames 0
//   residual          root mean square of what these and the mean leave of the row, so that
//                     slope^2 + curvature^2 + residual^2 = std^2
#pragma once

#include <cstddef>
#include <vector>

namespace quaver {

// The statistics, in the order of the extracted vector; all else is made from this list, in Python
// too.
//   FORMULA(name, what it is of a constant row, whether it is in the default set)
//   QUANTILE(the same, q, r)   the quantile q; less the quantile r, if there is one
// Those of FORMULA are computed in functionals_row.
#define QV_STATISTICS(FORMULA, QUANTILE)                  \
  FORMULA(mean, value, true)                              \
  QUANTILE(median, value, true, 0.5, kNoQuantile)         \
  FORMULA(std, zero, true)      /* ddof 0 */              \
  FORMULA(kurtosis, zero, true) /* Fisher */              \
  FORMULA(skewness, zero, true)                           \
  QUANTILE(percentile_1, value, true, 0.01, kNoQuantile)  \
  QUANTILE(percentile_99, value, true, 0.99, kNoQuantile) \
  FORMULA(min, value, true)                               \
  FORMULA(max, value, true)                               \
  FORMULA(range, zero, true) /* max - min */              \
  QUANTILE(quartile_1, value, false, 0.25, kNoQuantile)   \
  QUANTILE(quartile_3, value, false, 0.75, kNoQuantile)   \
  QUANTILE(iqr, zero, false, 0.75, 0.25)                  \
  FORMULA(slope, zero, false)                             \
  FORMULA(curvature, zero, false)                         \
  FORMULA(residual, zero, false)

enum class Statistic : std::size_t {
#define QV_ENUMERATOR(name, ...) name,
  QV_STATISTICS(QV_ENUMERATOR, QV_ENUMERATOR)
#undef QV_ENUMERATOR
};

enum class OfConstant { value, zero };
constexpr double kNoQuantile = -1.0;
struct StatisticInfo {
  const char* name;
  OfConstant of_constant;
  bool is_default;
  double quantile, less;
};
constexpr StatisticInfo kStatistics[] = {
#define QV_FORMULA(name, of_constant, is_default) \
  {#name, OfConstant::of_constant, is_default, kNoQuantile, kNoQuantile},
#define QV_QUANTILE(name, of_constant, is_default, quantile, less) \
  {#name, OfConstant::of_constant, is_default, quantile, less},
    QV_STATISTICS(QV_FORMULA, QV_QUANTILE)
#undef QV_FORMULA
#undef QV_QUANTILE
};
constexpr std::size_t kNumStatistics = sizeof(kStatistics) / sizeof(kStatistics[0]);
constexpr const StatisticInfo& info(Statistic s) {
  return kStatistics[static_cast<std::size_t>(s)];
}

// By their places in the list; std::invalid_argument for one beyond it.
std::vector<Statistic> statistics_of(const std::vector<std::size_t>& places);

struct FunctionalsPlan {
  explicit FunctionalsPlan(std::vector<Statistic> statistics);
  // Its pointer leads into its own vector, which a move keeps and a copy would not.
  FunctionalsPlan(FunctionalsPlan&&) = default;
  FunctionalsPlan& operator=(FunctionalsPlan&&) = default;

  std::vector<Statistic> statistic_list;
  const Statistic* statistics;
  std::size_t n_statistics;
  bool has_percentiles = false, has_trend = false;
};

// Working memory of one row; grows to the longest row seen.
class FunctionalsScratch {
 public:
  FunctionalsScratch() = default;
  FunctionalsScratch(const FunctionalsScratch&) = delete;
  FunctionalsScratch& operator=(const FunctionalsScratch&) = delete;
  ~FunctionalsScratch();
  void reserve(std::size_t n_frames);
  std::size_t capacity() const { return capacity_; }
  void clear();

  static constexpr std::size_t kStep = 64;  // keys are written this many at a time
  signed char* keys = nullptr;              // of the row, n_frames rounded up to kStep
  signed char* inner_keys = nullptr;        // of the candidates
  float* candidates = nullptr;              // values that share a key, and kStep more

 private:
  std::size_t capacity_ = 0;
};

}  // namespace quaver
