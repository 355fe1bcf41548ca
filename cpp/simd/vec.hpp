// SPDX-License-Identifier: BSD-3-Clause
// The vector type of one target. No include guard: foreach_target.hpp includes this once per
// target, inside its region, with QV_TARGET, QV_WIDTH (floats a register) and QV_FMA defined.
// GNU vector extensions keep one source for every width; intrinsics only where g++ needs the hint.
// Everything is static: no symbol of a wider target may be shared with the baseline program.

namespace quaver::QV_TARGET {

typedef float Vec __attribute__((vector_size(QV_WIDTH * 4), may_alias));
typedef float VecUnaligned __attribute__((vector_size(QV_WIDTH * 4), aligned(4), may_alias));
typedef int VecI __attribute__((vector_size(QV_WIDTH * 4), may_alias));
typedef long long VecL __attribute__((vector_size(QV_WIDTH * 4), may_alias));
// Half a register of floats widens to one register of doubles; a register of QV_WIDTH doubles
// would be wider than the target and be spilled lane by lane.
typedef float VecHalf __attribute__((vector_size(QV_WIDTH * 2), aligned(4), may_alias));
typedef double VecD __attribute__((vector_size(QV_WIDTH * 4), may_alias));

enum : std::size_t { kLanes = QV_WIDTH, kLanesD = QV_WIDTH / 2 };

static inline Vec LoadU(const float* p) { return *reinterpret_cast<const VecUnaligned*>(p); }
static inline void StoreU(float* p, Vec v) { *reinterpret_cast<VecUnaligned*>(p) = v; }
// For a loaded value that is needed twice: g++ would make it a memory operand of both, and what
// lies across two cache lines takes two cycles each time.
static inline Vec InRegister(Vec v) {
#if defined(__x86_64__)
  __asm__("" : "+v"(v));
#endif
  return v;
}
// Not Vec{} + x: -0 + 0 is 0, so that compilers would have to add.
static inline Vec Set(float x) { return x - Vec{}; }
static inline VecD SetD(double x) { return x - VecD{}; }
// g++ would convert a VecHalf in two parts.
static inline VecD LoadWide(const float* p) {
#if QV_WIDTH == 16
  return reinterpret_cast<VecD>(_mm512_cvtps_pd(_mm256_loadu_ps(p)));
#elif QV_WIDTH == 8
  return reinterpret_cast<VecD>(_mm256_cvtps_pd(_mm_loadu_ps(p)));
#else
  return __builtin_convertvector(*reinterpret_cast<const VecHalf*>(p), VecD);
#endif
}

// a b + c, a b - c and c - a b. Each has a name: compilers spend an instruction on -c.
#if QV_WIDTH == 16
static inline VecD MulAddD(VecD a, VecD b, VecD c) {
  return reinterpret_cast<VecD>(_mm512_fmadd_pd(
      reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b), reinterpret_cast<__m512d>(c)));
}
static inline Vec MulAdd(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(_mm512_fmadd_ps(
      reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
}
static inline Vec MulSub(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(_mm512_fmsub_ps(
      reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
}
static inline Vec NegMulAdd(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(_mm512_fnmadd_ps(
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
static inline VecD MulAddD(VecD a, VecD b, VecD c) {
  return reinterpret_cast<VecD>(_mm256_fmadd_pd(
      reinterpret_cast<__m256d>(a), reinterpret_cast<__m256d>(b), reinterpret_cast<__m256d>(c)));
}
static inline Vec MulAdd(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(_mm256_fmadd_ps(
      reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
}
static inline Vec MulSub(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(_mm256_fmsub_ps(
      reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
}
static inline Vec NegMulAdd(Vec a, Vec b, Vec c) {
  return reinterpret_cast<Vec>(_mm256_fnmadd_ps(
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
static inline VecD MulAddD(VecD a, VecD b, VecD c) { return a * b + c; }
static inline Vec MulAdd(Vec a, Vec b, Vec c) { return a * b + c; }
static inline Vec MulSub(Vec a, Vec b, Vec c) { return a * b - c; }
static inline Vec NegMulAdd(Vec a, Vec b, Vec c) { return c - a * b; }
#if defined(__x86_64__)
static inline Vec Max(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm_max_ps(reinterpret_cast<__m128>(a), reinterpret_cast<__m128>(b)));
}
static inline Vec Min(Vec a, Vec b) {
  return reinterpret_cast<Vec>(
      _mm_min_ps(reinterpret_cast<__m128>(a), reinterpret_cast<__m128>(b)));
}
#else
static inline Vec Max(Vec a, Vec b) { return a > b ? a : b; }
static inline Vec Min(Vec a, Vec b) { return a < b ? a : b; }
#endif
static inline Vec Sqrt(Vec a) {
#if defined(__x86_64__)
  return reinterpret_cast<Vec>(_mm_sqrt_ps(reinterpret_cast<__m128>(a)));
#else
  Vec r;
  for (std::size_t i = 0; i < kLanes; ++i) r[i] = std::sqrt(a[i]);
  return r;
#endif
}
#endif

#if QV_WIDTH == 16
static inline VecI MaxI(VecI a, VecI b) {
  return reinterpret_cast<VecI>(
      _mm512_max_epi32(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
}
#elif QV_WIDTH == 8
static inline VecI MaxI(VecI a, VecI b) {
  return reinterpret_cast<VecI>(
      _mm256_max_epi32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
}
#endif

// Lanes move up by one; lane 0 takes the last lane of `before`.
static inline Vec SlideUp(Vec before, Vec v) {
#if QV_WIDTH == 16
  return reinterpret_cast<Vec>(_mm512_castsi512_ps(
      _mm512_alignr_epi32(_mm512_castps_si512(reinterpret_cast<__m512>(v)),
                          _mm512_castps_si512(reinterpret_cast<__m512>(before)), 15)));
#elif defined(__clang__) && QV_WIDTH == 8
  return __builtin_shufflevector(before, v, 7, 8, 9, 10, 11, 12, 13, 14);
#elif defined(__clang__)
  return __builtin_shufflevector(before, v, 3, 4, 5, 6);
#elif QV_WIDTH == 8
  return __builtin_shuffle(before, v, VecI{7, 8, 9, 10, 11, 12, 13, 14});
#else
  return __builtin_shuffle(before, v, VecI{3, 4, 5, 6});
#endif
}

#if QV_WIDTH == 16
// Lanes move down by N; those of `beyond` follow.
template <int N>
static inline Vec SlideDown(Vec v, __m128 beyond) {
  return reinterpret_cast<Vec>(_mm512_castsi512_ps(
      _mm512_alignr_epi32(_mm512_castps_si512(_mm512_castps128_ps512(beyond)),
                          _mm512_castps_si512(reinterpret_cast<__m512>(v)), N)));
}
#endif

static inline float LowestLane(Vec v) {
#if QV_WIDTH == 16
  return _mm512_reduce_min_ps(reinterpret_cast<__m512>(v));
#else
  float lowest = v[0];
  for (std::size_t i = 1; i < kLanes; ++i) lowest = v[i] < lowest ? v[i] : lowest;
  return lowest;
#endif
}
static inline float HighestLane(Vec v) { return -LowestLane(-v); }
static inline double SumOfLanes(VecD v) {
#if QV_WIDTH == 16
  return _mm512_reduce_add_pd(reinterpret_cast<__m512d>(v));
#else
  double sum = 0.0;
  for (std::size_t i = 0; i < kLanesD; ++i) sum += v[i];
  return sum;
#endif
}

// One bit for each lane whose element is below the other's.
static inline unsigned MaskLess(Vec a, Vec b) {
#if QV_WIDTH == 16
  return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), _CMP_LT_OQ);
#elif QV_WIDTH == 8
  return static_cast<unsigned>(_mm256_movemask_ps(
      _mm256_cmp_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), _CMP_LT_OQ)));
#elif defined(__x86_64__)
  return static_cast<unsigned>(
      _mm_movemask_ps(_mm_cmplt_ps(reinterpret_cast<__m128>(a), reinterpret_cast<__m128>(b))));
#else
  unsigned mask = 0;
  for (unsigned i = 0; i < kLanes; ++i) mask |= (a[i] < b[i] ? 1u : 0u) << i;
  return mask;
#endif
}
enum : unsigned { kAllLanes = (1u << QV_WIDTH) - 1 };

static inline unsigned CountBits(std::uint64_t x) {
#if QV_WIDTH > 4 || !defined(__x86_64__)
  return static_cast<unsigned>(__builtin_popcountll(x));
#else  // the baseline has no instruction for it (Hacker's Delight, 5-1)
  x -= x >> 1 & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
  x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
  return static_cast<unsigned>(x * 0x0101010101010101u >> 56);
#endif
}

// The values at `from` whose bits are set, one after the other. Returns how many; `to` takes kLanes
// values and may be `from` or lie before it. AVX-512 reads no other values, the rest reads kLanes.
static inline std::size_t Compress(const float* from, unsigned mask, float* to) {
#if QV_WIDTH == 16
  const __mmask16 lanes = static_cast<__mmask16>(mask);
  const __m512 kept = _mm512_maskz_compress_ps(lanes, _mm512_maskz_loadu_ps(lanes, from));
  StoreU(to, reinterpret_cast<Vec>(kept));
  return CountBits(mask);
#else
  std::size_t n = 0;
  for (std::size_t i = 0; i < kLanes; ++i) {
    to[n] = from[i];
    n += mask >> i & 1;
  }
  return n;
#endif
}

static inline void Transpose4x4(const float* from, std::size_t from_stride, float* to,
                                std::size_t to_stride) {
#if defined(__x86_64__)
  __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + from_stride);
  __m128 c = _mm_loadu_ps(from + 2 * from_stride), d = _mm_loadu_ps(from + 3 * from_stride);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(to, a);
  _mm_storeu_ps(to + to_stride, b);
  _mm_storeu_ps(to + 2 * to_stride, c);
  _mm_storeu_ps(to + 3 * to_stride, d);
#else
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) to[j * to_stride + i] = from[i * from_stride + j];
#endif
}

static inline void Transpose2x4(const float* from, std::size_t from_stride, float* to,
                                std::size_t to_stride) {
#if defined(__x86_64__)
  const __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + from_stride);
  const __m128 low = _mm_unpacklo_ps(a, b), high = _mm_unpackhi_ps(a, b);
  _mm_storel_pi(reinterpret_cast<__m64*>(to), low);
  _mm_storeh_pi(reinterpret_cast<__m64*>(to + to_stride), low);
  _mm_storel_pi(reinterpret_cast<__m64*>(to + 2 * to_stride), high);
  _mm_storeh_pi(reinterpret_cast<__m64*>(to + 3 * to_stride), high);
#else
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 4; ++j) to[j * to_stride + i] = from[i * from_stride + j];
#endif
}

#if QV_WIDTH >= 8
// Eight rows of four. A row enters its half of a register as it is loaded, which leaves one shuffle
// an element of the results.
static inline void Transpose8x4(const float* from, std::size_t from_stride, float* to,
                                std::size_t to_stride) {
  __m256 rows[4];
  for (std::size_t i = 0; i < 4; ++i) {
    rows[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + i * from_stride)),
                                   _mm_loadu_ps(from + (i + 4) * from_stride), 1);
  }
  const __m256 ab = _mm256_unpacklo_ps(rows[0], rows[1]), AB = _mm256_unpackhi_ps(rows[0], rows[1]);
  const __m256 cd = _mm256_unpacklo_ps(rows[2], rows[3]), CD = _mm256_unpackhi_ps(rows[2], rows[3]);
  _mm256_storeu_ps(to, _mm256_shuffle_ps(ab, cd, 0x44));
  _mm256_storeu_ps(to + to_stride, _mm256_shuffle_ps(ab, cd, 0xee));
  _mm256_storeu_ps(to + 2 * to_stride, _mm256_shuffle_ps(AB, CD, 0x44));
  _mm256_storeu_ps(to + 3 * to_stride, _mm256_shuffle_ps(AB, CD, 0xee));
}
#endif

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
// 10 log10(x)
static inline Vec Decibel(Vec x) {
  Vec e;
  const Vec ln = LnMantissa(x, &e);
  return MulAdd(ln, Set(4.34294481903251828f), e * 3.01029995663981195f);
}

// The same within 1 ulp and 2e-7 dB, which for x near 1 is less: for bands, not for their
// reference, and for the shares of an entropy.
#if QV_WIDTH == 16
// ln(m) as that of a table's entry and of what is left, f: the multipliers are what mel bands wait
// for, and this takes them half as often as LnMantissa. Terms from f^5 on are below 3e-8.
static constexpr float kTableInverse[16] = {0.969696999f, 0.914285719f, 0.864864886f, 0.820512831f,
                                            0.780487776f, 0.744186044f, 0.711111128f, 0.680851042f,
                                            0.653061211f, 0.627451003f, 0.603773594f, 0.581818163f,
                                            0.561403513f, 0.542372882f, 0.524590135f, 0.507936537f};
static constexpr float kTableDecibel[16] = {0.133639485f, 0.38918063f, 0.630517364f, 0.859146237f,
                                            1.07633889f,  1.28318477f, 1.48062527f,  1.66947889f,
                                            1.85046113f,  2.02420187f, 2.19125891f,  2.35212731f,
                                            2.50724864f,  2.65702033f, 2.80179882f,  2.9419055f};
static inline Vec BandDecibel(Vec x) {
  const __m512 value = reinterpret_cast<__m512>(x);
  const __m512i entry = _mm512_srli_epi32(_mm512_castps_si512(value), 19);  // of the lowest 4 bits
  const Vec inverse = reinterpret_cast<Vec>(
      _mm512_permutexvar_ps(entry, reinterpret_cast<__m512>(LoadU(kTableInverse))));
  const Vec whole = reinterpret_cast<Vec>(
      _mm512_permutexvar_ps(entry, reinterpret_cast<__m512>(LoadU(kTableDecibel))));
  const Vec mantissa =
      reinterpret_cast<Vec>(_mm512_getmant_ps(value, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src));
  const Vec exponent = reinterpret_cast<Vec>(_mm512_getexp_ps(value));
  const Vec f = MulSub(mantissa, inverse, Set(1.0f));
  Vec q = Set(-1.08573620e+00f);
  q = MulAdd(q, f, Set(1.44764827e+00f));
  q = MulAdd(q, f, Set(-2.17147241e+00f));
  q = MulAdd(q, f, Set(4.34294482e+00f));
  return MulAdd(exponent, Set(3.01029995663981195f), MulAdd(q, f, whole));
}
#else
static inline Vec BandDecibel(Vec x) { return Decibel(x); }
#endif

// Base-2 entropy of the shares that n rows of kLanes values have in `total`, their sum. The shares
// are formed first: sum p log2 p = (sum e log2 e) / total - log2 total would cancel. 0 in silence.
static inline Vec Entropy(const float* rows, std::size_t n, Vec total) {
  const Vec smallest = Set(1.2e-38f);  // keeps the logarithm's argument normal
  const Vec inverse = 1.0f / Max(total, smallest);
  Vec entropy{};
  for (std::size_t i = 0; i < n; ++i) {
    const Vec p = LoadU(rows + i * kLanes) * inverse;
    entropy -= p * BandDecibel(Max(p, smallest));
  }
  return Max(entropy, Vec{}) * 0.332192809488736235f;  // decibels as powers of two
}

}  // namespace quaver::QV_TARGET
