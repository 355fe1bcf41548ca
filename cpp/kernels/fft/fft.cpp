// SPDX-License-Identifier: BSD-3-Clause
// The tables of transforms, computed in double and rounded to T.
#include "quaver/fft/fft.hpp"

#include <cmath>
#include <complex>
#include <stdexcept>
#include <vector>

#include "quaver/framing/layout.hpp"

namespace quaver {
namespace {

constexpr double kTwoPi = 6.28318530717958647692;
// Below, frames of floats fit the first cache as they are, and of doubles 16 columns are shorter
// than a row.
template <class T>
constexpr std::size_t kSmallestRows = sizeof(T) == sizeof(float) ? 1024 : 512;

std::size_t largest_prime_factor(std::size_t n) {
  std::size_t largest = 1;
  for (std::size_t p = 2; p * p <= n; ++p) {
    for (; n % p == 0; n /= p) largest = p;
  }
  return n > 1 ? n : largest;
}

// cos and sin of 2 pi i / n
void append_root(std::vector<double>& table, std::size_t i, std::size_t n, double sign) {
  const double angle = kTwoPi * static_cast<double>(i % n) / static_cast<double>(n);
  table.push_back(std::cos(angle));
  table.push_back(sign * std::sin(angle));
}

// Of the powers of two that remain: eight, unless that would leave a two behind.
std::size_t next_radix(std::size_t remaining) {
  if (remaining % 2 == 0) {
    const bool by_8 = remaining % 8 == 0 && (remaining % 16 != 0 || remaining % 32 == 0);
    return by_8 ? 8 : remaining % 4 == 0 ? 4 : 2;
  }
  std::size_t radix = 3;
  while (remaining % radix != 0) radix += 2;
  return radix;
}

template <class T>
void add_passes(FftPlan<T>& plan, std::size_t n) {
  std::vector<double> twiddles, roots;
  std::size_t remaining = n, stride = 1;
  while (remaining > 1) {
    const std::size_t radix = next_radix(remaining);
    const std::size_t m = remaining / radix;
    plan.passes[plan.n_passes++] = {radix, m, stride, twiddles.size(), roots.size()};
    for (std::size_t p = 0; p < m; ++p) {
      for (std::size_t j = 1; j < radix; ++j) append_root(twiddles, p * j, remaining, -1.0);
    }
    for (std::size_t j = 0; j < radix; ++j) append_root(roots, j, radix, 1.0);
    remaining = m;
    stride *= radix;
  }
  plan.twiddles = Buffer<T>(twiddles);
  plan.roots = Buffer<T>(roots);
}

// Radix 2, decimation in time; runs once a plan.
void transform(std::vector<std::complex<double>>& x) {
  const std::size_t n = x.size();
  if (n == 1) return;
  std::vector<std::complex<double>> even(n / 2), odd(n / 2);
  for (std::size_t i = 0; i < n / 2; ++i) {
    even[i] = x[2 * i];
    odd[i] = x[2 * i + 1];
  }
  transform(even);
  transform(odd);
  for (std::size_t k = 0; k < n / 2; ++k) {
    const double angle = -kTwoPi * static_cast<double>(k) / static_cast<double>(n);
    const std::complex<double> t = std::polar(1.0, angle) * odd[k];
    x[k] = even[k] + t;
    x[k + n / 2] = even[k] - t;
  }
}

template <class T>
void add_chirp(FftPlan<T>& plan) {
  const std::size_t n = plan.n_complex, size = plan.n_convolved;
  std::vector<double> chirp, spectrum;
  std::vector<std::complex<double>> conjugate(size);
  for (std::size_t j = 0; j < n; ++j) {
    append_root(chirp, j * j, 2 * n, -1.0);
    conjugate[j] = {chirp[2 * j], -chirp[2 * j + 1]};
    conjugate[(size - j) % size] = conjugate[j];
  }
  transform(conjugate);
  for (const std::complex<double>& value : conjugate) {
    spectrum.push_back(value.real() / static_cast<double>(size));
    spectrum.push_back(value.imag() / static_cast<double>(size));
  }
  plan.chirp = Buffer<T>(chirp);
  plan.chirp_spectrum = Buffer<T>(spectrum);
}

// For each row c = 0 .. 16 of two_passes.hpp, as cos and sin of 2 pi x / n: x = B2 i c,
// i = 1 .. B1 - 1, then, where B2 > 1, x = j (c + 32 k), j = 0 .. B2 - 1 by k = 0 .. B1 - 1.
std::vector<double> column_turns(std::size_t n) {
  const std::size_t n_columns = n / 32;
  const std::size_t outer = n_columns == 16 ? 16 : 8, inner = n_columns / outer;
  std::vector<double> turns;
  for (std::size_t c = 0; c <= 16; ++c) {
    for (std::size_t i = 1; i < outer; ++i) append_root(turns, inner * i * c, n, 1.0);
    for (std::size_t j = 0; j < inner && inner > 1; ++j) {
      for (std::size_t k = 0; k < outer; ++k) append_root(turns, j * (c + 32 * k), n, 1.0);
    }
  }
  return turns;
}

template <class T>
void add_rows(FftPlan<T>& plan) {
  std::vector<double> table;
  for (std::size_t c = 0; c < plan.n_rows; ++c) {
    for (std::size_t b = 1; b < FftPlan<T>::kColumns; ++b) {
      append_root(table, b * c, plan.n_complex, -1.0);
    }
    for (std::size_t d = 0; d < FftPlan<T>::kColumns; ++d) {
      append_root(table, c + plan.n_rows * d, plan.n, 1.0);
    }
  }
  plan.rows = Buffer<T>(table);
}

template <class T>
std::size_t place_of(const FftPlan<T>& plan, std::size_t k, std::size_t lanes) {
  const std::size_t m = plan.n_rows, columns = plan.n_columns;
  if (m != 0) return k % m * plan.row_step(lanes) + k / m * lanes;
  if (columns == 0) return k * lanes;
  const bool is_mirrored = k % 32 > 16;
  const std::size_t bin = is_mirrored ? plan.n - k : k;
  return (bin % 32 * (2 * columns + 1) + bin / 32) * lanes;
}

template <class T>
void add_places(FftPlan<T>& plan) {
  plan.place_list.resize(kNumTargets * plan.n_bins);
  for (std::size_t target = 0; target < kNumTargets; ++target) {
    unsigned* const list = plan.place_list.data() + target * plan.n_bins;
    const std::size_t lanes = kLanesOf[target] * sizeof(float) / sizeof(T);
    for (std::size_t k = 0; k < plan.n_bins; ++k) {
      list[k] = static_cast<unsigned>(place_of(plan, k, lanes));
    }
    plan.places[target] = list;
  }
}

}  // namespace

template <class T>
FftPlan<T>::FftPlan(std::size_t n_, bool is_packed)
    : n(checked_length("n_fft", n_)),
      n_bins(n_ / 2 + 1),
      n_complex(n_ % 2 == 0 ? n_ / 2 : n_),
      gain(transform_gain(n_)),
      n_convolved(0),
      n_columns(is_packed ? 0 : columns_of(n_)),
      n_rows(is_packed || n_ % 32 != 0 || n_ < kSmallestRows<T> || n_columns != 0 ? 0 : n_ / 32) {
  if (n == 0) throw std::invalid_argument("the transform's length must be positive, got 0");
  if (largest_prime_factor(n_complex) > kMaxRadix) {
    n_rows = 0;
    n_convolved = 1;
    while (n_convolved < 2 * n_complex - 1) n_convolved *= 2;
    add_chirp(*this);
  }
  add_places(*this);
  if (n_columns != 0) {
    turns = Buffer<T>(column_turns(n));
    return;
  }
  if (n_rows != 0) add_rows(*this);
  add_passes(*this, n_rows != 0 ? n_rows : n_convolved != 0 ? n_convolved : n_complex);
  std::vector<double> table;
  for (std::size_t k = 0; k <= n / 4; ++k) append_root(table, k, n, 1.0);
  post = Buffer<T>(table);
}

template <class T>
std::size_t FftPlan<T>::row_step(std::size_t lanes) const {
  return (2 * kColumns + 1) * lanes;
}

template <class T>
std::size_t FftPlan<T>::work_size(std::size_t lanes) const {
  return 4 * lanes * (n_convolved == 0 ? n_complex : n_convolved);
}

template struct FftPlan<float>;
template struct FftPlan<double>;

std::size_t columns_of(std::size_t n_fft) {
  const bool is_power = (n_fft & (n_fft - 1)) == 0;
  return is_power && n_fft >= 256 && n_fft <= 4096 ? n_fft / 32 : 0;
}

std::size_t place_in_columns(std::size_t n, std::size_t n_columns) {
  return n % n_columns * 32 + n / n_columns;
}

double transform_gain(std::size_t n_fft) {
  return n_fft % 2 == 0 && columns_of(n_fft) == 0 ? 2.0 : 1.0;
}

}  // namespace quaver
