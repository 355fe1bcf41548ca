// SPDX-License-Identifier: BSD-3-Clause
// Sums run over chunks of at most kMaxChunk bins: a float32 sum over all bins would lose up to
// n_bins / 2 ulp. Each chunk keeps its moments around its own middle, from which the spread follows
// without a second look at the bins and without the cancellation that moments around bin 0 would
// bring. Powers and magnitudes are two stages: each array in turn stays in the first cache.
#ifndef QV_TARGET

#include "quaver/spectrum/spectrum.hpp"

#include <stdexcept>
#include <string>

#include "quaver/core/number_text.hpp"

#define QV_FILE "kernels/spectrum/spectrum.cpp"
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
    throw std::invalid_argument("rolloff must lie in (0, 1], got " + number_text(rolloff_));
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

#include "simd/logarithms.hpp"

namespace quaver::QV_TARGET {

// i - middle of a chunk, and its square
static constexpr float kDistance[] = {
    -16.0f, -15.0f, -14.0f, -13.0f, -12.0f, -11.0f, -10.0f, -9.0f, -8.0f, -7.0f, -6.0f,
    -5.0f,  -4.0f,  -3.0f,  -2.0f,  -1.0f,  0.0f,   1.0f,   2.0f,  3.0f,  4.0f,  5.0f,
    6.0f,   7.0f,   8.0f,   9.0f,   10.0f,  11.0f,  12.0f,  13.0f, 14.0f, 15.0f};
static constexpr float kSquare[] = {256.0f, 225.0f, 196.0f, 169.0f, 144.0f, 121.0f, 100.0f, 81.0f,
                                    64.0f,  49.0f,  36.0f,  25.0f,  16.0f,  9.0f,   4.0f,   1.0f,
                                    0.0f,   1.0f,   4.0f,   9.0f,   16.0f,  25.0f,  36.0f,  49.0f,
                                    64.0f,  81.0f,  100.0f, 121.0f, 144.0f, 169.0f, 196.0f, 225.0f};
enum : std::size_t { kMiddle = SpectrumPlan::kMaxChunk / 2 };
static_assert(sizeof(kDistance) == SpectrumPlan::kMaxChunk * sizeof(float) &&
                  sizeof(kSquare) == sizeof(kDistance) &&
                  kDistance[0] == -static_cast<float>(kMiddle),
              "kDistance and kSquare need kMaxChunk values, i - kMiddle and its square");

// Rows of a chunk's sums: X, j X and j^2 X with j counted from its middle.
enum : std::size_t { kSumX, kSumJ, kSumJJ, kSums };

struct BinMoments {
  enum : std::size_t { kRows = kSums };
  Vec x{}, j{}, jj{};

  void add(const float* magnitude, std::size_t i) {
    const Vec v = InRegister(LoadU(magnitude));
    x += v;
    j = MulAdd(v, Set(kDistance[i]), j);
    jj = MulAdd(v, Set(kSquare[i]), jj);
  }
  void store(float* sums) const {
    StoreU(sums + kSumX * kLanes, x);
    StoreU(sums + kSumJ * kLanes, j);
    StoreU(sums + kSumJJ * kLanes, jj);
  }
};
struct PowerSum {
  enum : std::size_t { kRows = 1 };
  Vec p{};

  void add(const float* power, std::size_t) { p += LoadU(power); }  // in the order of count_below
  void store(float* sums) const { StoreU(sums, p); }
};

// Rows from x on and from y on: two chunks at a time share the loads of the distances, and hide
// each other's latency.
template <class Sum>
static inline void add_both(Sum& sum, const float* x, std::size_t n, Sum& other, const float* y,
                            std::size_t n_other) {
  std::size_t i = 0;
  for (; i < n && i < n_other; ++i) {
    sum.add(x + i * kLanes, i);
    other.add(y + i * kLanes, i);
  }
  for (std::size_t rest = i; rest < n; ++rest) sum.add(x + rest * kLanes, rest);
  for (std::size_t rest = i; rest < n_other; ++rest) other.add(y + rest * kLanes, rest);
}

template <class Sum>
static void sum_chunks(const SpectrumPlan& plan, const float* rows, float* sums) {
  for (std::size_t chunk = 0; chunk < plan.n_chunks; chunk += 2, sums += 2 * Sum::kRows * kLanes) {
    const std::size_t* const at = plan.chunks + chunk;
    const bool has_other = chunk + 1 < plan.n_chunks;
    const std::size_t n = at[1] - at[0], n_other = has_other ? at[2] - at[1] : 0;
    Sum sum, other;
    add_both(sum, rows + at[0] * kLanes, n, other, rows + at[1] * kLanes, n_other);
    sum.store(sums);
    if (has_other) other.store(sums + Sum::kRows * kLanes);
  }
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
struct CountBelow {
  const float* power;
  std::size_t n;
  Vec wanted, running;
  VecI below;

  void add(const float* row, std::size_t) {
    running += LoadU(row);
    below -= running < wanted;
  }
};
static VecI count_below(CountBelow a, CountBelow b) {
  add_both(a, a.power, a.n, b, b.power, b.n);
  return a.below + b.below;
}

// Whole chunks are counted or left out at once where all frames of the block agree; sums of parts
// never exceed the sum of a chunk, so this changes no bit.
static Vec rolloff_bin(const SpectrumPlan& plan, const float* power, const float* sums, Vec total) {
  const Vec threshold = total * plan.rolloff;
  Vec reached{};
  VecI below{};
  CountBelow waiting{};
  for (std::size_t chunk = 0; chunk < plan.n_chunks; ++chunk) {
    const std::size_t first = plan.chunks[chunk], n = plan.chunks[chunk + 1] - first;
    const Vec wanted = threshold - reached, sum = LoadU(sums + chunk * kLanes);
    if (MaskLess(sum, wanted) == kAllLanes) {
      below += static_cast<int>(n);
    } else if (MaskLess(Vec{}, wanted) == 0) {
      break;
    } else if (waiting.n == 0) {
      waiting = {power + first * kLanes, n, wanted, Vec{}, VecI{}};
    } else {
      below += count_below(waiting, {power + first * kLanes, n, wanted, Vec{}, VecI{}});
      waiting.n = 0;
    }
    reached += sum;
  }
  below += count_below(waiting, CountBelow{});
  const Vec last_bin = Set(static_cast<float>(plan.n_bins - 1));
  return Min(__builtin_convertvector(below, Vec), last_bin);
}

// `sum` and the square of X - ratio X' of one bin, X' that of the frame before.
static inline Vec add_change(const float* magnitude, Vec ratio, std::size_t last_lane,
                             float* previous, Vec sum) {
  const Vec x = InRegister(LoadU(magnitude));
  const Vec change = NegMulAdd(SlideUp(Set(*previous), x), ratio, x);
  *previous = magnitude[last_lane];
  return MulAdd(change, change, sum);
}
static Vec sum_of_changes(const SpectrumPlan& plan, const float* magnitude, Vec ratio,
                          std::size_t last_lane, float* previous) {
  Vec total{};
  for (std::size_t chunk = 0; chunk < plan.n_chunks; ++chunk) {
    Vec even{}, odd{};  // two chains: one waits for its multiply-adds
    std::size_t k = plan.chunks[chunk];
    for (; k + 2 <= plan.chunks[chunk + 1]; k += 2) {
      even = add_change(magnitude + k * kLanes, ratio, last_lane, previous + k, even);
      odd = add_change(magnitude + (k + 1) * kLanes, ratio, last_lane, previous + k + 1, odd);
    }
    if (k < plan.chunks[chunk + 1]) {
      even = add_change(magnitude + k * kLanes, ratio, last_lane, previous + k, even);
    }
    total += even + odd;
  }
  return total;
}

// sum (U - U')^2, U = X / sum X, as sum (X - r X')^2 / (sum X)^2, r = sum X / sum X'. Where this
// frame is silent, r = 1 and the factor is that of the one before; where that is, X' = 0 and any
// finite r does, hence the minimum. `previous`: X of the frame ahead of the block, and behind it
// 1 / sum X; those of the block's last frame take their place.
static Vec flux_of(const SpectrumPlan& plan, const float* magnitude, Vec sum, Vec inverse,
                   std::size_t last_lane, float* previous) {
  const Vec before = SlideUp(Set(previous[plan.n_bins]), inverse);
  const Vec ratio = sum > 0.0f ? Min(sum * before, Set(3e38f)) : Set(1.0f);
  const Vec scale = sum > 0.0f ? inverse : before;
  previous[plan.n_bins] = inverse[last_lane];
  const Vec changes = sum_of_changes(plan, magnitude, ratio, last_lane, previous);
  // No flux exceeds 2, but (sum X)^2 does float32 at 2^18 points of the largest samples.
  return Min(changes * scale * scale, Set(2.0f));
}

static constexpr float kSlopeFloor = 1e-10f;  // -100 dB, as that of the mel bands

// Bins are taken in pairs around the middle one, so that what is the same in both (the floor of a
// silent frame) cancels before it is weighed. Partial sums as those of the chunks.
static Vec slope_of(const SpectrumPlan& plan, const float* power) {
  const std::size_t n = plan.n_bins;
  const float middle = static_cast<float>(n - 1) * 0.5f;
  Vec total{};
  for (std::size_t first = 0; first < n / 2; first += SpectrumPlan::kMaxChunk) {
    Vec sum{};
    for (std::size_t k = first; k < n / 2 && k < first + SpectrumPlan::kMaxChunk; ++k) {
      const Vec low = Max(LoadU(power + k * kLanes), Set(kSlopeFloor));
      const Vec high = Max(LoadU(power + (n - 1 - k) * kLanes), Set(kSlopeFloor));
      sum = MulAdd(Decibel(high) - Decibel(low), Set(middle - static_cast<float>(k)), sum);
    }
    total += sum;
  }
  const double bins = static_cast<double>(n), squares = bins * (bins * bins - 1.0) / 12.0;
  return total * static_cast<float>(1000.0 / (squares * static_cast<double>(plan.bin_width)));
}

// sums, energies: scratch.
void power_features(const SpectrumPlan& plan, const float* power, float* sums, float* energies,
                    const BlockRows& out) {
  sum_chunks<PowerSum>(plan, power, sums);
  Vec total{};
  for (std::size_t chunk = 0; chunk < plan.n_chunks; ++chunk) total += LoadU(sums + chunk * kLanes);
  StoreU(out.of(Feature::spectral_rolloff), rolloff_bin(plan, power, sums, total) * plan.bin_width);

  Vec covered{};
  for (std::size_t band = 0; band < plan.n_bands; ++band) {
    Vec sum{};
    for (std::size_t i = 0; i < plan.chunks_per_band; ++i) {
      sum += LoadU(sums + (band * plan.chunks_per_band + i) * kLanes);
    }
    StoreU(energies + band * kLanes, sum);
    covered += sum;
  }
  StoreU(out.of(Feature::spectral_entropy), Entropy(energies, plan.n_bands, covered));
  if (out.plan.features.has(Feature::spectral_slope)) {
    StoreU(out.of(Feature::spectral_slope), slope_of(plan, power));
  }
}

void magnitude_features(const SpectrumPlan& plan, const float* magnitude, std::size_t last_lane,
                        bool has_previous, float* previous, float* sums, const BlockRows& out) {
  sum_chunks<BinMoments>(plan, magnitude, sums);
  Vec total_x{}, total_kx{};
  for (std::size_t chunk = 0; chunk < plan.n_chunks; ++chunk) {
    const Vec x = sum_of(sums, chunk, kSumX);
    total_x += x;
    total_kx += MulAdd(x, Set(middle_of(plan, chunk)), sum_of(sums, chunk, kSumJ));
  }
  // A silent frame has U = 0 everywhere; its sums are 0, so any finite inverse will do.
  const Vec inverse = 1.0f / Max(total_x, Set(1.2e-38f));
  const Vec center = total_kx * inverse;
  StoreU(out.of(Feature::spectral_centroid), center * plan.bin_width);
  StoreU(out.of(Feature::spectral_spread),
         Sqrt(Max(spread_around(plan, sums, center) * inverse, Vec{})) * plan.bin_width);
  StoreU(out.of(Feature::spectral_flux),
         flux_of(plan, magnitude, total_x, inverse, last_lane, previous));
  if (!has_previous) out.of(Feature::spectral_flux)[0] = 0.0f;
}

}  // namespace quaver::QV_TARGET

#endif
