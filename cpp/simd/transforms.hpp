// SPDX-License-Identifier: BSD-3-Clause
// Transforms of 4 to 32 values, a register each, for the passes of rfft_columns.cpp and
// rfft512.cpp. The exponent is positive: for powers of real signals the sign does not matter, and
// this one takes the fewest instructions. No include guard: a kernel file includes it inside its
// target region, after vec.hpp.

#define QV_INLINE static inline __attribute__((always_inline))
#define QV_INLINE_MEMBER inline __attribute__((always_inline))

namespace quaver::QV_TARGET {

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

// Sum and difference of points I and I + 4 of 8.
template <int I, class Source>
QV_INLINE void split_8(const Source& source, Point* z) {
  const Point low = source.template at<I>(), high = source.template at<I + 4>();
  z[I] = plus(low, high);
  z[I + 4] = minus(low, high);
}
template <class Source>
QV_INLINE void transform_8(const Source& source, Point* z) {
  split_8<0>(source, z);
  split_8<2>(source, z);
  z[6] = {-z[6].im, z[6].re};
  split_8<1>(source, z);
  z[5] = turn_2(z[5]);
  split_8<3>(source, z);
  z[7] = turn_6(z[7]);
  butterfly(z[0], z[1], z[2], z[3]);
  butterfly(z[4], z[5], z[6], z[7]);
}
template <int J, class Source>
QV_INLINE void load_16(const Source& source, Point* z) {
  z[J] = source.template at<J>();
  z[J + 4] = source.template at<J + 4>();
  z[J + 8] = source.template at<J + 8>();
  z[J + 12] = source.template at<J + 12>();
}
template <class Source>
QV_INLINE void transform_16(const Source& source, Point* z) {
  constexpr float c1 = 0.923879532511f, s1 = 0.382683432365f;
  load_16<0>(source, z);
  butterfly(z[0], z[4], z[8], z[12]);
  load_16<1>(source, z);
  butterfly(z[1], z[5], z[9], z[13]);
  z[5] = times(z[5], c1, s1);
  z[9] = turn_2(z[9]);
  z[13] = times(z[13], s1, c1);
  load_16<2>(source, z);
  butterfly(z[2], z[6], z[10], z[14]);
  z[6] = turn_2(z[6]);
  z[10] = {-z[10].im, z[10].re};
  z[14] = turn_6(z[14]);
  load_16<3>(source, z);
  butterfly(z[3], z[7], z[11], z[15]);
  z[7] = times(z[7], s1, c1);
  z[11] = turn_6(z[11]);
  z[15] = times(z[15], -c1, -s1);
  butterfly(z[0], z[1], z[2], z[3]);
  butterfly(z[4], z[5], z[6], z[7]);
  butterfly(z[8], z[9], z[10], z[11]);
  butterfly(z[12], z[13], z[14], z[15]);
}

// Where transform_R leaves output k.
QV_INLINE constexpr int place(int radix, int k) {
  if (radix == 16) return 4 * (k % 4) + k / 4;
  if (radix == 8) return k / 2 + 4 * (k % 2);
  return k;
}
template <int Radix, class Source>
QV_INLINE void transform(const Source& source, Point* z) {
  if constexpr (Radix == 16) {
    transform_16(source, z);
  } else if constexpr (Radix == 8) {
    transform_8(source, z);
  } else {
    z[0] = source.template at<0>();
    z[2] = source.template at<2>();
    z[1] = source.template at<1>();
    z[3] = source.template at<3>();
    butterfly(z[0], z[1], z[2], z[3]);
  }
}

QV_INLINE void emit(Point z, std::size_t bin, float* power) {
  StoreU(power + bin * kLanes, MulAdd(z.re, z.re, z.im * z.im));
}
QV_INLINE void take_root(const float* power, std::size_t bin, float* magnitude) {
  StoreU(magnitude + bin * kLanes, Sqrt(LoadU(power + bin * kLanes)));
}

}  // namespace quaver::QV_TARGET
