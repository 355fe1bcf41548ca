// SPDX-License-Identifier: BSD-3-Clause
// A forward transform of the conjugate spectrum is the conjugate of the inverse one, times n_fft.
#ifndef QV_TARGET

#include <algorithm>

#include "quaver/core/scratch.hpp"
#include "quaver/spectrum/stft.hpp"

#define QV_FILE "kernels/spectrum/stft_inverse.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {
// Frames of which some begin within the samples: those behind them add nothing.
std::size_t reached_frames(const StftPlan<float>& plan, std::size_t n_samples) {
  return (n_samples + plan.pad) / plan.hop_length + 1;
}
}  // namespace

void istft(const StftPlan<float>& plan, const float* spectrum, std::size_t n_frames,
           std::size_t n_weighted, std::size_t n_samples, float* out) {
  const std::size_t n_reached = reached_frames(plan, n_samples);
  thread_local StftWorkspace<float> of_thread;
  const Borrowed<StftWorkspace<float>> work(of_thread, plan.n_fft);
  Buffer<float> sums(n_samples);
  const KernelTable& table = kernels();
  table.istft(plan, spectrum, std::min(n_frames, n_reached), work, n_samples, out);
  table.divide_by_windows(plan, std::min(n_weighted, n_reached), work, n_samples, sums.data(), out);
}

}  // namespace quaver

#else

#include "simd/complex.hpp"

namespace quaver::QV_TARGET {

typedef Point<float> Complex;

// Even n_fft: the half-length spectrum whose forward transform is the conjugate of the packed
// frame, times n_fft: Z[k] = E + i O, 2 E = X[k] + conj X[half - k],
// 2 O = (X[k] - conj X[half - k]) / w.
static void pack(const FftPlan<float>& plan, const float* spectrum, float* z) {
  const std::size_t half = plan.n / 2;
  const Vec first = LoadU(spectrum), last = LoadU(spectrum + 2 * half * kLanes);
  store_point(z, 0, Complex{first + last, last - first});
  for (std::size_t k = 1; 2 * k <= half; ++k) {
    const Complex a = load_point(spectrum, k), b = load_point(spectrum, half - k);
    const float cosine = plan.post[2 * k], sine = plan.post[2 * k + 1];
    const Complex e = {a.re + b.re, a.im - b.im}, d = {a.re - b.re, a.im + b.im};
    const Complex o = {MulAdd(d.re, Set(cosine), -(d.im * sine)),
                       MulAdd(d.im, Set(cosine), d.re * sine)};
    store_point(z, k, Complex{e.re - o.im, -(e.im + o.re)});
    store_point(z, half - k, Complex{e.re + o.im, e.im - o.re});
  }
}
// Odd n_fft: the conjugate spectrum, whole.
static void mirror(const FftPlan<float>& plan, const float* spectrum, float* z) {
  store_point(z, 0, Complex{LoadU(spectrum), Vec{}});
  for (std::size_t k = 1; k < plan.n_bins; ++k) {
    const Complex x = load_point(spectrum, k);
    store_point(z, k, Complex{x.re, -x.im});
    store_point(z, plan.n - k, x);
  }
}

// Frame t's spectrum in each lane; the lanes behind the last frame hold 0.
static void gather_spectrum(const float* spectrum, std::size_t n_rows, std::size_t n_valid,
                            float* block) {
  if (n_valid < kLanes) {
    for (std::size_t row = 0; row < n_rows; ++row) StoreU(block + row * kLanes, Vec{});
  }
  transpose(spectrum, n_valid, n_rows, n_rows, block, kLanes);
}

// The windowed samples of a block of frames.
static void inverse_block(const StftPlan<float>& plan, const float* spectrum, float* points,
                          float* work, float* frames) {
  const bool is_even = plan.n_fft % 2 == 0;
  if (is_even)
    pack(plan.packed, spectrum, points);
  else
    mirror(plan.packed, spectrum, points);
  const float* z = complex_transform(plan.packed, points, work);
  const float scale = 1.0f / static_cast<float>(plan.n_fft);
  for (std::size_t n = 0; n < plan.framing.length; ++n) {
    const std::size_t row = plan.window_lead + n;
    const float sign = is_even && row % 2 != 0 ? -scale : scale;  // the conjugate
    const float* const x = z + (is_even ? row : 2 * row) * kLanes;
    StoreU(frames + n * kLanes, LoadU(x) * (sign * plan.taps[n]));
  }
}

static void add_frame(const StftPlan<float>& plan, const float* frame, std::size_t t,
                      std::size_t n_samples, float* out) {
  // Positions are `pad` further right to stay unsigned.
  const std::size_t start = t * plan.hop_length + plan.window_lead;
  const std::size_t first = start < plan.pad ? plan.pad - start : 0;
  std::size_t last = plan.framing.length;
  if (start + last > n_samples + plan.pad) {
    last = n_samples + plan.pad > start ? n_samples + plan.pad - start : 0;
  }
  if (first >= last) return;
  float* const to = out + (start + first - plan.pad);
  const float* from = frame + first;
  for (std::size_t n = 0; n < last - first; ++n) to[n] += from[n];
}

void istft(const StftPlan<float>& plan, const float* spectrum, std::size_t n_frames,
           StftWorkspace<float>& work, std::size_t n_samples, float* out) {
  work.reserve(plan, kLanes);
  work.frames.reserve(2 * plan.packed.n_complex * kLanes);
  work.work.reserve(plan.packed.work_size(kLanes));
  const std::size_t n_rows = 2 * plan.fft.n_bins, length = plan.framing.length;
  float *const rows = work.spectrum.data(), *const frames = work.frames.data();
  for (std::size_t n = 0; n < n_samples; ++n) out[n] = 0.0f;
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    gather_spectrum(spectrum + t * n_rows, n_rows, n_valid, rows);
    // The transform may end in `frames`; the spectrum is used up by then.
    inverse_block(plan, rows, frames, work.work.data(), rows);
    rows_to_frames(rows, length, n_valid, frames);
    for (std::size_t i = 0; i < n_valid; ++i) {
      add_frame(plan, frames + i * length, t + i, n_samples, out);
    }
  }
}

void divide_by_windows(const StftPlan<float>& plan, std::size_t n_frames,
                       StftWorkspace<float>& work, std::size_t n_samples, float* sums, float* out) {
  const std::size_t length = plan.framing.length;
  float* const squares = work.frames.data();
  for (std::size_t n = 0; n < length; ++n) squares[n] = plan.taps[n] * plan.taps[n];
  for (std::size_t t = 0; t < n_frames; ++t) add_frame(plan, squares, t, n_samples, sums);
  constexpr float kSmallest = 1.17549435e-38f;
  for (std::size_t i = 0; i < n_samples; ++i) {
    out[i] /= sums[i] > kSmallest ? sums[i] : 1.0f;
  }
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
