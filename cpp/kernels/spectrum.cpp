// SPDX-License-Identifier: BSD-3-Clause
// One pass over the bins forms everything but the flux, in chunks of at most kMaxChunk bins: a
// float32 sum over all bins would lose up to n_bins / 2 ulp. Each chunk keeps its moments around
// its own middle, from which the spread follows without a second look at the bins and without the
// cancellation that moments around bin 0 would bring.
#ifndef QV_TARGET

#include "quaver/spectrum.hpp"

#include <stdexcept>
#include <string>

#define QV_FILE "kernels/spectrum.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

SpectrumPlan::SpectrumPlan(std::size_t n_fft, double sample_rate, std::size_t n_bands_,
                           double rolloff_)
    : n_bins(n_fft / 2 + 1),
      n_bands(n_bands_),
      band_length(n_bands_ == 0 ? 0 : n_bins / n_bands_),
      bin_width(static_cast<float>(sample_rate / static_cast<double>(n_fft))),
      rolloff(static_cast<float>(rolloff_)) {
  if (band_length == 0) {
    throw std::invalid_argument("n_bands must lie between 1 and n_fft / 2 + 1 (" +
                                std::to_string(n_bins) + "), got " + std::to_string(n_bands));
  }
  if (!(rolloff_ > 0.0 && rolloff_ <= 1.0)) {
    throw std::invalid_argument("rolloff must lie in (0, 1], got " + std::to_string(rolloff_));
  }
  chunks_per_band = (band_length + kMaxChunk - 1) / kMaxChunk;
  for (std::size_t chunk = 0; chunk < n_bands * chunks_per_band; ++chunk) {
    const std::size_t band = chunk / chunks_per_band, part = chunk % chunks_per_band;
    chunk_list.push_back(band * band_length + part * band_length / chunks_per_band);
  }
  for (std::size_t k = n_bands * band_length; k < n_bins; k += kMaxChunk) chunk_list.push_back(k);
  n_chunks = chunk_list.size();
  chunk_list.push_back(n_bins);
  chunks = chunk_list.data();
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

// i - middle of a chunk, and its square
static constexpr float kDistance[SpectrumPlan::kMaxChunk] = {
    -16.0f, -15.0f, -14.0f, -13.0f, -12.0f, -11.0f, -10.0f, -9.0f, -8.0f, -7.0f, -6.0f,
    -5.0f,  -4.0f,  -3.0f,  -2.0f,  -1.0f,  0.0f,   1.0f,   2.0f,  3.0f,  4.0f,  5.0f,
    6.0f,   7.0f,   8.0f,   9.0f,   10.0f,  11.0f,  12.0f,  13.0f, 14.0f, 15.0f};
static constexpr float kSquare[SpectrumPlan::kMaxChunk] = {
    256.0f, 225.0f, 196.0f, 169.0f, 144.0f, 121.0f, 100.0f, 81.0f,  64.0f,  49.0f, 36.0f,
    25.0f,  16.0f,  9.0f,   4.0f,   1.0f,   0.0f,   1.0f,   4.0f,   9.0f,   16.0f, 25.0f,
    36.0f,  49.0f,  64.0f,  81.0f,  100.0f, 121.0f, 144.0f, 169.0f, 196.0f, 225.0f};
enum : std::size_t { kMiddle = 16 };

// Rows of a chunk's sums: X, j X, j^2 X with j counted from its middle, and P.
enum : std::size_t { kSumX, kSumJ, kSumJJ, kSumP, kSums };

static void sum_chunk(const float* power, const float* magnitude, std::size_t n, float* sums) {
  Vec x_sum{}, j_sum{}, jj_sum{}, p_sum{};
  for (std::size_t i = 0; i < n; ++i) {
    const Vec x = LoadU(magnitude + i * kLanes);
    x_sum += x;
    j_sum = MulAdd(x, Set(kDistance[i]), j_sum);
    jj_sum = MulAdd(x, Set(kSquare[i]), jj_sum);
    p_sum += LoadU(power + i * kLanes);  // in the order of count_below
  }
  StoreU(sums + kSumX * kLanes, x_sum);
  StoreU(sums + kSumJ * kLanes, j_sum);
  StoreU(sums + kSumJJ * kLanes, jj_sum);
  StoreU(sums + kSumP * kLanes, p_sum);
}

static inline Vec sum_of(const float* sums, std::size_t chunk, std::size_t which) {
  return LoadU(sums + (chunk * kSums + which) * kLanes);
}
static inline float middle_of(const SpectrumPlan& plan, std::size_t chunk) {
  return static_cast<float>(plan.chunks[chunk] + kMiddle);
}

static Vec spread_around(const SpectrumPlan& plan, const float* sums, Vec center) {
  Vec total{};
  for (std::size_t chunk = 0; chunk < plan.n_chunks; ++chunk) {
    const Vec distance = middle_of(plan, chunk) - center;
    const Vec x = sum_of(sums, chunk, kSumX), j = sum_of(sums, chunk, kSumJ);
    total += MulAdd(distance, MulAdd(distance, x, j + j), sum_of(sums, chunk, kSumJJ));
  }
  return total;
}

// Bins of a chunk whose running power is below `wanted`.
static VecI count_below(const float* power, std::size_t n, Vec wanted) {
  Vec running{};
  VecI below{};
  for (std::size_t i = 0; i < n; ++i) {
    running += LoadU(power + i * kLanes);
    below -= running < wanted;
  }
  return below;
}

// Whole chunks are counted or left out at once where all frames of the block agree; sums of parts
// never exceed the sum of a chunk, so this changes no bit.
static Vec rolloff_bin(const SpectrumPlan& plan, const float* power, const float* sums, Vec total) {
  const Vec threshold = total * plan.rolloff;
  Vec reached{};
  VecI below{};
  for (std::size_t chunk = 0; chunk < plan.n_chunks; ++chunk) {
    const std::size_t first = plan.chunks[chunk], n = plan.chunks[chunk + 1] - first;
    const Vec wanted = threshold - reached, sum = sum_of(sums, chunk, kSumP);
    if (MaskLess(sum, wanted) == kAllLanes) {
      below += static_cast<int>(n);
    } else if (MaskLess(Vec{}, wanted) == 0) {
      break;
    } else {
      below += count_below(power + first * kLanes, n, wanted);
    }
    reached += sum;
  }
  const Vec last_bin = Set(static_cast<float>(plan.n_bins - 1));
  return Min(__builtin_convertvector(below, Vec), last_bin);
}

// sum (U - U of the frame before)^2, U = X / sum X
static Vec flux_of(const SpectrumPlan& plan, const float* magnitude, const float* before,
                   Vec inverse, Vec inverse_before) {
  const Vec shifted = -SlideUp(inverse_before, inverse);
  Vec total{};
  for (std::size_t chunk = 0; chunk < plan.n_chunks; ++chunk) {
    Vec flux{};
    for (std::size_t k = plan.chunks[chunk]; k < plan.chunks[chunk + 1]; ++k) {
      const Vec x = LoadU(magnitude + k * kLanes);
      const Vec x_before = SlideUp(LoadU(before + k * kLanes), x);
      const Vec change = MulAdd(x, inverse, x_before * shifted);
      flux = MulAdd(change, change, flux);
    }
    total += flux;
  }
  return total;
}

// magnitude, before: n_bins rows of this block and of the one ahead, of which the last lane counts,
// and then a row that this stage fills with 1 / sum X. sums, energies: scratch.
void spectral_features(const SpectrumPlan& plan, const float* power, float* magnitude,
                       const float* before, bool has_before, float* sums, float* energies,
                       const SpectralRows& out) {
  Vec total_x{}, total_kx{}, total_p{};
  for (std::size_t chunk = 0; chunk < plan.n_chunks; ++chunk) {
    const std::size_t first = plan.chunks[chunk];
    sum_chunk(power + first * kLanes, magnitude + first * kLanes, plan.chunks[chunk + 1] - first,
              sums + chunk * kSums * kLanes);
    const Vec x = sum_of(sums, chunk, kSumX);
    total_x += x;
    total_kx += MulAdd(x, Set(middle_of(plan, chunk)), sum_of(sums, chunk, kSumJ));
    total_p += sum_of(sums, chunk, kSumP);
  }
  // A silent frame has U = 0 everywhere; its sums are 0, so any finite inverse will do.
  const Vec inverse = 1.0f / Max(total_x, Set(1.2e-38f));
  const Vec center = total_kx * inverse;
  StoreU(out.centroid, center * plan.bin_width);
  StoreU(out.spread,
         Sqrt(Max(spread_around(plan, sums, center) * inverse, Vec{})) * plan.bin_width);
  StoreU(out.rolloff, rolloff_bin(plan, power, sums, total_p) * plan.bin_width);

  StoreU(magnitude + plan.n_bins * kLanes, inverse);
  StoreU(out.flux, flux_of(plan, magnitude, before, inverse, LoadU(before + plan.n_bins * kLanes)));
  if (!has_before) out.flux[0] = 0.0f;

  Vec covered{};
  for (std::size_t band = 0; band < plan.n_bands; ++band) {
    Vec sum{};
    for (std::size_t i = 0; i < plan.chunks_per_band; ++i) {
      sum += sum_of(sums, band * plan.chunks_per_band + i, kSumP);
    }
    StoreU(energies + band * kLanes, sum);
    covered += sum;
  }
  StoreU(out.entropy, Entropy(energies, plan.n_bands, covered));
}

}  // namespace quaver::QV_TARGET

#endif
