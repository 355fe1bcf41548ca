// SPDX-License-Identifier: BSD-3-Clause
// Transposes of a few registers: rows `from_stride` apart become rows `to_stride` apart. No include
// guard: a kernel file includes this inside its target region.

namespace quaver::QV_TARGET {

static inline void Transpose4x4(const float* from, std::size_t from_stride, float* to,
                                std::size_t to_stride) {
#if defined(__x86_64__)
  __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + from_stride);
  __m128 c = _mm_loadu_ps(from + 2 * from_stride), d = _mm_loadu_ps(from + 3 * from_stride);
  _MM_TRANSPOSE4_PS(a, b, c, d);
  _mm_storeu_ps(to, a);
  _mm_storeu_ps(to + to_stride, b);
  _mm_storeu_ps(to + 2 * to_stride, c);
  _mm_storeu_ps(to + 3 * to_stride, d);
#else
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) to[j * to_stride + i] = from[i * from_stride + j];
#endif
}

static inline void Transpose2x4(const float* from, std::size_t from_stride, float* to,
                                std::size_t to_stride) {
#if defined(__x86_64__)
  const __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + from_stride);
  const __m128 low = _mm_unpacklo_ps(a, b), high = _mm_unpackhi_ps(a, b);
  _mm_storel_pi(reinterpret_cast<__m64*>(to), low);
  _mm_storeh_pi(reinterpret_cast<__m64*>(to + to_stride), low);
  _mm_storel_pi(reinterpret_cast<__m64*>(to + 2 * to_stride), high);
  _mm_storeh_pi(reinterpret_cast<__m64*>(to + 3 * to_stride), high);
#else
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 4; ++j) to[j * to_stride + i] = from[i * from_stride + j];
#endif
}

#if QV_WIDTH >= 8
// Eight rows of four. A row enters its half of a register as it is loaded, which leaves one shuffle
// an element of the results.
static inline void Transpose8x4(const float* from, std::size_t from_stride, float* to,
                                std::size_t to_stride) {
  __m256 rows[4];
  for (std::size_t i = 0; i < 4; ++i) {
    rows[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from + i * from_stride)),
                                   _mm_loadu_ps(from + (i + 4) * from_stride), 1);
  }
  const __m256 ab = _mm256_unpacklo_ps(rows[0], rows[1]), AB = _mm256_unpackhi_ps(rows[0], rows[1]);
  const __m256 cd = _mm256_unpacklo_ps(rows[2], rows[3]), CD = _mm256_unpackhi_ps(rows[2], rows[3]);
  _mm256_storeu_ps(to, _mm256_shuffle_ps(ab, cd, 0x44));
  _mm256_storeu_ps(to + to_stride, _mm256_shuffle_ps(ab, cd, 0xee));
  _mm256_storeu_ps(to + 2 * to_stride, _mm256_shuffle_ps(AB, CD, 0x44));
  _mm256_storeu_ps(to + 3 * to_stride, _mm256_shuffle_ps(AB, CD, 0xee));
}
#endif

}  // namespace quaver::QV_TARGET
