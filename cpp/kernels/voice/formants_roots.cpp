// SPDX-License-Identifier: BSD-3-Clause
// Predictors in lanes. Their polynomial is taken apart into five quadratics and a line at once,
// each corrected by its remainder over the product of the others (Weierstrass' or Durand and
// Kerner's method, for real factors): some six rounds, since each is told what the ones before it
// became. Real roots cannot change places on their way, so that those of the start must lie as the
// polynomial's do, in one of two guesses; the few predictors for which that fails are solved one by
// one by Aberth's method.
#ifndef QV_TARGET

#include <algorithm>
#include <cmath>
#include <complex>
#include <stdexcept>

#include "quaver/voice/formants.hpp"

#define QV_FILE "kernels/voice/formants_roots.cpp"

namespace quaver {

constexpr double kPi = 3.14159265358979323846, kLowestFormant = 50.0;  // Hz, from either end
// Of the largest coefficient, that those of the product of the factors may be off by.
constexpr double kFactorError = 1e-10;

// One row of 11 coefficients behind the leading 1, one of six columns.
static void stubborn_formants(const double* c, double rate, float* out);

}  // namespace quaver

#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

using Complex = std::complex<double>;
constexpr std::size_t kOrder = kFormantOrder;

// A monic polynomial and its slope, and the sum of the magnitudes of its terms.
struct Value {
  Complex at, slope;
  double size;
};
Value value_of(const double* c, std::size_t order, Complex z) {
  Value v = {1.0, 0.0, 1.0};
  const double size = std::abs(z);
  for (std::size_t k = 0; k < order; ++k) {
    v.slope = v.slope * z + v.at;
    v.at = v.at * z + c[k];
    v.size = v.size * size + std::fabs(c[k]);
  }
  return v;
}

// Whether all of z come to rest, where rounding alone is left of the polynomial.
bool aberth(const double* c, std::size_t order, Complex* z) {
  constexpr int kRounds = 500;
  constexpr double kRounding = 5e-15;  // some 2 * 11 roundings
  for (int round = 0; round < kRounds; ++round) {
    bool is_done = true;
    for (std::size_t i = 0; i < order; ++i) {
      const Value v = value_of(c, order, z[i]);
      if (std::abs(v.at) <= kRounding * v.size) continue;
      is_done = false;
      Complex pull = v.slope / v.at;
      for (std::size_t j = 0; j < order; ++j) {
        if (j != i) pull -= 1.0 / (z[i] - z[j]);
      }
      z[i] -= 1.0 / pull;
    }
    if (is_done) return true;
  }
  return false;
}

// That no root was found twice in the place of another. Roots that are nearly one have few of their
// digits, and so has their product.
bool is_product(const double* c, std::size_t order, const Complex* z) {
  Complex product[kOrder + 1] = {1.0};
  for (std::size_t i = 0; i < order; ++i) {
    for (std::size_t k = i + 1; k > 0; --k) product[k] -= z[i] * product[k - 1];
  }
  double largest = 1.0, error = 0.0;
  for (std::size_t k = 0; k < order; ++k) {
    largest = std::max(largest, std::fabs(c[k]));
    error = std::max(error, std::abs(product[k + 1] - c[k]));
  }
  return error <= 1e-2 * largest;
}

bool find_roots(const double* c, std::size_t order, Complex* z) {
  const double size = std::pow(std::fabs(c[order - 1]), 1.0 / static_cast<double>(order));
  for (int attempt = 0; attempt < 8; ++attempt) {
    for (std::size_t i = 0; i < order; ++i) {
      const double part = static_cast<double>(i) / static_cast<double>(order);
      z[i] = std::polar(size * (1.0 + 0.5 * attempt), 2.0 * kPi * part + 0.4 + attempt);
    }
    if (aberth(c, order, z) && is_product(c, order, z)) return true;
  }
  return false;
}

}  // namespace

static void stubborn_formants(const double* c, double rate, float* out) {
  std::fill(out, out + kFormantColumns, 0.0f);
  // Without roots at zero or within 4e-6 of it, whose bandwidths are beyond 40 kHz: one that is
  // tiny beside another takes Aberth's method more rounds than there are.
  std::size_t order = kOrder;
  while (order > 0 && std::fabs(c[order - 1]) < 1e-60) --order;
  if (order == 0) return;
  Complex z[kOrder];
  if (!find_roots(c, order, z)) {
    throw std::runtime_error("the roots of a predictor were not found");
  }
  std::sort(z, z + order, [](Complex a, Complex b) { return std::arg(a) < std::arg(b); });
  const double hz = rate / (2.0 * kPi);
  std::size_t column = 0;
  for (std::size_t i = 0; i < order && column < kFormantColumns; ++i) {
    const double frequency = hz * std::arg(z[i]);
    if (!(frequency >= kLowestFormant && frequency <= 0.5 * rate - kLowestFormant)) continue;
    out[column++] = static_cast<float>(frequency);
    out[column++] = static_cast<float>(2.0 * hz * std::fabs(std::log(std::abs(z[i]))));
  }
}

void predictor_formants(const double* predictors, std::size_t n, double rate, float* out) {
  kernels().predictor_formants(predictors, n, rate, out);
}

}  // namespace quaver

#else

#include "simd/angles.hpp"
#include "simd/logarithms.hpp"

namespace quaver::QV_TARGET {

enum : std::size_t { kOrder = kFormantOrder, kPairs = 5 };

static inline bool any_of(VecL lanes) { return SumOfLanes(lanes ? Set(1.0) : VecD{}) != 0.0; }

// p(x) and its slope; p has kOrder + 1 coefficients, the highest power's first.
static inline VecD value_at(const VecD* p, VecD x, VecD* slope) {
  VecD value = p[0], change{};
  for (std::size_t k = 1; k <= kOrder; ++k) {
    change = MulAdd(change, x, value);
    value = MulAdd(value, x, p[k]);
  }
  *slope = change;
  return value;
}

// Near a root of p between low and high, where p has the sign of `at_low` at low: Newton's steps
// from x, halves of what is left where these lead out of it. It is where rounds begin, no more.
static VecD root_between(const VecD* p, VecD low, VecD high, VecD x, VecD at_low) {
  for (int i = 0; i < 5; ++i) {
    VecD slope;
    const VecD value = value_at(p, x, &slope);
    const VecL is_low = value * at_low > 0.0;
    low = is_low ? x : low;
    high = is_low ? high : x;
    const VecD next = x - value / slope;
    x = (next > low) & (next < high) ? next : 0.5 * (low + high);
  }
  return x;
}

// z^2 + u z + v, and z + w.
struct Factors {
  VecD u[kPairs], v[kPairs], w;
};
// a z + b
struct Line {
  VecD a, b;
};

// Predictors have mostly one real root outside the unit circle, here the reciprocal of one inside,
// and none or two within it, of either sign, which are told by the signs of p at -1, 0 and 1; the
// other roots lie around a circle of radius 0.85 or so.
static Factors first_factors(const VecD* p) {
  const VecD one = Set(1.0), none{};
  VecD slope, reversed[kOrder + 1];
  const VecD at_one = value_at(p, one, &slope), at_minus = value_at(p, -one, &slope);
  const VecD at_zero = p[kOrder];
  const VecL left = at_minus > 0.0, right = ~left & (at_one < 0.0), inner = ~left & ~right;
  for (std::size_t k = 0; k <= kOrder; ++k) reversed[k] = inner ? p[k] : p[kOrder - k];
  const VecD low = right ? none : -one, high = left ? none : one;
  const VecD reciprocal = 1.0 / Max(Abs(p[1]), Set(1.25));
  const VecD begin = inner ? none : left ? -reciprocal : reciprocal;
  const VecD y = root_between(reversed, low, high, begin, value_at(reversed, low, &slope));
  Factors f;
  f.w = inner ? -y : -1.0 / (y == 0.0 ? one : y);
  // A predictor of order 10 has a root at 0, and the others' signs are told by what is next to it.
  const VecL is_short = inner & (at_zero == 0.0);
  const VecD above_zero = is_short ? p[kOrder - 1] : at_zero;
  const VecD below_zero = is_short ? -above_zero : above_zero;
  const VecL pair =
      (~inner | is_short) & (below_zero * at_minus < 0.0) & (above_zero * at_one < 0.0);
  const VecD negative = root_between(p, -one, none, Set(-0.75), at_minus);
  const VecD positive = root_between(p, none, one, Set(0.75), above_zero);
  // -2 0.85 cos of angles spread over the half circle, without and with two real roots.
  const double all[kPairs] = {-1.5805, -1.0420, -0.2131, 0.7240, 1.4633};
  const double others[kPairs] = {0.0, -1.5383, -0.8191, 0.2131, 1.1637};
  for (std::size_t i = 0; i < kPairs; ++i) {
    f.u[i] = pair ? Set(others[i]) : Set(all[i]);
    f.v[i] = Set(0.7225);
  }
  f.u[0] = pair ? -(negative + positive) : f.u[0];
  f.v[0] = pair ? negative * positive : f.v[0];
  return f;
}

// Of p over z^2 + u z + v.
static inline Line remainder(const VecD* p, VecD u, VecD v) {
  VecD before = Set(1.0), at = p[1] - u;
  for (std::size_t k = 2; k < kOrder; ++k) {
    const VecD next = NegMulAdd(u, at, NegMulAdd(v, before, p[k]));
    before = at;
    at = next;
  }
  return {at, NegMulAdd(v, before, p[kOrder])};
}
// Modulo z^2 + u z + v.
static inline Line times(Line x, Line y, VecD u, VecD v) {
  const VecD square = x.a * y.a;
  return {NegMulAdd(square, u, MulAdd(x.a, y.b, x.b * y.a)), MulSub(x.b, y.b, square * v)};
}
static inline Line inverse(Line x, VecD u, VecD v) {
  const VecD other = NegMulAdd(x.a, u, x.b);
  const VecD norm = 1.0 / MulAdd(x.b, other, x.a * x.a * v);
  return {-x.a * norm, other * norm};
}

// Returns the lanes of which a factor changed by more than 1e-9 of itself.
static VecL correct(const VecD* p, Factors& f) {
  VecL moved{};
  for (std::size_t i = 0; i < kPairs; ++i) {
    const VecD u = f.u[i], v = f.v[i];
    Line others = {Set(1.0), f.w};
    for (std::size_t j = 0; j < kPairs; ++j) {
      if (j != i) others = times(others, {f.u[j] - u, f.v[j] - v}, u, v);
    }
    const Line change = times(remainder(p, u, v), inverse(others, u, v), u, v);
    f.u[i] = u + change.a;
    f.v[i] = v + change.b;
    moved |= ~(Abs(change.a) + Abs(change.b) <= (Abs(f.u[i]) + Abs(f.v[i])) * 1e-9);
  }
  VecD slope, others = Set(1.0);
  for (std::size_t i = 0; i < kPairs; ++i) others *= MulAdd(f.w - f.u[i], f.w, f.v[i]);
  const VecD change = value_at(p, -f.w, &slope) / others;
  f.w += change;
  return moved | ~(Abs(change) <= Abs(f.w) * 1e-9 + 1e-12);
}

// Lanes whose factors' product is not p.
static VecL differs(const VecD* p, const Factors& f) {
  VecD product[kOrder + 1] = {Set(1.0), f.w}, largest = Set(1.0), error{};
  for (std::size_t i = 0; i < kPairs; ++i) {
    for (std::size_t k = 2 * i + 3; k > 1; --k) {
      product[k] = MulAdd(f.v[i], product[k - 2], MulAdd(f.u[i], product[k - 1], product[k]));
    }
    product[1] += f.u[i];
  }
  VecL is_off{};
  for (std::size_t k = 1; k <= kOrder; ++k) largest = Max(largest, Abs(p[k]));
  for (std::size_t k = 1; k <= kOrder; ++k) {
    error = Abs(product[k] - p[k]);
    is_off |= ~(error <= largest * kFactorError);
  }
  return is_off;
}

// Returns the lanes that fail.
static VecL refine(const VecD* p, Factors& f) {
  constexpr int kRounds = 16;
  VecL moved = correct(p, f);
  for (int round = 1; round < kRounds && any_of(moved); ++round) moved = correct(p, f);
  return moved | differs(p, f);
}

// As if two positive roots lay within the circle, for what the first ones have failed.
static Factors second_factors(const Factors& first) {
  // -2 0.85 cos of angles spread over the half circle.
  const double others[kPairs] = {-1.35, -1.3753, -0.5253, 0.5253, 1.3753};
  Factors f;
  for (std::size_t i = 0; i < kPairs; ++i) {
    f.u[i] = Set(others[i]);
    f.v[i] = i == 0 ? Set(0.38) : Set(0.7225);
  }
  f.w = first.w;
  return f;
}

static Factors factors_of(const VecD* p, VecL* failed) {
  const Factors first = first_factors(p);
  Factors f = first;
  const VecL rest = refine(p, f);
  *failed = rest;
  if (!any_of(rest)) return f;
  Factors other = second_factors(first);
  *failed = rest & refine(p, other);
  for (std::size_t i = 0; i < kPairs; ++i) {
    f.u[i] = rest ? other.u[i] : f.u[i];
    f.v[i] = rest ? other.v[i] : f.v[i];
  }
  f.w = rest ? other.w : f.w;
  return f;
}

static inline void sort_two(VecD* frequency, VecD* bandwidth, std::size_t i, std::size_t j) {
  const VecD f = frequency[i], g = frequency[j], b = bandwidth[i], c = bandwidth[j];
  const VecL is_sorted = f <= g;
  frequency[i] = is_sorted ? f : g;
  frequency[j] = is_sorted ? g : f;
  bandwidth[i] = is_sorted ? b : c;
  bandwidth[j] = is_sorted ? c : b;
}

// columns: of kFormantColumns registers of doubles.
static void tell(const Factors& f, double rate, double* columns) {
  const double hz = rate / (2.0 * kPi);
  const VecD beyond = Set(1e9);
  VecD frequency[kPairs], bandwidth[kPairs];
  for (std::size_t i = 0; i < kPairs; ++i) {
    const VecD square = NegMulAdd(f.u[i], f.u[i], 4.0 * f.v[i]);
    const VecD hertz = hz * Atan2(Sqrt(Max(square, VecD{})), -f.u[i]);
    const VecL is_one =
        (square > 0.0) & (hertz >= kLowestFormant) & (hertz <= 0.5 * rate - kLowestFormant);
    frequency[i] = is_one ? hertz : beyond;
    bandwidth[i] = is_one ? hz * Abs(Ln(is_one ? f.v[i] : Set(1.0))) : VecD{};
  }
  const std::size_t pairs[][2] = {{0, 3}, {1, 4}, {0, 2}, {1, 3}, {0, 1},
                                  {2, 4}, {1, 2}, {3, 4}, {2, 3}};
  for (const auto& pair : pairs) sort_two(frequency, bandwidth, pair[0], pair[1]);
  for (std::size_t i = 0; 2 * i < kFormantColumns; ++i) {
    StoreU(columns + 2 * i * kLanesD, frequency[i] < beyond ? frequency[i] : VecD{});
    StoreU(columns + (2 * i + 1) * kLanesD, bandwidth[i]);
  }
}

// Of as many as fill a register, or n.
static void solve(const double* predictors, std::size_t n, double rate, float* out) {
  double signs[(kOrder + 1) * kLanesD], columns[kFormantColumns * kLanesD];
  VecD p[kOrder + 1] = {Set(1.0)};
  for (std::size_t k = 0; k < kOrder; ++k) {
    for (std::size_t i = 0; i < kLanesD; ++i) {
      signs[k * kLanesD + i] = -predictors[(i < n ? i : 0) * kOrder + k];
    }
    p[k + 1] = LoadU(signs + k * kLanesD);
  }
  VecL is_off;
  tell(factors_of(p, &is_off), rate, columns);
  const VecD failed = is_off ? Set(1.0) : VecD{};
  for (std::size_t i = 0; i < n; ++i, out += kFormantColumns) {
    if (failed[i] != 0.0) {
      double c[kOrder];
      for (std::size_t k = 0; k < kOrder; ++k) c[k] = signs[k * kLanesD + i];
      stubborn_formants(c, rate, out);
      continue;
    }
    for (std::size_t k = 0; k < kFormantColumns; ++k) {
      out[k] = static_cast<float>(columns[k * kLanesD + i]);
    }
  }
}

void predictor_formants(const double* predictors, std::size_t n, double rate, float* out) {
  for (std::size_t i = 0; i < n; i += kLanesD) {
    solve(predictors + i * kOrder, n - i < kLanesD ? n - i : std::size_t{kLanesD}, rate,
          out + i * kFormantColumns);
  }
}

}  // namespace quaver::QV_TARGET

#endif
