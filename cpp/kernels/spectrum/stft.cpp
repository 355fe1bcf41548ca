// SPDX-License-Identifier: BSD-3-Clause
// Frames in lanes up to the spectrum; then tiles turn the block into rows of frames. Bands need no
// turning: each is a run of neighbouring frames of the output already. Two blocks of doubles make
// one of floats.
#ifndef QV_TARGET

#include "quaver/spectrum/stft.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "quaver/core/scratch.hpp"
#include "quaver/framing/framing.hpp"

#define QV_FILE "kernels/spectrum/stft.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

// The step of frames that lie side by side: what is between them is not read.
std::size_t step_of(std::size_t n_fft, std::size_t hop_length, std::size_t win_length) {
  if (hop_length == 0) throw std::invalid_argument("hop_length must be positive, got 0");
  checked_length("hop_length", hop_length, kLargestStep);
  if (win_length == 0 || win_length > n_fft) {
    throw std::invalid_argument(
        "frame_length must not exceed n_fft: the window must hold between 1 and n_fft = " +
        std::to_string(n_fft) + " samples, got " + std::to_string(win_length));
  }
  return std::min(hop_length, win_length);
}

// One a thread: repeated calls allocate nothing.
template <class T>
Borrowed<StftWorkspace<T>> workspace(std::size_t n_fft) {
  thread_local StftWorkspace<T> instance;
  return {instance, n_fft};
}

}  // namespace

template <class T>
StftPlan<T>::StftPlan(std::size_t n_fft_, std::size_t hop_length_, const double* window,
                      std::size_t win_length, bool center, bool invertible_)
    : fft(n_fft_),
      packed(invertible_ ? n_fft_ : 1, true),
      framing(window, win_length, step_of(n_fft_, hop_length_, win_length), n_fft_,
              (n_fft_ - win_length) / 2),
      flush(window, win_length, framing.step, n_fft_, 0),
      taps(std::vector<double>(window, window + win_length)),
      n_fft(n_fft_),
      hop_length(hop_length_),
      pad(center ? n_fft_ / 2 : 0),
      window_lead(framing.lead),
      invertible(invertible_) {}

template <class T>
std::size_t StftPlan<T>::count(std::size_t n_samples) const {
  return count_frames(n_samples + 2 * pad, n_fft, hop_length);
}

template <class T>
void StftWorkspace<T>::reserve(const StftPlan<T>& plan, std::size_t lanes) {
  linear.reserve(plan.framing.linear_size(lanes));
  phases.reserve(plan.framing.phases_size(lanes));
  frames.reserve(plan.n_fft * lanes);
  work.reserve(plan.fft.work_size(lanes));
  spectrum.reserve(2 * plan.fft.n_bins * lanes);  // or of floats, twice as many lanes
  linear.fill_zero();                             // lanes without a frame
}

template struct StftPlan<float>;
template struct StftPlan<double>;
template struct StftWorkspace<float>;
template struct StftWorkspace<double>;

void stft(const StftPlan<float>& plan, const float* samples, std::size_t n_samples, float* out) {
  kernels().stft(plan, samples, n_samples, workspace<float>(plan.n_fft), out);
}
void stft(const StftPlan<double>& plan, const float* samples, std::size_t n_samples, float* out) {
  kernels().stft64(plan, samples, n_samples, workspace<double>(plan.n_fft), out);
}
void stft(const StftPlan<double>& plan, const double* samples, std::size_t n_samples, double* out) {
  kernels().stft64_wide(plan, samples, n_samples, workspace<double>(plan.n_fft), out);
}

void stft_bins(const StftPlan<float>& plan, StftOutput output, const float* samples,
               std::size_t n_samples, float* out) {
  kernels().stft_bins(plan, output, samples, n_samples, workspace<float>(plan.n_fft), out);
}
void stft_bins(const StftPlan<double>& plan, StftOutput output, const float* samples,
               std::size_t n_samples, float* out) {
  kernels().stft_bins64(plan, output, samples, n_samples, workspace<double>(plan.n_fft), out);
}
void stft_bins(const StftPlan<double>& plan, StftOutput output, const double* samples,
               std::size_t n_samples, double* out) {
  kernels().stft_bins64_wide(plan, output, samples, n_samples, workspace<double>(plan.n_fft), out);
}

void stft_bands(const StftPlan<double>& plan, StftOutput output, const FilterBank<float>& bank,
                const float* samples, std::size_t n_samples, float* out) {
  kernels().stft_bands64(plan, output, bank, samples, n_samples, workspace<double>(plan.n_fft),
                         out);
}
void stft_bands(const StftPlan<double>& plan, StftOutput output, const FilterBank<float>& bank,
                const double* samples, std::size_t n_samples, double* out) {
  kernels().stft_bands64_wide(plan, output, bank, samples, n_samples, workspace<double>(plan.n_fft),
                              out);
}

void stft_contrast(const StftPlan<double>& plan, const ContrastPlan& bands, const float* samples,
                   std::size_t n_samples, float* valley, float* peak) {
  kernels().stft_contrast(plan, bands, samples, n_samples, workspace<double>(plan.n_fft), valley,
                          peak);
}

}  // namespace quaver

#else

#include "simd/products.hpp"

namespace quaver::QV_TARGET {

static inline void copy_samples(const float* from, std::size_t n, float* to) {
  __builtin_memcpy(to, from, n * sizeof(float));
}
template <class S>
static inline void copy_samples(const S* from, std::size_t n, double* __restrict to) {
  for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<double>(from[i]);
}

// linear[i] = sample start + i, i < count; zeros outside the signal.
template <class T, class S>
static void copy_padded(const S* samples, std::size_t n_samples, std::ptrdiff_t start,
                        std::size_t count, T* linear) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(n_samples);
  const std::ptrdiff_t stop = start + static_cast<std::ptrdiff_t>(count);
  std::ptrdiff_t i = start;
  for (; i < 0 && i < stop; ++i) linear[i - start] = T{};
  const std::ptrdiff_t end = stop < size ? stop : size;
  if (i < end) {
    copy_samples(samples + i, static_cast<std::size_t>(end - i), linear + (i - start));
    i = end;
  }
  for (; i < stop; ++i) linear[i - start] = T{};
}

// Phases of the block from frame t on.
template <class T, class S>
static void gather_block(const StftPlan<T>& plan, const FrameLayout<T>& layout, const S* samples,
                         std::size_t n_samples, std::size_t t, std::size_t n_valid,
                         StftWorkspace<T>& work) {
  const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(t * plan.hop_length + plan.window_lead) -
                               static_cast<std::ptrdiff_t>(plan.pad);
  if (plan.hop_length == layout.step) {
    copy_padded(samples, n_samples, start, (n_valid - 1) * layout.step + layout.length,
                work.linear.data());
  } else {
    for (std::size_t i = 0; i < n_valid; ++i) {
      copy_padded(samples, n_samples, start + static_cast<std::ptrdiff_t>(i * plan.hop_length),
                  layout.length, work.linear.data() + i * layout.step);
    }
  }
  gather_phases(layout, work.linear.data(), work.phases.data());
}

static inline Bins bins_of(StftOutput output) {
  return output == StftOutput::complex ? Bins::complex
         : output == StftOutput::power ? Bins::power
                                       : Bins::magnitude;
}

// Frames of S in lanes, as many as a register of S holds. Returns their rows.
static const float* block_spectrum(const StftPlan<float>& plan, StftOutput output,
                                   const float* samples, std::size_t n_samples, std::size_t t,
                                   std::size_t n_valid, StftWorkspace<float>& work) {
  float* const spectrum = work.spectrum.data();
  const bool is_complex = output == StftOutput::complex;
  const FrameLayout<float>& layout = is_complex ? plan.framing : plan.flush;
  gather_block(plan, layout, samples, n_samples, t, n_valid, work);
  if (plan.fft.n_columns != 0 && output == StftOutput::magnitude) {
    float* const magnitude = spectrum + plan.fft.n_bins * kLanes;
    power_spectrum(plan.fft, layout, work.phases.data(), work.frames.data(), work.work.data(),
                   spectrum, magnitude);
    return magnitude;
  }
  spectrum_phases(plan.fft, layout, work.phases.data(), work.frames.data(), work.work.data(),
                  bins_of(output), spectrum);
  return spectrum;
}

template <class S>
static const S* block_spectrum(const StftPlan<double>& plan, StftOutput output, const S* samples,
                               std::size_t n_samples, std::size_t t, std::size_t n_valid,
                               StftWorkspace<double>& work) {
  constexpr bool kIsWide = sizeof(S) == sizeof(double);
  S* const spectrum = reinterpret_cast<S*>(work.spectrum.data());
  const bool is_complex = output == StftOutput::complex;
  const FrameLayout<double>& layout = is_complex ? plan.framing : plan.flush;
  const Bins bins = is_complex ? (kIsWide ? Bins::complex : Bins::complex32)
                               : (kIsWide ? Bins::power : Bins::power32);
  for (std::size_t lane = 0; lane < n_valid; lane += kLanesD) {
    const std::size_t n = n_valid - lane < kLanesD ? n_valid - lane : kLanesD;
    gather_block(plan, layout, samples, n_samples, t + lane, n, work);
    spectrum_phases(plan.fft, layout, work.phases.data(), work.frames.data(), work.work.data(),
                    bins, spectrum + lane);
  }
  if (output == StftOutput::magnitude) {
    S* x = spectrum;
    for (std::size_t k = 0; k < plan.fft.n_bins; ++k, x += LanesOf<S>::kCount) {
      StoreU(x, Sqrt(LoadU(x)));
    }
  }
  return spectrum;
}

template <class T, class S>
static void run_complex(const StftPlan<T>& plan, const S* samples, std::size_t n_samples,
                        StftWorkspace<T>& work, S* out) {
  constexpr std::size_t kWidth = LanesOf<S>::kCount;
  work.reserve(plan, LanesOf<T>::kCount);
  const std::size_t n_frames = plan.count(n_samples), n_rows = 2 * plan.fft.n_bins;
  for (std::size_t t = 0; t < n_frames; t += kWidth) {
    const std::size_t n_valid = n_frames - t < kWidth ? n_frames - t : kWidth;
    const S* rows = block_spectrum(plan, StftOutput::complex, samples, n_samples, t, n_valid, work);
    rows_to_frames(rows, n_rows, n_valid, out + t * n_rows);
  }
}

void stft(const StftPlan<float>& plan, const float* samples, std::size_t n_samples,
          StftWorkspace<float>& work, float* out) {
  run_complex(plan, samples, n_samples, work, out);
}
void stft64(const StftPlan<double>& plan, const float* samples, std::size_t n_samples,
            StftWorkspace<double>& work, float* out) {
  run_complex(plan, samples, n_samples, work, out);
}
void stft64_wide(const StftPlan<double>& plan, const double* samples, std::size_t n_samples,
                 StftWorkspace<double>& work, double* out) {
  run_complex(plan, samples, n_samples, work, out);
}

template <class T, class S>
static void run_bins(const StftPlan<T>& plan, StftOutput output, const S* samples,
                     std::size_t n_samples, StftWorkspace<T>& work, S* out) {
  constexpr std::size_t kWidth = LanesOf<S>::kCount;
  work.reserve(plan, LanesOf<T>::kCount);
  const std::size_t n_frames = plan.count(n_samples);
  for (std::size_t t = 0; t < n_frames; t += kWidth) {
    const std::size_t n_valid = n_frames - t < kWidth ? n_frames - t : kWidth;
    const S* row = block_spectrum(plan, output, samples, n_samples, t, n_valid, work);
    for (std::size_t k = 0; k < plan.fft.n_bins; ++k, row += kWidth) {
      __builtin_memcpy(out + k * n_frames + t, row, n_valid * sizeof(S));
    }
  }
}

void stft_bins(const StftPlan<float>& plan, StftOutput output, const float* samples,
               std::size_t n_samples, StftWorkspace<float>& work, float* out) {
  run_bins(plan, output, samples, n_samples, work, out);
}
void stft_bins64(const StftPlan<double>& plan, StftOutput output, const float* samples,
                 std::size_t n_samples, StftWorkspace<double>& work, float* out) {
  run_bins(plan, output, samples, n_samples, work, out);
}
void stft_bins64_wide(const StftPlan<double>& plan, StftOutput output, const double* samples,
                      std::size_t n_samples, StftWorkspace<double>& work, double* out) {
  run_bins(plan, output, samples, n_samples, work, out);
}

template <class S>
static void sum_bands(const FilterBank<float>& bank, const S* rows, std::size_t n_valid, S* out,
                      std::size_t out_stride) {
  for (std::size_t m = 0; m < bank.n_bands; ++m) {
    const Lanes<S> sum = band_sum(bank, m, rows);
    __builtin_memcpy(out + m * out_stride, &sum, n_valid * sizeof(S));
  }
}

template <class S>
static void run_bands(const StftPlan<double>& plan, StftOutput output,
                      const FilterBank<float>& bank, const S* samples, std::size_t n_samples,
                      StftWorkspace<double>& work, S* out) {
  constexpr std::size_t kWidth = LanesOf<S>::kCount;
  work.reserve(plan, kLanesD);
  const std::size_t n_frames = plan.count(n_samples);
  for (std::size_t t = 0; t < n_frames; t += kWidth) {
    const std::size_t n_valid = n_frames - t < kWidth ? n_frames - t : kWidth;
    const S* rows = block_spectrum(plan, output, samples, n_samples, t, n_valid, work);
    sum_bands(bank, rows, n_valid, out + t, n_frames);
  }
}

void stft_bands64(const StftPlan<double>& plan, StftOutput output, const FilterBank<float>& bank,
                  const float* samples, std::size_t n_samples, StftWorkspace<double>& work,
                  float* out) {
  run_bands(plan, output, bank, samples, n_samples, work, out);
}
void stft_bands64_wide(const StftPlan<double>& plan, StftOutput output,
                       const FilterBank<float>& bank, const double* samples, std::size_t n_samples,
                       StftWorkspace<double>& work, double* out) {
  run_bands(plan, output, bank, samples, n_samples, work, out);
}

void stft_contrast(const StftPlan<double>& plan, const ContrastPlan& bands, const float* samples,
                   std::size_t n_samples, StftWorkspace<double>& work, float* valley, float* peak) {
  work.reserve(plan, kLanesD);
  work.extremes.reserve(2 * bands.n_bands * kLanes);
  float *const low = work.extremes.data(), *const high = low + bands.n_bands * kLanes;
  const std::size_t n_frames = plan.count(n_samples);
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    const float* block =
        block_spectrum(plan, StftOutput::power, samples, n_samples, t, n_valid, work);
    contrast_of_power(bands, {block, plan.fft.n_bins, kLanes, false}, low, high);
    for (std::size_t b = 0; b < bands.n_bands; ++b) {
      __builtin_memcpy(valley + b * n_frames + t, low + b * kLanes, n_valid * sizeof(float));
      __builtin_memcpy(peak + b * n_frames + t, high + b * kLanes, n_valid * sizeof(float));
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
