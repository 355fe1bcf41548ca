// SPDX-License-Identifier: BSD-3-Clause
// Stockham autosort: a pass of radix r turns x[q + s(p + j m)] into y[q + s(r p + j)], j < r,
// with m groups p of equal twiddles and s butterflies q each (Van Loan 1992, ch. 1.7). A complex
// element is two rows of kLanes floats: real parts of all frames, then imaginary parts.
#ifndef QV_TARGET

#include "quaver/fft/rfft.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#define QV_FILE "kernels/fft/rfft.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

constexpr double kTwoPi = 6.28318530717958647692;

bool is_supported(std::size_t n) {
  if (n < 4 || n % 2 != 0) return false;
  for (std::size_t radix : {2, 3, 5}) {
    while (n % radix == 0) n /= radix;
  }
  return n == 1;
}

}  // namespace

RfftPlan::RfftPlan(std::size_t n) : n_fft(n), n_bins(n / 2 + 1), n_columns(columns_of(n)) {
  if (!is_supported(n)) {
    std::size_t next = n < 4 ? 4 : n + 1;
    while (!is_supported(next)) ++next;
    throw std::invalid_argument(
        "n_fft must be even, at least 4 and without a prime factor above 5, got " +
        std::to_string(n) + "; the next that fits is " + std::to_string(next));
  }
  const std::size_t half = n / 2;
  std::vector<float> table;
  std::size_t remaining = half, stride = 1;
  for (std::size_t radix : {4, 2, 3, 5}) {
    while (remaining % radix == 0) {
      const std::size_t m = remaining / radix;
      passes[n_passes++] = {radix, m, stride, table.size()};
      for (std::size_t p = 0; p < m; ++p) {
        for (std::size_t j = 1; j < radix; ++j) {
          const double angle =
              -kTwoPi * static_cast<double>(p * j) / static_cast<double>(remaining);
          table.push_back(static_cast<float>(std::cos(angle)));
          table.push_back(static_cast<float>(std::sin(angle)));
        }
      }
      remaining = m;
      stride *= radix;
    }
  }
  twiddles = Buffer<float>(table.size());
  for (std::size_t i = 0; i < table.size(); ++i) twiddles[i] = table[i];
  post = Buffer<float>(2 * (half / 2 + 1));
  for (std::size_t k = 0; k <= half / 2; ++k) {
    const double angle = kTwoPi * static_cast<double>(k) / static_cast<double>(n);
    post[2 * k] = static_cast<float>(std::cos(angle));
    post[2 * k + 1] = static_cast<float>(std::sin(angle));
  }
  if (n_columns == 0) return;
  turns = Buffer<float>(column_turns(n));
}

std::size_t columns_of(std::size_t n_fft) {
  const bool is_power = (n_fft & (n_fft - 1)) == 0;
  return is_power && n_fft >= 256 && n_fft <= 4096 ? n_fft / 32 : 0;
}

std::size_t place_in_columns(std::size_t n, std::size_t n_columns) {
  return n % n_columns * 32 + n / n_columns;
}

std::vector<double> column_turns(std::size_t n_fft) {
  const std::size_t n_columns = n_fft / 32;
  const std::size_t outer = n_columns == 16 ? 16 : 8, inner = n_columns / outer;
  std::vector<double> turns;
  const auto append = [&](std::size_t numerator) {
    const double angle =
        kTwoPi * static_cast<double>(numerator % n_fft) / static_cast<double>(n_fft);
    turns.push_back(std::cos(angle));
    turns.push_back(std::sin(angle));
  };
  for (std::size_t c = 0; c <= 16; ++c) {
    for (std::size_t i = 1; i < outer; ++i) append(inner * i * c);
    for (std::size_t j = 0; j < inner && inner > 1; ++j) {
      for (std::size_t k = 0; k < outer; ++k) append(j * (c + 32 * k));
    }
  }
  return turns;
}

std::size_t power_spectrum_work(const RfftPlan& plan, std::size_t lanes) {
  return 2 * plan.n_fft * lanes;
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

struct Complex {
  Vec re, im;
};

static inline Complex load(const float* x, std::size_t index) {
  return {LoadU(x + 2 * index * kLanes), LoadU(x + (2 * index + 1) * kLanes)};
}
static inline void store(float* y, std::size_t index, Complex v) {
  StoreU(y + 2 * index * kLanes, v.re);
  StoreU(y + (2 * index + 1) * kLanes, v.im);
}
static inline Complex add(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
static inline Complex sub(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
// -i a
static inline Complex turn(Complex a) { return {a.im, -a.re}; }
static inline Complex scale_add(Complex a, float s, Complex b) {
  return {MulAdd(a.re, Set(s), b.re), MulAdd(a.im, Set(s), b.im)};
}
static inline Complex scale(Complex a, float s) { return {a.re * s, a.im * s}; }
static inline Complex twiddle(Complex a, const float* w) {
  const Vec c = Set(w[0]), s = Set(w[1]);
  return {MulAdd(a.re, c, -(a.im * s)), MulAdd(a.re, s, a.im * c)};
}
// The first group of a pass has unit twiddles; in the last pass that is every butterfly.
static inline void store_turned(float* y, std::size_t index, Complex v, const float* w, bool unit) {
  store(y, index, unit ? v : twiddle(v, w));
}

static void pass_2(const RfftPass& pass, const float* table, const float* x, float* y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  for (std::size_t p = 0; p < m; ++p, table += 2) {
    for (std::size_t q = 0; q < s; ++q) {
      const Complex a = load(x, q + s * p), b = load(x, q + s * (p + m));
      store(y, q + s * (2 * p), add(a, b));
      store_turned(y, q + s * (2 * p + 1), sub(a, b), table, p == 0);
    }
  }
}

static void pass_3(const RfftPass& pass, const float* table, const float* x, float* y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  const float sin60 = 0.86602540378443864676f;
  for (std::size_t p = 0; p < m; ++p, table += 4) {
    for (std::size_t q = 0; q < s; ++q) {
      const Complex a = load(x, q + s * p), b = load(x, q + s * (p + m));
      const Complex c = load(x, q + s * (p + 2 * m));
      const Complex sum = add(b, c), difference = turn(scale(sub(b, c), sin60));
      const Complex middle = scale_add(sum, -0.5f, a);
      store(y, q + s * (3 * p), add(a, sum));
      store_turned(y, q + s * (3 * p + 1), add(middle, difference), table, p == 0);
      store_turned(y, q + s * (3 * p + 2), sub(middle, difference), table + 2, p == 0);
    }
  }
}

static inline void butterfly_4(const float* x, float* y, std::size_t from, std::size_t step,
                               std::size_t to, std::size_t s, const float* w, bool unit) {
  const Complex a = load(x, from), b = load(x, from + step);
  const Complex c = load(x, from + 2 * step), d = load(x, from + 3 * step);
  const Complex ac = add(a, c), a_c = sub(a, c), bd = add(b, d), b_d = turn(sub(b, d));
  store(y, to, add(ac, bd));
  store_turned(y, to + s, add(a_c, b_d), w, unit);
  store_turned(y, to + 2 * s, sub(ac, bd), w + 2, unit);
  store_turned(y, to + 3 * s, sub(a_c, b_d), w + 4, unit);
}

static void pass_4(const RfftPass& pass, const float* table, const float* x, float* y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  for (std::size_t q = 0; q < s; ++q) butterfly_4(x, y, q, s * m, q, s, table, true);
  for (std::size_t p = 1; p < m; ++p) {
    for (std::size_t q = 0; q < s; ++q) {
      butterfly_4(x, y, q + s * p, s * m, q + 4 * s * p, s, table + 6 * p, false);
    }
  }
}

static void pass_5(const RfftPass& pass, const float* table, const float* x, float* y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  const float cos72 = 0.30901699437494742410f, sin72 = 0.95105651629515357212f;
  const float cos144 = -0.80901699437494742410f, sin144 = 0.58778525229247312917f;
  for (std::size_t p = 0; p < m; ++p, table += 8) {
    for (std::size_t q = 0; q < s; ++q) {
      const Complex a = load(x, q + s * p), b = load(x, q + s * (p + m));
      const Complex c = load(x, q + s * (p + 2 * m)), d = load(x, q + s * (p + 3 * m));
      const Complex e = load(x, q + s * (p + 4 * m));
      const Complex be = add(b, e), cd = add(c, d), b_e = sub(b, e), c_d = sub(c, d);
      const Complex even1 = scale_add(cd, cos144, scale_add(be, cos72, a));
      const Complex even2 = scale_add(cd, cos72, scale_add(be, cos144, a));
      const Complex odd1 = turn(scale_add(c_d, sin144, scale(b_e, sin72)));
      const Complex odd2 = turn(scale_add(c_d, -sin72, scale(b_e, sin144)));
      store(y, q + s * (5 * p), add(a, add(be, cd)));
      store_turned(y, q + s * (5 * p + 1), add(even1, odd1), table, p == 0);
      store_turned(y, q + s * (5 * p + 2), add(even2, odd2), table + 2, p == 0);
      store_turned(y, q + s * (5 * p + 3), sub(even2, odd2), table + 4, p == 0);
      store_turned(y, q + s * (5 * p + 4), sub(even1, odd1), table + 6, p == 0);
    }
  }
}

// The packed transform, before the real post-pass: n_fft / 2 complex values. `frames` is never
// written: its zero padding serves the next block.
const float* half_transform(const RfftPlan& plan, const float* frames, float* work) {
  const std::size_t half_size = plan.n_fft * kLanes;
  const float* x = frames;
  float* y = work;
  for (std::size_t i = 0; i < plan.n_passes; ++i) {
    const RfftPass& pass = plan.passes[i];
    const float* table = plan.twiddles.data() + pass.twiddles;
    switch (pass.radix) {
      case 2: pass_2(pass, table, x, y); break;
      case 3: pass_3(pass, table, x, y); break;
      case 4: pass_4(pass, table, x, y); break;
      default: pass_5(pass, table, x, y); break;
    }
    x = y;
    y = y == work ? work + half_size : work;
  }
  return x;
}

// With a = Z[k], b = Z[half - k]: 2 E = a + conj b, 2 O = -i (a - conj b),
// X[k] = E + w O, X[half - k] = conj(E - w O), w = exp(-2 pi i k / n_fft).
static void emit_power(const RfftPlan& plan, const float* z, float* power) {
  const std::size_t half = plan.n_fft / 2;
  const Complex first = load(z, 0);
  const Vec sum = first.re + first.im, difference = first.re - first.im;
  StoreU(power, sum * sum);
  StoreU(power + half * kLanes, difference * difference);
  for (std::size_t k = 1; 2 * k <= half; ++k) {
    const Complex a = load(z, k), b = load(z, half - k);
    const float cosine = plan.post[2 * k], sine = plan.post[2 * k + 1];
    const Complex e = {a.re + b.re, a.im - b.im}, o = {a.im + b.im, b.re - a.re};
    const Complex t = {MulAdd(o.re, Set(cosine), o.im * sine),
                       MulAdd(o.im, Set(cosine), -(o.re * sine))};
    const Complex low = add(e, t), high = sub(e, t);
    StoreU(power + k * kLanes, MulAdd(low.re, low.re, low.im * low.im) * 0.25f);
    StoreU(power + (half - k) * kLanes, MulAdd(high.re, high.re, high.im * high.im) * 0.25f);
  }
}

void power_spectrum(const RfftPlan& plan, const FramingPlan& framing, const float* phases,
                    float* frames, float* work, float* power, float* magnitude) {
  if (plan.n_columns != 0) {
    return power_spectrum_columns(plan, framing, phases, work, power, magnitude);
  }
  // Only the windowed samples are written: the zero padding serves the next block.
  window_frames(framing, phases, framing.phase_stride(kLanes), frames);
  emit_power(plan, half_transform(plan, frames, work), power);
  if (magnitude == nullptr) return;
  for (std::size_t k = 0; k < plan.n_bins; ++k) {
    StoreU(magnitude + k * kLanes, Sqrt(LoadU(power + k * kLanes)));
  }
}

}  // namespace quaver::QV_TARGET

#endif
