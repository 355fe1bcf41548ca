// SPDX-License-Identifier: BSD-3-Clause
// The real transform of n = 32 B points in two passes, real from the start:
//   sample a B + b, bin c + 32 d:  X[c + 32 d] = sum_b wn^(b c) wB^(b d) Y[b][c],
//   Y[b][c] = sum_a s[a B + b] w32^(a c),  wn = exp(2 pi i / n)
// First B real transforms of 32, of which only c = 0 .. 16 exist, then a complex one of B for each
// of these, whose outputs are bins or, for d >= B / 2, the conjugates of bins n - c - 32 d. Unlike
// of a packed complex transform nothing is left to untangle, and rows a of zero padding are never
// touched. A row of the second pass, B = B1 B2 points, is again two passes, over a copy that stays
// in L1. Tables: FftPlan::turns. No include guard: a kernel file includes it inside its
// target region, after transforms.hpp.

namespace quaver::QV_TARGET {

// FrameLayout::phase_stride where a frame spans two to four hops.
template <class T>
constexpr std::size_t kUsualStride = (LanesOf<T>::kCount + 5) / 4 * 4;

// Rows of a column of windowed samples; half of the windowing is part of an addition. HopRows: rows
// a hop, where that and kUsualStride are known (of 16 columns), or 0; offsets need no loads then.
template <class T, int HopRows>
struct WindowedRows {
  const T* phases;
  const unsigned* offsets;
  const T* window;

  QV_INLINE_MEMBER WindowedRows column(std::size_t b) const {
    return {HopRows == 0 ? phases : phases + b * kUsualStride<T>, offsets + 32 * b,
            window + 32 * b};
  }
  template <int A>
  QV_INLINE_MEMBER Lanes<T> sample() const {
    if constexpr (HopRows == 0) return LoadU(phases + offsets[A]);
    constexpr int rows = HopRows == 0 ? 1 : HopRows;
    return LoadU(phases + 16 * (A % rows) * kUsualStride<T> + A / rows);
  }
  template <int A>
  QV_INLINE_MEMBER Lanes<T> at() const {
    return sample<A>() * window[A];
  }
  template <int A>
  QV_INLINE_MEMBER void combine(Lanes<T> y, Lanes<T>& sum, Lanes<T>& difference) const {
    const Lanes<T> x = sample<A>(), w = Set(window[A]);
    sum = MulAdd(x, w, y);
    difference = NegMulAdd(x, w, y);
  }
};

template <int C, class T>
QV_INLINE void store_columns(const Lanes<T>* re, const Lanes<T>* im, std::size_t stride, T* to) {
  if constexpr (C < 16) {
    StoreU(to + C * stride, re[C]);
    StoreU(to + C * stride + LanesOf<T>::kCount, im[C]);
    store_columns<C + 1>(re, im, stride, to);
  }
}

// Doubles or floats from row to row, an odd number of registers: rows must not share cache sets.
template <class T>
QV_INLINE constexpr std::size_t row_stride(std::size_t n_columns) {
  return (2 * n_columns + 1) * LanesOf<T>::kCount;
}

// Row c of `work` holds Y[b][c], b = 0 .. B - 1, as pairs of real and imaginary parts; row 0 the
// real numbers Y[b][0] and Y[b][16] in their place. Of 32 samples in a column the first `Rows` may
// be other than zero.
template <int Rows, class Source, class T>
QV_INLINE void transform_columns(const Source& source, std::size_t n_columns, T* work) {
  for (std::size_t b = 0; b < n_columns; ++b) {
    Lanes<T> re[17], im[17];
    RealTransform<T, 32, 1, 0, Rows>::run(source.column(b), re, im);
    im[0] = re[16];
    store_columns<0>(re, im, row_stride<T>(n_columns), work + 2 * b * LanesOf<T>::kCount);
  }
}

// Rows 0 and 16 are transforms of real numbers: of their bins half are mirror images of others.
enum RowKind { kRow16, kRow0, kRowBetween };

// What the sink has left of the row before, it does between the loads of the next.
template <RowKind Kind, class Sink>
QV_INLINE void finish_before(const Sink& sink, std::size_t c, std::size_t d, bool is_mirrored) {
  if constexpr (Kind == kRow0) {
    if (!is_mirrored) sink.finish(16, d, false);
  } else if constexpr (Kind == kRowBetween) {
    sink.finish(c - 1, d, is_mirrored);
  }
}

// Points j + B2 I, I < B1, of row c, turned by exp(2 pi i B2 I c / n).
template <class T, int B1, int B2, RowKind Kind, class Sink>
struct RowPoints {
  const T *row, *turns;
  std::size_t c, j;
  const Sink& sink;

  template <int I>
  QV_INLINE_MEMBER Point<T> at() const {
    const T* const from = row + 2 * (j + B2 * I) * LanesOf<T>::kCount;
    finish_before<Kind>(sink, c, j + B2 * I, I >= B1 / 2);
    if constexpr (Kind == kRowBetween) {
      const Point<T> z = {LoadU(from), LoadU(from + LanesOf<T>::kCount)};
      if constexpr (I == 0) return z;
      return times(z, turns[2 * I - 2], turns[2 * I - 1]);
    } else {
      const Lanes<T> y = LoadU(from);
      if constexpr (I == 0) return {y, Lanes<T>{}};
      return {y * turns[2 * I - 2], y * turns[2 * I - 1]};
    }
  }
};
// The points of row 0, which nothing turns.
template <class T, int B, class Sink>
struct RealPoints {
  const T* row;
  const Sink& sink;

  template <int I>
  QV_INLINE_MEMBER Lanes<T> at() const {
    finish_before<kRow0>(sink, 0, I, I >= B / 2);
    return LoadU(row + 2 * I * LanesOf<T>::kCount);
  }
  template <int I>
  QV_INLINE_MEMBER void combine(Lanes<T> y, Lanes<T>& sum, Lanes<T>& difference) const {
    const Lanes<T> x = at<I>();
    sum = y + x;
    difference = y - x;
  }
};
// What the first half of a row's transform has left for output k + B1 l.
template <class T>
struct MiddlePoints {
  const T* from;

  template <int J>
  QV_INLINE_MEMBER Point<T> at() const {
    return {LoadU(from + 2 * J * LanesOf<T>::kCount),
            LoadU(from + (2 * J + 1) * LanesOf<T>::kCount)};
  }
};

template <int B1, int B2, int K, class T>
QV_INLINE void store_turned(const Point<T>* z, const T* turns, T* to) {
  if constexpr (K < B1) {
    const Point<T> turned = times(z[place(B1, K)], turns[2 * K], turns[2 * K + 1]);
    StoreU(to + 2 * K * B2 * LanesOf<T>::kCount, turned.re);
    StoreU(to + (2 * K * B2 + 1) * LanesOf<T>::kCount, turned.im);
    store_turned<B1, B2, K + 1>(z, turns, to);
  }
}
// Outputs d + step L of row c, as far as they are not mirror images of others of the row.
template <int Radix, RowKind Kind, int L, class T, class Sink>
QV_INLINE void emit_outputs(const Point<T>* z, std::size_t c, std::size_t d, std::size_t step,
                            const Sink& sink) {
  if constexpr (L < (Kind == kRow16 ? Radix / 2 : Kind == kRow0 ? Radix / 2 + 1 : Radix)) {
    sink.take(z[place(Radix, L)], c, d + L * step, L >= Radix / 2);
    emit_outputs<Radix, Kind, L + 1>(z, c, d, step, sink);
  }
}

template <int B1, int B2, RowKind Kind, class T, class Sink>
QV_INLINE void transform_row(const T* turns_of_rows, const T* row, std::size_t c, T* copy,
                             const Sink& sink) {
  constexpr std::size_t per_row = 2 * (B1 - 1 + (B2 > 1 ? B1 * B2 : 0));
  const T* const turns = turns_of_rows + c * per_row;
  const T* middle = turns + 2 * (B1 - 1);
  for (std::size_t j = 0; j < B2; ++j, middle += 2 * B1) {
    Point<T> z[B1];
    transform<B1>(RowPoints<T, B1, B2, Kind, Sink>{row, turns, c, j, sink}, z);
    if constexpr (B2 == 1)
      emit_outputs<B1, Kind, 0>(z, c, 0, 1, sink);
    else
      store_turned<B1, B2, 0>(z, middle, copy + 2 * j * LanesOf<T>::kCount);
  }
  if constexpr (B2 > 1) {
    for (std::size_t k = 0; k < B1; ++k) {
      Point<T> z[B2];
      transform<B2>(MiddlePoints<T>{copy + 2 * k * B2 * LanesOf<T>::kCount}, z);
      emit_outputs<B2, Kind, 0>(z, c, k, B1, sink);
    }
  }
}
template <int B, class T, class Sink>
QV_INLINE void transform_row_0(const T* row, const Sink& sink) {
  Lanes<T> re[B / 2 + 1], im[B / 2 + 1];
  RealTransform<T, B, 1, 0, B>::run(RealPoints<T, B, Sink>{row, sink}, re, im);
  im[0] = im[B / 2] = Lanes<T>{};
  for (std::size_t d = 0; d <= B / 2; ++d) sink.take(Point<T>{re[d], im[d]}, 0, d, false);
}

// The sink gets each bin once, but for some of those at multiples of 32. Its
//   take(z, c, d, is_mirrored)    output d of row c; mirrored: bin n - c - 32 d, conjugate
//   finish(c, d, is_mirrored)     after all of row c, for each of its outputs
// Row 0 follows row 16, with which it shares memory, so that a sink may reuse that of rows below
// 16; that of row 16 itself is free.
template <int B1, int B2, class T, class Sink>
static __attribute__((noinline)) void transform_rows(const T* turns, T* work, const Sink& sink) {
  constexpr std::size_t kStride = row_stride<T>(B1 * B2);
  T* const copy = work + 17 * kStride;
  transform_row<B1, B2, kRow16>(turns, work + LanesOf<T>::kCount, 16, copy, sink);
  if constexpr (B2 == 1)
    transform_row_0<B1>(work, sink);
  else
    transform_row<B1, B2, kRow0>(turns, work, 0, copy, sink);
  for (std::size_t c = 1; c < 16; ++c) {
    transform_row<B1, B2, kRowBetween>(turns, work + c * kStride, c, copy, sink);
  }
}

// pass.run<B1, B2>() with the factors of B = n_columns.
template <class Pass>
QV_INLINE void with_radices(std::size_t n_columns, const Pass& pass) {
  switch (n_columns) {
    case 8: return pass.template run<8, 1>();
    case 16: return pass.template run<16, 1>();
    case 32: return pass.template run<8, 4>();
    case 64: return pass.template run<8, 8>();
    default: return pass.template run<8, 16>();
  }
}

}  // namespace quaver::QV_TARGET
