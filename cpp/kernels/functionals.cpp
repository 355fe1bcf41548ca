// SPDX-License-Identifier: BSD-3-Clause
// Moments: two passes with float64 accumulators (one-pass float32 loses up to 8e-3 of the
// deviation). Percentiles: every value gets a key of eight bits that is monotone in the value; the
// key of the wanted rank follows from eight rounds of counting keys, 16 to 64 of them in one
// instruction, and the few values that share it are looked at again in the same way.
#ifndef QV_TARGET

#include "quaver/functionals.hpp"

#include <stdexcept>
#include <utility>

#define QV_FILE "kernels/functionals.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {

FunctionalsPlan::FunctionalsPlan(std::vector<Statistic> list)
    : statistic_list(std::move(list)),
      statistics(statistic_list.data()),
      n_statistics(statistic_list.size()) {
  if (n_statistics == 0) throw std::invalid_argument("statistics must not be empty");
  for (Statistic s : statistic_list) {
    has_percentiles |=
        s == Statistic::median || s == Statistic::percentile_1 || s == Statistic::percentile_99;
  }
}

FunctionalsScratch::~FunctionalsScratch() {
  delete[] keys;
  delete[] inner_keys;
  delete[] candidates;
}

void FunctionalsScratch::reserve(std::size_t n_frames) {
  if (n_frames <= capacity_) return;
  capacity_ = 0;
  delete[] std::exchange(keys, nullptr);
  delete[] std::exchange(inner_keys, nullptr);
  delete[] std::exchange(candidates, nullptr);
  keys = new signed char[n_frames + kStep];
  inner_keys = new signed char[n_frames + kStep];
  candidates = new float[n_frames];
  capacity_ = n_frames;
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

struct Extremes {
  double sum;
  float min, max;
};

static Extremes first_pass(const float* row, std::size_t n) {
  VecD sums[2] = {};
  Vec low = Set(row[0]), high = low;
  std::size_t t = 0;
  for (; t + kLanes <= n; t += kLanes) {
    const Vec x = LoadU(row + t);
    low = Min(low, x);
    high = Max(high, x);
    sums[0] += LoadWide(row + t);
    sums[1] += LoadWide(row + t + kLanesD);
  }
  Extremes e{SumOfLanes(sums[0] + sums[1]), LowestLane(low), HighestLane(high)};
  for (; t < n; ++t) {
    e.sum += static_cast<double>(row[t]);
    e.min = row[t] < e.min ? row[t] : e.min;
    e.max = row[t] > e.max ? row[t] : e.max;
  }
  return e;
}

struct Moments {
  double m2, m3, m4;
};

static Moments central_moments(const float* row, std::size_t n, double mean) {
  VecD s2[2] = {}, s3[2] = {}, s4[2] = {};  // two chains hide the latency
  std::size_t t = 0;
  for (; t + kLanes <= n; t += kLanes) {
    for (std::size_t half = 0; half < 2; ++half) {
      const VecD d = LoadWide(row + t + half * kLanesD) - mean;
      const VecD d2 = d * d;
      s2[half] += d2;
      s3[half] = MulAddD(d2, d, s3[half]);
      s4[half] = MulAddD(d2, d2, s4[half]);
    }
  }
  Moments m{SumOfLanes(s2[0] + s2[1]), SumOfLanes(s3[0] + s3[1]), SumOfLanes(s4[0] + s4[1])};
  for (; t < n; ++t) {
    const double d = static_cast<double>(row[t]) - mean, d2 = d * d;
    m.m2 += d2;
    m.m3 += d2 * d;
    m.m4 += d2 * d2;
  }
  const double size = static_cast<double>(n);
  return {m.m2 / size, m.m3 / size, m.m4 / size};
}

// Keys of kStep values: (x - min) scaled to -128 .. 127 and truncated, all of it monotone in x.
// `unit` is a power of two that keeps differences in range.
struct KeyScale {
  float unit, min, factor;  // min is already in units
};

static KeyScale key_scale(float min, float max) {
  const double range = static_cast<double>(max) - static_cast<double>(min);
  const float unit = range > 1e38 ? 0.25f : range < 1e-30 ? 1.2676506e30f : 1.0f;
  return {unit, min * unit, static_cast<float>(255.0 / (range * static_cast<double>(unit)))};
}

static inline Vec key_position(const float* x, const KeyScale& scale) {
  return MulAdd(LoadU(x) * scale.unit - scale.min, Set(scale.factor), Set(-128.0f));
}

static void write_keys(const float* x, const KeyScale& scale, signed char* keys) {
#if QV_WIDTH == 16
  for (std::size_t i = 0; i < FunctionalsScratch::kStep; i += kLanes) {
    const __m512i key = _mm512_cvttps_epi32(reinterpret_cast<__m512>(key_position(x + i, scale)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(keys + i), _mm512_cvtsepi32_epi8(key));
  }
#elif QV_WIDTH == 8
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  for (std::size_t i = 0; i < FunctionalsScratch::kStep; i += 4 * kLanes) {
    __m256i part[4];
    for (std::size_t j = 0; j < 4; ++j) {
      part[j] =
          _mm256_cvttps_epi32(reinterpret_cast<__m256>(key_position(x + i + j * kLanes, scale)));
    }
    const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(part[0], part[1]),
                                              _mm256_packs_epi32(part[2], part[3]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(keys + i),
                        _mm256_permutevar8x32_epi32(packed, order));
  }
#elif defined(__x86_64__)
  for (std::size_t i = 0; i < FunctionalsScratch::kStep; i += 4 * kLanes) {
    __m128i part[4];
    for (std::size_t j = 0; j < 4; ++j) {
      part[j] = _mm_cvttps_epi32(reinterpret_cast<__m128>(key_position(x + i + j * kLanes, scale)));
    }
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(keys + i),
        _mm_packs_epi16(_mm_packs_epi32(part[0], part[1]), _mm_packs_epi32(part[2], part[3])));
  }
#else
  for (std::size_t i = 0; i < FunctionalsScratch::kStep; i += kLanes) {
    const Vec position = key_position(x + i, scale);
    for (std::size_t j = 0; j < kLanes; ++j) {
      const float p = position[j] < 127.0f ? position[j] : 127.0f;
      keys[i + j] = static_cast<signed char>(p);
    }
  }
#endif
}

// The keys past n are those of the largest value.
static void fill_keys(const float* values, std::size_t n, float min, float max, signed char* keys) {
  enum : std::size_t { kStep = FunctionalsScratch::kStep };
  const KeyScale scale = key_scale(min, max);
  std::size_t t = 0;
  for (; t + kStep <= n; t += kStep) write_keys(values + t, scale, keys + t);
  if (t == n) return;
  float rest[kStep];
  for (std::size_t i = 0; i < kStep; ++i) rest[i] = t + i < n ? values[t + i] : max;
  write_keys(rest, scale, keys + t);
}

// Which of kStep keys are below `key`, one bit each.
static inline std::uint64_t mask_below(const signed char* keys, signed char key) {
#if QV_WIDTH == 16
  return _mm512_cmplt_epi8_mask(_mm512_loadu_si512(keys), _mm512_set1_epi8(key));
#elif defined(__x86_64__)
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(keys + 16 * i));
    const int part = _mm_movemask_epi8(_mm_cmplt_epi8(block, _mm_set1_epi8(key)));
    mask |= static_cast<std::uint64_t>(static_cast<unsigned>(part)) << (16 * i);
  }
  return mask;
#else
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < 64; ++i) mask |= std::uint64_t{keys[i] < key} << i;
  return mask;
#endif
}

static std::size_t count_below(const signed char* keys, std::size_t n, signed char key) {
  std::size_t count = 0;
#if QV_WIDTH == 16 || !defined(__x86_64__)
  for (std::size_t t = 0; t < n; t += FunctionalsScratch::kStep) {
    count += static_cast<std::size_t>(__builtin_popcountll(mask_below(keys + t, key)));
  }
#elif QV_WIDTH == 8
  const __m256i wanted = _mm256_set1_epi8(key), zero = _mm256_setzero_si256();
  __m256i sums = zero;
  for (std::size_t t = 0; t < n;) {
    const std::size_t rest = (n - t + 63) / 64, steps = rest < 127 ? rest : 127;
    __m256i counts = zero;  // of each byte, so not for more than 255 keys
    for (std::size_t i = 0; i < steps; ++i, t += 64) {
      const __m256i* at = reinterpret_cast<const __m256i*>(keys + t);
      counts = _mm256_sub_epi8(counts, _mm256_cmpgt_epi8(wanted, _mm256_loadu_si256(at)));
      counts = _mm256_sub_epi8(counts, _mm256_cmpgt_epi8(wanted, _mm256_loadu_si256(at + 1)));
    }
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(counts, zero));
  }
  for (int i = 0; i < 4; ++i) count += static_cast<std::size_t>(reinterpret_cast<VecL>(sums)[i]);
#else
  const __m128i wanted = _mm_set1_epi8(key), zero = _mm_setzero_si128();
  __m128i sums = zero;
  for (std::size_t t = 0; t < n;) {
    const std::size_t rest = (n - t + 63) / 64, steps = rest < 63 ? rest : 63;
    __m128i counts = zero;
    for (std::size_t i = 0; i < steps; ++i, t += 64) {
      const __m128i* at = reinterpret_cast<const __m128i*>(keys + t);
      for (std::size_t j = 0; j < 4; ++j) {
        counts = _mm_sub_epi8(counts, _mm_cmpgt_epi8(wanted, _mm_loadu_si128(at + j)));
      }
    }
    sums = _mm_add_epi64(sums, _mm_sad_epu8(counts, zero));
  }
  for (int i = 0; i < 2; ++i) count += static_cast<std::size_t>(reinterpret_cast<VecL>(sums)[i]);
#endif
  return count;
}

struct Found {
  signed char key;
  std::size_t before;  // keys below it
};

static Found find_key(const signed char* keys, std::size_t n, std::size_t rank) {
  int key = -128;
  std::size_t before = 0;
  for (int step = 128; step > 0; step /= 2) {
    const std::size_t below = count_below(keys, n, static_cast<signed char>(key + step));
    const bool is_above = below <= rank;
    key = is_above ? key + step : key;
    before = is_above ? below : before;
  }
  return {static_cast<signed char>(key), before};
}

// Values whose key is `key`; `to` may be `values`.
static std::size_t collect(const float* values, const signed char* keys, std::size_t n,
                           signed char key, float* to) {
  std::size_t found = 0;
  for (std::size_t t = 0; t < n; t += FunctionalsScratch::kStep) {
    std::uint64_t mask = ~mask_below(keys + t, key);
    if (key < 127) mask &= mask_below(keys + t, static_cast<signed char>(key + 1));
    if (n - t < 64) mask &= (std::uint64_t{1} << (n - t)) - 1;
    for (; mask != 0; mask &= mask - 1) {
      to[found++] = values[t + static_cast<std::size_t>(__builtin_ctzll(mask))];
    }
  }
  return found;
}

enum : std::size_t { kFew = 24 };  // values that are sorted by insertion

static void sort_few(float* values, std::size_t n) {
  for (std::size_t i = 1; i < n; ++i) {
    const float value = values[i];
    std::size_t j = i;
    for (; j > 0 && values[j - 1] > value; --j) values[j] = values[j - 1];
    values[j] = value;
  }
}

struct Neighbours {
  float low, high;  // of rank r and r + 1
  bool has_high;
};

// `values` is used up.
static Neighbours select_among(float* values, std::size_t n, std::size_t rank, signed char* keys) {
  while (n > kFew) {
    const Extremes e = first_pass(values, n);
    if (!(e.max > e.min)) return {e.min, e.min, rank + 1 < n};
    fill_keys(values, n, e.min, e.max, keys);
    const Found found = find_key(keys, n, rank);
    n = collect(values, keys, n, found.key, values);
    rank -= found.before;
  }
  sort_few(values, n);
  const bool has_high = rank + 1 < n;
  return {values[rank], has_high ? values[rank + 1] : 0.0f, has_high};
}

// The smallest value above `bound`, which is not the largest.
static float next_above(const float* row, std::size_t n, float bound, float max) {
  const Vec limit = Set(max), floor = Set(bound);
  Vec lowest = limit;
  std::size_t t = 0;
  for (; t + kLanes <= n; t += kLanes) {
    const Vec x = LoadU(row + t);
    lowest = Min(lowest, x > floor ? x : limit);
  }
  float next = LowestLane(lowest);
  for (; t < n; ++t) next = row[t] > bound && row[t] < next ? row[t] : next;
  return next;
}

// What percentiles start from: the keys of the row, or a short row in order.
static void prepare(const float* row, std::size_t n, const Extremes& e,
                    FunctionalsScratch& scratch) {
  if (n > kFew) return fill_keys(row, n, e.min, e.max, scratch.keys);
  for (std::size_t t = 0; t < n; ++t) scratch.candidates[t] = row[t];
  sort_few(scratch.candidates, n);
}

// NumPy's default ("linear") percentile.
static float percentile(const float* row, std::size_t n, double q, float max,
                        FunctionalsScratch& scratch) {
  const double position = q * static_cast<double>(n - 1);
  const std::size_t rank = static_cast<std::size_t>(position);
  const double part = position - static_cast<double>(rank);
  if (n <= kFew) {
    const double low = static_cast<double>(scratch.candidates[rank]);
    const double high = static_cast<double>(scratch.candidates[rank + (rank + 1 < n)]);
    return static_cast<float>(low + (high - low) * part);
  }
  const Found found = find_key(scratch.keys, n, rank);
  const std::size_t count = collect(row, scratch.keys, n, found.key, scratch.candidates);
  const Neighbours near =
      select_among(scratch.candidates, count, rank - found.before, scratch.inner_keys);
  if (part <= 0.0) return near.low;
  // Equal values share every key, so a value that is the last of its key has only larger ones
  // above.
  const float high = near.has_high ? near.high : next_above(row, n, near.low, max);
  const double low = static_cast<double>(near.low);
  return static_cast<float>(low + (static_cast<double>(high) - low) * part);
}

static void fill_constant(const FunctionalsPlan& plan, float value, float* out) {
  for (std::size_t i = 0; i < plan.n_statistics; ++i) {
    const Statistic s = plan.statistics[i];
    const bool is_spread = s == Statistic::std || s == Statistic::kurtosis ||
                           s == Statistic::skewness || s == Statistic::range;
    out[i] = is_spread ? 0.0f : value;
  }
}

void functionals_row(const FunctionalsPlan& plan, const float* row, std::size_t n,
                     FunctionalsScratch& scratch, float* out) {
  const Extremes e = first_pass(row, n);
  if (!(e.max > e.min)) return fill_constant(plan, row[0], out);
  const double mean = e.sum / static_cast<double>(n);
  const Moments m = central_moments(row, n, mean);
  if (plan.has_percentiles) prepare(row, n, e, scratch);
  for (std::size_t i = 0; i < plan.n_statistics; ++i) {
    switch (plan.statistics[i]) {
      case Statistic::mean: out[i] = static_cast<float>(mean); break;
      case Statistic::median: out[i] = percentile(row, n, 0.5, e.max, scratch); break;
      case Statistic::std: out[i] = static_cast<float>(__builtin_sqrt(m.m2)); break;
      case Statistic::kurtosis: out[i] = static_cast<float>(m.m4 / (m.m2 * m.m2) - 3.0); break;
      case Statistic::skewness:
        out[i] = static_cast<float>(m.m3 / (m.m2 * __builtin_sqrt(m.m2)));
        break;
      case Statistic::percentile_1: out[i] = percentile(row, n, 0.01, e.max, scratch); break;
      case Statistic::percentile_99: out[i] = percentile(row, n, 0.99, e.max, scratch); break;
      case Statistic::min: out[i] = e.min; break;
      case Statistic::max: out[i] = e.max; break;
      case Statistic::range: out[i] = e.max - e.min; break;
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
