// SPDX-License-Identifier: BSD-3-Clause
// Frames in lanes up to the spectrum; then 4 x 4 tiles turn the block into rows of frames. Bands
// need no turning: each is a run of neighbouring frames of the output already.
#ifndef QV_TARGET

#include "quaver/spectrum/stft.hpp"

#include <stdexcept>

#define QV_FILE "kernels/spectrum/stft.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

StftPlan::StftPlan(std::size_t n_fft_, std::size_t hop_length_, const double* window,
                   std::size_t win_length, bool center)
    : framing({win_length, hop_length_, n_fft_, 0.0, "boxcar", false}),
      rfft(n_fft_),
      n_fft(n_fft_),
      hop_length(hop_length_),
      pad(center ? n_fft_ / 2 : 0),
      window_lead((n_fft_ - win_length) / 2) {
  framing.use_window(window);
}

std::size_t StftPlan::count(std::size_t n_samples) const {
  return count_frames(n_samples + 2 * pad, n_fft, hop_length);
}

void StftWorkspace::reserve(const StftPlan& plan, std::size_t lanes) {
  linear.reserve(plan.framing.linear_size(lanes));
  phases.reserve(plan.framing.phases_size(lanes));
  frames.reserve(plan.n_fft * lanes);
  work.reserve(2 * plan.n_fft * lanes);
  spectrum.reserve((2 * plan.rfft.n_bins + 4) * lanes);
  frames.fill_zero();
}

namespace {
// One a thread: repeated calls allocate nothing.
StftWorkspace& workspace() {
  thread_local StftWorkspace instance;
  return instance;
}
}  // namespace

void stft(const StftPlan& plan, StftOutput output, const float* samples, std::size_t n_samples,
          float* out) {
  kernels().stft(plan, output, samples, n_samples, workspace(), out);
}

void stft_bins(const StftPlan& plan, StftOutput output, const float* samples, std::size_t n_samples,
               float* out) {
  kernels().stft_bins(plan, output, samples, n_samples, workspace(), out);
}

void stft_bands(const StftPlan& plan, StftOutput output, const FilterBank<float>& bank,
                const float* samples, std::size_t n_samples, float* out) {
  kernels().stft_bands(plan, output, bank, samples, n_samples, workspace(), out);
}

void bands_of(const FilterBank<float>& bank, const float* picture, std::size_t n_frames,
              float* out) {
  kernels().bands_of(bank, picture, n_frames, workspace(), out);
}

void istft(const StftPlan& plan, const float* spectrum, std::size_t n_frames,
           std::size_t n_weighted, std::size_t n_samples, float* out) {
  kernels().istft(plan, spectrum, n_frames, workspace(), n_samples, out);
  Buffer<float> sums(n_samples);
  const std::size_t lead = plan.window_lead, length = plan.framing.frame_length;
  for (std::size_t t = 0; t < n_weighted; ++t) {
    // Position of the window's first sample, `pad` further right to stay unsigned.
    const std::size_t start = t * plan.hop_length + lead;
    for (std::size_t n = start < plan.pad ? plan.pad - start : 0; n < length; ++n) {
      const std::size_t i = start + n - plan.pad;
      if (i >= n_samples) break;
      sums[i] += plan.framing.window[n] * plan.framing.window[n];
    }
  }
  constexpr float kSmallest = 1.17549435e-38f;
  for (std::size_t i = 0; i < n_samples; ++i) {
    if (sums[i] > kSmallest) out[i] /= sums[i];
  }
}

}  // namespace quaver

#else

#include "simd/products.hpp"
#include "simd/tiles.hpp"

namespace quaver::QV_TARGET {

// linear[i] = sample start + i, i < count; zeros outside the signal.
static void copy_padded(const float* samples, std::size_t n_samples, std::ptrdiff_t start,
                        std::size_t count, float* linear) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(n_samples);
  const std::ptrdiff_t stop = start + static_cast<std::ptrdiff_t>(count);
  std::ptrdiff_t i = start;
  for (; i < 0 && i < stop; ++i) linear[i - start] = 0.0f;
  const std::ptrdiff_t end = stop < size ? stop : size;
  if (i < end) {
    __builtin_memcpy(linear + (i - start), samples + i,
                     static_cast<std::size_t>(end - i) * sizeof(float));
    i = end;
  }
  for (; i < stop; ++i) linear[i - start] = 0.0f;
}

// Rows of kLanes frames become n_valid rows of n_rows values.
void rows_to_frames(const float* block, std::size_t n_rows, std::size_t n_valid, float* out) {
  std::size_t lane = 0;
  for (; lane + 4 <= n_valid; lane += 4) {
    std::size_t row = 0;
    for (; row + 4 <= n_rows; row += 4) {
      Transpose4x4(block + row * kLanes + lane, kLanes, out + lane * n_rows + row, n_rows);
    }
    for (; row < n_rows; ++row) {
      for (std::size_t i = lane; i < lane + 4; ++i) out[i * n_rows + row] = block[row * kLanes + i];
    }
  }
  for (; lane < n_valid; ++lane) {
    for (std::size_t row = 0; row < n_rows; ++row) {
      out[lane * n_rows + row] = block[row * kLanes + lane];
    }
  }
}

static inline void put(float* spectrum, std::size_t k, Vec re, Vec im, StftOutput output) {
  if (output == StftOutput::complex) {
    StoreU(spectrum + 2 * k * kLanes, re);
    StoreU(spectrum + (2 * k + 1) * kLanes, im);
    return;
  }
  const Vec power = MulAdd(re, re, im * im);
  StoreU(spectrum + k * kLanes, output == StftOutput::power ? power : Sqrt(power));
}

// As emit_power in rfft.cpp, with what is wanted of each bin.
static void emit(const RfftPlan& plan, const float* z, StftOutput output, float* spectrum) {
  const std::size_t half = plan.n_fft / 2;
  const Vec first_re = LoadU(z), first_im = LoadU(z + kLanes), zero{};
  put(spectrum, 0, first_re + first_im, zero, output);
  put(spectrum, half, first_re - first_im, zero, output);
  for (std::size_t k = 1; 2 * k <= half; ++k) {
    const float *low = z + 2 * k * kLanes, *high = z + 2 * (half - k) * kLanes;
    const Vec a_re = LoadU(low), a_im = LoadU(low + kLanes);
    const Vec b_re = LoadU(high), b_im = LoadU(high + kLanes);
    const float cosine = plan.post[2 * k], sine = plan.post[2 * k + 1];
    const Vec e_re = a_re + b_re, e_im = a_im - b_im, o_re = a_im + b_im, o_im = b_re - a_re;
    const Vec t_re = MulAdd(o_re, Set(cosine), o_im * sine);
    const Vec t_im = MulAdd(o_im, Set(cosine), -(o_re * sine));
    put(spectrum, k, (e_re + t_re) * 0.5f, (e_im + t_im) * 0.5f, output);
    put(spectrum, half - k, (e_re - t_re) * 0.5f, (t_im - e_im) * 0.5f, output);
  }
}

static void gather_block(const StftPlan& plan, const float* samples, std::size_t n_samples,
                         std::size_t t, std::size_t n_valid, std::size_t phase_stride,
                         StftWorkspace& work) {
  const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(t * plan.hop_length + plan.window_lead) -
                               static_cast<std::ptrdiff_t>(plan.pad);
  copy_padded(samples, n_samples, start,
              (n_valid - 1) * plan.hop_length + plan.framing.frame_length, work.linear.data());
  gather_phases(plan.framing, work.linear.data(), work.phases.data(), phase_stride);
}

// Returns the rows. Where only the size of a bin counts, the window's first sample may be the
// transform's, and its shorter ways are open.
static const float* block_spectrum(const StftPlan& plan, StftOutput output, const float* samples,
                                   std::size_t n_samples, std::size_t t, std::size_t n_valid,
                                   StftWorkspace& work) {
  const std::size_t phase_stride = plan.framing.phase_stride(kLanes);
  gather_block(plan, samples, n_samples, t, n_valid, phase_stride, work);
  if (plan.rfft.n_columns != 0 && output != StftOutput::complex) {
    float* const power = work.spectrum.data();
    float* const magnitude =
        output == StftOutput::magnitude ? power + plan.rfft.n_bins * kLanes : nullptr;
    power_spectrum_columns(plan.rfft, plan.framing, work.phases.data(), work.work.data(), power,
                           magnitude);
    return magnitude == nullptr ? power : magnitude;
  }
  window_frames(plan.framing, work.phases.data(), phase_stride,
                work.frames.data() + plan.window_lead * kLanes);
  const float* z = half_transform(plan.rfft, work.frames.data(), work.work.data());
  emit(plan.rfft, z, output, work.spectrum.data());
  return work.spectrum.data();
}

void stft(const StftPlan& plan, StftOutput output, const float* samples, std::size_t n_samples,
          StftWorkspace& work, float* out) {
  work.reserve(plan, kLanes);
  const std::size_t n_frames = plan.count(n_samples);
  const std::size_t n_rows = plan.rfft.n_bins * (output == StftOutput::complex ? 2 : 1);
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    const float* rows = block_spectrum(plan, output, samples, n_samples, t, n_valid, work);
    rows_to_frames(rows, n_rows, n_valid, out + t * n_rows);
  }
}

void stft_bins(const StftPlan& plan, StftOutput output, const float* samples, std::size_t n_samples,
               StftWorkspace& work, float* out) {
  work.reserve(plan, kLanes);
  const std::size_t n_frames = plan.count(n_samples);
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    const float* row = block_spectrum(plan, output, samples, n_samples, t, n_valid, work);
    for (std::size_t k = 0; k < plan.rfft.n_bins; ++k, row += kLanes) {
      __builtin_memcpy(out + k * n_frames + t, row, n_valid * sizeof(float));
    }
  }
}

static void sum_bands(const FilterBank<float>& bank, const float* rows, std::size_t n_valid,
                      float* out, std::size_t out_stride) {
  for (std::size_t m = 0; m < bank.n_bands; ++m) {
    const Vec sum = band_sum(bank, m, rows);
    __builtin_memcpy(out + m * out_stride, &sum, n_valid * sizeof(float));
  }
}

void stft_bands(const StftPlan& plan, StftOutput output, const FilterBank<float>& bank,
                const float* samples, std::size_t n_samples, StftWorkspace& work, float* out) {
  work.reserve(plan, kLanes);
  const std::size_t n_frames = plan.count(n_samples);
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    const float* rows = block_spectrum(plan, output, samples, n_samples, t, n_valid, work);
    sum_bands(bank, rows, n_valid, out + t, n_frames);
  }
}

void bands_of(const FilterBank<float>& bank, const float* picture, std::size_t n_frames,
              StftWorkspace& work, float* out) {
  work.spectrum.reserve(bank.n_bins * kLanes);
  float* const rows = work.spectrum.data();
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    transpose(picture + t * bank.n_bins, n_valid, bank.n_bins, bank.n_bins, rows, kLanes);
    sum_bands(bank, rows, n_valid, out + t, n_frames);
  }
}

// The half-length spectrum whose forward transform is the conjugate of the packed frame, times
// n_fft: Z[k] = E + i O, 2 E = X[k] + conj X[half - k], 2 O = (X[k] - conj X[half - k]) / w.
static void pack(const RfftPlan& plan, const float* spectrum, float* z) {
  const std::size_t half = plan.n_fft / 2;
  const Vec first = LoadU(spectrum), last = LoadU(spectrum + 2 * half * kLanes);
  StoreU(z, first + last);
  StoreU(z + kLanes, last - first);
  for (std::size_t k = 1; 2 * k <= half; ++k) {
    const float *low = spectrum + 2 * k * kLanes, *high = spectrum + 2 * (half - k) * kLanes;
    const Vec a_re = LoadU(low), a_im = LoadU(low + kLanes);
    const Vec b_re = LoadU(high), b_im = LoadU(high + kLanes);
    const float cosine = plan.post[2 * k], sine = plan.post[2 * k + 1];
    const Vec e_re = a_re + b_re, e_im = a_im - b_im, d_re = a_re - b_re, d_im = a_im + b_im;
    const Vec o_re = MulAdd(d_re, Set(cosine), -(d_im * sine));
    const Vec o_im = MulAdd(d_im, Set(cosine), d_re * sine);
    StoreU(z + 2 * k * kLanes, e_re - o_im);
    StoreU(z + (2 * k + 1) * kLanes, -(e_im + o_re));
    StoreU(z + 2 * (half - k) * kLanes, e_re + o_im);
    StoreU(z + (2 * (half - k) + 1) * kLanes, e_im - o_re);
  }
}

// Frame t's spectrum in each lane; the lanes behind the last frame hold 0.
static void gather_spectrum(const float* spectrum, std::size_t n_rows, std::size_t n_valid,
                            float* block) {
  for (std::size_t row = 0; row < n_rows; ++row) {
    StoreU(block + row * kLanes, Vec{});
    for (std::size_t i = 0; i < n_valid; ++i) block[row * kLanes + i] = spectrum[i * n_rows + row];
  }
}

static void add_frame(const StftPlan& plan, const float* frame, std::size_t t,
                      std::size_t n_samples, float* out) {
  const std::size_t start = t * plan.hop_length + plan.window_lead;
  const std::size_t first = start < plan.pad ? plan.pad - start : 0;
  std::size_t last = plan.framing.frame_length;
  if (start + last > n_samples + plan.pad) {
    last = n_samples + plan.pad > start ? n_samples + plan.pad - start : 0;
  }
  if (first >= last) return;
  float* const to = out + (start + first - plan.pad);
  const float* from = frame + first;
  for (std::size_t n = 0; n < last - first; ++n) to[n] += from[n];
}

void istft(const StftPlan& plan, const float* spectrum, std::size_t n_frames, StftWorkspace& work,
           std::size_t n_samples, float* out) {
  work.reserve(plan, kLanes);
  const std::size_t n_rows = 2 * plan.rfft.n_bins, length = plan.framing.frame_length;
  const float scale = 1.0f / static_cast<float>(plan.n_fft);
  float* const frames = work.spectrum.data();
  for (std::size_t n = 0; n < n_samples; ++n) out[n] = 0.0f;
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    gather_spectrum(spectrum + t * n_rows, n_rows, n_valid, work.spectrum.data());
    pack(plan.rfft, work.spectrum.data(), work.frames.data());
    const float* z = half_transform(plan.rfft, work.frames.data(), work.work.data());
    float* const block = work.frames.data();
    for (std::size_t n = 0; n < length; ++n) {
      const std::size_t row = plan.window_lead + n;
      const float sign = row % 2 == 0 ? scale : -scale;  // the conjugate
      StoreU(block + n * kLanes, LoadU(z + row * kLanes) * (sign * plan.framing.window[n]));
    }
    rows_to_frames(block, length, n_valid, frames);
    for (std::size_t i = 0; i < n_valid; ++i) {
      add_frame(plan, frames + i * length, t + i, n_samples, out);
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
