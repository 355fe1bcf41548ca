// SPDX-License-Identifier: BSD-3-Clause
// As stft.cpp, half as many frames in lanes: two blocks of doubles make one of floats.
#ifndef QV_TARGET

#include "quaver/spectrum/stft64.hpp"

#include <stdexcept>
#include <string>

#define QV_FILE "kernels/spectrum/stft64.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

Stft64Workspace& workspace() {
  thread_local Stft64Workspace instance;
  return instance;
}

std::size_t checked_hop(std::size_t n_fft, std::size_t hop_length, std::size_t win_length) {
  if (hop_length == 0) throw std::invalid_argument("hop_length must be positive, got 0");
  if (win_length == 0 || win_length > n_fft) {
    throw std::invalid_argument(
        "the window must hold between 1 and n_fft = " + std::to_string(n_fft) + " samples, got " +
        std::to_string(win_length));
  }
  return hop_length;
}

// The gain of the transform is taken out of the window.
std::vector<double> scaled(const double* window, std::size_t win_length, double gain) {
  std::vector<double> result(window, window + win_length);
  for (double& w : result) w /= gain;
  return result;
}

}  // namespace

Stft64Plan::Stft64Plan(std::size_t n_fft_, std::size_t hop_length_, const double* window,
                       std::size_t win_length, bool center)
    : fft(n_fft_),
      framing(scaled(window, win_length, fft.gain).data(), win_length,
              checked_hop(n_fft_, hop_length_, win_length), n_fft_, (n_fft_ - win_length) / 2),
      n_fft(n_fft_),
      hop_length(hop_length_),
      pad(center ? n_fft_ / 2 : 0) {}

std::size_t Stft64Plan::count(std::size_t n_samples) const {
  return count_frames(n_samples + 2 * pad, n_fft, hop_length);
}

void Stft64Workspace::reserve(const Stft64Plan& plan, std::size_t lanes) {
  linear.reserve(plan.framing.linear_size(lanes));
  phases.reserve(plan.framing.phases_size(lanes));
  frames.reserve(plan.n_fft * lanes);
  work.reserve(plan.fft.work_size(lanes));
  spectrum.reserve(2 * plan.fft.n_bins * lanes);  // or of floats, twice as many lanes
  linear.fill_zero();                             // lanes without a frame
}

void stft64(const Stft64Plan& plan, const float* samples, std::size_t n_samples, float* out) {
  kernels().stft64(plan, samples, n_samples, workspace(), out);
}
void stft64(const Stft64Plan& plan, const double* samples, std::size_t n_samples, double* out) {
  kernels().stft64_wide(plan, samples, n_samples, workspace(), out);
}

void stft_bins64(const Stft64Plan& plan, StftOutput output, const float* samples,
                 std::size_t n_samples, float* out) {
  kernels().stft_bins64(plan, output, samples, n_samples, workspace(), out);
}
void stft_bins64(const Stft64Plan& plan, StftOutput output, const double* samples,
                 std::size_t n_samples, double* out) {
  kernels().stft_bins64_wide(plan, output, samples, n_samples, workspace(), out);
}

void stft_contrast(const Stft64Plan& plan, const ContrastPlan& bands, const float* samples,
                   std::size_t n_samples, float* valley, float* peak) {
  kernels().stft_contrast(plan, bands, samples, n_samples, workspace(), valley, peak);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

// A block of float32 results is filled in two halves.
template <class T>
struct Block;
template <>
struct Block<float> {
  enum : std::size_t { kWidth = kLanes };
  static constexpr Bins64 complex = Bins64::complex32, power = Bins64::power32;
};
template <>
struct Block<double> {
  enum : std::size_t { kWidth = kLanesD };
  static constexpr Bins64 complex = Bins64::complex, power = Bins64::power;
};

static inline void take_roots(float* x, std::size_t n_rows) {
  for (std::size_t k = 0; k < n_rows; ++k, x += kLanes) StoreU(x, Sqrt(LoadU(x)));
}
static inline void take_roots(double* x, std::size_t n_rows) {
  for (std::size_t k = 0; k < n_rows; ++k, x += kLanesD) StoreU(x, Sqrt(LoadU(x)));
}

// linear[i] = sample start + i, i < count; zeros outside the signal.
template <class T>
static void widen_padded(const T* samples, std::size_t n_samples, std::ptrdiff_t start,
                         std::size_t count, double* __restrict linear) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(n_samples);
  const std::ptrdiff_t stop = start + static_cast<std::ptrdiff_t>(count);
  std::ptrdiff_t i = start;
  for (; i < 0 && i < stop; ++i) linear[i - start] = 0.0;
  const std::ptrdiff_t end = stop < size ? stop : size;
  if (i < end) {
    const T* const from = samples + i;
    double* const to = linear + (i - start);
    const std::size_t n = static_cast<std::size_t>(end - i);
    for (std::size_t j = 0; j < n; ++j) to[j] = static_cast<double>(from[j]);
    i = end;
  }
  for (; i < stop; ++i) linear[i - start] = 0.0;
}

template <class T>
static T* block_spectrum(const Stft64Plan& plan, StftOutput output, const T* samples,
                         std::size_t n_samples, std::size_t t, std::size_t n_valid,
                         Stft64Workspace& work) {
  T* const spectrum = reinterpret_cast<T*>(work.spectrum.data());
  const Bins64 bins = output == StftOutput::complex ? Block<T>::complex : Block<T>::power;
  for (std::size_t lane = 0; lane < n_valid; lane += kLanesD) {
    const std::size_t n = n_valid - lane < kLanesD ? n_valid - lane : kLanesD;
    const std::ptrdiff_t start =
        static_cast<std::ptrdiff_t>((t + lane) * plan.hop_length + plan.framing.lead) -
        static_cast<std::ptrdiff_t>(plan.pad);
    widen_padded(samples, n_samples, start, (n - 1) * plan.hop_length + plan.framing.length,
                 work.linear.data());
    gather_phases64(plan.framing, work.linear.data(), work.phases.data());
    spectrum64_phases(plan.fft, plan.framing, work.phases.data(), work.frames.data(),
                      work.work.data(), bins, spectrum + lane);
  }
  if (output == StftOutput::magnitude) take_roots(spectrum, plan.fft.n_bins);
  return spectrum;
}

static inline void turn_rows(const float* block, std::size_t n_rows, std::size_t n_valid,
                             float* out) {
  rows_to_frames(block, n_rows, n_valid, out);
}
static inline void turn_rows(const double* block, std::size_t n_rows, std::size_t n_valid,
                             double* out) {
  rows_to_frames64(block, n_rows, n_valid, out);
}

template <class T>
static void run_complex(const Stft64Plan& plan, const T* samples, std::size_t n_samples,
                        Stft64Workspace& work, T* out) {
  work.reserve(plan, kLanesD);
  const std::size_t n_frames = plan.count(n_samples), n_rows = 2 * plan.fft.n_bins;
  for (std::size_t t = 0; t < n_frames; t += Block<T>::kWidth) {
    const std::size_t n_valid = n_frames - t < Block<T>::kWidth ? n_frames - t : Block<T>::kWidth;
    const T* block =
        block_spectrum(plan, StftOutput::complex, samples, n_samples, t, n_valid, work);
    turn_rows(block, n_rows, n_valid, out + t * n_rows);
  }
}

void stft64(const Stft64Plan& plan, const float* samples, std::size_t n_samples,
            Stft64Workspace& work, float* out) {
  run_complex(plan, samples, n_samples, work, out);
}
void stft64_wide(const Stft64Plan& plan, const double* samples, std::size_t n_samples,
                 Stft64Workspace& work, double* out) {
  run_complex(plan, samples, n_samples, work, out);
}

template <class T>
static void run_bins(const Stft64Plan& plan, StftOutput output, const T* samples,
                     std::size_t n_samples, Stft64Workspace& work, T* out) {
  work.reserve(plan, kLanesD);
  const std::size_t n_frames = plan.count(n_samples);
  for (std::size_t t = 0; t < n_frames; t += Block<T>::kWidth) {
    const std::size_t n_valid = n_frames - t < Block<T>::kWidth ? n_frames - t : Block<T>::kWidth;
    const T* row = block_spectrum(plan, output, samples, n_samples, t, n_valid, work);
    for (std::size_t k = 0; k < plan.fft.n_bins; ++k, row += Block<T>::kWidth) {
      __builtin_memcpy(out + k * n_frames + t, row, n_valid * sizeof(T));
    }
  }
}

void stft_bins64(const Stft64Plan& plan, StftOutput output, const float* samples,
                 std::size_t n_samples, Stft64Workspace& work, float* out) {
  run_bins(plan, output, samples, n_samples, work, out);
}
void stft_bins64_wide(const Stft64Plan& plan, StftOutput output, const double* samples,
                      std::size_t n_samples, Stft64Workspace& work, double* out) {
  run_bins(plan, output, samples, n_samples, work, out);
}

void stft_contrast(const Stft64Plan& plan, const ContrastPlan& bands, const float* samples,
                   std::size_t n_samples, Stft64Workspace& work, float* valley, float* peak) {
  work.reserve(plan, kLanesD);
  work.extremes.reserve(2 * bands.n_bands * kLanes);
  float *const low = work.extremes.data(), *const high = low + bands.n_bands * kLanes;
  const std::size_t n_frames = plan.count(n_samples);
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    const float* block =
        block_spectrum(plan, StftOutput::power, samples, n_samples, t, n_valid, work);
    contrast_of_power(bands, block, kLanes, low, high);
    for (std::size_t b = 0; b < bands.n_bands; ++b) {
      __builtin_memcpy(valley + b * n_frames + t, low + b * kLanes, n_valid * sizeof(float));
      __builtin_memcpy(peak + b * n_frames + t, high + b * kLanes, n_valid * sizeof(float));
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
