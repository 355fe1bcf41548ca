// SPDX-License-Identifier: BSD-3-Clause
// Complex numbers of frames in lanes, of T = float or double, and what leaves a transform of them.
// No include guard: a kernel file includes this inside its target region.

#include "simd/transforms.hpp"

namespace quaver::QV_TARGET {

template <class T>
QV_INLINE Point<T> load_point(const T* x, std::size_t index) {
  return {LoadU(x + 2 * index * LanesOf<T>::kCount),
          LoadU(x + (2 * index + 1) * LanesOf<T>::kCount)};
}
template <class T>
QV_INLINE void store_point(T* y, std::size_t index, Point<T> v) {
  StoreU(y + 2 * index * LanesOf<T>::kCount, v.re);
  StoreU(y + (2 * index + 1) * LanesOf<T>::kCount, v.im);
}
// Points `step` values apart.
template <class T>
struct Places {
  enum : std::size_t { kNext = 2 * LanesOf<T>::kCount };
  T* data;
  std::size_t step;
};
template <class T>
QV_INLINE void store_point(Places<T> y, std::size_t index, Point<T> v) {
  StoreU(y.data + index * y.step, v.re);
  StoreU(y.data + index * y.step + LanesOf<T>::kCount, v.im);
}
// -i a
template <class T>
QV_INLINE Point<T> turned(Point<T> a) {
  return {a.im, -a.re};
}
template <class T>
QV_INLINE Point<T> times(Point<T> a, const T* w) {
  return times(a, w[0], w[1]);
}

template <class T>
struct Quad {
  Point<T> at[4];
};
template <class T>
struct Two {
  Point<T> sum, difference;
};

template <class T>
QV_INLINE Two<T> dft_2(Point<T> a, Point<T> b) {
  return {plus(a, b), minus(a, b)};
}
// Of points 0 and 2, and 1 and 3.
template <class T>
QV_INLINE Quad<T> dft_4(Two<T> even, Two<T> odd) {
  const Point<T> turn = turned(odd.difference);
  return {{plus(even.sum, odd.sum), plus(even.difference, turn), minus(even.sum, odd.sum),
           minus(even.difference, turn)}};
}
template <class T>
QV_INLINE Quad<T> dft_4(Point<T> a, Point<T> b, Point<T> c, Point<T> d) {
  return dft_4(dft_2(a, c), dft_2(b, d));
}

// Bin k of a spectrum.
template <Bins kBins, class T>
QV_INLINE void put_bin(void* out, std::size_t k, Point<T> v) {
  if constexpr (kBins == Bins::complex) {
    store_point(static_cast<T*>(out), k, v);
  } else if constexpr (kBins == Bins::complex32) {
    float* const row = static_cast<float*>(out) + 2 * k * kLanes;
    StoreNarrow(row, v.re);
    StoreNarrow(row + kLanes, v.im);
  } else {
    const Lanes<T> power = MulAdd(v.re, v.re, v.im * v.im);
    if constexpr (kBins == Bins::power) {
      StoreU(static_cast<T*>(out) + k * LanesOf<T>::kCount, power);
    } else if constexpr (kBins == Bins::magnitude) {
      StoreU(static_cast<T*>(out) + k * LanesOf<T>::kCount, Sqrt(power));
    } else {
      StoreNarrow(static_cast<float*>(out) + k * kLanes, power);
    }
  }
}

// Of bin k.
template <Bins kBins, class T>
QV_INLINE void put_imaginary(void* out, std::size_t k, Lanes<T> imaginary) {
  if constexpr (kBins == Bins::complex) {
    StoreU(static_cast<T*>(out) + (2 * k + 1) * LanesOf<T>::kCount, imaginary);
  } else if constexpr (kBins == Bins::complex32) {
    StoreNarrow(static_cast<float*>(out) + (2 * k + 1) * kLanes, imaginary);
  }
}

// emit.run<kBins>() of what T may emit.
template <class T, class Emit>
QV_INLINE void with_bins(Bins bins, const Emit& emit) {
  if (bins == Bins::complex) return emit.template run<Bins::complex>();
  if (bins == Bins::power) return emit.template run<Bins::power>();
  if constexpr (sizeof(T) == sizeof(float)) return emit.template run<Bins::magnitude>();
  if constexpr (sizeof(T) == sizeof(double)) {
    if (bins == Bins::complex32) return emit.template run<Bins::complex32>();
    return emit.template run<Bins::power32>();
  }
}

// Twice the bins k and half - k of a real frame from those of its samples packed in pairs, a = Z[k]
// and b = Z[half - k]. post: cos, sin of pi k / half.
template <class T>
QV_INLINE Two<T> untangled(Point<T> a, Point<T> b, const T* post) {
  const Lanes<T> cosine = Set(post[0]), sine = Set(post[1]);
  const Point<T> e = {a.re + b.re, a.im - b.im}, o = {a.im + b.im, b.re - a.re};
  const Point<T> t = {MulAdd(o.re, cosine, o.im * sine), MulAdd(o.im, cosine, -(o.re * sine))};
  return {plus(e, t), {e.re - t.re, t.im - e.im}};
}
// Twice the bins 0 and half, from Z[0].
template <class T>
QV_INLINE Two<T> untangled_ends(Point<T> first) {
  const Point<T> twice = plus(first, first);
  return {{twice.re + twice.im, Lanes<T>{}}, {twice.re - twice.im, Lanes<T>{}}};
}

}  // namespace quaver::QV_TARGET
