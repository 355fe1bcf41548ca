// SPDX-License-Identifier: BSD-3-Clause
// Products of tables of T = float or double and frames in lanes. No include guard: a kernel file
// includes this inside its target region.

namespace quaver::QV_TARGET {

// Of one band of a bank, whose weights may be narrower than the rows; two chains, because one is
// bound by the latency of the multiply-add.
template <class W, class T>
static inline Lanes<T> band_sum(const FilterBank<W>& bank, std::size_t m, const T* rows,
                                std::size_t stride = LanesOf<T>::kCount) {
  const Band band = bank.bands[m];
  const W* w = bank.weights.data() + band.weights;
  const T* x = rows + band.first * stride;
  Lanes<T> even{}, odd{};
  std::size_t k = 0;
  for (; k + 2 <= band.count; k += 2) {
    even = MulAdd(LoadU(x + k * stride), Set(static_cast<T>(w[k])), even);
    odd = MulAdd(LoadU(x + (k + 1) * stride), Set(static_cast<T>(w[k + 1])), odd);
  }
  if (k < band.count) even = MulAdd(LoadU(x + k * stride), Set(static_cast<T>(w[k])), even);
  return even + odd;
}

// Four rows of the matrix, (n_rows, n), at a time share the loads of x and hide each other's
// latency.
template <class T>
static inline void times_matrix(const T* matrix, std::size_t n_rows, std::size_t n, const T* x,
                                T* out) {
  constexpr std::size_t kCount = LanesOf<T>::kCount;
  std::size_t row = 0;
  for (; row + 4 <= n_rows; row += 4, matrix += 4 * n) {
    Lanes<T> sums[4] = {};
    for (std::size_t m = 0; m < n; ++m) {
      const Lanes<T> v = LoadU(x + m * kCount);
      for (std::size_t j = 0; j < 4; ++j) sums[j] = MulAdd(v, Set(matrix[j * n + m]), sums[j]);
    }
    for (std::size_t j = 0; j < 4; ++j) StoreU(out + (row + j) * kCount, sums[j]);
  }
  for (; row < n_rows; ++row, matrix += n) {
    Lanes<T> even{}, odd{};
    for (std::size_t m = 0; m < n; ++m) {
      Lanes<T>& sum = m % 2 == 0 ? even : odd;
      sum = MulAdd(LoadU(x + m * kCount), Set(matrix[m]), sum);
    }
    StoreU(out + row * kCount, even + odd);
  }
}

}  // namespace quaver::QV_TARGET
