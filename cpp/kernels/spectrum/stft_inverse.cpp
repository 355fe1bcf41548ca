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
template <class T>
std::size_t reached_frames(const StftPlan<T>& plan, std::size_t n_samples) {
  return (n_samples + plan.pad) / plan.hop_length + 1;
}

template <class T>
using Istft = void (*)(const StftPlan<T>&, const T*, std::size_t, StftWorkspace<T>&, std::size_t,
                       T*);
template <class T>
using Divide = void (*)(const StftPlan<T>&, std::size_t, StftWorkspace<T>&, std::size_t, T*, T*);

template <class T>
void run_istft(const StftPlan<T>& plan, Istft<T> add, Divide<T> divide, const T* spectrum,
               std::size_t n_frames, std::size_t n_weighted, std::size_t n_samples, T* out) {
  const std::size_t n_reached = reached_frames(plan, n_samples);
  thread_local StftWorkspace<T> of_thread;
  const Borrowed<StftWorkspace<T>> work(of_thread, plan.n_fft);
  Buffer<T> sums(n_samples);
  add(plan, spectrum, std::min(n_frames, n_reached), work, n_samples, out);
  divide(plan, std::min(n_weighted, n_reached), work, n_samples, sums.data(), out);
}
}  // namespace

void istft(const StftPlan<float>& plan, const float* spectrum, std::size_t n_frames,
           std::size_t n_weighted, std::size_t n_samples, float* out) {
  const KernelTable& table = kernels();
  run_istft(plan, table.istft, table.divide_by_windows, spectrum, n_frames, n_weighted, n_samples,
            out);
}
void istft(const StftPlan<double>& plan, const double* spectrum, std::size_t n_frames,
           std::size_t n_weighted, std::size_t n_samples, double* out) {
  const KernelTable& table = kernels();
  run_istft(plan, table.istft64, table.divide_by_windows64, spectrum, n_frames, n_weighted,
            n_samples, out);
}

}  // namespace quaver

#else

#include "simd/complex.hpp"
#include "simd/pictures.hpp"

namespace quaver::QV_TARGET {

// Even n_fft: the half-length spectrum whose forward transform is the conjugate of the packed
// frame, times n_fft: Z[k] = E + i O, 2 E = X[k] + conj X[half - k],
// 2 O = (X[k] - conj X[half - k]) / w.
template <class T>
static void pack(const FftPlan<T>& plan, const T* spectrum, T* z) {
  const std::size_t half = plan.n / 2;
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  const Lanes<T> first = LoadU(spectrum), last = LoadU(spectrum + 2 * half * kWidth);
  store_point(z, 0, Point<T>{first + last, last - first});
  for (std::size_t k = 1; 2 * k <= half; ++k) {
    const Point<T> a = load_point(spectrum, k), b = load_point(spectrum, half - k);
    const T cosine = plan.post[2 * k], sine = plan.post[2 * k + 1];
    const Point<T> e = {a.re + b.re, a.im - b.im}, d = {a.re - b.re, a.im + b.im};
    const Point<T> o = {MulAdd(d.re, Set(cosine), -(d.im * sine)),
                        MulAdd(d.im, Set(cosine), d.re * sine)};
    store_point(z, k, Point<T>{e.re - o.im, -(e.im + o.re)});
    store_point(z, half - k, Point<T>{e.re + o.im, e.im - o.re});
  }
}
// Odd n_fft: the conjugate spectrum, whole.
template <class T>
static void mirror(const FftPlan<T>& plan, const T* spectrum, T* z) {
  store_point(z, 0, Point<T>{LoadU(spectrum), Lanes<T>{}});
  for (std::size_t k = 1; k < plan.n_bins; ++k) {
    const Point<T> x = load_point(spectrum, k);
    store_point(z, k, Point<T>{x.re, -x.im});
    store_point(z, plan.n - k, x);
  }
}

// Frame t's spectrum in each lane; the lanes behind the last frame hold 0.
template <class T>
static void gather_spectrum(const T* spectrum, std::size_t n_rows, std::size_t n_valid, T* block) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  if (n_valid < kWidth) {
    for (std::size_t row = 0; row < n_rows; ++row) StoreU(block + row * kWidth, Lanes<T>{});
  }
  turn_frames(spectrum, n_valid, n_rows, block);
}

// The windowed samples of a block of frames.
template <class T>
static void inverse_block(const StftPlan<T>& plan, const T* spectrum, T* points, T* work,
                          T* frames) {
  const bool is_even = plan.n_fft % 2 == 0;
  if (is_even)
    pack(plan.packed, spectrum, points);
  else
    mirror(plan.packed, spectrum, points);
  const T* z = complex_transform(plan.packed, points, work);
  const T scale = T{1} / static_cast<T>(plan.n_fft);
  for (std::size_t n = 0; n < plan.framing.length; ++n) {
    const std::size_t row = plan.window_lead + n;
    const T sign = is_even && row % 2 != 0 ? -scale : scale;  // the conjugate
    const T* const x = z + (is_even ? row : 2 * row) * LanesOf<T>::kCount;
    StoreU(frames + n * LanesOf<T>::kCount, LoadU(x) * (sign * plan.taps[n]));
  }
}

template <class T>
static void add_frame(const StftPlan<T>& plan, const T* frame, std::size_t t, std::size_t n_samples,
                      T* out) {
  // Positions are `pad` further right to stay unsigned.
  const std::size_t start = t * plan.hop_length + plan.window_lead;
  const std::size_t first = start < plan.pad ? plan.pad - start : 0;
  std::size_t last = plan.framing.length;
  if (start + last > n_samples + plan.pad) {
    last = n_samples + plan.pad > start ? n_samples + plan.pad - start : 0;
  }
  if (first >= last) return;
  T* const to = out + (start + first - plan.pad);
  const T* from = frame + first;
  for (std::size_t n = 0; n < last - first; ++n) to[n] += from[n];
}

template <class T>
static void add_frames(const StftPlan<T>& plan, const T* spectrum, std::size_t n_frames,
                       StftWorkspace<T>& work, std::size_t n_samples, T* out) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  work.reserve(plan, kWidth);
  work.frames.reserve(2 * plan.packed.n_complex * kWidth);
  work.work.reserve(plan.packed.work_size(kWidth));
  const std::size_t n_rows = 2 * plan.fft.n_bins, length = plan.framing.length;
  T *const rows = work.spectrum.data(), *const frames = work.frames.data();
  for (std::size_t n = 0; n < n_samples; ++n) out[n] = T{};
  for (std::size_t t = 0; t < n_frames; t += kWidth) {
    const std::size_t n_valid = n_frames - t < kWidth ? n_frames - t : kWidth;
    gather_spectrum(spectrum + t * n_rows, n_rows, n_valid, rows);
    // The transform may end in `frames`; the spectrum is used up by then.
    inverse_block(plan, rows, frames, work.work.data(), rows);
    rows_to_frames(rows, length, n_valid, frames);
    for (std::size_t i = 0; i < n_valid; ++i) {
      add_frame(plan, frames + i * length, t + i, n_samples, out);
    }
  }
}

template <class T>
static void divide(const StftPlan<T>& plan, std::size_t n_frames, StftWorkspace<T>& work,
                   std::size_t n_samples, T smallest, T* sums, T* out) {
  const std::size_t length = plan.framing.length;
  T* const squares = work.frames.data();
  for (std::size_t n = 0; n < length; ++n) squares[n] = plan.taps[n] * plan.taps[n];
  for (std::size_t t = 0; t < n_frames; ++t) add_frame(plan, squares, t, n_samples, sums);
  for (std::size_t i = 0; i < n_samples; ++i) out[i] /= sums[i] > smallest ? sums[i] : T{1};
}

void istft(const StftPlan<float>& plan, const float* spectrum, std::size_t n_frames,
           StftWorkspace<float>& work, std::size_t n_samples, float* out) {
  add_frames(plan, spectrum, n_frames, work, n_samples, out);
}
void istft64(const StftPlan<double>& plan, const double* spectrum, std::size_t n_frames,
             StftWorkspace<double>& work, std::size_t n_samples, double* out) {
  add_frames(plan, spectrum, n_frames, work, n_samples, out);
}

void divide_by_windows(const StftPlan<float>& plan, std::size_t n_frames,
                       StftWorkspace<float>& work, std::size_t n_samples, float* sums, float* out) {
  divide(plan, n_frames, work, n_samples, 1.17549435e-38f, sums, out);
}
void divide_by_windows64(const StftPlan<double>& plan, std::size_t n_frames,
                         StftWorkspace<double>& work, std::size_t n_samples, double* sums,
                         double* out) {
  divide(plan, n_frames, work, n_samples, 2.2250738585072014e-308, sums, out);
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
