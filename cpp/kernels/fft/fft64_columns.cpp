// SPDX-License-Identifier: BSD-3-Clause
// The real transform of n = 32 M points that fft64_real.cpp does not do, packed in pairs
// z[j] = s[2 j] + i s[2 j + 1], in two steps:
//   j = 16 a + b, k = c + M d:  Z[k] = sum_b w16^(b d) w16M^(b c) Y[b][c],
//   Y[b][c] = sum_a z[16 a + b] w_M^(a c)
// Columns b are loaded, windowed and transformed within the first cache; rows c within registers.
// Rows c and M - c hold bins k and 16 M - k, so both are untangled and emitted together: the second
// cache sees one array written and read once, whatever n. Powers may stay in the rows they came
// from, which the first cache still holds.
#ifndef QV_TARGET

#include "quaver/fft/fft64.hpp"

#define QV_FILE "kernels/fft/fft64_columns.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/complex64.hpp"

namespace quaver::QV_TARGET {

enum : std::size_t {
  kColumns = Fft64Plan::kColumns,
  kRowStep = (2 * kColumns + 1) * kLanesD,  // Fft64Plan::row_step
};

// z w16^2 and z w16^6
QV_INLINE Pair turned_2(Pair z) {
  const double half = 0.70710678118654752440;
  return {(z.re + z.im) * half, (z.im - z.re) * half};
}
QV_INLINE Pair turned_6(Pair z) {
  const double half = 0.70710678118654752440;
  return {(z.im - z.re) * half, (z.re + z.im) * -half};
}

// Points of a result as they come.
struct StoredPoints {
  Places64 to;

  QV_INLINE_MEMBER void take(std::size_t k, Pair v) const { store_pair(to, k, v); }
};

// Transform of 16 points into a sink; two<I, J> of source are points I and J, added and subtracted,
// so that a factor of j costs no more than the two. Points are loaded where they are first
// needed, because compilers keep the order, and registers are few.
template <class Source, class Sink>
QV_INLINE void dft_16(const Source& source, const Sink& sink) {
  const double c1 = 0.92387953251128675613, s1 = 0.38268343236508977173;
  const Quad p = dft_4(source.template two<0, 8>(), source.template two<4, 12>());
  Quad q = dft_4(source.template two<1, 9>(), source.template two<5, 13>());
  q = {{q.at[0], times(q.at[1], c1, -s1), turned_2(q.at[2]), times(q.at[3], s1, -c1)}};
  Quad r = dft_4(source.template two<2, 10>(), source.template two<6, 14>());
  r = {{r.at[0], turned_2(r.at[1]), turned(r.at[2]), turned_6(r.at[3])}};
  Quad s = dft_4(source.template two<3, 11>(), source.template two<7, 15>());
  s = {{s.at[0], times(s.at[1], s1, -c1), turned_6(s.at[2]), times(s.at[3], -c1, s1)}};
  for (std::size_t j = 0; j < 4; ++j) {
    const Quad out = dft_4(p.at[j], q.at[j], r.at[j], s.at[j]);
    for (std::size_t l = 0; l < 4; ++l) sink.take(j + 4 * l, out.at[l]);
  }
}

// Samples of frames in lanes, or in the phases of a block (framing64.hpp).
struct FrameSource {
  const double* frames;

  QV_INLINE_MEMBER VecD sample(std::size_t n) const { return LoadU(frames + n * kLanesD); }
};
struct PhaseSource {
  const double* phases;
  const unsigned* offsets;
  const double* window;

  QV_INLINE_MEMBER VecD sample(std::size_t n) const {
    return LoadU(phases + offsets[n]) * window[n];
  }
};

// Row c of `rows` becomes Y[b][c], b = 0 .. 15. `column` holds 4 * n_rows registers.
template <class Source>
static void transform_columns(const Fft64Plan& plan, const Source& source, double* column,
                              double* rows) {
  for (std::size_t b = 0; b < kColumns; ++b) {
    const Places64 to = {rows + 2 * b * kLanesD, kRowStep};
    for (std::size_t a = 0; a < plan.n_rows; ++a) {
      const std::size_t n = 2 * (kColumns * a + b);
      store_pair(column, a, {source.sample(n), source.sample(n + 1)});
    }
    fft64_complex(plan, column, column + 2 * plan.n_rows * kLanesD, column, &to);
  }
}

struct TurnedRow {
  const double *row, *w;

  QV_INLINE_MEMBER Pair at(std::size_t b) const {
    const Pair z = load_pair(row, b);
    return b == 0 ? z : times(z, w + 2 * (b - 1));
  }
  template <std::size_t I, std::size_t J>
  QV_INLINE_MEMBER Two two() const {
    const Pair a = at(I), b = load_pair(row, J);
    const VecD c = Set(w[2 * (J - 1)]), s = Set(w[2 * (J - 1) + 1]);
    return {{MulAdd(b.re, c, MulAdd(-b.im, s, a.re)), MulAdd(b.im, c, MulAdd(b.re, s, a.im))},
            {MulAdd(-b.re, c, MulAdd(b.im, s, a.re)), MulAdd(-b.im, c, MulAdd(-b.re, s, a.im))}};
  }
};

// What becomes of bins: `out` in their order, or without one powers in rows.
template <Bins64 kBins>
struct BinSink {
  const Fft64Plan& plan;
  void* out;

  QV_INLINE_MEMBER void put(std::size_t c, std::size_t d, Pair v) const {
    put_bin<kBins>(out, c + plan.n_rows * d, v);
  }
};
struct RowSink {
  double* rows;

  QV_INLINE_MEMBER void put(std::size_t c, std::size_t d, Pair v) const {
    StoreU(rows + c * kRowStep + d * kLanesD, MulAdd(v.re, v.re, v.im * v.im));
  }
};

// From points z[d] of row c and b of row `other`, where b = z[mirror - d]: two bins.
template <class Sink>
QV_INLINE void put_mirrored(const Fft64Plan& plan, const Sink& sink, std::size_t c,
                            std::size_t other, std::size_t d, std::size_t mirror, Pair z, Pair b) {
  const double* post = plan.rows.data() + c * Fft64Plan::kRowTable + 2 * (kColumns - 1);
  const Two bins = untangled(z, b, post + 2 * d);
  sink.put(c, d, bins.sum);
  sink.put(other, mirror - d, bins.difference);
}

// Takes the points of row n_rows - c while those of row c wait in `z`.
template <class Sink>
struct MirroredPoints {
  const Fft64Plan& plan;
  const Sink& sink;
  std::size_t c;
  const double* z;

  QV_INLINE_MEMBER void take(std::size_t k, Pair v) const {
    const std::size_t d = kColumns - 1 - k;
    put_mirrored(plan, sink, c, plan.n_rows - c, d, kColumns - 1, load_pair(z, d), v);
  }
};

static inline TurnedRow row_of(const Fft64Plan& plan, const double* rows, std::size_t c) {
  return {rows + c * kRowStep, plan.rows.data() + c * Fft64Plan::kRowTable};
}

// Row 0 and, of an even number, the one in the middle mirror themselves.
template <class Sink>
static void transform_rows(const Fft64Plan& plan, const double* rows, const Sink& sink) {
  double z[2 * kColumns * kLanesD];
  const StoredPoints stored{{z, kNext64}};
  const std::size_t m = plan.n_rows;
  dft_16(row_of(plan, rows, 0), stored);
  const Two ends = untangled_ends(load_pair(z, 0));
  sink.put(0, 0, ends.sum);
  sink.put(0, 16, ends.difference);
  for (std::size_t d = 1; d <= 8; ++d) {
    put_mirrored(plan, sink, 0, 0, d, 16, load_pair(z, d), load_pair(z, 16 - d));
  }
  for (std::size_t c = 1; 2 * c < m; ++c) {
    dft_16(row_of(plan, rows, c), stored);
    dft_16(row_of(plan, rows, m - c), MirroredPoints<Sink>{plan, sink, c, z});
  }
  if (m % 2 != 0) return;
  dft_16(row_of(plan, rows, m / 2), stored);
  for (std::size_t d = 0; d < 8; ++d) {
    put_mirrored(plan, sink, m / 2, m / 2, d, 15, load_pair(z, d), load_pair(z, 15 - d));
  }
}

static double* rows_of(const Fft64Plan& plan, double* work) {
  return work + 4 * plan.n_rows * kLanesD;
}

template <class Source>
static void transform(const Fft64Plan& plan, const Source& source, double* work, Bins64 bins,
                      void* out) {
  double* const rows = rows_of(plan, work);
  transform_columns(plan, source, work, rows);
  switch (bins) {
    case Bins64::complex: return transform_rows(plan, rows, BinSink<Bins64::complex>{plan, out});
    case Bins64::power: return transform_rows(plan, rows, BinSink<Bins64::power>{plan, out});
    case Bins64::complex32:
      return transform_rows(plan, rows, BinSink<Bins64::complex32>{plan, out});
    case Bins64::power32: return transform_rows(plan, rows, BinSink<Bins64::power32>{plan, out});
  }
}

void columns64_frames(const Fft64Plan& plan, const double* frames, double* work, Bins64 bins,
                      void* out) {
  transform(plan, FrameSource{frames}, work, bins, out);
}

static PhaseSource source_of(const Framing64Plan& framing, const double* phases) {
  return {phases, framing.offsets[QV_TARGET_INDEX], framing.window.data()};
}

void spectrum64_phases(const Fft64Plan& plan, const Framing64Plan& framing, const double* phases,
                       double* frames, double* work, Bins64 bins, void* out) {
  if (plan.n_columns != 0) return real64_phases(plan, framing, phases, work, bins, out);
  const PhaseSource source = source_of(framing, phases);
  if (plan.n_rows != 0) return transform(plan, source, work, bins, out);
  for (std::size_t n = 0; n < plan.n; ++n) StoreU(frames + n * kLanesD, source.sample(n));
  spectrum64(plan, frames, work, bins, out);
}

double* power64_phases(const Fft64Plan& plan, const Framing64Plan& framing, const double* phases,
                       double* frames, double* work, double* power) {
  if (plan.n_columns != 0) {
    real64_power(plan, framing, phases, work);
    return work;
  }
  if (plan.n_rows == 0) {
    spectrum64_phases(plan, framing, phases, frames, work, Bins64::power, power);
    return power;
  }
  double* const rows = rows_of(plan, work);
  const PhaseSource source = source_of(framing, phases);
  transform_columns(plan, source, work, rows);
  transform_rows(plan, rows, RowSink{rows});
  return rows;
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
