// SPDX-License-Identifier: BSD-3-Clause
// The real transform of n = 32 M points that fft_two_passes.cpp does not do, packed in pairs
// z[j] = s[2 j] + i s[2 j + 1], in two steps:
//   j = 16 a + b, k = c + M d:  Z[k] = sum_b w16^(b d) w16M^(b c) Y[b][c],
//   Y[b][c] = sum_a z[16 a + b] w_M^(a c)
// Columns b are loaded, windowed and transformed within the first cache; rows c within registers.
// Rows c and M - c hold bins k and 16 M - k, so both are untangled and emitted together: the second
// cache sees one array written and read once, whatever n. Powers may stay in the rows they came
// from, which the first cache still holds.
#ifndef QV_TARGET

#include "quaver/fft/fft.hpp"

#define QV_FILE "kernels/fft/fft_columns.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/complex.hpp"

namespace quaver::QV_TARGET {

enum : std::size_t { kColumns = FftPlan<float>::kColumns, kRowTable = FftPlan<float>::kRowTable };
// FftPlan::row_step
template <class T>
constexpr std::size_t kRowStep = (2 * kColumns + 1) * LanesOf<T>::kCount;

// z w16^2 and z w16^6
template <class T>
QV_INLINE Point<T> turned_2(Point<T> z) {
  const Lanes<T> half = Set(static_cast<T>(kCosine[4]));
  return {(z.re + z.im) * half, (z.im - z.re) * half};
}
template <class T>
QV_INLINE Point<T> turned_6(Point<T> z) {
  const Lanes<T> half = Set(static_cast<T>(kCosine[4]));
  return {(z.im - z.re) * half, (z.re + z.im) * -half};
}

// Points of a result as they come.
template <class T>
struct StoredPoints {
  Places<T> to;

  QV_INLINE_MEMBER void take(std::size_t k, Point<T> v) const { store_point(to, k, v); }
};

// Transform of 16 points into a sink; two<I, J> of source are points I and J, added and subtracted,
// so that a factor of j costs no more than the two. Points are loaded where they are first
// needed, because compilers keep the order, and registers are few.
template <class T, class Source, class Sink>
QV_INLINE void dft_16(const Source& source, const Sink& sink) {
  constexpr T c1 = static_cast<T>(kCosine[2]), s1 = static_cast<T>(kCosine[6]);
  const Quad<T> p = dft_4(source.template two<0, 8>(), source.template two<4, 12>());
  Quad<T> q = dft_4(source.template two<1, 9>(), source.template two<5, 13>());
  q = {{q.at[0], times(q.at[1], c1, -s1), turned_2(q.at[2]), times(q.at[3], s1, -c1)}};
  Quad<T> r = dft_4(source.template two<2, 10>(), source.template two<6, 14>());
  r = {{r.at[0], turned_2(r.at[1]), turned(r.at[2]), turned_6(r.at[3])}};
  Quad<T> s = dft_4(source.template two<3, 11>(), source.template two<7, 15>());
  s = {{s.at[0], times(s.at[1], s1, -c1), turned_6(s.at[2]), times(s.at[3], -c1, s1)}};
  for (std::size_t j = 0; j < 4; ++j) {
    const Quad<T> out = dft_4(p.at[j], q.at[j], r.at[j], s.at[j]);
    for (std::size_t l = 0; l < 4; ++l) sink.take(j + 4 * l, out.at[l]);
  }
}

// Samples of frames in lanes, or in the phases of a block (layout.hpp).
template <class T>
struct FrameSource {
  const T* frames;

  QV_INLINE_MEMBER Lanes<T> sample(std::size_t n) const {
    return LoadU(frames + n * LanesOf<T>::kCount);
  }
};
template <class T>
struct PhaseSource {
  const T* phases;
  const unsigned* offsets;
  const T* window;

  QV_INLINE_MEMBER Lanes<T> sample(std::size_t n) const {
    return LoadU(phases + offsets[n]) * window[n];
  }
};

// Row c of `rows` becomes Y[b][c], b = 0 .. 15. `column` holds 4 * n_rows registers.
template <class T, class Source>
static void transform_columns(const FftPlan<T>& plan, const Source& source, T* column, T* rows) {
  for (std::size_t b = 0; b < kColumns; ++b) {
    const Places<T> to = {rows + 2 * b * LanesOf<T>::kCount, kRowStep<T>};
    for (std::size_t a = 0; a < plan.n_rows; ++a) {
      const std::size_t n = 2 * (kColumns * a + b);
      store_point(column, a, {source.sample(n), source.sample(n + 1)});
    }
    fft_passes(plan, column, column + 2 * plan.n_rows * LanesOf<T>::kCount, column, &to);
  }
}

template <class T>
struct TurnedRow {
  const T *row, *w;

  QV_INLINE_MEMBER Point<T> at(std::size_t b) const {
    const Point<T> z = load_point(row, b);
    return b == 0 ? z : times(z, w + 2 * (b - 1));
  }
  template <std::size_t I, std::size_t J>
  QV_INLINE_MEMBER Two<T> two() const {
    const Point<T> a = at(I), b = load_point(row, J);
    const Lanes<T> c = Set(w[2 * (J - 1)]), s = Set(w[2 * (J - 1) + 1]);
    return {{MulAdd(b.re, c, MulAdd(-b.im, s, a.re)), MulAdd(b.im, c, MulAdd(b.re, s, a.im))},
            {MulAdd(-b.re, c, MulAdd(b.im, s, a.re)), MulAdd(-b.im, c, MulAdd(-b.re, s, a.im))}};
  }
};

// What becomes of bins: `out` in their order, or without one powers in rows.
template <class T, Bins kBins>
struct ColumnSink {
  const FftPlan<T>& plan;
  void* out;

  QV_INLINE_MEMBER void put(std::size_t c, std::size_t d, Point<T> v) const {
    put_bin<kBins>(out, c + plan.n_rows * d, v);
  }
};
template <class T>
struct ColumnPowerSink {
  T* rows;

  QV_INLINE_MEMBER void put(std::size_t c, std::size_t d, Point<T> v) const {
    StoreU(rows + c * kRowStep<T> + d * LanesOf<T>::kCount, MulAdd(v.re, v.re, v.im * v.im));
  }
};

// From points z[d] of row c and b of row `other`, where b = z[mirror - d]: two bins.
template <class T, class Sink>
QV_INLINE void put_mirrored(const FftPlan<T>& plan, const Sink& sink, std::size_t c,
                            std::size_t other, std::size_t d, std::size_t mirror, Point<T> z,
                            Point<T> b) {
  const T* post = plan.rows.data() + c * kRowTable + 2 * (kColumns - 1);
  const Two<T> bins = untangled(z, b, post + 2 * d);
  sink.put(c, d, bins.sum);
  sink.put(other, mirror - d, bins.difference);
}

// Takes the points of row n_rows - c while those of row c wait in `z`.
template <class T, class Sink>
struct MirroredPoints {
  const FftPlan<T>& plan;
  const Sink& sink;
  std::size_t c;
  const T* z;

  QV_INLINE_MEMBER void take(std::size_t k, Point<T> v) const {
    const std::size_t d = kColumns - 1 - k;
    put_mirrored(plan, sink, c, plan.n_rows - c, d, kColumns - 1, load_point(z, d), v);
  }
};

template <class T>
static inline TurnedRow<T> row_of(const FftPlan<T>& plan, const T* rows, std::size_t c) {
  return {rows + c * kRowStep<T>, plan.rows.data() + c * kRowTable};
}

// Row 0 and, of an even number, the one in the middle mirror themselves.
template <class T, class Sink>
static void transform_rows(const FftPlan<T>& plan, const T* rows, const Sink& sink) {
  T z[2 * kColumns * LanesOf<T>::kCount];
  const StoredPoints<T> stored{{z, Places<T>::kNext}};
  const std::size_t m = plan.n_rows;
  dft_16<T>(row_of(plan, rows, 0), stored);
  const Two<T> ends = untangled_ends(load_point(z, 0));
  sink.put(0, 0, ends.sum);
  sink.put(0, 16, ends.difference);
  for (std::size_t d = 1; d <= 8; ++d) {
    put_mirrored(plan, sink, 0, 0, d, 16, load_point(z, d), load_point(z, 16 - d));
  }
  for (std::size_t c = 1; 2 * c < m; ++c) {
    dft_16<T>(row_of(plan, rows, c), stored);
    dft_16<T>(row_of(plan, rows, m - c), MirroredPoints<T, Sink>{plan, sink, c, z});
  }
  if (m % 2 != 0) return;
  dft_16<T>(row_of(plan, rows, m / 2), stored);
  for (std::size_t d = 0; d < 8; ++d) {
    put_mirrored(plan, sink, m / 2, m / 2, d, 15, load_point(z, d), load_point(z, 15 - d));
  }
}

template <class T>
static T* rows_of(const FftPlan<T>& plan, T* work) {
  return work + 4 * plan.n_rows * LanesOf<T>::kCount;
}

template <class T>
struct ColumnEmit {
  const FftPlan<T>& plan;
  const T* rows;
  void* out;

  template <Bins kBins>
  QV_INLINE_MEMBER void run() const {
    transform_rows(plan, rows, ColumnSink<T, kBins>{plan, out});
  }
};
template <class T, class Source>
static void transform(const FftPlan<T>& plan, const Source& source, T* work, Bins bins, void* out) {
  T* const rows = rows_of(plan, work);
  transform_columns(plan, source, work, rows);
  with_bins<T>(bins, ColumnEmit<T>{plan, rows, out});
}

template <class T>
static PhaseSource<T> source_of(const FrameLayout<T>& layout, const T* phases) {
  return {phases, layout.offsets[QV_TARGET_INDEX], layout.window.data()};
}

void spectrum_frames(const FftPlan<double>& plan, double* frames, double* work, Bins bins,
                     void* out) {
  if (plan.n_columns != 0) return two_pass_frames(plan, frames, work, bins, out);
  if (plan.n_rows == 0) return mixed_spectrum(plan, frames, work, bins, out);
  transform(plan, FrameSource<double>{frames}, work, bins, out);
}

// Without the loads of offsets.
template <class T>
static void window_frames(const FrameLayout<T>& layout, std::size_t n_fft, const T* phases,
                          T* frames) {
  constexpr std::size_t kCount = LanesOf<T>::kCount;
  const std::size_t stride = layout.phase_stride(kCount), end = layout.lead + layout.length;
  for (std::size_t n = 0; n < layout.lead; ++n) StoreU(frames + n * kCount, Lanes<T>{});
  std::size_t n = layout.lead;
  for (std::size_t q = 0; n < end; ++q) {
    for (std::size_t p = 0; p < layout.n_phases && n < end; ++p, ++n) {
      StoreU(frames + n * kCount, LoadU(phases + p * stride + q) * layout.window[n]);
    }
  }
  for (; n < n_fft; ++n) StoreU(frames + n * kCount, Lanes<T>{});
}

template <class T>
static void run_phases(const FftPlan<T>& plan, const FrameLayout<T>& layout, const T* phases,
                       T* frames, T* work, Bins bins, void* out) {
  if (plan.n_columns != 0) return two_pass_phases(plan, layout, phases, work, bins, out);
  if (plan.n_rows != 0) return transform(plan, source_of(layout, phases), work, bins, out);
  window_frames(layout, plan.n, phases, frames);
  mixed_spectrum(plan, frames, work, bins, out);
}
void spectrum_phases(const FftPlan<float>& plan, const FrameLayout<float>& layout,
                     const float* phases, float* frames, float* work, Bins bins, void* out) {
  run_phases(plan, layout, phases, frames, work, bins, out);
}
void spectrum_phases(const FftPlan<double>& plan, const FrameLayout<double>& layout,
                     const double* phases, double* frames, double* work, Bins bins, void* out) {
  run_phases(plan, layout, phases, frames, work, bins, out);
}

void power_spectrum(const FftPlan<float>& plan, const FrameLayout<float>& layout,
                    const float* phases, float* frames, float* work, float* power,
                    float* magnitude) {
  if (plan.n_columns != 0 && magnitude != nullptr) {
    return two_pass_magnitude(plan, layout, phases, work, power, magnitude);
  }
  run_phases(plan, layout, phases, frames, work, Bins::power, power);
  if (magnitude == nullptr) return;
  for (std::size_t k = 0; k < plan.n_bins; ++k) {
    StoreU(magnitude + k * kLanes, Sqrt(LoadU(power + k * kLanes)));
  }
}

double* power_phases(const FftPlan<double>& plan, const FrameLayout<double>& layout,
                     const double* phases, double* frames, double* work, double* power) {
  if (plan.n_columns != 0) {
    two_pass_power(plan, layout, phases, work);
    return work;
  }
  if (plan.n_rows == 0) {
    run_phases(plan, layout, phases, frames, work, Bins::power, power);
    return power;
  }
  double* const rows = rows_of(plan, work);
  transform_columns(plan, source_of(layout, phases), work, rows);
  transform_rows(plan, rows, ColumnPowerSink<double>{rows});
  return rows;
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
