// SPDX-License-Identifier: BSD-3-Clause
// The vector types of one target, of floats and of doubles, with the same operations. No include
// guard: foreach_target.hpp includes this once per target, inside its region, with QV_TARGET,
// QV_WIDTH (floats a register) and QV_FMA defined. GNU vector extensions keep one source for every
// width; intrinsics only where g++ needs the hint. Everything is static: no symbol of a wider
// target may be shared with the baseline program.

namespace quaver::QV_TARGET {

typedef float Vec __attribute__((vector_size(QV_WIDTH * 4), may_alias));
typedef float VecUnaligned __attribute__((vector_size(QV_WIDTH * 4), aligned(4), may_alias));
typedef int VecI __attribute__((vector_size(QV_WIDTH * 4), may_alias));
typedef long long VecL __attribute__((vector_size(QV_WIDTH * 4), may_alias));
typedef unsigned long long VecU64 __attribute__((vector_size(QV_WIDTH * 4), may_alias));
// Half a register of floats widens to one register of doubles; a register of QV_WIDTH doubles
// would be wider than the target and be spilled lane by lane.
typedef float VecHalf __attribute__((vector_size(QV_WIDTH * 2), aligned(4), may_alias));
typedef double VecD __attribute__((vector_size(QV_WIDTH * 4), may_alias));
typedef double VecDUnaligned __attribute__((vector_size(QV_WIDTH * 4), aligned(8), may_alias));

enum : std::size_t { kLanes = QV_WIDTH, kLanesD = QV_WIDTH / 2 };

// The register of T = float or double.
template <class T>
struct LanesOf;
template <>
struct LanesOf<float> {
  typedef Vec type;
  enum : std::size_t { kCount = kLanes };
};
template <>
struct LanesOf<double> {
  typedef VecD type;
  enum : std::size_t { kCount = kLanesD };
};
template <class T>
using Lanes = typename LanesOf<T>::type;

#if QV_WIDTH == 16
#define QV_INTRINSIC(name) _mm512_##name
#define QV_REGISTER(suffix) __m512##suffix
#elif QV_WIDTH == 8
#define QV_INTRINSIC(name) _mm256_##name
#define QV_REGISTER(suffix) __m256##suffix
#elif defined(__x86_64__)
#define QV_INTRINSIC(name) _mm_##name
#define QV_REGISTER(suffix) __m128##suffix
#endif

#ifdef QV_INTRINSIC
#define QV_1(V, R, name, a) reinterpret_cast<V>(QV_INTRINSIC(name)(reinterpret_cast<R>(a)))
#define QV_2(V, R, name, a, b) \
  reinterpret_cast<V>(QV_INTRINSIC(name)(reinterpret_cast<R>(a), reinterpret_cast<R>(b)))
#define QV_3(V, R, name, a, b, c) \
  reinterpret_cast<V>(            \
      QV_INTRINSIC(name)(reinterpret_cast<R>(a), reinterpret_cast<R>(b), reinterpret_cast<R>(c)))
#define QV_EXTREMES(V, R, p)                                          \
  static inline V Max(V a, V b) { return QV_2(V, R, max_##p, a, b); } \
  static inline V Min(V a, V b) { return QV_2(V, R, min_##p, a, b); } \
  static inline V Sqrt(V a) { return QV_1(V, R, sqrt_##p, a); }
#else
#define QV_EXTREMES(V, R, p)                                                         \
  static inline V Max(V a, V b) { return a > b ? a : b; }                            \
  static inline V Min(V a, V b) { return a < b ? a : b; }                            \
  static inline V Sqrt(V a) {                                                        \
    for (std::size_t i = 0; i < sizeof a / sizeof a[0]; ++i) a[i] = std::sqrt(a[i]); \
    return a;                                                                        \
  }
#endif
// a b + c, a b - c and c - a b. Each has a name: compilers spend an instruction on -c.
#if QV_FMA
#define QV_PRODUCTS(V, R, p)                                                       \
  static inline V MulAdd(V a, V b, V c) { return QV_3(V, R, fmadd_##p, a, b, c); } \
  static inline V MulSub(V a, V b, V c) { return QV_3(V, R, fmsub_##p, a, b, c); } \
  static inline V NegMulAdd(V a, V b, V c) { return QV_3(V, R, fnmadd_##p, a, b, c); }
#else
#define QV_PRODUCTS(V, R, p)                                  \
  static inline V MulAdd(V a, V b, V c) { return a * b + c; } \
  static inline V MulSub(V a, V b, V c) { return a * b - c; } \
  static inline V NegMulAdd(V a, V b, V c) { return c - a * b; }
#endif
// Set is not V{} + x: -0 + 0 is 0, so that compilers would have to add.
#define QV_OPERATIONS(T, V, Unaligned, R, p)                                                 \
  static inline V LoadU(const T* from) { return *reinterpret_cast<const Unaligned*>(from); } \
  static inline void StoreU(T* to, V v) { *reinterpret_cast<Unaligned*>(to) = v; }           \
  static inline V Set(T x) { return x - V{}; }                                               \
  QV_PRODUCTS(V, R, p)                                                                       \
  QV_EXTREMES(V, R, p)

QV_OPERATIONS(float, Vec, VecUnaligned, QV_REGISTER(), ps)
QV_OPERATIONS(double, VecD, VecDUnaligned, QV_REGISTER(d), pd)

#undef QV_OPERATIONS
#undef QV_PRODUCTS
#undef QV_EXTREMES
#undef QV_1
#undef QV_2
#undef QV_3
#undef QV_INTRINSIC
#undef QV_REGISTER

// For a loaded value that is needed twice: g++ would make it a memory operand of both, and what
// lies across two cache lines takes two cycles each time.
static inline Vec InRegister(Vec v) {
#if defined(__x86_64__)
  __asm__("" : "+v"(v));
#endif
  return v;
}
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
static inline void StoreNarrow(float* p, VecD v) {
  *reinterpret_cast<VecHalf*>(p) = __builtin_convertvector(v, VecHalf);
}
static inline VecD Abs(VecD a) {
  return reinterpret_cast<VecD>(reinterpret_cast<VecL>(a) & 0x7fffffffffffffffLL);
}
// To the nearest whole number, ties to even; exact for |a| < 2^51.
static inline VecD Round(VecD a) {
  const VecD shift = Set(6755399441055744.0);  // 1.5 * 2^52
  return (a + shift) - shift;
}

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

}  // namespace quaver::QV_TARGET
