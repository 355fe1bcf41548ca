// SPDX-License-Identifier: BSD-3-Clause
// Logarithms of registers, and the entropy. No include guard: a kernel file includes this inside
// its target region.

namespace quaver::QV_TARGET {

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

// ln(x) of x > 0, within 2 ulp; NaN and infinity pass through. x = m 2^e with m in
// [sqrt(1/2), sqrt(2)); ln m = 2 artanh s, s = (m - 1) / (m + 1), whose series in s^2 <= 0.0295
// is cut after s^23: the rest is below 2^-56 of the sum.
static inline VecD Ln(VecD x) {
  const VecD smallest = Set(2.2250738585072014e-308), zero{};
  const VecD normal = x < smallest ? x * 0x1p54 : x;
  const VecU64 bits = reinterpret_cast<VecU64>(normal);
  const unsigned long long root_half = 0x3fe6a09e667f3bcdull, one = 0x3ff0000000000000ull;
  const VecU64 biased = (bits - root_half + one) >> 52;
  const VecD m = reinterpret_cast<VecD>(bits - ((biased - 1023) << 52));
  // An integer below 2^52 in the mantissa of 2^52 is a number without a conversion.
  const VecD number = reinterpret_cast<VecD>(biased | 0x4330000000000000ull);
  const VecD exponent = number - 0x1p52 - 1023.0 - (x < smallest ? Set(54.0) : zero);
  const VecD s = (m - 1.0) / (m + 1.0), z = s * s;
  VecD q = Set(1.0 / 23);
  for (int odd = 21; odd >= 1; odd -= 2) q = MulAdd(q, z, Set(1.0 / odd));
  const VecD ln = MulAdd(exponent, Set(0.693147180559945309417), 2.0 * s * q);
  return x - x == zero ? ln : x;
}

}  // namespace quaver::QV_TARGET
