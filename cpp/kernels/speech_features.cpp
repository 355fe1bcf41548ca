// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/speech_features.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#define QV_FILE "kernels/speech_features.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

void require_size(const char* name, std::size_t found, std::size_t expected) {
  if (found != expected) {
    throw std::invalid_argument(std::string(name) + " must hold " + std::to_string(expected) +
                                " values, got " + std::to_string(found));
  }
}

}  // namespace

SparseBank64::SparseBank64(const std::vector<double>& dense, std::size_t n_bands_,
                           std::size_t n_bins)
    : n_bands(n_bands_) {
  require_size("the filter bank", dense.size(), n_bands * n_bins);
  std::vector<double> values;
  for (std::size_t m = 0; m < n_bands; ++m) {
    const double* row = dense.data() + m * n_bins;
    std::size_t first = 0, last = n_bins;
    while (first < n_bins && row[first] == 0.0) ++first;
    while (last > first && row[last - 1] == 0.0) --last;
    band_list.push_back({first, last - first, values.size()});
    values.insert(values.end(), row + first, row + last);
  }
  bands = band_list.data();
  weights = Buffer64(values);
}

SpeechFeaturesPlan::SpeechFeaturesPlan(const SpeechFeaturesOptions& o)
    : output(o.output),
      frame_length(o.frame_length),
      frame_step(o.frame_step),
      n_loaded(std::min(o.frame_length, o.n_fft)),
      pre_emphasis(o.pre_emphasis),
      append_energy(o.append_energy),
      n_columns(o.n_bands),
      fft(o.n_fft),
      bank(o.bank, o.n_bands, fft.n_bins),
      window(o.window),
      matrix(o.matrix),
      weights(o.weights) {
  require_size("window", o.window.size(), frame_length);
  if (output == SpeechOutput::mfcc) {
    if (o.n_bands == 0 || o.matrix.empty() || o.matrix.size() % o.n_bands != 0) {
      throw std::invalid_argument("matrix must hold rows of " + std::to_string(o.n_bands) +
                                  " values, got " + std::to_string(o.matrix.size()));
    }
    n_columns = o.matrix.size() / o.n_bands;
  }
  if (output == SpeechOutput::ssc) require_size("weights", o.weights.size(), fft.n_bins);
}

std::size_t SpeechFeaturesPlan::count(std::size_t n_samples) const {
  if (n_samples <= frame_length) return 1;
  if (frame_step == 0) throw std::invalid_argument("frame_step must be positive, got 0");
  return 1 + (n_samples - frame_length + frame_step - 1) / frame_step;
}

void SpeechFeaturesWorkspace::reserve(const SpeechFeaturesPlan& plan, std::size_t n_frames,
                                      std::size_t lanes) {
  linear.reserve((std::min(lanes, n_frames) - 1) * plan.frame_step + plan.n_loaded);
  frames.reserve(plan.fft.n * lanes);
  // Also holds columns, and weighted bins.
  work.reserve(
      std::max(plan.fft.work_size(lanes), lanes * std::max(plan.n_columns, plan.fft.n_bins)));
  power.reserve(plan.fft.n_bins * lanes);
  bands.reserve(plan.bank.n_bands * lanes);
  frames.fill_zero();  // lanes without a frame
}

void speech_features(const SpeechFeaturesPlan& plan, const Samples& samples, double* out,
                     double* energy) {
  thread_local SpeechFeaturesWorkspace work;
  kernels().speech_features(plan, samples, plan.count(samples.size), work, out, energy);
}

}  // namespace quaver

#else

#include "simd/vec64.hpp"

namespace quaver::QV_TARGET {

enum : std::size_t { kUpTo = 4 };  // chains of multiply-add that hide its latency

static double sample64(const Samples& src, std::size_t i) {
  const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(i) * src.stride;
  switch (src.type) {
    case SampleType::int16:
      return static_cast<double>(static_cast<const std::int16_t*>(src.data)[at]);
    case SampleType::float32: return static_cast<double>(static_cast<const float*>(src.data)[at]);
    default: return static_cast<const double*>(src.data)[at];
  }
}

// NumPy keeps float32 samples in float32 here, so the roundings are those of float32.
static void emphasise_float32(const float* x, std::ptrdiff_t stride, std::size_t n, double factor,
                              double* out) {
  const float c = static_cast<float>(factor);
  for (std::size_t i = 0; i < n; ++i, x += stride) {
    out[i] = static_cast<double>(*x - c * *(x - stride));
  }
}
static void emphasise_int16(const std::int16_t* x, std::ptrdiff_t stride, std::size_t n, double c,
                            double* out) {
  for (std::size_t i = 0; i < n; ++i, x += stride) {
    out[i] = static_cast<double>(*x) - c * static_cast<double>(*(x - stride));
  }
}
static void emphasise_float64(const double* x, std::ptrdiff_t stride, std::size_t n, double c,
                              double* out) {
  for (std::size_t i = 0; i < n; ++i, x += stride) out[i] = *x - c * *(x - stride);
}

// out[i] = pre-emphasised sample start + i, i < count; zeros behind the signal.
static void load_emphasised(const Samples& src, std::size_t start, std::size_t count, double c,
                            double* out) {
  std::size_t end = start + count < src.size ? start + count : src.size;
  std::size_t i = start;
  if (start == 0 && end > 0) *out = sample64(src, i++);
  if (i < end) {
    const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(i) * src.stride;
    const std::size_t n = end - i;
    double* to = out + (i - start);
    switch (src.type) {
      case SampleType::int16:
        emphasise_int16(static_cast<const std::int16_t*>(src.data) + offset, src.stride, n, c, to);
        break;
      case SampleType::float32:
        emphasise_float32(static_cast<const float*>(src.data) + offset, src.stride, n, c, to);
        break;
      case SampleType::float64:
        emphasise_float64(static_cast<const double*>(src.data) + offset, src.stride, n, c, to);
        break;
    }
  }
  for (i = end > start ? end : start; i < start + count; ++i) out[i - start] = 0.0;
}

static void load_frames64(const SpeechFeaturesPlan& plan, const Samples& src, std::size_t first,
                          std::size_t n_valid, double* linear, double* frames) {
  load_emphasised(src, first * plan.frame_step, (n_valid - 1) * plan.frame_step + plan.n_loaded,
                  plan.pre_emphasis, linear);
  window_frames64(linear, plan.frame_step, plan.n_loaded, plan.window.data(), n_valid, frames);
  for (std::size_t n = plan.n_loaded; n < plan.fft.n; ++n) StoreD(frames + n * kLanesD, VecD{});
}

static VecD weighted_sum(const double* values, const double* weights, std::size_t count) {
  VecD sums[kUpTo] = {};
  std::size_t k = 0;
  for (; k + kUpTo <= count; k += kUpTo) {
    for (std::size_t j = 0; j < kUpTo; ++j) {
      sums[j] = MulAddD(LoadD(values + (k + j) * kLanesD), SetD(weights[k + j]), sums[j]);
    }
  }
  for (; k < count; ++k) {
    sums[0] = MulAddD(LoadD(values + k * kLanesD), SetD(weights[k]), sums[0]);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static VecD total64(const double* values, std::size_t count) {
  VecD sums[kUpTo] = {};
  std::size_t k = 0;
  for (; k + kUpTo <= count; k += kUpTo) {
    for (std::size_t j = 0; j < kUpTo; ++j) sums[j] += LoadD(values + (k + j) * kLanesD);
  }
  for (; k < count; ++k) sums[0] += LoadD(values + k * kLanesD);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static inline VecD not_zero(VecD x) { return x == VecD{} ? SetD(0x1p-52) : x; }

static void band_energies(const SparseBank64& bank, const double* power, double scale,
                          double* bands) {
  for (std::size_t m = 0; m < bank.n_bands; ++m) {
    const Band64 band = bank.bands[m];
    const VecD sum =
        weighted_sum(power + band.first * kLanesD, bank.weights.data() + band.weights, band.count);
    StoreD(bands + m * kLanesD, not_zero(sum * scale));
  }
}

static void emit_rows(const double* columns, std::size_t n_columns, std::size_t n_valid,
                      double* out) {
  for (std::size_t i = 0; i < n_valid; ++i) {
    for (std::size_t c = 0; c < n_columns; ++c) out[i * n_columns + c] = columns[c * kLanesD + i];
  }
}

// `columns` may not be `bands`.
static void cepstra(const SpeechFeaturesPlan& plan, VecD energy, double* bands, double* columns) {
  const std::size_t n_bands = plan.bank.n_bands;
  for (std::size_t m = 0; m < n_bands; ++m) {
    StoreD(bands + m * kLanesD, LnD(LoadD(bands + m * kLanesD)));
  }
  for (std::size_t c = 0; c < plan.n_columns; ++c) {
    const VecD sum = weighted_sum(bands, plan.matrix.data() + c * n_bands, n_bands);
    StoreD(columns + c * kLanesD, sum);
  }
  if (plan.append_energy) StoreD(columns, LnD(energy));
}

// A band that no bin falls into is 0 / 0, a NaN as in the original.
static void centroids(const SpeechFeaturesPlan& plan, double* power, double scale, double* weighted,
                      double* columns) {
  const SparseBank64& bank = plan.bank;
  for (std::size_t k = 0; k < plan.fft.n_bins; ++k) {
    const VecD p = not_zero(LoadD(power + k * kLanesD) * scale);
    StoreD(power + k * kLanesD, p);
    StoreD(weighted + k * kLanesD, p * plan.weights.data()[k]);
  }
  for (std::size_t m = 0; m < bank.n_bands; ++m) {
    const Band64 band = bank.bands[m];
    const double* w = bank.weights.data() + band.weights;
    const VecD above = weighted_sum(weighted + band.first * kLanesD, w, band.count);
    const VecD below = weighted_sum(power + band.first * kLanesD, w, band.count);
    StoreD(columns + m * kLanesD, above / below);
  }
}

void speech_features_run(const SpeechFeaturesPlan& plan, const Samples& src, std::size_t n_frames,
                         SpeechFeaturesWorkspace& work, double* out, double* energy) {
  work.reserve(plan, n_frames, kLanesD);
  const double scale = 1.0 / static_cast<double>(plan.fft.n);
  double* const power = work.power.data();
  double* const bands = work.bands.data();
  double* const scratch = work.work.data();  // free again after the transform
  for (std::size_t t = 0; t < n_frames; t += kLanesD) {
    const std::size_t n_valid = n_frames - t < kLanesD ? n_frames - t : kLanesD;
    load_frames64(plan, src, t, n_valid, work.linear.data(), work.frames.data());
    power_spectrum64(plan.fft, work.frames.data(), scratch, power);
    if (plan.output == SpeechOutput::ssc) {
      centroids(plan, power, scale, scratch, bands);
      emit_rows(bands, plan.n_columns, n_valid, out + t * plan.n_columns);
      continue;
    }
    const VecD total = not_zero(total64(power, plan.fft.n_bins) * scale);
    band_energies(plan.bank, power, scale, bands);
    if (plan.output == SpeechOutput::mfcc) {
      cepstra(plan, total, bands, scratch);
      emit_rows(scratch, plan.n_columns, n_valid, out + t * plan.n_columns);
    } else {
      emit_rows(bands, plan.n_columns, n_valid, out + t * plan.n_columns);
      for (std::size_t i = 0; i < n_valid; ++i) energy[t + i] = total[i];
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
