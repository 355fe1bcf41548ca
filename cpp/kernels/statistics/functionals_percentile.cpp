// SPDX-License-Identifier: BSD-3-Clause
// Every value gets a key of eight bits that is monotone in the value. The key of the wanted rank
// follows from eight rounds of counting keys, 16 to 64 of them in one instruction, and the values
// that share it are looked at again: many in the same way, a few by dropping those on the wrong
// side of a pivot.
#ifndef QV_TARGET

#include "quaver/statistics/functionals.hpp"

#define QV_FILE "kernels/statistics/functionals_percentile.cpp"
#include "simd/foreach_target.hpp"

#else

namespace quaver::QV_TARGET {

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
    count += CountBits(mask_below(keys + t, key));
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

// Which of the kStep keys at `keys` are `key`, but for those past the last of `n`.
static inline std::uint64_t mask_equal(const signed char* keys, std::size_t n, signed char key) {
  std::uint64_t mask = ~mask_below(keys, key);
  if (key < 127) mask &= mask_below(keys, static_cast<signed char>(key + 1));
  return n < 64 ? mask & ((std::uint64_t{1} << n) - 1) : mask;
}

// Values whose key is `key`; `to` may be `values`. AreClose: where there is one, there are more.
template <bool AreClose>
static std::size_t collect(const float* values, const signed char* keys, std::size_t n,
                           signed char key, float* to) {
  std::size_t found = 0;
  for (std::size_t t = 0; t < n; t += FunctionalsScratch::kStep) {
    std::uint64_t mask = mask_equal(keys + t, n - t, key);
    if constexpr (AreClose) {
      for (std::size_t at = t; mask != 0; mask >>= kLanes, at += kLanes) {
        found += Compress(values + at, static_cast<unsigned>(mask) & kAllLanes, to + found);
      }
    } else {
      for (; mask != 0; mask &= mask - 1) {
        to[found++] = values[t + static_cast<std::size_t>(__builtin_ctzll(mask))];
      }
    }
  }
  return found;
}

// The smallest value above `bound`; infinity if there is none.
static float next_above(const float* row, std::size_t n, float bound) {
  const Vec limit = Set(__builtin_inff()), floor = Set(bound);
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

struct Neighbours {
  float low, high;  // of rank r and r + 1; infinity where n is r + 1
};

enum : std::size_t {
  kShortRow = 1024,  // values up to which those of one key lie close together, as silence does
  kFew = 96,         // values up to which there are no keys
  kHandful = 8,      // values up to which they are sorted
};

static void sort_handful(float* values, std::size_t n) {
  for (std::size_t i = 1; i < n; ++i) {
    const float value = values[i];
    std::size_t j = i;
    for (; j > 0 && values[j - 1] > value; --j) values[j] = values[j - 1];
    values[j] = value;
  }
}

static inline Neighbours in_order(const float* values, std::size_t n, std::size_t rank,
                                  float next) {
  return {values[rank], rank + 1 < n ? values[rank + 1] : next};
}

struct Sides {
  std::size_t below, above;
};

// How many values are below and above the pivot; NaN is neither.
static Sides count_sides(const float* values, std::size_t n, Vec pivot) {
  Sides count{0, 0};
  for (std::size_t t = 0; t < n; t += kLanes) {
    const Vec x = LoadU(values + t);
    count.below += CountBits(MaskLess(x, pivot));
    count.above += CountBits(MaskLess(pivot, x));
  }
  return count;
}
// Keeps those on one side; returns how many.
static std::size_t keep_side(float* values, std::size_t n, Vec pivot, bool below) {
  std::size_t kept = 0;
  for (std::size_t t = 0; t < n; t += kLanes) {
    const Vec x = LoadU(values + t);
    kept += Compress(values + t, below ? MaskLess(x, pivot) : MaskLess(pivot, x), values + kept);
  }
  return kept;
}

// Drops the values that lie on the other side of a pivot, until a handful is left or it is the one:
// where there are many, most are often equal (digital silence). `values` takes kLanes more than n,
// and is used up.
static Neighbours select_few(float* values, std::size_t n, std::size_t rank) {
  float next = __builtin_inff();  // the smallest of those dropped from above
  while (n > kHandful) {
    StoreU(values + n, Set(__builtin_nanf("")));
    const float pivot = values[n / 2];
    const Sides count = count_sides(values, n, Set(pivot));
    const std::size_t up_to = n - count.above;
    if (rank < count.below) {
      n = keep_side(values, n, Set(pivot), true);
      next = pivot;
    } else if (rank >= up_to) {
      n = keep_side(values, n, Set(pivot), false);
      rank -= up_to;
    } else if (rank + 1 < up_to) {
      return {pivot, pivot};
    } else {
      return {pivot, count.above > 0 ? next_above(values, n, pivot) : next};
    }
  }
  sort_handful(values, n);
  return in_order(values, n, rank, next);
}

// `values` as in select_few.
static Neighbours select_among(float* values, std::size_t n, std::size_t rank, signed char* keys) {
  while (n > kFew) {
    const Extremes e = sum_and_extremes(values, n);
    if (!(e.max > e.min)) return {e.min, rank + 1 < n ? e.min : __builtin_inff()};
    fill_keys(values, n, e.min, e.max, keys);
    const Found found = find_key(keys, n, rank);
    const std::size_t kept = collect<false>(values, keys, n, found.key, values);
    rank -= found.before;
    if (kept == n) break;  // a range beyond float32 has one key
    n = kept;
  }
  return select_few(values, n, rank);
}

// A handful comes into order, many get keys.
void prepare_percentiles(const float* row, std::size_t n, const Extremes& e,
                         FunctionalsScratch& scratch) {
  if (n > kFew) return fill_keys(row, n, e.min, e.max, scratch.keys);
  if (n > kHandful) return;
  for (std::size_t t = 0; t < n; ++t) scratch.candidates[t] = row[t];
  sort_handful(scratch.candidates, n);
}

static Neighbours neighbours(const float* row, std::size_t n, std::size_t rank,
                             FunctionalsScratch& scratch) {
  float* const candidates = scratch.candidates;
  if (n <= kHandful) return in_order(candidates, n, rank, __builtin_inff());
  if (n <= kFew) {
    for (std::size_t t = 0; t < n; ++t) candidates[t] = row[t];
    return select_few(candidates, n, rank);
  }
  const Found found = find_key(scratch.keys, n, rank);
  const std::size_t count =
      n <= kShortRow ? collect<QV_WIDTH == 16>(row, scratch.keys, n, found.key, candidates)
                     : collect<false>(row, scratch.keys, n, found.key, candidates);
  return select_among(candidates, count, rank - found.before, scratch.inner_keys);
}

// NumPy's default ("linear") percentile of a row that is prepared.
double percentile(const float* row, std::size_t n, double q, FunctionalsScratch& scratch) {
  const double position = q * static_cast<double>(n - 1);
  const std::size_t rank = static_cast<std::size_t>(position);
  const double part = position - static_cast<double>(rank);
  const Neighbours near = neighbours(row, n, rank, scratch);
  if (part <= 0.0) return static_cast<double>(near.low);
  // Equal values share every key, so a value that is the last of its key has only larger ones
  // above.
  const bool has_high = near.high < __builtin_inff();
  const double low = static_cast<double>(near.low);
  const double high = static_cast<double>(has_high ? near.high : next_above(row, n, near.low));
  return low + (high - low) * part;
}

}  // namespace quaver::QV_TARGET

#endif
