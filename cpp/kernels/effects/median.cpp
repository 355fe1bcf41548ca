// SPDX-License-Identifier: BSD-3-Clause
// Columns lie in lanes; each keeps its window sorted. One step takes the oldest element x out and
// puts the newest y in: without x the list is t[i] = s[i] < x ? s[i] : s[i + 1], and with y it is
// max(t[i - 1], min(t[i], y)). No carry runs through the list, so the loop is throughput bound.
#ifndef QV_TARGET

#include "quaver/effects/median.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#define QV_FILE "kernels/effects/median.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

template <typename T, typename Kernel>
void run(Kernel KernelTable::* entry, const T* x, std::size_t n, std::size_t m, std::size_t size,
         T* out) {
  if (size == 0) throw std::invalid_argument("size of a median must be positive, got 0");
  if (size > kLargestMedian) {
    throw std::invalid_argument("size of a median must be at most " +
                                std::to_string(kLargestMedian) + ", got " + std::to_string(size));
  }
  if (n == 0 || m == 0) return;
  const KernelTable& table = kernels();
  const Kernel kernel = table.*entry;
  const std::size_t lanes = table.lanes;  // at least those of a double register
  std::vector<T> sorted((size + 1) * lanes);
  if (m >= lanes) return kernel(x, n, m, size, sorted.data(), out);
  std::vector<T> narrow(n * lanes), result(n * lanes);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) narrow[i * lanes + j] = x[i * m + j];
  }
  kernel(narrow.data(), n, lanes, size, sorted.data(), result.data());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) out[i * m + j] = result[i * lanes + j];
  }
}

}  // namespace

void running_median(const float* x, std::size_t n, std::size_t m, std::size_t size, float* out) {
  run(&KernelTable::running_median, x, n, m, size, out);
}

void running_median(const double* x, std::size_t n, std::size_t m, std::size_t size, double* out) {
  run(&KernelTable::running_median_wide, x, n, m, size, out);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

static inline std::size_t mirrored(std::ptrdiff_t i, std::size_t n) {
  const std::ptrdiff_t period = 2 * static_cast<std::ptrdiff_t>(n);
  const std::ptrdiff_t r = ((i % period) + period) % period;
  return static_cast<std::size_t>(2 * r < period ? r : period - 1 - r);
}

template <typename V, typename T>
static inline void replace(T* sorted, std::size_t size, V old, V fresh) {
  const std::size_t width = sizeof(V) / sizeof(T);
  const T infinity = static_cast<T>(__builtin_inf());
  V before = V{} - infinity, here = LoadU(sorted);
  for (std::size_t i = 0; i < size; ++i) {
    const V next = LoadU(sorted + (i + 1) * width);
    const V kept = here < old ? here : next;
    StoreU(sorted + i * width, Max(before, Min(kept, fresh)));
    before = kept;
    here = next;
  }
}

template <typename V, typename T>
static inline void median_columns(const T* x, std::size_t n, std::size_t m, std::size_t size,
                                  T* sorted, T* out) {
  const std::size_t width = sizeof(V) / sizeof(T);
  const std::ptrdiff_t reach = static_cast<std::ptrdiff_t>(size / 2);
  const V infinity = V{} + static_cast<T>(__builtin_inf());
  for (std::size_t column = 0; column < m; column += width) {
    const std::size_t j = column + width <= m ? column : m - width;
    for (std::size_t i = 0; i <= size; ++i) StoreU(sorted + i * width, infinity);
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t row = mirrored(static_cast<std::ptrdiff_t>(i) - reach, n);
      replace<V>(sorted, size, infinity, LoadU(x + row * m + j));
    }
    StoreU(out + j, LoadU(sorted + (size / 2) * width));
    for (std::size_t i = 1; i < n; ++i) {
      const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(i) - reach;
      const std::size_t leaving = mirrored(first - 1, n);
      const std::size_t entering = mirrored(first + static_cast<std::ptrdiff_t>(size) - 1, n);
      replace<V>(sorted, size, LoadU(x + leaving * m + j), LoadU(x + entering * m + j));
      StoreU(out + i * m + j, LoadU(sorted + (size / 2) * width));
    }
  }
}

void running_median(const float* x, std::size_t n, std::size_t m, std::size_t size, float* sorted,
                    float* out) {
  median_columns<Vec>(x, n, m, size, sorted, out);
}

void running_median_wide(const double* x, std::size_t n, std::size_t m, std::size_t size,
                         double* sorted, double* out) {
  median_columns<VecD>(x, n, m, size, sorted, out);
}

}  // namespace quaver::QV_TARGET

#endif
