// SPDX-License-Identifier: BSD-3-Clause
// Angles of registers of doubles. No include guard: a kernel file includes this inside its target
// region.

namespace quaver::QV_TARGET {

// atan(t) = t + t^3 P(t^2) for |t| <= tan(pi / 8), error 6e-17; above, atan(t) = pi / 4 +
// atan((t - 1) / (t + 1)). With t = smaller / larger one division serves both.
static inline VecD Atan2(VecD y, VecD x) {
  const VecD ay = Abs(y), ax = Abs(x);
  const VecD low = Min(ay, ax), high = Max(ay, ax);
  const VecL upper = low > high * 0.41421356237309503;
  const VecD numerator = upper ? low - high : low;
  VecD denominator = upper ? low + high : high;
  denominator = denominator == 0.0 ? Set(1.0) : denominator;
  const VecD t = numerator / denominator, z = t * t;
  VecD p = Set(0.016287812945248708);
  p = MulAdd(p, z, Set(-0.034572332061536766));
  p = MulAdd(p, z, Set(0.045516584912075594));
  p = MulAdd(p, z, Set(-0.05230467791753141));
  p = MulAdd(p, z, Set(0.058789307338878286));
  p = MulAdd(p, z, Set(-0.06666425029302137));
  p = MulAdd(p, z, Set(0.07692296382651526));
  p = MulAdd(p, z, Set(-0.09090908753742867));
  p = MulAdd(p, z, Set(0.11111111105158906));
  p = MulAdd(p, z, Set(-0.1428571428565981));
  p = MulAdd(p, z, Set(0.19999999999999804));
  p = MulAdd(p, z, Set(-0.3333333333333333));
  VecD angle = MulAdd(p * z, t, t);
  angle = upper ? angle + 0.78539816339744831 : angle;
  angle = ay > ax ? 1.5707963267948966 - angle : angle;
  const VecL sign = reinterpret_cast<VecL>(x) < 0;  // of -0 too
  angle = sign ? 3.1415926535897931 - angle : angle;
  const VecL top = reinterpret_cast<VecL>(y) & static_cast<long long>(0x8000000000000000ULL);
  return reinterpret_cast<VecD>(reinterpret_cast<VecL>(angle) | top);
}

}  // namespace quaver::QV_TARGET
