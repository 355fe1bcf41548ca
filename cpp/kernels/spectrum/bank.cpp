// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/spectrum/bank.hpp"

#include <cmath>

namespace quaver {

template <class T>
FilterBank<T>::FilterBank(const T* dense, std::size_t n_bands_, std::size_t n_bins_)
    : n_bands(n_bands_), n_bins(n_bins_) {
  std::vector<double> values;
  for (std::size_t m = 0; m < n_bands; ++m) {
    const T* row = dense + m * n_bins;
    std::size_t first = 0, last = n_bins;
    while (first < n_bins && row[first] == T{}) ++first;
    while (last > first && row[last - 1] == T{}) --last;
    band_list.push_back({first, last - first, values.size()});
    values.insert(values.end(), row + first, row + last);
  }
  bands = band_list.data();
  weights = Buffer<T>(values);
}

template struct FilterBank<float>;
template struct FilterBank<double>;

double dct_weight(std::size_t n, std::size_t k, std::size_t m) {
  const double pi = 3.14159265358979323846, size = static_cast<double>(n);
  const double angle = pi * static_cast<double>(k * (2 * m + 1)) / (2.0 * size);
  return std::sqrt((k == 0 ? 1.0 : 2.0) / size) * std::cos(angle);
}

}  // namespace quaver
