// SPDX-License-Identifier: BSD-3-Clause
// The vector type of one target. No include guard: foreach_target.hpp includes this once per
// target, inside its region, with QV_TARGET, QV_WIDTH (floats a register) and QV_FMA defined.
// GNU vector extensions keep one source for every width; intrinsics only where g++ needs the hint.
// Everything is static: no symbol of a wider target may be shared with the baseline program.

namespace quaver::QV_TARGET {

typedef float Vec __attribute__((vector_size(QV_WIDTH * 4), may_alias));
typedef float VecUnaligned __attribute__((vector_size(QV_WIDTH * 4), aligned(4), may_alias));
typedef int VecI __attribute__((vector_size(QV_WIDTH * 4), may_alias));
// Half a register of floats widens to one register of doubles; a register of QV_WIDTH doubles
// would be wider than the target and be spilled lane by lane.
typedef float VecHalf __attribute__((vector_size(QV_WIDTH * 2), aligned(4), may_alias));
typedef double VecD __attribute__((vector_size(QV_WIDTH * 4), may_alias));

enum : std::size_t { kLanes = QV_WIDTH, kLanesD = QV_WIDTH / 2 };

static inline Vec LoadU(const float* p) { return *reinterpret_cast<const VecUnaligned*>(p); }
static inline void StoreU(float* p, Vec v) { *reinterpret_cast<VecUnaligned*>(p) = v; }
static inline Vec Set(float x) { return Vec{} + x; }
static inline VecD SetD(double x) { return VecD{} + x; }
static inline VecD LoadWide(const float* p) {
  return __builtin_convertvector(*reinterpret_cast<const VecHalf*>(p), VecD);
}

#if QV_WIDTH == 16
static inline Vec MulAdd(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(_mm512_fmadd_ps(
      reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
}
static inline Vec Max(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm512_max_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
}
static inline Vec Min(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm512_min_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b)));
}
static inline Vec Sqrt(Vec a) {
  return reinterpret_cast<Vec>(_mm512_sqrt_ps(reinterpret_cast<__m512>(a)));
}
#elif QV_WIDTH == 8
static inline Vec MulAdd(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(_mm256_fmadd_ps(
      reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
}
static inline Vec Max(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm256_max_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b)));
}
static inline Vec Min(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm256_min_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b)));
}
static inline Vec Sqrt(Vec a) {
  return reinterpret_cast<Vec>(_mm256_sqrt_ps(reinterpret_cast<__m256>(a)));
}
#else
static inline Vec MulAdd(Vec a, Vec b, Vec c) { return a * b + c; }
static inline Vec Max(Vec a, Vec b) { return a > b ? a : b; }
static inline Vec Min(Vec a, Vec b) { return a < b ? a : b; }
static inline Vec Sqrt(Vec a) {
  Vec r;
  for (std::size_t i = 0; i < kLanes; ++i) r[i] = std::sqrt(a[i]);
  return r;
}
#endif

// Lanes move up by one; lane 0 takes `first`.
static inline Vec SlideUp(Vec v, float first) {
  const Vec head = Set(first);
#if QV_WIDTH == 16
  return reinterpret_cast<Vec>(_mm512_castsi512_ps(
      _mm512_alignr_epi32(_mm512_castps_si512(reinterpret_cast<__m512>(v)),
                          _mm512_castps_si512(reinterpret_cast<__m512>(head)), 15)));
#elif defined(__clang__) && QV_WIDTH == 8
  return __builtin_shufflevector(head, v, 7, 8, 9, 10, 11, 12, 13, 14);
#elif defined(__clang__)
  return __builtin_shufflevector(head, v, 3, 4, 5, 6);
#elif QV_WIDTH == 8
  return __builtin_shuffle(head, v, VecI{7, 8, 9, 10, 11, 12, 13, 14});
#else
  return __builtin_shuffle(head, v, VecI{3, 4, 5, 6});
#endif
}

// ln(m) for the mantissa and the exponent of a positive, normal x: x = m 2^e, m in
// [sqrt(1/2), sqrt(2)). ln(1+f) = f - f^2/2 + f^3 Q(f); Q is a weighted minimax fit of degree 7
// whose error is 0.10 * 2^-24 of the result before rounding; with rounding below 1 ulp.
static inline Vec LnMantissa(Vec x, Vec* exponent) {
  const VecI bits = reinterpret_cast<VecI>(x);
  const VecI e = (bits - 0x3f3504f3) >> 23;
  const Vec f = reinterpret_cast<Vec>(bits - (e << 23)) - 1.0f;
  Vec q = Set(-7.634414732e-02f);
  q = MulAdd(q, f, Set(1.276154518e-01f));
  q = MulAdd(q, f, Set(-1.316019893e-01f));
  q = MulAdd(q, f, Set(1.420176327e-01f));
  q = MulAdd(q, f, Set(-1.662335694e-01f));
  q = MulAdd(q, f, Set(2.000122666e-01f));
  q = MulAdd(q, f, Set(-2.500082254e-01f));
  q = MulAdd(q, f, Set(3.333333135e-01f));
  const Vec f2 = f * f;
  *exponent = __builtin_convertvector(e, Vec);
  return f + MulAdd(f2 * f, q, f2 * -0.5f);
}
static inline Vec Log2(Vec x) {
  Vec e;
  const Vec ln = LnMantissa(x, &e);
  return MulAdd(ln, Set(1.44269504088896341f), e);
}
// 10 log10(x)
static inline Vec Decibel(Vec x) {
  Vec e;
  const Vec ln = LnMantissa(x, &e);
  return MulAdd(ln, Set(4.34294481903251828f), e * 3.01029995663981195f);
}

}  // namespace quaver::QV_TARGET
