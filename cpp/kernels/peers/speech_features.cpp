// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/peers/speech_features.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "quaver/core/scratch.hpp"

#define QV_FILE "kernels/peers/speech_features.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

void require_size(const char* name, std::size_t found, std::size_t expected) {
  if (found != expected) {
    throw std::invalid_argument(std::string(name) + " must hold " + std::to_string(expected) +
                                " values, got " + std::to_string(found));
  }
}

const std::vector<double>& checked_window(const SpeechFeaturesOptions& o) {
  if (o.frame_length == 0) throw std::invalid_argument("frame_length must be positive, got 0");
  require_size("window", o.window.size(), o.frame_length);
  return o.window;
}

// Of the samples that reach the transform; those between such frames are not read.
FrameLayout<double> layout_of(const SpeechFeaturesOptions& o) {
  const std::vector<double>& window = checked_window(o);
  const std::size_t length = std::min(o.frame_length, o.n_fft);
  const std::size_t step = checked_length("frame_step", o.frame_step, kLargestStep);
  return {window.data(), length, std::clamp<std::size_t>(step, 1, length), o.n_fft, 0};
}

}  // namespace

RunBank64::RunBank64(const std::vector<double>& dense, std::size_t n_bands_, std::size_t n_bins)
    : n_bands(n_bands_) {
  // More bands than values, of which each band has some, and the product could wrap around.
  require_size("the filter bank", dense.size(),
               n_bands > dense.size() ? n_bands : n_bands * n_bins);
  std::vector<double> values;
  for (std::size_t k = 0; k < n_bins; ++k) {
    std::size_t found[2] = {n_bands, n_bands}, n_found = 0;
    for (std::size_t m = 0; m < n_bands; ++m) {
      if (dense[m * n_bins + k] == 0.0) continue;
      if (n_found == 2) {
        throw std::invalid_argument("at most two bands may share a bin, got three at bin " +
                                    std::to_string(k));
      }
      found[n_found++] = m;
    }
    if (run_list.empty() || run_list.back().band != found[0] || run_list.back().other != found[1]) {
      run_list.push_back({k, 0, found[0], found[1], values.size()});
    }
    ++run_list.back().count;
    for (std::size_t m : found) values.push_back(m < n_bands ? dense[m * n_bins + k] : 0.0);
  }
  n_runs = run_list.size();
  runs = run_list.data();
  weights = Buffer<double>(values);
}

SpeechFeaturesPlan::SpeechFeaturesPlan(const SpeechFeaturesOptions& o)
    : output(o.output),
      frame_length(o.frame_length),
      frame_step(o.frame_step),
      pre_emphasis(o.pre_emphasis),
      append_energy(o.append_energy),
      n_columns(o.n_bands),
      fft(o.n_fft),
      bank(o.bank, o.n_bands, fft.n_bins),
      framing(layout_of(o)),
      matrix(o.matrix),
      weights(o.weights) {
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

void SpeechFeaturesWorkspace::reserve(const SpeechFeaturesPlan& plan, std::size_t lanes) {
  linear.reserve(plan.framing.linear_size(lanes));
  phases.reserve(plan.framing.phases_size(lanes));
  frames.reserve(plan.fft.n * lanes);
  work.reserve(plan.fft.work_size(lanes));
  columns.reserve(lanes * std::max(plan.n_columns, plan.bank.n_bands + 1));
  power.reserve(plan.fft.n_bins * lanes);
  bands.reserve((plan.bank.n_bands + 1) * lanes);
  linear.fill_zero();  // lanes without a frame
}

void speech_features(const SpeechFeaturesPlan& plan, const Samples& samples, double* out,
                     double* energy) {
  thread_local SpeechFeaturesWorkspace work;
  const Borrowed<SpeechFeaturesWorkspace> borrowed(work, plan.fft.n);
  kernels().speech_features(plan, samples, plan.count(samples.size), borrowed, out, energy);
}

}  // namespace quaver

#else

#include "simd/logarithms.hpp"
#include "simd/products.hpp"

namespace quaver::QV_TARGET {

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
static inline double emphasised(float x, float before, double c) {
  return static_cast<double>(x - static_cast<float>(c) * before);
}
static inline double emphasised(double x, double before, double c) { return x - c * before; }
static inline double emphasised(std::int16_t x, std::int16_t before, double c) {
  return static_cast<double>(x) - c * static_cast<double>(before);
}

template <class T>
static void emphasise64(const void* samples, std::ptrdiff_t start, std::ptrdiff_t stride,
                        std::size_t n, double c, double* __restrict out) {
  const T* x = static_cast<const T*>(samples) + start * stride;
  if (stride == 1) {  // compilers turn this one into vectors
    for (std::size_t i = 0; i < n; ++i) out[i] = emphasised(x[i], *(x + i - 1), c);
    return;
  }
  for (std::size_t i = 0; i < n; ++i, x += stride) out[i] = emphasised(*x, *(x - stride), c);
}

// out[i] = pre-emphasised sample start + i, i < count; zeros behind the signal.
static void load_emphasised(const Samples& src, std::size_t start, std::size_t count, double c,
                            double* out) {
  std::size_t end = start + count < src.size ? start + count : src.size;
  std::size_t i = start;
  if (start == 0 && end > 0) *out = sample64(src, i++);
  if (i < end) {
    const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(i);
    double* to = out + (i - start);
    switch (src.type) {
      case SampleType::int16:
        emphasise64<std::int16_t>(src.data, from, src.stride, end - i, c, to);
        break;
      case SampleType::float32:
        emphasise64<float>(src.data, from, src.stride, end - i, c, to);
        break;
      case SampleType::float64:
        emphasise64<double>(src.data, from, src.stride, end - i, c, to);
        break;
    }
  }
  for (i = end > start ? end : start; i < start + count; ++i) out[i - start] = 0.0;
}

// Returns powers of bins at plan.fft.places.
static double* block_power(const SpeechFeaturesPlan& plan, const Samples& src, std::size_t first,
                           std::size_t n_valid, SpeechFeaturesWorkspace& work) {
  const std::size_t step = plan.framing.step, length = plan.framing.length;
  if (plan.frame_step <= step) {
    load_emphasised(src, first * step, (n_valid - 1) * step + length, plan.pre_emphasis,
                    work.linear.data());
  } else {
    for (std::size_t i = 0; i < n_valid; ++i) {
      load_emphasised(src, (first + i) * plan.frame_step, length, plan.pre_emphasis,
                      work.linear.data() + i * step);
    }
  }
  gather_phases(plan.framing, work.linear.data(), work.phases.data());
  return power_phases(plan.fft, plan.framing, work.phases.data(), work.frames.data(),
                      work.work.data(), work.power.data());
}

static inline VecD not_zero(VecD x) { return x == VecD{} ? Set(0x1p-52) : x; }

// Sums of two bands and of the bins themselves over a run, in two chains each.
struct RunSums {
  VecD band, other, total;
};
static inline RunSums sum_run(const double* power, const unsigned* places, const double* w,
                              std::size_t count) {
  RunSums even{}, odd{};
  std::size_t k = 0;
  for (; k + 2 <= count; k += 2, w += 4) {
    const VecD p = LoadU(power + places[k]), next = LoadU(power + places[k + 1]);
    even = {MulAdd(p, Set(w[0]), even.band), MulAdd(p, Set(w[1]), even.other), even.total + p};
    odd = {MulAdd(next, Set(w[2]), odd.band), MulAdd(next, Set(w[3]), odd.other), odd.total + next};
  }
  if (k < count) {
    const VecD p = LoadU(power + places[k]);
    even = {MulAdd(p, Set(w[0]), even.band), MulAdd(p, Set(w[1]), even.other), even.total + p};
  }
  return {even.band + odd.band, even.other + odd.other, even.total + odd.total};
}

// Bands of `power`; returns the sum of all bins.
static VecD band_sums(const SpeechFeaturesPlan& plan, const double* power, double* bands) {
  const RunBank64& bank = plan.bank;
  const unsigned* places = plan.fft.places[QV_TARGET_INDEX];
  VecD total{};
  for (std::size_t m = 0; m <= bank.n_bands; ++m) StoreU(bands + m * kLanesD, VecD{});
  for (std::size_t r = 0; r < bank.n_runs; ++r) {
    const BandRun64 run = bank.runs[r];
    double *const band = bands + run.band * kLanesD, *const other = bands + run.other * kLanesD;
    const RunSums sums =
        sum_run(power, places + run.first, bank.weights.data() + run.weights, run.count);
    StoreU(band, LoadU(band) + sums.band);
    StoreU(other, LoadU(other) + sums.other);
    total += sums.total;
  }
  return total;
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
    StoreU(bands + m * kLanesD, Ln(LoadU(bands + m * kLanesD)));
  }
  const std::size_t first = plan.append_energy ? 1 : 0;  // column 0 is the energy's
  times_matrix(plan.matrix.data() + first * n_bands, plan.n_columns - first, n_bands, bands,
               columns + first * kLanesD);
  if (plan.append_energy) StoreU(columns, Ln(energy));
}

// A band that no bin falls into is 0 / 0, a NaN as in the original.
static void centroids(const SpeechFeaturesPlan& plan, double* power, double scale, double* above,
                      double* columns) {
  const unsigned* places = plan.fft.places[QV_TARGET_INDEX];
  for (std::size_t k = 0; k < plan.fft.n_bins; ++k) {
    double* const p = power + places[k];
    StoreU(p, not_zero(LoadU(p) * scale));
  }
  band_sums(plan, power, columns);
  for (std::size_t k = 0; k < plan.fft.n_bins; ++k) {
    double* const p = power + places[k];
    StoreU(p, LoadU(p) * plan.weights.data()[k]);
  }
  band_sums(plan, power, above);
  for (std::size_t m = 0; m < plan.bank.n_bands; ++m) {
    const VecD below = LoadU(columns + m * kLanesD);
    StoreU(columns + m * kLanesD, LoadU(above + m * kLanesD) / below);
  }
}

void speech_features(const SpeechFeaturesPlan& plan, const Samples& src, std::size_t n_frames,
                     SpeechFeaturesWorkspace& work, double* out, double* energy) {
  work.reserve(plan, kLanesD);
  const double scale = 1.0 / static_cast<double>(plan.fft.n);
  double* const bands = work.bands.data();
  double* const columns = work.columns.data();
  for (std::size_t t = 0; t < n_frames; t += kLanesD) {
    const std::size_t n_valid = n_frames - t < kLanesD ? n_frames - t : kLanesD;
    double* const power = block_power(plan, src, t, n_valid, work);
    if (plan.output == SpeechOutput::ssc) {
      centroids(plan, power, scale, columns, bands);
      emit_rows(bands, plan.n_columns, n_valid, out + t * plan.n_columns);
      continue;
    }
    const VecD total = not_zero(band_sums(plan, power, bands) * scale);
    for (std::size_t m = 0; m < plan.bank.n_bands; ++m) {
      StoreU(bands + m * kLanesD, not_zero(LoadU(bands + m * kLanesD) * scale));
    }
    if (plan.output == SpeechOutput::mfcc) {
      cepstra(plan, total, bands, columns);
      emit_rows(columns, plan.n_columns, n_valid, out + t * plan.n_columns);
    } else {
      emit_rows(bands, plan.n_columns, n_valid, out + t * plan.n_columns);
      for (std::size_t i = 0; i < n_valid; ++i) energy[t + i] = total[i];
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
