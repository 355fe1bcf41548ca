// SPDX-License-Identifier: BSD-3-Clause
// Frames side by side, and back in rows, by transposing tiles of them, or of the signal: a block's
// samples are transposed once into [phase within a step][column]; sample n = q step + p of all
// frames of the block is then one unaligned load at phases[p][q].
#ifndef QV_TARGET

#include "quaver/framing/layout.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "quaver/fft/fft.hpp"

#define QV_FILE "kernels/framing/layout.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {
std::size_t up_to_tile(std::size_t n) { return (n + 3) / 4 * 4; }
}  // namespace

std::size_t checked_length(const char* name, std::size_t length, std::size_t largest) {
  if (length <= largest) return length;
  throw std::invalid_argument(std::string(name) + " must be at most " + std::to_string(largest) +
                              ", got " + std::to_string(length));
}

template <class T>
FrameLayout<T>::FrameLayout(const double* window_, std::size_t length_, std::size_t step_,
                            std::size_t n_fft, std::size_t lead_)
    : length(length_),
      step(step_),
      lead(lead_),
      n_phases(std::min(step_, length_)),
      n_taps((length_ - 1) / step_ + 1),
      offset_list(kNumTargets * n_fft) {
  std::vector<double> padded(n_fft);
  const std::size_t columns = columns_of(n_fft);
  std::vector<std::size_t> order(length);
  for (std::size_t i = 0; i < length; ++i) {
    const std::size_t n = lead + i;
    order[i] = columns == 0 ? n : place_in_columns(n, columns);
    padded[order[i]] = window_[i] / transform_gain(n_fft);
  }
  window = Buffer<T>(padded);
  for (std::size_t target = 0; target < kNumTargets; ++target) {
    unsigned* const list = offset_list.data() + target * n_fft;
    const std::size_t stride = phase_stride(kLanesOf[target] * sizeof(float) / sizeof(T));
    for (std::size_t n = 0; n < length; ++n) {
      list[order[n]] = static_cast<unsigned>(n % step * stride + n / step);
    }
    offsets[target] = list;
  }
}

template <class T>
std::size_t FrameLayout<T>::phase_stride(std::size_t lanes) const {
  return up_to_tile(lanes + n_taps - 1);
}
template <class T>
std::size_t FrameLayout<T>::phases_size(std::size_t lanes) const {
  return up_to_tile(n_phases) * phase_stride(lanes);
}
template <class T>
std::size_t FrameLayout<T>::linear_size(std::size_t lanes) const {
  return (phase_stride(lanes) - 1) * step + up_to_tile(n_phases);
}

template struct FrameLayout<float>;
template struct FrameLayout<double>;

}  // namespace quaver

#else

#include "simd/tiles.hpp"

namespace quaver::QV_TARGET {

static inline void turn_tile(const float* x, std::size_t step, float* to, std::size_t stride) {
  Transpose4x4(x, step, to, stride);
}
// A tile of doubles: kTile frames by kTile samples.
#if QV_WIDTH >= 8
enum : std::size_t { kTile = 4 };
struct Tile {
  __m256d rows[4];
};
static inline Tile turned_tile(const double* x, std::size_t step) {
  const __m256d a = _mm256_loadu_pd(x), b = _mm256_loadu_pd(x + step);
  const __m256d c = _mm256_loadu_pd(x + 2 * step), d = _mm256_loadu_pd(x + 3 * step);
  const __m256d ab_low = _mm256_unpacklo_pd(a, b), ab_high = _mm256_unpackhi_pd(a, b);
  const __m256d cd_low = _mm256_unpacklo_pd(c, d), cd_high = _mm256_unpackhi_pd(c, d);
  return {{_mm256_permute2f128_pd(ab_low, cd_low, 0x20),
           _mm256_permute2f128_pd(ab_high, cd_high, 0x20),
           _mm256_permute2f128_pd(ab_low, cd_low, 0x31),
           _mm256_permute2f128_pd(ab_high, cd_high, 0x31)}};
}
static inline void gather_tile(const double* x, std::size_t step, const double* window,
                               double* frames) {
  const Tile tile = turned_tile(x, step);
  for (std::size_t j = 0; j < 4; ++j) {
    _mm256_storeu_pd(frames + j * kLanesD, _mm256_mul_pd(tile.rows[j], _mm256_set1_pd(window[j])));
  }
}
static inline void turn_tile(const double* x, std::size_t step, double* to, std::size_t stride) {
  const Tile tile = turned_tile(x, step);
  for (std::size_t j = 0; j < 4; ++j) _mm256_storeu_pd(to + j * stride, tile.rows[j]);
}
#else
enum : std::size_t { kTile = 2 };
static inline void gather_tile(const double* x, std::size_t step, const double* window,
                               double* frames) {
  for (std::size_t j = 0; j < 2; ++j) {
    StoreU(frames + j * kLanesD, VecD{x[j], x[step + j]} * window[j]);
  }
}
static inline void turn_tile(const double* x, std::size_t step, double* to, std::size_t stride) {
  for (std::size_t j = 0; j < 2; ++j) StoreU(to + j * stride, VecD{x[j], x[step + j]});
}
#endif

void window_frames(const double* linear, std::size_t step, std::size_t length, const double* window,
                   std::size_t n_valid, double* frames) {
  const std::size_t n_tiled = length - length % kTile;
  std::size_t i = 0;
  for (; i + kTile <= n_valid; i += kTile) {
    const double* x = linear + i * step;
    for (std::size_t n = 0; n < n_tiled; n += kTile) {
      gather_tile(x + n, step, window + n, frames + n * kLanesD + i);
    }
    for (std::size_t n = n_tiled; n < length; ++n) {
      for (std::size_t j = 0; j < kTile; ++j) {
        frames[n * kLanesD + i + j] = x[j * step + n] * window[n];
      }
    }
  }
  for (; i < n_valid; ++i) {
    const double* x = linear + i * step;
    for (std::size_t n = 0; n < length; ++n) frames[n * kLanesD + i] = x[n] * window[n];
  }
}

// kLanes + n_taps - 1 columns as an even number, and whole tiles past the last phase; columns
// beyond are not written.
void gather_phases(const FrameLayout<float>& layout, const float* linear, float* phases) {
  transpose(linear, (kLanes + layout.n_taps) / 2 * 2, (layout.n_phases + 3) / 4 * 4, layout.step,
            phases, layout.phase_stride(kLanes));
}
void gather_phases(const FrameLayout<double>& layout, const double* linear, double* phases) {
  const std::size_t stride = layout.phase_stride(kLanesD);
  for (std::size_t p = 0; p < layout.n_phases; p += kTile) {
    for (std::size_t i = 0; i < stride; i += kTile) {
      turn_tile(linear + i * layout.step + p, layout.step, phases + p * stride + i, stride);
    }
  }
}

// Rows of frames in lanes become n_valid rows of n_rows values, by tiles of `Tile` of each.
template <std::size_t Tile, class T>
static void turn_rows(const T* block, std::size_t n_rows, std::size_t n_valid, T* out) {
  constexpr std::size_t kCount = LanesOf<T>::kCount;
  const std::size_t n_tiled = n_rows - n_rows % Tile;
  std::size_t lane = 0;
  for (; lane + Tile <= n_valid; lane += Tile) {
    for (std::size_t row = 0; row < n_tiled; row += Tile) {
      turn_tile(block + row * kCount + lane, kCount, out + lane * n_rows + row, n_rows);
    }
    for (std::size_t row = n_tiled; row < n_rows; ++row) {
      for (std::size_t j = lane; j < lane + Tile; ++j) {
        out[j * n_rows + row] = block[row * kCount + j];
      }
    }
  }
  for (; lane < n_valid; ++lane) {
    for (std::size_t row = 0; row < n_rows; ++row) {
      out[lane * n_rows + row] = block[row * kCount + lane];
    }
  }
}
void rows_to_frames(const float* block, std::size_t n_rows, std::size_t n_valid, float* out) {
  turn_rows<4>(block, n_rows, n_valid, out);
}
void rows_to_frames(const double* block, std::size_t n_rows, std::size_t n_valid, double* out) {
  turn_rows<kTile>(block, n_rows, n_valid, out);
}

}  // namespace quaver::QV_TARGET

#endif
