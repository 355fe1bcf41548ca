// SPDX-License-Identifier: BSD-3-Clause
// The real transform of 512 points in two passes, registers only in between:
//   n = 16 a + b, k = c + 32 d:  X[k] = sum_b w512^(b c) w16^(b d) Y[b][c],
//   Y[b][c] = sum_a s[16 a + b] w32^(a c),  wN = exp(2 pi i / N)
// 16 real transforms of 32, of which only c = 0 .. 16 exist, then a complex one of 16 for each of
// c = 1 .. 15, whose outputs are bins or mirror images of bins, and two special ones. Unlike the
// packed complex transform of rfft.cpp nothing is left to untangle, and rows a of zero padding are
// never touched. The first pass windows as it loads, the second emits power and magnitude, for
// which the sign of the exponent does not matter: this one takes the fewest instructions.
#ifndef QV_TARGET

#include "quaver/rfft.hpp"

#define QV_FILE "kernels/rfft512.cpp"
#include "simd/foreach_target.hpp"

#else

namespace quaver::QV_TARGET {

#define QV_INLINE static inline __attribute__((always_inline))
#define QV_INLINE_MEMBER inline __attribute__((always_inline))

enum : std::size_t {
  kColumns = 16,                               // b
  kRowStride = (2 * kColumns + 1) * QV_WIDTH,  // odd: rows must not share cache sets
  kPhaseStride = QV_WIDTH + 4,                 // where a frame spans two to four hops
};

// cos(2 pi i / 32)
static constexpr float kCosine[9] = {1.0f,
                                     0.980785280403f,
                                     0.923879532511f,
                                     0.831469612303f,
                                     0.707106781187f,
                                     0.555570233020f,
                                     0.382683432365f,
                                     0.195090322016f,
                                     0.0f};

// Real transform of x[First + Step i], i < N, where only x[0 .. Count) is not zero. Results k = 0
// .. N/2; im[0] and im[N/2] are zero and not written. Radix 2, decimation in time; recursion and
// constant indices, because compilers keep arrays that loops index in memory. Values are loaded
// where they are first needed: compilers keep the order, and registers are few.
template <int N, int Step, int First, int Count>
struct RealTransform {
  template <int K>
  QV_INLINE void combine(const Vec* er, const Vec* ei, const Vec* odd_re, const Vec* odd_im,
                         Vec* re, Vec* im) {
    if constexpr (K < N / 4) {
      constexpr float c = kCosine[K * 32 / N], s = kCosine[8 - K * 32 / N];
      if constexpr (8 * K == N) {
        const Vec sum = odd_re[K] + odd_im[K], difference = odd_re[K] - odd_im[K];
        re[K] = MulAdd(difference, Set(c), er[K]);
        re[N / 2 - K] = NegMulAdd(difference, Set(c), er[K]);
        im[K] = MulAdd(sum, Set(c), ei[K]);
        im[N / 2 - K] = MulSub(sum, Set(c), ei[K]);
      } else {
        const Vec tr = MulSub(odd_re[K], Set(c), odd_im[K] * s);
        const Vec ti = MulAdd(odd_im[K], Set(c), odd_re[K] * s);
        re[K] = er[K] + tr;
        re[N / 2 - K] = er[K] - tr;
        im[K] = ei[K] + ti;
        im[N / 2 - K] = ti - ei[K];
      }
      combine<K + 1>(er, ei, odd_re, odd_im, re, im);
    }
  }
  template <class Source>
  QV_INLINE void run(const Source& x, Vec* re, Vec* im) {
    Vec er[N / 4 + 1], ei[N / 4 + 1], odd_re[N / 4 + 1], odd_im[N / 4 + 1];
    RealTransform<N / 2, 2 * Step, First, Count>::run(x, er, ei);
    RealTransform<N / 2, 2 * Step, First + Step, Count>::run(x, odd_re, odd_im);
    re[0] = er[0] + odd_re[0];
    re[N / 2] = er[0] - odd_re[0];
    combine<1>(er, ei, odd_re, odd_im, re, im);
    re[N / 4] = er[N / 4];
    im[N / 4] = odd_re[N / 4];
  }
};

template <int Step, int First, int Count>
struct RealTransform<4, Step, First, Count> {
  template <class Source>
  QV_INLINE void run(const Source& x, Vec* re, Vec* im) {
    const Vec a = x.template at<First>(), b = x.template at<First + Step>();
    if constexpr (First + 2 * Step >= Count) {
      re[0] = a + b;
      re[1] = a;
      re[2] = a - b;
      im[1] = b;
    } else {
      Vec sum;
      x.template combine<First + 2 * Step>(a, sum, re[1]);
      if constexpr (First + 3 * Step >= Count) {
        re[0] = sum + b;
        re[2] = sum - b;
        im[1] = b;
      } else {
        Vec other;
        x.template combine<First + 3 * Step>(b, other, im[1]);
        re[0] = sum + other;
        re[2] = sum - other;
      }
    }
  }
};

// Rows of column b of windowed samples; half of the windowing is part of an addition. HopRows: rows
// a hop, where that is known, or 0; offsets need no loads then.
template <int HopRows>
struct WindowedRows {
  const float* phases;
  const unsigned* offsets;
  const float* window;

  template <int A>
  QV_INLINE_MEMBER Vec sample() const {
    if constexpr (HopRows == 0) return LoadU(phases + offsets[kColumns * A]);
    constexpr int rows = HopRows == 0 ? 1 : HopRows;
    return LoadU(phases + kColumns * (A % rows) * kPhaseStride + A / rows);
  }
  template <int A>
  QV_INLINE_MEMBER Vec at() const {
    return sample<A>() * window[kColumns * A];
  }
  template <int A>
  QV_INLINE_MEMBER void combine(Vec y, Vec& sum, Vec& difference) const {
    Vec x = sample<A>();
    const Vec w = Set(window[kColumns * A]);
    sum = MulAdd(x, w, y);
    difference = NegMulAdd(x, w, y);
  }
};
// Y[b][0] of all b
struct FirstColumn {
  const float* row;

  template <int B>
  QV_INLINE_MEMBER Vec at() const {
    return LoadU(row + 2 * B * kLanes);
  }
  template <int B>
  QV_INLINE_MEMBER void combine(Vec y, Vec& sum, Vec& difference) const {
    sum = y + at<B>();
    difference = y - at<B>();
  }
};

template <int C>
QV_INLINE void store_columns(const Vec* re, const Vec* im, float* to) {
  if constexpr (C < 16) {
    StoreU(to + C * kRowStride, re[C]);
    StoreU(to + C * kRowStride + kLanes, im[C]);
    store_columns<C + 1>(re, im, to);
  }
}

// Row c of `work` holds Y[b][c], b = 0 .. 15, as pairs of real and imaginary parts; row 0 the real
// numbers Y[b][0] and Y[b][16] in their place.
template <int Rows, int HopRows>
static __attribute__((noinline)) void first_pass_512(const FramingPlan& framing,
                                                     const float* phases, float* work) {
  const unsigned* offsets = framing.offsets[QV_TARGET_INDEX];
  const float* window = framing.window.data();
  for (std::size_t b = 0; b < kColumns; ++b) {
    Vec re[17], im[17];
    const WindowedRows<HopRows> column{HopRows == 0 ? phases : phases + b * kPhaseStride,
                                       offsets + b, window + b};
    RealTransform<32, 1, 0, Rows>::run(column, re, im);
    im[0] = re[16];
    store_columns<0>(re, im, work + 2 * b * kLanes);
  }
}

struct Point {
  Vec re, im;
};

QV_INLINE Point plus(Point a, Point b) { return {a.re + b.re, a.im + b.im}; }
QV_INLINE Point minus(Point a, Point b) { return {a.re - b.re, a.im - b.im}; }
QV_INLINE Point times(Point a, float c, float s) {
  return {MulSub(a.re, Set(c), a.im * s), MulAdd(a.re, Set(s), a.im * c)};
}
QV_INLINE void butterfly(Point& a, Point& b, Point& c, Point& d) {
  const Point ac = plus(a, c), a_c = minus(a, c), bd = plus(b, d), b_d = minus(b, d);
  a = plus(ac, bd);
  c = minus(ac, bd);
  b = {a_c.re - b_d.im, a_c.im + b_d.re};  // a - c + i (b - d)
  d = {a_c.re + b_d.im, a_c.im - b_d.re};
}
// z w^2 and z w^6, w = exp(2 pi i / 16)
QV_INLINE Point turn_2(Point z) {
  const Vec half = Set(0.707106781187f);
  return {(z.re - z.im) * half, (z.re + z.im) * half};
}
QV_INLINE Point turn_6(Point z) {
  const Vec half = Set(0.707106781187f);
  return {(z.re + z.im) * -half, (z.re - z.im) * half};
}

// Complex transform of 16: z[4 j + l] becomes output j + 4 l.
template <class Source>
QV_INLINE void transform_16(const Source& source, Point* z) {
  constexpr float c1 = 0.923879532511f, s1 = 0.382683432365f;
  source.template load<0>(z);
  butterfly(z[0], z[4], z[8], z[12]);
  source.template load<1>(z);
  butterfly(z[1], z[5], z[9], z[13]);
  z[5] = times(z[5], c1, s1);
  z[9] = turn_2(z[9]);
  z[13] = times(z[13], s1, c1);
  source.template load<2>(z);
  butterfly(z[2], z[6], z[10], z[14]);
  z[6] = turn_2(z[6]);
  z[10] = {-z[10].im, z[10].re};
  z[14] = turn_6(z[14]);
  source.template load<3>(z);
  butterfly(z[3], z[7], z[11], z[15]);
  z[7] = times(z[7], s1, c1);
  z[11] = turn_6(z[11]);
  z[15] = times(z[15], -c1, -s1);
  butterfly(z[0], z[1], z[2], z[3]);
  butterfly(z[4], z[5], z[6], z[7]);
  butterfly(z[8], z[9], z[10], z[11]);
  butterfly(z[12], z[13], z[14], z[15]);
}

QV_INLINE void emit(Point z, std::size_t bin, float* power) {
  StoreU(power + bin * kLanes, MulAdd(z.re, z.re, z.im * z.im));
}
QV_INLINE std::size_t bin_of(std::size_t c, std::size_t d) {
  const std::size_t k = c + 32 * d;
  return d < 8 ? k : 512 - k;
}
template <int D>
QV_INLINE void emit_all(const Point* z, std::size_t c, float* power) {
  if constexpr (D < 16) {
    emit(z[4 * (D % 4) + D / 4], bin_of(c, D), power);
    emit_all<D + 1>(z, c, power);
  }
}
QV_INLINE void take_root(const float* power, std::size_t bin, float* magnitude) {
  StoreU(magnitude + bin * kLanes, Sqrt(LoadU(power + bin * kLanes)));
}
// Points b = 0 .. 15 of row c, turned by exp(2 pi i b c / 512). The roots of the column before are
// taken in between: the divider works beside the multipliers.
template <bool WithRoot>
struct TurnedRow {
  const float *row, *w;
  std::size_t c;
  const float* power;
  float* magnitude;

  template <int B>
  QV_INLINE_MEMBER Point at() const {
    const Point z = {LoadU(row + 2 * B * kLanes), LoadU(row + (2 * B + 1) * kLanes)};
    if constexpr (WithRoot) take_root(power, bin_of(c - 1, B), magnitude);
    if constexpr (B == 0) return z;
    return times(z, w[2 * B - 2], w[2 * B - 1]);
  }
  template <int J>
  QV_INLINE_MEMBER void load(Point* z) const {
    z[J] = at<J>();
    z[J + 4] = at<J + 4>();
    z[J + 8] = at<J + 8>();
    z[J + 12] = at<J + 12>();
  }
};

// c = 0: X[32 d] is a real transform of Y[b][0].
static void emit_column_0(const float* row, float* power) {
  Vec re[9], im[9];
  RealTransform<16, 1, 0, 16>::run(FirstColumn{row}, re, im);
  im[0] = im[8] = Vec{};
  for (std::size_t d = 0; d <= 8; ++d) emit({re[d], im[d]}, 32 * d, power);
}

// c = 16: a complex transform of Y[b][16] exp(2 pi i b / 32), whose other half are mirror images.
struct LastColumn {
  const float* row;

  template <int B>
  QV_INLINE_MEMBER Point at() const {
    const Vec y = LoadU(row + (2 * B + 1) * kLanes);
    constexpr float c = B <= 8 ? kCosine[B] : -kCosine[16 - B];
    constexpr float s = B <= 8 ? kCosine[8 - B] : kCosine[B - 8];
    return {y * c, y * s};
  }
  template <int J>
  QV_INLINE_MEMBER void load(Point* z) const {
    z[J] = at<J>();
    z[J + 4] = at<J + 4>();
    z[J + 8] = at<J + 8>();
    z[J + 12] = at<J + 12>();
  }
};
static void emit_column_16(const float* row, float* power) {
  Point z[16];
  transform_16(LastColumn{row}, z);
  for (std::size_t d = 0; d < 8; ++d) emit(z[4 * (d % 4) + d / 4], 16 + 32 * d, power);
}

template <bool WithRoot>
static __attribute__((noinline)) void second_pass_512(const RfftPlan& plan, const float* work,
                                                      float* power, float* magnitude) {
  emit_column_0(work, power);
  emit_column_16(work, power);
  for (std::size_t c = 1; c < 16; ++c) {
    Point z[16];
    transform_16(TurnedRow<WithRoot>{work + c * kRowStride, plan.columns.data() + (c - 1) * 30, c,
                                     power, magnitude},
                 z);
    emit_all<0>(z, c, power);
  }
  if constexpr (!WithRoot) return;
  for (std::size_t d = 0; d < 16; ++d) take_root(power, bin_of(15, d), magnitude);
  for (std::size_t d = 0; d < 8; ++d) take_root(power, 16 + 32 * d, magnitude);
  take_root(power, 256, magnitude);
}

void power_spectrum_512(const RfftPlan& plan, const FramingPlan& framing, const float* phases,
                        float* work, float* power, float* magnitude) {
  const std::size_t rows = (framing.frame_length + kColumns - 1) / kColumns;
  const std::size_t hop = framing.phase_stride(kLanes) == kPhaseStride ? framing.hop_length : 0;
  if (rows <= 16)
    first_pass_512<16, 0>(framing, phases, work);
  else if (rows <= 25 && hop == 160)
    first_pass_512<25, 10>(framing, phases, work);
  else if (rows <= 25)
    first_pass_512<25, 0>(framing, phases, work);
  else if (hop == 128)
    first_pass_512<32, 8>(framing, phases, work);
  else
    first_pass_512<32, 0>(framing, phases, work);
  if (magnitude != nullptr)
    second_pass_512<true>(plan, work, power, magnitude);
  else
    second_pass_512<false>(plan, work, power, magnitude);
}

#undef QV_INLINE
#undef QV_INLINE_MEMBER

}  // namespace quaver::QV_TARGET

#endif
