// SPDX-License-Identifier: BSD-3-Clause
// Double-precision operations of one target, for stages whose sums or phases outgrow float32. No
// include guard: kernel files include this inside their target region, after vec.hpp.

namespace quaver::QV_TARGET {

typedef double VecDUnaligned __attribute__((vector_size(QV_WIDTH * 4), aligned(8), may_alias));
typedef long long VecL __attribute__((vector_size(QV_WIDTH * 4), may_alias));

static inline VecD LoadU(const double* p) { return *reinterpret_cast<const VecDUnaligned*>(p); }
static inline void StoreU(double* p, VecD v) { *reinterpret_cast<VecDUnaligned*>(p) = v; }
static inline VecD Narrowed(VecD v) {  // rounded to float32
  return __builtin_convertvector(__builtin_convertvector(v, VecHalf), VecD);
}
static inline void StoreNarrow(float* p, VecD v) {
  *reinterpret_cast<VecHalf*>(p) = __builtin_convertvector(v, VecHalf);
}

#if QV_WIDTH == 16
static inline VecD MulAdd(VecD a, VecD b, VecD c) {
  return reinterpret_cast<VecD>(_mm512_fmadd_pd(
      reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b), reinterpret_cast<__m512d>(c)));
}
static inline VecD Max(VecD a, VecD b) {
  return reinterpret_cast<VecD>(
      _mm512_max_pd(reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b)));
}
static inline VecD Min(VecD a, VecD b) {
  return reinterpret_cast<VecD>(
      _mm512_min_pd(reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b)));
}
static inline VecD Sqrt(VecD a) {
  return reinterpret_cast<VecD>(_mm512_sqrt_pd(reinterpret_cast<__m512d>(a)));
}
#elif QV_WIDTH == 8
static inline VecD MulAdd(VecD a, VecD b, VecD c) {
  return reinterpret_cast<VecD>(_mm256_fmadd_pd(
      reinterpret_cast<__m256d>(a), reinterpret_cast<__m256d>(b), reinterpret_cast<__m256d>(c)));
}
static inline VecD Max(VecD a, VecD b) {
  return reinterpret_cast<VecD>(
      _mm256_max_pd(reinterpret_cast<__m256d>(a), reinterpret_cast<__m256d>(b)));
}
static inline VecD Min(VecD a, VecD b) {
  return reinterpret_cast<VecD>(
      _mm256_min_pd(reinterpret_cast<__m256d>(a), reinterpret_cast<__m256d>(b)));
}
static inline VecD Sqrt(VecD a) {
  return reinterpret_cast<VecD>(_mm256_sqrt_pd(reinterpret_cast<__m256d>(a)));
}
#else
static inline VecD MulAdd(VecD a, VecD b, VecD c) { return a * b + c; }
static inline VecD Max(VecD a, VecD b) { return a > b ? a : b; }
static inline VecD Min(VecD a, VecD b) { return a < b ? a : b; }
static inline VecD Sqrt(VecD a) {
  VecD r;
  for (std::size_t i = 0; i < kLanesD; ++i) r[i] = __builtin_sqrt(a[i]);
  return r;
}
#endif

static inline VecD Abs(VecD a) {
  return reinterpret_cast<VecD>(reinterpret_cast<VecL>(a) & 0x7fffffffffffffffLL);
}
// To the nearest whole number, ties to even; exact for |a| < 2^51.
static inline VecD Round(VecD a) {
  const VecD shift = SetD(6755399441055744.0);  // 1.5 * 2^52
  return (a + shift) - shift;
}

}  // namespace quaver::QV_TARGET
