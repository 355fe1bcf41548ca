// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/peers/pyaudio.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "quaver/core/scratch.hpp"

#define QV_FILE "kernels/peers/pyaudio.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

std::vector<double> dct_matrix(std::size_t n_rows, std::size_t n, double scale) {
  std::vector<double> matrix;
  for (std::size_t k = 0; k < n_rows; ++k) {
    for (std::size_t m = 0; m < n; ++m) matrix.push_back(scale * dct_weight(n, k, m));
  }
  return matrix;
}

std::size_t checked_window(const PyAudioOptions& o) {
  if (o.window < 2) {
    throw std::invalid_argument("window must be at least 2, got " + std::to_string(o.window));
  }
  if (o.step == 0) throw std::invalid_argument("step must be positive, got 0");
  if (o.n_bands < PyAudioPlan::kMfcc) {
    throw std::invalid_argument("n_bands must be at least 13, got " + std::to_string(o.n_bands));
  }
  return checked_length("window", o.window);
}

const double* checked_bank(const PyAudioOptions& o) {
  // More bands than values, of which each band has some, and the product could wrap around.
  const std::size_t size = o.n_bands > o.bank.size() ? o.n_bands : o.n_bands * (o.window / 2);
  if (o.bank.size() != size) {
    throw std::invalid_argument("the filter bank must hold " + std::to_string(size) +
                                " values, got " + std::to_string(o.bank.size()));
  }
  return o.bank.data();
}

}  // namespace

PyAudioPlan::PyAudioPlan(const PyAudioOptions& o)
    : window(checked_window(o)),
      step(o.step),
      n_used(o.window / 2),
      deltas(o.deltas),
      fft(o.window),
      ones(std::vector<double>(o.window, 1.0)),
      bank(checked_bank(o), o.n_bands, o.window / 2),
      matrix(dct_matrix(kMfcc, o.n_bands, 0.43429448190325182765)),
      tap_list(o.chroma),
      taps(tap_list.data()),
      n_taps(tap_list.size()) {
  for (const ChromaTap& tap : tap_list) {
    if (tap.bin >= n_used || tap.pitch_class >= kPitchClasses) {
      throw std::invalid_argument("no bin " + std::to_string(tap.bin) + " or no pitch class " +
                                  std::to_string(tap.pitch_class));
    }
  }
}

std::size_t PyAudioPlan::count(std::size_t n_samples) const {
  return count_frames(n_samples, window, step);
}

void PyAudioWorkspace::reserve(const PyAudioPlan& plan, std::size_t n_frames, std::size_t lanes) {
  linear.reserve((std::min(lanes, n_frames) - 1) * plan.step + plan.window);
  frames.reserve(plan.window * lanes);
  work.reserve(plan.fft.work_size(lanes));
  power.reserve(plan.fft.n_bins * lanes);
  magnitude.reserve(plan.n_used * lanes);
  share.reserve(plan.n_used * (lanes + 1));
  rows.reserve((PyAudioPlan::kFeatures + plan.bank.n_bands) * lanes);
  frames.fill_zero();
}

Normalisation pyaudio_normalisation(const Samples& samples) {
  return kernels().pyaudio_normalisation(samples);
}

void pyaudio_features(const PyAudioPlan& plan, const Samples& samples, const Normalisation& norm,
                      double* out) {
  thread_local PyAudioWorkspace work;
  const Borrowed<PyAudioWorkspace> borrowed(work, plan.fft.n);
  kernels().pyaudio(plan, samples, norm, plan.count(samples.size), borrowed, out);
}

}  // namespace quaver

#else

#include "simd/logarithms.hpp"
#include "simd/products.hpp"

namespace quaver::QV_TARGET {

enum : std::size_t { kPiece = 128, kChains = 4, kSubBlocks = 10 };
enum PyAudioRow : std::size_t {
  kZcr,
  kEnergyRow,
  kEnergyEntropyRow,
  kCentroid,
  kSpread,
  kSpectralEntropyRow,
  kFlux,
  kRolloff,
  kCepstra,
  kChroma = kCepstra + PyAudioPlan::kMfcc,
  kChromaDeviation = kChroma + PyAudioPlan::kPitchClasses,
};
#define QV_EPSILON 0x1p-52

static void scale_int16(const std::int16_t* x, std::ptrdiff_t stride, std::size_t n, double* out) {
  for (std::size_t i = 0; i < n; ++i, x += stride) out[i] = static_cast<double>(*x) * 0x1p-15;
}
static void scale_float32(const float* x, std::ptrdiff_t stride, std::size_t n, double* out) {
  for (std::size_t i = 0; i < n; ++i, x += stride) out[i] = static_cast<double>(*x) * 0x1p-15;
}
static void scale_float64(const double* x, std::ptrdiff_t stride, std::size_t n, double* out) {
  for (std::size_t i = 0; i < n; ++i, x += stride) out[i] = *x * 0x1p-15;
}

static void load_scaled(const Samples& src, std::size_t start, std::size_t n, double* out) {
  const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(start) * src.stride;
  switch (src.type) {
    case SampleType::int16:
      scale_int16(static_cast<const std::int16_t*>(src.data) + offset, src.stride, n, out);
      break;
    case SampleType::float32:
      scale_float32(static_cast<const float*>(src.data) + offset, src.stride, n, out);
      break;
    case SampleType::float64:
      scale_float64(static_cast<const double*>(src.data) + offset, src.stride, n, out);
      break;
  }
}

// Pairwise, in the order of the original's arrays: eight chains up to 128 values, beyond them two
// halves, the first a multiple of 8.
static double pairwise_sum(const Samples& src, std::size_t start, std::size_t n) {
  if (n > kPiece) {
    const std::size_t half = n / 2 - n / 2 % 8;
    return pairwise_sum(src, start, half) + pairwise_sum(src, start + half, n - half);
  }
  double x[kPiece];
  load_scaled(src, start, n, x);
  double sum = 0.0;
  std::size_t i = 0;
  if (n >= 8) {
    double r[8];
    for (std::size_t j = 0; j < 8; ++j) r[j] = x[j];
    for (i = 8; i + 8 <= n; i += 8) {
      for (std::size_t j = 0; j < 8; ++j) r[j] += x[i + j];
    }
    sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  }
  for (; i < n; ++i) sum += x[i];
  return sum;
}

Normalisation pyaudio_normalisation(const Samples& src) {
  Normalisation norm{pairwise_sum(src, 0, src.size) / static_cast<double>(src.size), 0.0};
  double x[kPiece];
  VecD peak{};
  for (std::size_t start = 0; start < src.size; start += kPiece) {
    const std::size_t n = src.size - start < kPiece ? src.size - start : kPiece;
    load_scaled(src, start, n, x);
    for (std::size_t i = n; i < kPiece; ++i) x[i] = norm.mean;
    for (std::size_t i = 0; i < kPiece; i += kLanesD) {
      const VecD v = LoadU(x + i) - norm.mean;
      peak = Max(peak, Max(v, -v));
    }
  }
  for (std::size_t i = 0; i < kLanesD; ++i) norm.peak = peak[i] > norm.peak ? peak[i] : norm.peak;
  return norm;
}

static void load_frames(const PyAudioPlan& plan, const Samples& src, const Normalisation& norm,
                        std::size_t first, std::size_t n_valid, double* linear, double* frames) {
  const std::size_t count = (n_valid - 1) * plan.step + plan.window;
  const double divisor = norm.peak + 1e-10;
  load_scaled(src, first * plan.step, count, linear);
  for (std::size_t i = 0; i < count; ++i) linear[i] = (linear[i] - norm.mean) / divisor;
  window_frames(linear, plan.step, plan.window, plan.ones.data(), n_valid, frames);
}

static VecD sum_of_squares64(const double* x, std::size_t count) {
  VecD sums[kChains] = {};
  std::size_t n = 0;
  for (; n + kChains <= count; n += kChains) {
    for (std::size_t j = 0; j < kChains; ++j) {
      const VecD v = LoadU(x + (n + j) * kLanesD);
      sums[j] = MulAdd(v, v, sums[j]);
    }
  }
  for (; n < count; ++n) {
    const VecD v = LoadU(x + n * kLanesD);
    sums[0] = MulAdd(v, v, sums[0]);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// Entropy of the energies of ten sub-blocks as shares of `total`, which a rest behind them joins.
static VecD energy_entropy64(const double* x, std::size_t count, VecD* total) {
  const std::size_t length = count / kSubBlocks;
  VecD blocks[kSubBlocks], sum{}, entropy{};
  for (std::size_t b = 0; b < kSubBlocks; ++b) {
    blocks[b] = sum_of_squares64(x + b * length * kLanesD, length);
    sum += blocks[b];
  }
  const std::size_t covered = kSubBlocks * length;
  sum += sum_of_squares64(x + covered * kLanesD, count - covered);
  for (std::size_t b = 0; b < kSubBlocks; ++b) {
    const VecD share = blocks[b] / (sum + QV_EPSILON);
    entropy -= share * Ln(share + QV_EPSILON);
  }
  *total = sum;
  return entropy * 1.44269504088896340736;
}

// Half the sum of |sign differences|, where a zero lies between both signs.
static VecD crossing_rate(const double* frames, std::size_t window) {
  const VecD zero{}, one = Set(1.0);
  VecD total{}, before{};
  for (std::size_t n = 0; n < window; ++n) {
    const VecD x = LoadU(frames + n * kLanesD);
    const VecD sign = (x > zero ? one : zero) - (x < zero ? one : zero);
    const VecD change = sign - before;
    if (n > 0) total += Max(change, -change);
    before = sign;
  }
  return total * 0.5 / static_cast<double>(window - 1);
}

struct SpectrumSums {
  VecD magnitude, weighted, largest;  // sum X, sum (k + 1) X, max X
};

static SpectrumSums take_magnitudes(const PyAudioPlan& plan, const double* power,
                                    double* magnitude) {
  const double scale = 1.0 / (plan.fft.gain * static_cast<double>(plan.n_used));
  SpectrumSums sums{};
  for (std::size_t k = 0; k < plan.n_used; ++k) {
    const VecD x = Sqrt(LoadU(power + k * kLanesD)) * scale;
    StoreU(magnitude + k * kLanesD, x);
    sums.magnitude += x;
    sums.weighted = MulAdd(x, Set(static_cast<double>(k + 1)), sums.weighted);
    sums.largest = Max(sums.largest, x);
  }
  return sums;
}

// In units of half the sampling rate, where bin k lies at (k + 1) / K.
static void centroid_spread(const PyAudioPlan& plan, const double* magnitude,
                            const SpectrumSums& sums, double* rows) {
  const VecD zero{}, one = Set(1.0);
  const VecD inverse = one / (sums.largest == zero ? one : sums.largest);
  const VecD whole = sums.magnitude * inverse + QV_EPSILON;
  const VecD center = sums.weighted * inverse / whole;
  VecD spread{};
  for (std::size_t k = 0; k < plan.n_used; ++k) {
    const VecD distance = Set(static_cast<double>(k + 1)) - center;
    spread = MulAdd(distance * distance, LoadU(magnitude + k * kLanesD), spread);
  }
  const double unit = 1.0 / static_cast<double>(plan.n_used);
  StoreU(rows + kCentroid * kLanesD, center * unit);
  StoreU(rows + kSpread * kLanesD, Sqrt(spread * inverse / whole) * unit);
}

// A row of `share` is one value longer than a register: ahead of the block's frames lies the last
// frame of the block before. All rows are stored before any is read one value off, which a
// processor cannot forward from its stores.
static VecD flux64(const PyAudioPlan& plan, const double* magnitude, VecD sum, bool is_first,
                   double* share) {
  const VecD inverse = 1.0 / (sum + static_cast<double>(plan.n_used) * QV_EPSILON);
  for (std::size_t k = 0; k < plan.n_used; ++k) {
    double* row = share + k * (kLanesD + 1);
    const VecD u = LoadU(magnitude + k * kLanesD) * inverse;
    row[0] = is_first ? u[0] : row[kLanesD];
    StoreU(row + 1, u);
  }
  VecD flux{};
  for (std::size_t k = 0; k < plan.n_used; ++k) {
    const double* row = share + k * (kLanesD + 1);
    const VecD change = LoadU(row + 1) - LoadU(row);
    flux = MulAdd(change, change, flux);
  }
  return flux;
}

// The first bin at which the running energy passes 90 %, over K.
static VecD rolloff64(const PyAudioPlan& plan, const double* magnitude, VecD energy) {
  const VecD threshold = energy * 0.9, zero{}, one = Set(1.0);
  VecD running{}, below{};
  for (std::size_t k = 0; k < plan.n_used; ++k) {
    const VecD x = LoadU(magnitude + k * kLanesD);
    running = MulAdd(x, x, running);
    below += running + QV_EPSILON > threshold ? zero : one;
  }
  return below / static_cast<double>(plan.n_used);
}

static void mel_cepstra(const PyAudioPlan& plan, const double* magnitude, double* bands,
                        double* out) {
  for (std::size_t m = 0; m < plan.bank.n_bands; ++m) {
    StoreU(bands + m * kLanesD, Ln(band_sum(plan.bank, m, magnitude) + QV_EPSILON));
  }
  times_matrix(plan.matrix.data(), PyAudioPlan::kMfcc, plan.bank.n_bands, bands, out);
}

// Twelve shares of the energy and their standard deviation.
static void chroma64(const PyAudioPlan& plan, const double* magnitude, VecD energy, double* out) {
  const VecD zero{};
  VecD classes[PyAudioPlan::kPitchClasses] = {}, mean{}, variance{};
  for (std::size_t i = 0; i < plan.n_taps; ++i) {
    const ChromaTap tap = plan.taps[i];
    const VecD x = LoadU(magnitude + tap.bin * kLanesD);
    classes[tap.pitch_class] = MulAdd(x * x, Set(tap.weight), classes[tap.pitch_class]);
  }
  const VecD whole = energy == zero ? Set(QV_EPSILON) : energy;
  for (VecD& c : classes) {
    c /= whole;
    mean += c / static_cast<double>(PyAudioPlan::kPitchClasses);
  }
  for (std::size_t i = 0; i < PyAudioPlan::kPitchClasses; ++i) {
    const VecD distance = classes[i] - mean;
    variance = MulAdd(distance, distance, variance);
    StoreU(out + i * kLanesD, classes[i]);
  }
  StoreU(out + PyAudioPlan::kPitchClasses * kLanesD,
         Sqrt(variance / static_cast<double>(PyAudioPlan::kPitchClasses)));
}

static void block_features(const PyAudioPlan& plan, bool is_first, PyAudioWorkspace& work) {
  double* const frames = work.frames.data();
  double* const rows = work.rows.data();
  double* const magnitude = work.magnitude.data();
  VecD energy;
  StoreU(rows + kZcr * kLanesD, crossing_rate(frames, plan.window));
  StoreU(rows + kEnergyEntropyRow * kLanesD, energy_entropy64(frames, plan.window, &energy));
  StoreU(rows + kEnergyRow * kLanesD, energy / static_cast<double>(plan.window));
  spectrum_frames(plan.fft, frames, work.work.data(), Bins::power, work.power.data());
  const SpectrumSums sums = take_magnitudes(plan, work.power.data(), magnitude);
  centroid_spread(plan, magnitude, sums, rows);
  StoreU(rows + kSpectralEntropyRow * kLanesD, energy_entropy64(magnitude, plan.n_used, &energy));
  StoreU(rows + kFlux * kLanesD,
         flux64(plan, magnitude, sums.magnitude, is_first, work.share.data()));
  StoreU(rows + kRolloff * kLanesD, rolloff64(plan, magnitude, energy));
  mel_cepstra(plan, magnitude, rows + PyAudioPlan::kFeatures * kLanesD, rows + kCepstra * kLanesD);
  chroma64(plan, magnitude, energy, rows + kChroma * kLanesD);
}

void pyaudio(const PyAudioPlan& plan, const Samples& src, const Normalisation& norm,
             std::size_t n_frames, PyAudioWorkspace& work, double* out) {
  if (n_frames == 0) return;
  work.reserve(plan, n_frames, kLanesD);
  for (std::size_t t = 0; t < n_frames; t += kLanesD) {
    const std::size_t n_valid = n_frames - t < kLanesD ? n_frames - t : kLanesD;
    load_frames(plan, src, norm, t, n_valid, work.linear.data(), work.frames.data());
    block_features(plan, t == 0, work);
    for (std::size_t r = 0; r < PyAudioPlan::kFeatures; ++r) {
      const double* row = work.rows.data() + r * kLanesD;
      for (std::size_t i = 0; i < n_valid; ++i) out[r * n_frames + t + i] = row[i];
    }
  }
  if (!plan.deltas) return;
  double* const deltas = out + PyAudioPlan::kFeatures * n_frames;
  for (std::size_t r = 0; r < PyAudioPlan::kFeatures; ++r) {
    const double* row = out + r * n_frames;
    deltas[r * n_frames] = 0.0;
    for (std::size_t t = 1; t < n_frames; ++t) deltas[r * n_frames + t] = row[t] - row[t - 1];
  }
}

}  // namespace quaver::QV_TARGET

#undef QV_EPSILON

#endif
