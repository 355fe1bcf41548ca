// SPDX-License-Identifier: BSD-3-Clause
// Blocks of a picture: as many frames as a register of T holds, side by side, whatever the order
// of memory. No include guard: a kernel file includes this inside its target region.

namespace quaver::QV_TARGET {

// Rows of a register each, `stride` apart.
template <class T>
struct PictureBlock {
  const T* rows;
  std::size_t stride;
};

static inline void turn_frames(const float* frames, std::size_t n_frames, std::size_t n_bins,
                               float* rows) {
  transpose(frames, n_frames, n_bins, n_bins, rows, kLanes);
}
// Some bins at a time, so that few lines of each frame stay in the cache.
static inline void turn_frames(const double* frames, std::size_t n_frames, std::size_t n_bins,
                               double* __restrict rows) {
  constexpr std::size_t kAtOnce = 8;
  std::size_t k = 0;
  for (; k + kAtOnce <= n_bins; k += kAtOnce) {
    for (std::size_t i = 0; i < n_frames; ++i) {
      for (std::size_t j = 0; j < kAtOnce; ++j) {
        rows[(k + j) * kLanesD + i] = frames[i * n_bins + k + j];
      }
    }
  }
  for (; k < n_bins; ++k) {
    for (std::size_t i = 0; i < n_frames; ++i) rows[k * kLanesD + i] = frames[i * n_bins + k];
  }
}

// The frames from t on, n_valid of them; `scratch` holds a register for each bin, whose lanes
// behind the last frame keep what they held.
template <class T>
static inline PictureBlock<T> block_of(const Picture<T>& picture, std::size_t t,
                                       std::size_t n_valid, T* scratch) {
  constexpr std::size_t kWidth = LanesOf<T>::kCount;
  if (picture.frames_first) {
    turn_frames(picture.values + t * picture.n_bins, n_valid, picture.n_bins, scratch);
    return {scratch, kWidth};
  }
  if (n_valid == kWidth) return {picture.values + t, picture.n_frames};
  for (std::size_t k = 0; k < picture.n_bins; ++k) {
    __builtin_memcpy(scratch + k * kWidth, picture.values + k * picture.n_frames + t,
                     n_valid * sizeof(T));
  }
  return {scratch, kWidth};
}

static inline VecD load_wide(const float* p) { return LoadWide(p); }
static inline VecD load_wide(const double* p) { return LoadU(p); }
// As many of the n values as a register holds, zeros behind them.
template <class T>
static inline VecD load_wide(const T* p, std::size_t n) {
  if (n >= kLanesD) return load_wide(p);
  VecD v{};
  for (std::size_t i = 0; i < n; ++i) v[i] = static_cast<double>(p[i]);
  return v;
}

}  // namespace quaver::QV_TARGET
