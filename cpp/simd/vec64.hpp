// SPDX-License-Identifier: BSD-3-Clause
// Float64 operations of one target, for kernels whose numbers a float32 cannot hold: the names of
// vec.hpp for doubles. No include guard: a kernel file includes this inside its target region.

namespace quaver::QV_TARGET {

typedef double VecDUnaligned __attribute__((vector_size(QV_WIDTH * 4), aligned(8), may_alias));
typedef unsigned long long VecU64 __attribute__((vector_size(QV_WIDTH * 4), may_alias));

static inline VecD LoadU(const double* p) { return *reinterpret_cast<const VecDUnaligned*>(p); }
static inline void StoreU(double* p, VecD v) { *reinterpret_cast<VecDUnaligned*>(p) = v; }
static inline void StoreNarrow(float* p, VecD v) {
  *reinterpret_cast<VecHalf*>(p) = __builtin_convertvector(v, VecHalf);
}

static inline VecD Set(double x) { return SetD(x); }
static inline VecD MulAdd(VecD a, VecD b, VecD c) { return MulAddD(a, b, c); }

#if QV_WIDTH == 16
static inline VecD MulSub(VecD a, VecD b, VecD c) {
  return reinterpret_cast<VecD>(_mm512_fmsub_pd(
      reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b), reinterpret_cast<__m512d>(c)));
}
static inline VecD NegMulAdd(VecD a, VecD b, VecD c) {
  return reinterpret_cast<VecD>(_mm512_fnmadd_pd(
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
static inline VecD MulSub(VecD a, VecD b, VecD c) {
  return reinterpret_cast<VecD>(_mm256_fmsub_pd(
      reinterpret_cast<__m256d>(a), reinterpret_cast<__m256d>(b), reinterpret_cast<__m256d>(c)));
}
static inline VecD NegMulAdd(VecD a, VecD b, VecD c) {
  return reinterpret_cast<VecD>(_mm256_fnmadd_pd(
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
static inline VecD MulSub(VecD a, VecD b, VecD c) { return a * b - c; }
static inline VecD NegMulAdd(VecD a, VecD b, VecD c) { return c - a * b; }
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

// ln(x) of x > 0, within 2 ulp; NaN and infinity pass through. x = m 2^e with m in
// [sqrt(1/2), sqrt(2)); ln m = 2 artanh s, s = (m - 1) / (m + 1), whose series in s^2 <= 0.0295
// is cut after s^23: the rest is below 2^-56 of the sum.
static inline VecD Ln(VecD x) {
  const VecD smallest = SetD(2.2250738585072014e-308), zero{};
  const VecD normal = x < smallest ? x * 0x1p54 : x;
  const VecU64 bits = reinterpret_cast<VecU64>(normal);
  const unsigned long long root_half = 0x3fe6a09e667f3bcdull, one = 0x3ff0000000000000ull;
  const VecU64 biased = (bits - root_half + one) >> 52;
  const VecD m = reinterpret_cast<VecD>(bits - ((biased - 1023) << 52));
  // An integer below 2^52 in the mantissa of 2^52 is a number without a conversion.
  const VecD number = reinterpret_cast<VecD>(biased | 0x4330000000000000ull);
  const VecD exponent = number - 0x1p52 - 1023.0 - (x < smallest ? SetD(54.0) : zero);
  const VecD s = (m - 1.0) / (m + 1.0), z = s * s;
  VecD q = SetD(1.0 / 23);
  for (int odd = 21; odd >= 1; odd -= 2) q = MulAdd(q, z, SetD(1.0 / odd));
  const VecD ln = MulAdd(exponent, SetD(0.693147180559945309417), 2.0 * s * q);
  return x - x == zero ? ln : x;
}

}  // namespace quaver::QV_TARGET
