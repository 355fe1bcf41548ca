// SPDX-License-Identifier: BSD-3-Clause
// The passes are those of rfft.cpp (Van Loan 1992, ch. 1.7) for any odd radix: with sums
// a_j = x_j + x_{r-j} and differences b_j = x_j - x_{r-j}, outputs k and r - k share both of their
// halves, x_0 + sum a_j cos(2 pi j k / r) and sum b_j sin(2 pi j k / r).
#ifndef QV_TARGET

#include "quaver/fft/fft64.hpp"

#include <complex>
#include <stdexcept>
#include <vector>

#include "quaver/fft/rfft.hpp"

#define QV_FILE "kernels/fft/fft64.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr std::size_t kSmallestRows = 512;  // below, 16 columns are shorter than a row

std::size_t largest_prime_factor(std::size_t n) {
  std::size_t largest = 1;
  for (std::size_t p = 2; p * p <= n; ++p) {
    for (; n % p == 0; n /= p) largest = p;
  }
  return n > 1 ? n : largest;
}

// cos and sin of 2 pi i / n
void append_root(std::vector<double>& table, std::size_t i, std::size_t n, double sign) {
  const double angle = 2 * kPi * static_cast<double>(i % n) / static_cast<double>(n);
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

void add_passes(Fft64Plan& plan, std::size_t n) {
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
  plan.twiddles = Buffer<double>(twiddles);
  plan.roots = Buffer<double>(roots);
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
    const double angle = -2 * kPi * static_cast<double>(k) / static_cast<double>(n);
    const std::complex<double> t = std::polar(1.0, angle) * odd[k];
    x[k] = even[k] + t;
    x[k + n / 2] = even[k] - t;
  }
}

void add_chirp(Fft64Plan& plan) {
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
  plan.chirp = Buffer<double>(chirp);
  plan.chirp_spectrum = Buffer<double>(spectrum);
}

void add_rows(Fft64Plan& plan) {
  std::vector<double> table;
  for (std::size_t c = 0; c < plan.n_rows; ++c) {
    for (std::size_t b = 1; b < Fft64Plan::kColumns; ++b) {
      append_root(table, b * c, plan.n_complex, -1.0);
    }
    for (std::size_t d = 0; d < Fft64Plan::kColumns; ++d) {
      append_root(table, c + plan.n_rows * d, plan.n, 1.0);
    }
  }
  plan.rows = Buffer<double>(table);
}

std::size_t place_of(const Fft64Plan& plan, std::size_t k, std::size_t lanes) {
  const std::size_t m = plan.n_rows, columns = plan.n_columns;
  if (m != 0) return k % m * plan.row_step(lanes) + k / m * lanes;
  if (columns == 0) return k * lanes;
  const bool is_mirrored = k % 32 > 16;
  const std::size_t bin = is_mirrored ? plan.n - k : k;
  return (bin % 32 * (2 * columns + 1) + bin / 32) * lanes;
}

void add_places(Fft64Plan& plan) {
  plan.place_list.resize(kNumTargets * plan.n_bins);
  for (std::size_t target = 0; target < kNumTargets; ++target) {
    unsigned* const list = plan.place_list.data() + target * plan.n_bins;
    const std::size_t lanes = kLanesOf[target] / 2;
    for (std::size_t k = 0; k < plan.n_bins; ++k) {
      list[k] = static_cast<unsigned>(place_of(plan, k, lanes));
    }
    plan.places[target] = list;
  }
}

}  // namespace

Fft64Plan::Fft64Plan(std::size_t n_)
    : n(n_),
      n_bins(n_ / 2 + 1),
      n_complex(n_ % 2 == 0 ? n_ / 2 : n_),
      gain(n_ % 2 == 0 && columns_of(n_) == 0 ? 2.0 : 1.0),
      n_convolved(0),
      n_columns(columns_of(n_)),
      n_rows(n_ % 32 == 0 && n_ >= kSmallestRows && n_columns == 0 ? n_ / 32 : 0) {
  if (n == 0) throw std::invalid_argument("the transform's length must be positive, got 0");
  if (largest_prime_factor(n_complex) > kMaxRadix) {
    n_rows = 0;
    n_convolved = 1;
    while (n_convolved < 2 * n_complex - 1) n_convolved *= 2;
    add_chirp(*this);
  }
  add_places(*this);
  if (n_columns != 0) {
    turns = Buffer<double>(column_turns(n));
    return;
  }
  if (n_rows != 0) add_rows(*this);
  add_passes(*this, n_rows != 0 ? n_rows : n_convolved != 0 ? n_convolved : n_complex);
  std::vector<double> table;
  for (std::size_t k = 0; k <= n / 4; ++k) append_root(table, k, n, 1.0);
  post = Buffer<double>(table);
}

std::size_t Fft64Plan::row_step(std::size_t lanes) const { return (2 * kColumns + 1) * lanes; }

std::size_t Fft64Plan::work_size(std::size_t lanes) const {
  return 4 * lanes * (n_convolved == 0 ? n_complex : n_convolved);
}

}  // namespace quaver

#else

#include "simd/complex64.hpp"

namespace quaver::QV_TARGET {

static inline Pair plus_scaled(Pair a, double s, Pair b) {
  return {MulAdd(a.re, Set(s), b.re), MulAdd(a.im, Set(s), b.im)};
}
// The first group of a pass has unit twiddles; in the last pass that is every butterfly.
static inline void store_times(Places64 y, std::size_t index, Pair v, const double* w, bool unit) {
  store_pair(y, index, unit ? v : times(v, w));
}

static void fft64_pass_2(const Fft64Pass& pass, const double* table, const double* x, Places64 y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  for (std::size_t p = 0; p < m; ++p, table += 2) {
    for (std::size_t q = 0; q < s; ++q) {
      const Pair a = load_pair(x, q + s * p), b = load_pair(x, q + s * (p + m));
      store_pair(y, q + s * (2 * p), plus(a, b));
      store_times(y, q + s * (2 * p + 1), minus(a, b), table, p == 0);
    }
  }
}

static void fft64_pass_4(const Fft64Pass& pass, const double* table, const double* x, Places64 y) {
  const std::size_t m = pass.n_groups, s = pass.stride, step = s * m;
  for (std::size_t p = 0; p < m; ++p, table += 6) {
    for (std::size_t q = 0; q < s; ++q) {
      const std::size_t from = q + s * p, to = q + 4 * s * p;
      const Quad z = dft_4(load_pair(x, from), load_pair(x, from + step),
                           load_pair(x, from + 2 * step), load_pair(x, from + 3 * step));
      store_pair(y, to, z.at[0]);
      for (std::size_t k = 1; k < 4; ++k) {
        store_times(y, to + k * s, z.at[k], table + 2 * (k - 1), p == 0);
      }
    }
  }
}

// Two transforms of four, of the even and of the odd inputs.
static void fft64_pass_8(const Fft64Pass& pass, const double* table, const double* x, Places64 y) {
  const std::size_t m = pass.n_groups, s = pass.stride, step = s * m;
  const double root_half = 0.70710678118654752440;
  for (std::size_t p = 0; p < m; ++p, table += 14) {
    for (std::size_t q = 0; q < s; ++q) {
      const std::size_t from = q + s * p, to = q + 8 * s * p;
      const Quad odd = dft_4(load_pair(x, from + step), load_pair(x, from + 3 * step),
                             load_pair(x, from + 5 * step), load_pair(x, from + 7 * step));
      const Quad even = dft_4(load_pair(x, from), load_pair(x, from + 2 * step),
                              load_pair(x, from + 4 * step), load_pair(x, from + 6 * step));
      const Pair a = odd.at[1], b = odd.at[3];
      const Pair moved[4] = {odd.at[0],
                             {(a.re + a.im) * root_half, (a.im - a.re) * root_half},
                             turned(odd.at[2]),
                             {(b.im - b.re) * root_half, (b.re + b.im) * -root_half}};
      store_pair(y, to, plus(even.at[0], moved[0]));
      for (std::size_t k = 1; k < 4; ++k) {
        store_times(y, to + k * s, plus(even.at[k], moved[k]), table + 2 * (k - 1), p == 0);
      }
      for (std::size_t k = 0; k < 4; ++k) {
        store_times(y, to + (k + 4) * s, minus(even.at[k], moved[k]), table + 2 * (k + 3), p == 0);
      }
    }
  }
}

// Inlined with a constant radix below, so that the loops over it unroll.
static inline __attribute__((always_inline)) void fft64_butterfly(
    const std::size_t r, const double* x, Places64 y, std::size_t from, std::size_t step,
    std::size_t to, std::size_t s, const double* w, const double* roots, bool unit) {
  Pair sums[Fft64Plan::kMaxRadix / 2], differences[Fft64Plan::kMaxRadix / 2];
  const std::size_t half = r / 2;
  const Pair first = load_pair(x, from);
  Pair total = first;
  for (std::size_t j = 1; j <= half; ++j) {
    const Pair a = load_pair(x, from + j * step), b = load_pair(x, from + (r - j) * step);
    sums[j - 1] = plus(a, b);
    differences[j - 1] = minus(a, b);
    total = plus(total, sums[j - 1]);
  }
  store_pair(y, to, total);
  for (std::size_t k = 1; k <= half; ++k) {
    Pair even = first, odd{};
    for (std::size_t j = 1, root = k; j <= half; ++j) {
      even = plus_scaled(sums[j - 1], roots[2 * root], even);
      odd = plus_scaled(differences[j - 1], roots[2 * root + 1], odd);
      root = root + k < r ? root + k : root + k - r;
    }
    odd = turned(odd);
    store_times(y, to + k * s, plus(even, odd), w + 2 * (k - 1), unit);
    store_times(y, to + (r - k) * s, minus(even, odd), w + 2 * (r - k - 1), unit);
  }
}

static inline __attribute__((always_inline)) void fft64_pass_odd(const std::size_t r,
                                                                 const Fft64Pass& pass,
                                                                 const double* table,
                                                                 const double* roots,
                                                                 const double* x, Places64 y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  for (std::size_t p = 0; p < m; ++p, table += 2 * (r - 1)) {
    for (std::size_t q = 0; q < s; ++q) {
      fft64_butterfly(r, x, y, q + s * p, s * m, q + s * r * p, s, table, roots, p == 0);
    }
  }
}

// From x by way of y and spare, which may be x. Returns where the result lies: at `last`, or
// without one in y or spare.
const double* fft64_complex(const Fft64Plan& plan, const double* x, double* y, double* spare,
                            const Places64* last) {
  for (std::size_t i = 0; i < plan.n_passes; ++i) {
    const Fft64Pass& pass = plan.passes[i];
    const double* table = plan.twiddles.data() + pass.twiddles;
    const double* roots = plan.roots.data() + pass.roots;
    const Places64 to = last != nullptr && i + 1 == plan.n_passes ? *last : Places64{y, kNext64};
    switch (pass.radix) {
      case 2: fft64_pass_2(pass, table, x, to); break;
      case 3: fft64_pass_odd(3, pass, table, roots, x, to); break;
      case 4: fft64_pass_4(pass, table, x, to); break;
      case 5: fft64_pass_odd(5, pass, table, roots, x, to); break;
      case 8: fft64_pass_8(pass, table, x, to); break;
      default: fft64_pass_odd(pass.radix, pass, table, roots, x, to); break;
    }
    x = to.data;
    y = spare;
    spare = const_cast<double*>(x);
  }
  return x;
}

// X[k] = w_k sum_j (x_j w_j) conj(w_{k-j}) with w_j = exp(-i pi j^2 / n): a convolution, done by
// two transforms of a convenient length. The inverse one is a forward one of the conjugate.
static const double* fft64_bluestein(const Fft64Plan& plan, const double* x, double* work) {
  const std::size_t n = plan.n_complex, size = plan.n_convolved;
  double* a = work;
  double* b = work + 2 * size * kLanesD;
  for (std::size_t j = 0; j < n; ++j) {
    store_pair(a, j, times(load_pair(x, j), plan.chirp.data() + 2 * j));
  }
  for (std::size_t j = n; j < size; ++j) store_pair(a, j, Pair{});
  // An even number of passes ends in the array it began with, an odd one in the other.
  double* spectrum = const_cast<double*>(fft64_complex(plan, a, b, a, nullptr));
  for (std::size_t k = 0; k < size; ++k) {
    const Pair v = times(load_pair(spectrum, k), plan.chirp_spectrum.data() + 2 * k);
    store_pair(spectrum, k, {v.re, -v.im});
  }
  double* other = spectrum == a ? b : a;
  double* result = const_cast<double*>(fft64_complex(plan, spectrum, other, spectrum, nullptr));
  for (std::size_t k = 0; k < n; ++k) {
    const Pair v = load_pair(result, k);
    store_pair(result, k, times({v.re, -v.im}, plan.chirp.data() + 2 * k));
  }
  return result;
}

template <Bins64 kBins>
static void emit64(const Fft64Plan& plan, const double* z, void* out) {
  if (plan.n % 2 == 0) {
    const std::size_t half = plan.n / 2;
    const Two ends = untangled_ends(load_pair(z, 0));
    put_bin<kBins>(out, 0, ends.sum);
    put_bin<kBins>(out, half, ends.difference);
    for (std::size_t k = 1; 2 * k <= half; ++k) {
      const Two bins = untangled(load_pair(z, k), load_pair(z, half - k), plan.post.data() + 2 * k);
      put_bin<kBins>(out, k, bins.sum);
      put_bin<kBins>(out, half - k, bins.difference);
    }
    return;
  }
  for (std::size_t k = 0; k < plan.n_bins; ++k) put_bin<kBins>(out, k, load_pair(z, k));
}

void spectrum64(const Fft64Plan& plan, double* frames, double* work, Bins64 bins, void* out) {
  if (plan.n_columns != 0) return real64_frames(plan, frames, work, bins, out);
  if (plan.n_rows != 0) return columns64_frames(plan, frames, work, bins, out);
  const bool even = plan.n % 2 == 0;
  double* other = work + plan.work_size(kLanesD) / 2;
  const double* x = frames;
  if (!even) {
    double* packed = plan.n_convolved == 0 ? work : other;
    for (std::size_t j = 0; j < plan.n; ++j) {
      store_pair(packed, j, {LoadU(frames + j * kLanesD), VecD{}});
    }
    x = packed;
  }
  if (plan.n_convolved != 0) {
    x = fft64_bluestein(plan, x, work);
  } else {
    // Through the frames' own memory where that is enough: less of the first cache is needed.
    x = even ? fft64_complex(plan, x, work, frames, nullptr)
             : fft64_complex(plan, x, other, work, nullptr);
  }
  switch (bins) {
    case Bins64::complex: return emit64<Bins64::complex>(plan, x, out);
    case Bins64::power: return emit64<Bins64::power>(plan, x, out);
    case Bins64::complex32: return emit64<Bins64::complex32>(plan, x, out);
    case Bins64::power32: return emit64<Bins64::power32>(plan, x, out);
  }
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
