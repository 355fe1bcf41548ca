// SPDX-License-Identifier: BSD-3-Clause
// The picture of stft.cpp with the transform in double, for what looks at the quietest bins: in
// float32 these hold the rounding errors of the loudest ones. Same passes and layout as rfft.cpp,
// half as many frames in lanes.
#ifndef QV_TARGET

#include "quaver/stft.hpp"

#define QV_FILE "kernels/stft64.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {
StftWorkspace& workspace() {
  thread_local StftWorkspace instance;
  return instance;
}

// A double takes two floats of a Buffer, whose storage is aligned for either.
Buffer doubles(const std::vector<double>& values) {
  Buffer result(2 * values.size());
  double* const to = reinterpret_cast<double*>(result.data());
  for (std::size_t i = 0; i < values.size(); ++i) to[i] = values[i];
  return result;
}
}  // namespace

void StftPlan::plan_double(const double* window, std::size_t win_length) {
  const double two_pi = 6.28318530717958647692;
  std::vector<double> table, post;
  for (std::size_t i = 0; i < rfft.n_passes; ++i) {
    const RfftPass& pass = rfft.passes[i];
    const double length = static_cast<double>(pass.n_groups * pass.radix);
    for (std::size_t p = 0; p < pass.n_groups; ++p) {
      for (std::size_t j = 1; j < pass.radix; ++j) {
        const double angle = -two_pi * static_cast<double>(p * j) / length;
        table.push_back(std::cos(angle));
        table.push_back(std::sin(angle));
      }
    }
  }
  for (std::size_t k = 0; k <= n_fft / 4; ++k) {
    const double angle = two_pi * static_cast<double>(k) / static_cast<double>(n_fft);
    post.push_back(std::cos(angle));
    post.push_back(std::sin(angle));
  }
  window64 = doubles(std::vector<double>(window, window + win_length));
  twiddles64 = doubles(table);
  post64 = doubles(post);
}

void stft_bins64(const StftPlan& plan, StftOutput output, const float* samples,
                 std::size_t n_samples, float* out) {
  kernels().stft_bins64(plan, output, samples, n_samples, workspace(), out);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

typedef double VecDUnaligned __attribute__((vector_size(QV_WIDTH * 4), aligned(8), may_alias));

struct Complex64 {
  VecD re, im;
};

static inline VecD load_d(const double* p) { return *reinterpret_cast<const VecDUnaligned*>(p); }
static inline void store_d(double* p, VecD v) { *reinterpret_cast<VecDUnaligned*>(p) = v; }
static inline Complex64 load64(const double* x, std::size_t index) {
  return {load_d(x + 2 * index * kLanesD), load_d(x + (2 * index + 1) * kLanesD)};
}
static inline void store64(double* y, std::size_t index, Complex64 v) {
  store_d(y + 2 * index * kLanesD, v.re);
  store_d(y + (2 * index + 1) * kLanesD, v.im);
}
static inline Complex64 add(Complex64 a, Complex64 b) { return {a.re + b.re, a.im + b.im}; }
static inline Complex64 sub(Complex64 a, Complex64 b) { return {a.re - b.re, a.im - b.im}; }
static inline Complex64 turn(Complex64 a) { return {a.im, -a.re}; }  // -i a
static inline Complex64 scale(Complex64 a, double s) { return {a.re * s, a.im * s}; }
static inline void store_turned(double* y, std::size_t index, Complex64 a, const double* w,
                                bool unit) {
  if (!unit) a = {a.re * w[0] - a.im * w[1], a.re * w[1] + a.im * w[0]};
  store64(y, index, a);
}

static void pass_2(const RfftPass& pass, const double* w, const double* x, double* y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  for (std::size_t p = 0; p < m; ++p, w += 2) {
    for (std::size_t q = 0; q < s; ++q) {
      const Complex64 a = load64(x, q + s * p), b = load64(x, q + s * (p + m));
      store64(y, q + s * (2 * p), add(a, b));
      store_turned(y, q + s * (2 * p + 1), sub(a, b), w, p == 0);
    }
  }
}

static void pass_3(const RfftPass& pass, const double* w, const double* x, double* y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  const double sin60 = 0.86602540378443864676;
  for (std::size_t p = 0; p < m; ++p, w += 4) {
    for (std::size_t q = 0; q < s; ++q) {
      const Complex64 a = load64(x, q + s * p), b = load64(x, q + s * (p + m));
      const Complex64 c = load64(x, q + s * (p + 2 * m));
      const Complex64 sum = add(b, c), odd = turn(scale(sub(b, c), sin60));
      const Complex64 middle = sub(a, scale(sum, 0.5));
      store64(y, q + s * (3 * p), add(a, sum));
      store_turned(y, q + s * (3 * p + 1), add(middle, odd), w, p == 0);
      store_turned(y, q + s * (3 * p + 2), sub(middle, odd), w + 2, p == 0);
    }
  }
}

static void pass_4(const RfftPass& pass, const double* w, const double* x, double* y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  for (std::size_t p = 0; p < m; ++p, w += 6) {
    for (std::size_t q = 0; q < s; ++q) {
      const std::size_t from = q + s * p, to = q + 4 * s * p;
      const Complex64 a = load64(x, from), b = load64(x, from + s * m);
      const Complex64 c = load64(x, from + 2 * s * m), d = load64(x, from + 3 * s * m);
      const Complex64 ac = add(a, c), a_c = sub(a, c), bd = add(b, d), b_d = turn(sub(b, d));
      store64(y, to, add(ac, bd));
      store_turned(y, to + s, add(a_c, b_d), w, p == 0);
      store_turned(y, to + 2 * s, sub(ac, bd), w + 2, p == 0);
      store_turned(y, to + 3 * s, sub(a_c, b_d), w + 4, p == 0);
    }
  }
}

static void pass_5(const RfftPass& pass, const double* w, const double* x, double* y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  const double cos72 = 0.30901699437494742410, sin72 = 0.95105651629515357212;
  const double cos144 = -0.80901699437494742410, sin144 = 0.58778525229247312917;
  for (std::size_t p = 0; p < m; ++p, w += 8) {
    for (std::size_t q = 0; q < s; ++q) {
      const Complex64 a = load64(x, q + s * p), b = load64(x, q + s * (p + m));
      const Complex64 c = load64(x, q + s * (p + 2 * m)), d = load64(x, q + s * (p + 3 * m));
      const Complex64 e = load64(x, q + s * (p + 4 * m));
      const Complex64 be = add(b, e), cd = add(c, d), b_e = sub(b, e), c_d = sub(c, d);
      const Complex64 even1 = add(a, add(scale(be, cos72), scale(cd, cos144)));
      const Complex64 even2 = add(a, add(scale(be, cos144), scale(cd, cos72)));
      const Complex64 odd1 = turn(add(scale(b_e, sin72), scale(c_d, sin144)));
      const Complex64 odd2 = turn(sub(scale(b_e, sin144), scale(c_d, sin72)));
      store64(y, q + s * (5 * p), add(a, add(be, cd)));
      store_turned(y, q + s * (5 * p + 1), add(even1, odd1), w, p == 0);
      store_turned(y, q + s * (5 * p + 2), add(even2, odd2), w + 2, p == 0);
      store_turned(y, q + s * (5 * p + 3), sub(even2, odd2), w + 4, p == 0);
      store_turned(y, q + s * (5 * p + 4), sub(even1, odd1), w + 6, p == 0);
    }
  }
}

static const double* half_transform64(const StftPlan& plan, const double* frames, double* work) {
  const std::size_t half_size = plan.n_fft * kLanesD;
  const double* tables = reinterpret_cast<const double*>(plan.twiddles64.data());
  const double* x = frames;
  double* y = work;
  for (std::size_t i = 0; i < plan.rfft.n_passes; ++i) {
    const RfftPass& pass = plan.rfft.passes[i];
    const double* table = tables + pass.twiddles;
    switch (pass.radix) {
      case 2: pass_2(pass, table, x, y); break;
      case 3: pass_3(pass, table, x, y); break;
      case 4: pass_4(pass, table, x, y); break;
      default: pass_5(pass, table, x, y); break;
    }
    x = y;
    y = y == work ? work + half_size : work;
  }
  return x;
}

static inline void put_power(float* spectrum, std::size_t k, VecD re, VecD im) {
  typedef float Half __attribute__((vector_size(QV_WIDTH * 2)));
  const Half power = __builtin_convertvector(re * re + im * im, Half);
  __builtin_memcpy(spectrum + k * kLanesD, &power, sizeof(power));
}

static void emit_power64(const StftPlan& plan, const double* z, float* spectrum) {
  const std::size_t half = plan.n_fft / 2;
  const double* post = reinterpret_cast<const double*>(plan.post64.data());
  const Complex64 first = load64(z, 0);
  put_power(spectrum, 0, first.re + first.im, VecD{});
  put_power(spectrum, half, first.re - first.im, VecD{});
  for (std::size_t k = 1; 2 * k <= half; ++k) {
    const Complex64 a = load64(z, k), b = load64(z, half - k);
    const double cosine = post[2 * k], sine = post[2 * k + 1];
    const Complex64 e = {(a.re + b.re) * 0.5, (a.im - b.im) * 0.5};
    const Complex64 o = {(a.im + b.im) * 0.5, (b.re - a.re) * 0.5};
    const Complex64 t = {o.re * cosine + o.im * sine, o.im * cosine - o.re * sine};
    put_power(spectrum, k, e.re + t.re, e.im + t.im);
    put_power(spectrum, half - k, e.re - t.re, e.im - t.im);
  }
}

static void window_frames64(const StftPlan& plan, const float* phases, std::size_t phase_stride,
                            double* frames) {
  const double* window = reinterpret_cast<const double*>(plan.window64.data());
  const FramingPlan& framing = plan.framing;
  for (std::size_t q = 0, n = 0; q < framing.n_taps; ++q) {
    for (std::size_t p = 0; p < framing.n_phases && n < framing.frame_length; ++p, ++n) {
      store_d(frames + n * kLanesD, LoadWide(phases + p * phase_stride + q) * window[n]);
    }
  }
}

void stft_bins64_run(const StftPlan& plan, StftOutput output, const float* samples,
                     std::size_t n_samples, StftWorkspace& work, float* out) {
  work.reserve(plan, kLanes);  // as many bytes as kLanes / 2 frames of doubles need
  const std::size_t n_frames = plan.count(n_samples), n_bins = plan.rfft.n_bins;
  const std::size_t phase_stride = plan.framing.phase_stride(kLanesD);
  double* const frames = reinterpret_cast<double*>(work.frames.data());
  float* const spectrum = work.spectrum.data();
  for (std::size_t t = 0; t < n_frames; t += kLanesD) {
    const std::size_t n_valid = n_frames - t < kLanesD ? n_frames - t : kLanesD;
    gather_block(plan, samples, n_samples, t, n_valid, phase_stride, work);
    window_frames64(plan, work.phases.data(), phase_stride, frames + plan.window_lead * kLanesD);
    const double* z = half_transform64(plan, frames, reinterpret_cast<double*>(work.work.data()));
    emit_power64(plan, z, spectrum);
    if (output == StftOutput::magnitude) {
      // The block is padded to whole registers.
      for (std::size_t i = 0; i < n_bins * kLanesD; i += kLanes) {
        StoreU(spectrum + i, Sqrt(LoadU(spectrum + i)));
      }
    }
    for (std::size_t k = 0; k < n_bins; ++k) {
      __builtin_memcpy(out + k * n_frames + t, spectrum + k * kLanesD, n_valid * sizeof(float));
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
