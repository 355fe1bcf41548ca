// SPDX-License-Identifier: BSD-3-Clause
// Complex numbers of float64 frames in lanes, and what leaves a transform of them. No include
// guard: a kernel file includes this inside its target region.

#include "simd/transforms.hpp"

namespace quaver::QV_TARGET {

typedef Point<double> Pair;

static inline Pair load_pair(const double* x, std::size_t index) {
  return {LoadU(x + 2 * index * kLanesD), LoadU(x + (2 * index + 1) * kLanesD)};
}
static inline void store_pair(double* y, std::size_t index, Pair v) {
  StoreU(y + 2 * index * kLanesD, v.re);
  StoreU(y + (2 * index + 1) * kLanesD, v.im);
}
// Points `step` doubles apart.
struct Places64 {
  double* data;
  std::size_t step;
};
enum : std::size_t { kNext64 = 2 * kLanesD };

static inline void store_pair(Places64 y, std::size_t index, Pair v) {
  StoreU(y.data + index * y.step, v.re);
  StoreU(y.data + index * y.step + kLanesD, v.im);
}
// -i a
static inline Pair turned(Pair a) { return {a.im, -a.re}; }
static inline Pair times(Pair a, const double* w) { return times(a, w[0], w[1]); }

struct Quad {
  Pair at[4];
};

struct Two {
  Pair sum, difference;
};

static inline Two dft_2(Pair a, Pair b) { return {plus(a, b), minus(a, b)}; }
// Of points 0 and 2, and 1 and 3.
static inline Quad dft_4(Two even, Two odd) {
  const Pair turn = turned(odd.difference);
  return {{plus(even.sum, odd.sum), plus(even.difference, turn), minus(even.sum, odd.sum),
           minus(even.difference, turn)}};
}
static inline Quad dft_4(Pair a, Pair b, Pair c, Pair d) { return dft_4(dft_2(a, c), dft_2(b, d)); }

// Bin k of a spectrum.
template <Bins64 kBins>
static inline void put_bin(void* out, std::size_t k, Pair v) {
  if constexpr (kBins == Bins64::complex) {
    store_pair(static_cast<double*>(out), k, v);
  } else if constexpr (kBins == Bins64::complex32) {
    float* const row = static_cast<float*>(out) + 2 * k * kLanes;
    StoreNarrow(row, v.re);
    StoreNarrow(row + kLanes, v.im);
  } else {
    const VecD power = MulAdd(v.re, v.re, v.im * v.im);
    if constexpr (kBins == Bins64::power) {
      StoreU(static_cast<double*>(out) + k * kLanesD, power);
    } else {
      StoreNarrow(static_cast<float*>(out) + k * kLanes, power);
    }
  }
}

// Of bin k.
template <Bins64 kBins>
static inline void put_imaginary(void* out, std::size_t k, VecD imaginary) {
  if constexpr (kBins == Bins64::complex) {
    StoreU(static_cast<double*>(out) + (2 * k + 1) * kLanesD, imaginary);
  } else if constexpr (kBins == Bins64::complex32) {
    StoreNarrow(static_cast<float*>(out) + (2 * k + 1) * kLanes, imaginary);
  }
}

// Twice the bins k and half - k of a real frame from those of its samples packed in pairs, a = Z[k]
// and b = Z[half - k]. post: cos, sin of pi k / half.
static inline Two untangled(Pair a, Pair b, const double* post) {
  const VecD cosine = Set(post[0]), sine = Set(post[1]);
  const Pair e = {a.re + b.re, a.im - b.im}, o = {a.im + b.im, b.re - a.re};
  const Pair t = {MulAdd(o.re, cosine, o.im * sine), MulAdd(o.im, cosine, -(o.re * sine))};
  return {plus(e, t), {e.re - t.re, t.im - e.im}};
}
// Twice the bins 0 and half, from Z[0].
static inline Two untangled_ends(Pair first) {
  const Pair twice = plus(first, first);
  return {{twice.re + twice.im, VecD{}}, {twice.re - twice.im, VecD{}}};
}

}  // namespace quaver::QV_TARGET
