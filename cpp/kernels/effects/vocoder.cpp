// SPDX-License-Identifier: BSD-3-Clause
// Bins lie in lanes, in double precision: the phases of later frames need it. Polynomials are
// interpolations in Chebyshev nodes; their relative error stands beside them.
#ifndef QV_TARGET

#include "quaver/effects/vocoder.hpp"

#include "quaver/core/buffer.hpp"

#define QV_FILE "kernels/effects/vocoder.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

template <typename T, typename Kernel>
void run(Kernel KernelTable::* entry, const VocoderPlan& plan, const T* in, std::size_t n_frames,
         T* out) {
  if (plan.n_bins == 0 || plan.n_out == 0) return;
  const KernelTable& table = kernels();
  const std::size_t padded = plan.n_bins + table.lanes;
  Buffer<double> work(5 * padded);
  (table.*entry)(plan, in, n_frames, work.data(), padded, out);
}

}  // namespace

void phase_vocoder(const VocoderPlan& plan, const float* in, std::size_t n_frames, float* out) {
  run(&KernelTable::phase_vocoder, plan, in, n_frames, out);
}

void phase_vocoder(const VocoderPlan& plan, const double* in, std::size_t n_frames, double* out) {
  run(&KernelTable::phase_vocoder_wide, plan, in, n_frames, out);
}

}  // namespace quaver

#else

#include "simd/angles.hpp"

namespace quaver::QV_TARGET {

// x = q pi / 2 + r with |r| <= pi / 4. Three parts of pi / 2 have 22 bits, so their products with
// q < 2^31 are exact, with or without fused multiplication. On r: sin(r) = r + r^3 S(r^2), error
// 2e-16, and cos(r) = 1 - r^2 / 2 + r^4 C(r^2), error 6e-17.
static inline void SinCos(VecD x, VecD* sine, VecD* cosine) {
  const VecD q = Round(x * 0.63661977236758134);
  VecD r = MulAdd(q, Set(-1.570796012878418), x);
  r = MulAdd(q, Set(-3.139164164167596e-07), r);
  r = MulAdd(q, Set(-6.223371969669989e-14), r);
  r = MulAdd(q, Set(-2.0222662487959506e-21), r);
  const VecD z = r * r;
  VecD s = Set(1.591798851429683e-10);
  s = MulAdd(s, z, Set(-2.5051129889017467e-08));
  s = MulAdd(s, z, Set(2.7557316093153024e-06));
  s = MulAdd(s, z, Set(-0.00019841269836740408));
  s = MulAdd(s, z, Set(0.008333333333330936));
  s = MulAdd(s, z, Set(-0.16666666666666666));
  s = MulAdd(s * z, r, r);
  VecD c = Set(-1.138254273760893e-11);
  c = MulAdd(c, z, Set(2.087614501171536e-09));
  c = MulAdd(c, z, Set(-2.7557317265594924e-07));
  c = MulAdd(c, z, Set(2.4801587298753526e-05));
  c = MulAdd(c, z, Set(-0.0013888888888887389));
  c = MulAdd(c, z, Set(0.041666666666666664));
  c = MulAdd(c, z * z, MulAdd(z, Set(-0.5), Set(1.0)));
  // q mod 4 from its lowest bits: the sum holds q + 2^51 * 3 as an integer.
  const VecL quarter = reinterpret_cast<VecL>(q + 6755399441055744.0);
  const VecL odd = -(quarter & 1);
  const VecD a = odd ? c : s, b = odd ? s : c;
  *sine = (-((quarter >> 1) & 1)) ? -a : a;
  *cosine = (-(((quarter + 1) >> 1) & 1)) ? -b : b;
}

// Angles and magnitudes of one frame.
template <typename T>
static inline void polar(const T* frame, std::size_t n_bins, double* angle, double* magnitude) {
  for (std::size_t k = 0; k < n_bins; ++k) {
    angle[k] = static_cast<double>(frame[2 * k + 1]);
    magnitude[k] = static_cast<double>(frame[2 * k]);
  }
  for (std::size_t k = 0; k < n_bins; k += kLanesD) {
    const VecD im = LoadU(angle + k), re = LoadU(magnitude + k);
    StoreU(angle + k, Atan2(im, re));
    StoreU(magnitude + k, Sqrt(MulAdd(re, re, im * im)));
  }
}

template <typename T>
static inline void emit(const double* phase, const double* low, const double* high, double alpha,
                        std::size_t n_bins, T* out) {
  double re[kLanesD], im[kLanesD];
  for (std::size_t k = 0; k < n_bins; k += kLanesD) {
    const VecD magnitude = (1.0 - alpha) * LoadU(low + k) + alpha * LoadU(high + k);
    VecD sine, cosine;
    SinCos(LoadU(phase + k), &sine, &cosine);
    StoreU(re, cosine * magnitude);
    StoreU(im, sine * magnitude);
    const std::size_t count = n_bins - k < kLanesD ? n_bins - k : kLanesD;
    for (std::size_t i = 0; i < count; ++i) {
      out[2 * (k + i)] = static_cast<T>(re[i]);
      out[2 * (k + i) + 1] = static_cast<T>(im[i]);
    }
  }
}

// The advance between two frames, unwrapped around the expected one.
static inline void advance(const VocoderPlan& plan, const double* low, const double* high,
                           double* phase) {
  const VecD turn = Set(6.2831853071795862);
  std::size_t k = 0;
  for (; k + kLanesD <= plan.n_bins; k += kLanesD) {
    const VecD expected = LoadU(plan.advance + k);
    VecD d = LoadU(high + k) - LoadU(low + k) - expected;
    d -= turn * Round(d / turn);
    StoreU(phase + k, LoadU(phase + k) + (expected + d));
  }
  if (k == plan.n_bins) return;
  VecD expected{};
  for (std::size_t i = 0; k + i < plan.n_bins; ++i) expected[i] = plan.advance[k + i];
  VecD d = LoadU(high + k) - LoadU(low + k) - expected;
  d -= turn * Round(d / turn);
  StoreU(phase + k, LoadU(phase + k) + (expected + d));
}

template <typename T>
static inline void vocode(const VocoderPlan& plan, const T* in, std::size_t n_frames, double* work,
                          std::size_t padded, T* out) {
  const std::size_t n_bins = plan.n_bins;
  // Two frames are held in polar form, frame i in slot i % 2.
  double* const phase = work + 4 * padded;
  std::size_t held[2] = {n_frames + 2, n_frames + 2};
  for (std::size_t t = 0; t < plan.n_out; ++t) {
    const std::size_t first = static_cast<std::size_t>(plan.positions[t]);
    for (std::size_t frame = first; frame < first + 2; ++frame) {
      if (held[frame % 2] == frame) continue;
      double* const slot = work + (frame % 2) * 2 * padded;
      if (frame < n_frames) {
        polar(in + 2 * n_bins * frame, n_bins, slot, slot + padded);
      } else {
        for (std::size_t i = 0; i < 2 * padded; ++i) slot[i] = 0.0;
      }
      held[frame % 2] = frame;
    }
    const double* const low = work + (first % 2) * 2 * padded;
    const double* const high = work + ((first + 1) % 2) * 2 * padded;
    if (t == 0) {
      for (std::size_t i = 0; i < padded; ++i) phase[i] = low[i];
    }
    const double alpha = plan.positions[t] - static_cast<double>(first);
    emit(phase, low + padded, high + padded, alpha, n_bins, out + 2 * n_bins * t);
    advance(plan, low, high, phase);
  }
}

void phase_vocoder(const VocoderPlan& plan, const float* in, std::size_t n_frames, double* work,
                   std::size_t padded, float* out) {
  vocode(plan, in, n_frames, work, padded, out);
}

void phase_vocoder_wide(const VocoderPlan& plan, const double* in, std::size_t n_frames,
                        double* work, std::size_t padded, double* out) {
  vocode(plan, in, n_frames, work, padded, out);
}

}  // namespace quaver::QV_TARGET

#endif
