// SPDX-License-Identifier: BSD-3-Clause
// Filter banks of any shape over the bins of a spectrum, B[m] = sum_k w[m][k] X[k]: each row of
// weights from its first to its last that is not zero. Error: the rounding of two sums of half a
// row's length in T = float or double. And the matrix of the cosine transform that follows one.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/core/buffer.hpp"

namespace quaver {

// A run of bins and their weights.
struct Band {
  std::size_t first;    // bin
  std::size_t count;    // bins
  std::size_t weights;  // offset into the bank's weights
};

template <class T>
struct FilterBank {
  FilterBank(const T* dense, std::size_t n_bands, std::size_t n_bins);  // (n_bands, n_bins)

  std::size_t n_bands, n_bins;
  std::vector<Band> band_list;
  const Band* bands;  // band_list.data(), for kernels
  Buffer<T> weights;
};

extern template struct FilterBank<float>;
extern template struct FilterBank<double>;

// Orthonormal DCT-II of n values: a[k] cos(pi k (2 m + 1) / (2 n)), a[0] = sqrt(1/n), else
// sqrt(2/n).
double dct_weight(std::size_t n, std::size_t k, std::size_t m);

}  // namespace quaver
