// SPDX-License-Identifier: BSD-3-Clause
// Transforms of 4 to 32 values, a register of T = float or double each, for the passes of
// two_passes.hpp. The exponent is positive: it takes the fewest instructions, powers of real
// signals do not depend on its sign, and bins are the conjugates of what a negative one gives. No
// include guard: a kernel file includes it inside its target region, after vec.hpp.

#define QV_INLINE static inline __attribute__((always_inline))
#define QV_INLINE_MEMBER inline __attribute__((always_inline))

namespace quaver::QV_TARGET {

// cos(2 pi i / 32)
static constexpr double kCosine[9] = {1.0,
                                      0.98078528040323044913,
                                      0.92387953251128675613,
                                      0.83146961230254523708,
                                      0.70710678118654752440,
                                      0.55557023301960222474,
                                      0.38268343236508977173,
                                      0.19509032201612826785,
                                      0.0};

// Real transform of x[First + Step i], i < N, where only x[0 .. Count) is not zero. Results k = 0
// .. N/2; im[0] and im[N/2] are zero and not written. Radix 2, decimation in time; recursion and
// constant indices, because compilers keep arrays that loops index in memory. Values are loaded
// where they are first needed: compilers keep the order, and registers are few.
template <class T, int N, int Step, int First, int Count>
struct RealTransform {
  typedef Lanes<T> V;

  template <int K>
  QV_INLINE void combine(const V* er, const V* ei, const V* odd_re, const V* odd_im, V* re, V* im) {
    if constexpr (K < N / 4) {
      constexpr T c = static_cast<T>(kCosine[K * 32 / N]);
      constexpr T s = static_cast<T>(kCosine[8 - K * 32 / N]);
      if constexpr (8 * K == N) {
        const V sum = odd_re[K] + odd_im[K], difference = odd_re[K] - odd_im[K];
        re[K] = MulAdd(difference, Set(c), er[K]);
        re[N / 2 - K] = NegMulAdd(difference, Set(c), er[K]);
        im[K] = MulAdd(sum, Set(c), ei[K]);
        im[N / 2 - K] = MulSub(sum, Set(c), ei[K]);
      } else {
        const V tr = MulSub(odd_re[K], Set(c), odd_im[K] * s);
        const V ti = MulAdd(odd_im[K], Set(c), odd_re[K] * s);
        re[K] = er[K] + tr;
        re[N / 2 - K] = er[K] - tr;
        im[K] = ei[K] + ti;
        im[N / 2 - K] = ti - ei[K];
      }
      combine<K + 1>(er, ei, odd_re, odd_im, re, im);
    }
  }
  template <class Source>
  QV_INLINE void run(const Source& x, V* re, V* im) {
    V er[N / 4 + 1], ei[N / 4 + 1], odd_re[N / 4 + 1], odd_im[N / 4 + 1];
    RealTransform<T, N / 2, 2 * Step, First, Count>::run(x, er, ei);
    RealTransform<T, N / 2, 2 * Step, First + Step, Count>::run(x, odd_re, odd_im);
    re[0] = er[0] + odd_re[0];
    re[N / 2] = er[0] - odd_re[0];
    combine<1>(er, ei, odd_re, odd_im, re, im);
    re[N / 4] = er[N / 4];
    im[N / 4] = odd_re[N / 4];
  }
};

template <class T, int Step, int First, int Count>
struct RealTransform<T, 4, Step, First, Count> {
  typedef Lanes<T> V;

  template <class Source>
  QV_INLINE void run(const Source& x, V* re, V* im) {
    const V a = x.template at<First>(), b = x.template at<First + Step>();
    if constexpr (First + 2 * Step >= Count) {
      re[0] = a + b;
      re[1] = a;
      re[2] = a - b;
      im[1] = b;
    } else {
      V sum;
      x.template combine<First + 2 * Step>(a, sum, re[1]);
      if constexpr (First + 3 * Step >= Count) {
        re[0] = sum + b;
        re[2] = sum - b;
        im[1] = b;
      } else {
        V other;
        x.template combine<First + 3 * Step>(b, other, im[1]);
        re[0] = sum + other;
        re[2] = sum - other;
      }
    }
  }
};

template <class T>
struct Point {
  Lanes<T> re, im;
};

template <class T>
QV_INLINE Point<T> plus(Point<T> a, Point<T> b) {
  return {a.re + b.re, a.im + b.im};
}
template <class T>
QV_INLINE Point<T> minus(Point<T> a, Point<T> b) {
  return {a.re - b.re, a.im - b.im};
}
template <class T>
QV_INLINE Point<T> times(Point<T> a, T c, T s) {
  return {MulSub(a.re, Set(c), a.im * s), MulAdd(a.re, Set(s), a.im * c)};
}
template <class T>
QV_INLINE void butterfly(Point<T>& a, Point<T>& b, Point<T>& c, Point<T>& d) {
  const Point<T> ac = plus(a, c), a_c = minus(a, c), bd = plus(b, d), b_d = minus(b, d);
  a = plus(ac, bd);
  c = minus(ac, bd);
  b = {a_c.re - b_d.im, a_c.im + b_d.re};  // a - c + i (b - d)
  d = {a_c.re + b_d.im, a_c.im - b_d.re};
}
// z w^2 and z w^6, w = exp(2 pi i / 16)
template <class T>
QV_INLINE Point<T> turn_2(Point<T> z) {
  const Lanes<T> half = Set(static_cast<T>(kCosine[4]));
  return {(z.re - z.im) * half, (z.re + z.im) * half};
}
template <class T>
QV_INLINE Point<T> turn_6(Point<T> z) {
  const Lanes<T> half = Set(static_cast<T>(kCosine[4]));
  return {(z.re + z.im) * -half, (z.re - z.im) * half};
}

// Sum and difference of points I and I + 4 of 8.
template <int I, class T, class Source>
QV_INLINE void split_8(const Source& source, Point<T>* z) {
  const Point<T> low = source.template at<I>(), high = source.template at<I + 4>();
  z[I] = plus(low, high);
  z[I + 4] = minus(low, high);
}
template <class T, class Source>
QV_INLINE void transform_8(const Source& source, Point<T>* z) {
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
template <int J, class T, class Source>
QV_INLINE void load_16(const Source& source, Point<T>* z) {
  z[J] = source.template at<J>();
  z[J + 4] = source.template at<J + 4>();
  z[J + 8] = source.template at<J + 8>();
  z[J + 12] = source.template at<J + 12>();
}
template <class T, class Source>
QV_INLINE void transform_16(const Source& source, Point<T>* z) {
  constexpr T c1 = static_cast<T>(kCosine[2]), s1 = static_cast<T>(kCosine[6]);
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
template <int Radix, class T, class Source>
QV_INLINE void transform(const Source& source, Point<T>* z) {
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

}  // namespace quaver::QV_TARGET
