// SPDX-License-Identifier: BSD-3-Clause
// Stockham autosort: a pass of radix r turns x[q + s(p + j m)] into y[q + s(r p + j)], j < r, with
// m groups p of equal twiddles and s butterflies q each (Van Loan 1992, ch. 1.7). A complex element
// is two registers: real parts of all frames, then imaginary parts. For any odd radix: with sums
// a_j = x_j + x_{r-j} and differences b_j = x_j - x_{r-j}, outputs k and r - k share both of their
// halves, x_0 + sum a_j cos(2 pi j k / r) and sum b_j sin(2 pi j k / r).
#ifndef QV_TARGET

#include "quaver/fft/fft.hpp"

#define QV_FILE "kernels/fft/fft_passes.cpp"
#include "simd/foreach_target.hpp"

#else

#include "simd/complex.hpp"

namespace quaver::QV_TARGET {

template <class T>
QV_INLINE Point<T> plus_scaled(Point<T> a, T s, Point<T> b) {
  return {MulAdd(a.re, Set(s), b.re), MulAdd(a.im, Set(s), b.im)};
}
template <class T>
QV_INLINE Point<T> scaled(Point<T> a, T s) {
  return {a.re * s, a.im * s};
}
// The first group of a pass has unit twiddles; in the last pass that is every butterfly.
template <class T>
QV_INLINE void store_times(Places<T> y, std::size_t index, Point<T> v, const T* w, bool unit) {
  store_point(y, index, unit ? v : times(v, w));
}

template <class T>
static void pass_2(const FftPass& pass, const T* table, const T* x, Places<T> y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  for (std::size_t p = 0; p < m; ++p, table += 2) {
    for (std::size_t q = 0; q < s; ++q) {
      const Point<T> a = load_point(x, q + s * p), b = load_point(x, q + s * (p + m));
      store_point(y, q + s * (2 * p), plus(a, b));
      store_times(y, q + s * (2 * p + 1), minus(a, b), table, p == 0);
    }
  }
}

template <class T>
static void pass_4(const FftPass& pass, const T* table, const T* x, Places<T> y) {
  const std::size_t m = pass.n_groups, s = pass.stride, step = s * m;
  for (std::size_t p = 0; p < m; ++p, table += 6) {
    for (std::size_t q = 0; q < s; ++q) {
      const std::size_t from = q + s * p, to = q + 4 * s * p;
      const Quad<T> z = dft_4(load_point(x, from), load_point(x, from + step),
                              load_point(x, from + 2 * step), load_point(x, from + 3 * step));
      store_point(y, to, z.at[0]);
      for (std::size_t k = 1; k < 4; ++k) {
        store_times(y, to + k * s, z.at[k], table + 2 * (k - 1), p == 0);
      }
    }
  }
}

// Two transforms of four, of the even and of the odd inputs.
template <class T>
static void pass_8(const FftPass& pass, const T* table, const T* x, Places<T> y) {
  const std::size_t m = pass.n_groups, s = pass.stride, step = s * m;
  const T root_half = static_cast<T>(0.70710678118654752440);
  for (std::size_t p = 0; p < m; ++p, table += 14) {
    for (std::size_t q = 0; q < s; ++q) {
      const std::size_t from = q + s * p, to = q + 8 * s * p;
      const Quad<T> odd = dft_4(load_point(x, from + step), load_point(x, from + 3 * step),
                                load_point(x, from + 5 * step), load_point(x, from + 7 * step));
      const Quad<T> even = dft_4(load_point(x, from), load_point(x, from + 2 * step),
                                 load_point(x, from + 4 * step), load_point(x, from + 6 * step));
      const Point<T> a = odd.at[1], b = odd.at[3];
      const Point<T> moved[4] = {odd.at[0],
                                 {(a.re + a.im) * root_half, (a.im - a.re) * root_half},
                                 turned(odd.at[2]),
                                 {(b.im - b.re) * root_half, (b.re + b.im) * -root_half}};
      store_point(y, to, plus(even.at[0], moved[0]));
      for (std::size_t k = 1; k < 4; ++k) {
        store_times(y, to + k * s, plus(even.at[k], moved[k]), table + 2 * (k - 1), p == 0);
      }
      for (std::size_t k = 0; k < 4; ++k) {
        store_times(y, to + (k + 4) * s, minus(even.at[k], moved[k]), table + 2 * (k + 3), p == 0);
      }
    }
  }
}

// The two commonest odd radices, whose constants are registers in memory.
template <class T>
static void pass_3(const FftPass& pass, const T* table, const T* x, Places<T> y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  const T sin60 = static_cast<T>(0.86602540378443864676), half = static_cast<T>(-0.5);
  for (std::size_t p = 0; p < m; ++p, table += 4) {
    for (std::size_t q = 0; q < s; ++q) {
      const Point<T> a = load_point(x, q + s * p), b = load_point(x, q + s * (p + m));
      const Point<T> c = load_point(x, q + s * (p + 2 * m));
      const Point<T> sum = plus(b, c), difference = turned(scaled(minus(b, c), sin60));
      const Point<T> middle = plus_scaled(sum, half, a);
      store_point(y, q + s * (3 * p), plus(a, sum));
      store_times(y, q + s * (3 * p + 1), plus(middle, difference), table, p == 0);
      store_times(y, q + s * (3 * p + 2), minus(middle, difference), table + 2, p == 0);
    }
  }
}

template <class T>
static void pass_5(const FftPass& pass, const T* table, const T* x, Places<T> y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  const T cos72 = static_cast<T>(0.30901699437494742410),
          sin72 = static_cast<T>(0.95105651629515357212);
  const T cos144 = static_cast<T>(-0.80901699437494742410),
          sin144 = static_cast<T>(0.58778525229247312917);
  for (std::size_t p = 0; p < m; ++p, table += 8) {
    for (std::size_t q = 0; q < s; ++q) {
      const Point<T> a = load_point(x, q + s * p), b = load_point(x, q + s * (p + m));
      const Point<T> c = load_point(x, q + s * (p + 2 * m)), d = load_point(x, q + s * (p + 3 * m));
      const Point<T> e = load_point(x, q + s * (p + 4 * m));
      const Point<T> be = plus(b, e), cd = plus(c, d), b_e = minus(b, e), c_d = minus(c, d);
      const Point<T> even1 = plus_scaled(cd, cos144, plus_scaled(be, cos72, a));
      const Point<T> even2 = plus_scaled(cd, cos72, plus_scaled(be, cos144, a));
      const Point<T> odd1 = turned(plus_scaled(c_d, sin144, scaled(b_e, sin72)));
      const Point<T> odd2 = turned(plus_scaled(c_d, -sin72, scaled(b_e, sin144)));
      store_point(y, q + s * (5 * p), plus(a, plus(be, cd)));
      store_times(y, q + s * (5 * p + 1), plus(even1, odd1), table, p == 0);
      store_times(y, q + s * (5 * p + 2), plus(even2, odd2), table + 2, p == 0);
      store_times(y, q + s * (5 * p + 3), minus(even2, odd2), table + 4, p == 0);
      store_times(y, q + s * (5 * p + 4), minus(even1, odd1), table + 6, p == 0);
    }
  }
}

// Any odd radix.
template <class T>
QV_INLINE void odd_butterfly(const std::size_t r, const T* x, Places<T> y, std::size_t from,
                             std::size_t step, std::size_t to, std::size_t s, const T* w,
                             const T* roots, bool unit) {
  Point<T> sums[FftPlan<T>::kMaxRadix / 2], differences[FftPlan<T>::kMaxRadix / 2];
  const std::size_t half = r / 2;
  const Point<T> first = load_point(x, from);
  Point<T> total = first;
  for (std::size_t j = 1; j <= half; ++j) {
    const Point<T> a = load_point(x, from + j * step), b = load_point(x, from + (r - j) * step);
    sums[j - 1] = plus(a, b);
    differences[j - 1] = minus(a, b);
    total = plus(total, sums[j - 1]);
  }
  store_point(y, to, total);
  for (std::size_t k = 1; k <= half; ++k) {
    Point<T> even = first, odd{};
    for (std::size_t j = 1, root = k; j <= half; ++j) {
      even = plus_scaled(sums[j - 1], roots[2 * root], even);
      odd = plus_scaled(differences[j - 1], roots[2 * root + 1], odd);
      root = root + k < r ? root + k : root + k - r;
    }
    odd = turned(odd);
    store_times(y, to + k * s, plus(even, odd), w + 2 * (k - 1), unit);
    store_times(y, to + (r - k) * s, minus(even, odd), w + 2 * (r - k - 1), unit);
  }
}

template <class T>
QV_INLINE void pass_odd(const std::size_t r, const FftPass& pass, const T* table, const T* roots,
                        const T* x, Places<T> y) {
  const std::size_t m = pass.n_groups, s = pass.stride;
  for (std::size_t p = 0; p < m; ++p, table += 2 * (r - 1)) {
    for (std::size_t q = 0; q < s; ++q) {
      odd_butterfly(r, x, y, q + s * p, s * m, q + s * r * p, s, table, roots, p == 0);
    }
  }
}

// From x by way of y and spare, which may be x. Returns where the result lies: at `last`, or
// without one in y or spare.
template <class T>
static const T* run_passes(const FftPlan<T>& plan, const T* x, T* y, T* spare,
                           const Places<T>* last) {
  for (std::size_t i = 0; i < plan.n_passes; ++i) {
    const FftPass& pass = plan.passes[i];
    const T* table = plan.twiddles.data() + pass.twiddles;
    const T* roots = plan.roots.data() + pass.roots;
    const Places<T> to =
        last != nullptr && i + 1 == plan.n_passes ? *last : Places<T>{y, Places<T>::kNext};
    switch (pass.radix) {
      case 2: pass_2(pass, table, x, to); break;
      case 3: pass_3(pass, table, x, to); break;
      case 4: pass_4(pass, table, x, to); break;
      case 5: pass_5(pass, table, x, to); break;
      case 8: pass_8(pass, table, x, to); break;
      default: pass_odd(pass.radix, pass, table, roots, x, to); break;
    }
    x = to.data;
    y = spare;
    spare = const_cast<T*>(x);
  }
  return x;
}

// X[k] = w_k sum_j (x_j w_j) conj(w_{k-j}) with w_j = exp(-i pi j^2 / n): a convolution, done by
// two transforms of a convenient length. The inverse one is a forward one of the conjugate.
template <class T>
static const T* bluestein(const FftPlan<T>& plan, const T* x, T* work) {
  const std::size_t n = plan.n_complex, size = plan.n_convolved;
  T* a = work;
  T* b = work + 2 * size * LanesOf<T>::kCount;
  const Places<T>* const nowhere = nullptr;
  for (std::size_t j = 0; j < n; ++j) {
    store_point(a, j, times(load_point(x, j), plan.chirp.data() + 2 * j));
  }
  for (std::size_t j = n; j < size; ++j) store_point(a, j, Point<T>{});
  // An even number of passes ends in the array it began with, an odd one in the other.
  T* spectrum = const_cast<T*>(run_passes(plan, a, b, a, nowhere));
  for (std::size_t k = 0; k < size; ++k) {
    const Point<T> v = times(load_point(spectrum, k), plan.chirp_spectrum.data() + 2 * k);
    store_point(spectrum, k, {v.re, -v.im});
  }
  T* other = spectrum == a ? b : a;
  T* result = const_cast<T*>(run_passes(plan, spectrum, other, spectrum, nowhere));
  for (std::size_t k = 0; k < n; ++k) {
    const Point<T> v = load_point(result, k);
    store_point(result, k, times({v.re, -v.im}, plan.chirp.data() + 2 * k));
  }
  return result;
}

template <Bins kBins, class T>
static void emit(const FftPlan<T>& plan, const T* z, void* out) {
  if (plan.n % 2 == 0) {
    const std::size_t half = plan.n / 2;
    const Two<T> ends = untangled_ends(load_point(z, 0));
    put_bin<kBins>(out, 0, ends.sum);
    put_bin<kBins>(out, half, ends.difference);
    for (std::size_t k = 1; 2 * k <= half; ++k) {
      const Two<T> bins =
          untangled(load_point(z, k), load_point(z, half - k), plan.post.data() + 2 * k);
      put_bin<kBins>(out, k, bins.sum);
      put_bin<kBins>(out, half - k, bins.difference);
    }
    return;
  }
  for (std::size_t k = 0; k < plan.n_bins; ++k) put_bin<kBins>(out, k, load_point(z, k));
}
template <class T>
struct MixedEmit {
  const FftPlan<T>& plan;
  const T* z;
  void* out;

  template <Bins kBins>
  QV_INLINE_MEMBER void run() const {
    emit<kBins>(plan, z, out);
  }
};

template <class T>
static const T* run_complex(const FftPlan<T>& plan, T* x, T* work) {
  if (plan.n_convolved != 0) return bluestein(plan, x, work);
  return run_passes(plan, x, work, x, static_cast<const Places<T>*>(nullptr));
}

template <class T>
static void run_frames(const FftPlan<T>& plan, T* frames, T* work, Bins bins, void* out) {
  T* const other = work + plan.work_size(LanesOf<T>::kCount) / 2;
  const T* z;
  if (plan.n % 2 == 0) {
    // Through the frames' own memory where that is enough: less of the first cache is needed.
    z = run_complex(plan, frames, work);
  } else {
    T* const packed = plan.n_convolved == 0 ? work : other;
    for (std::size_t j = 0; j < plan.n; ++j) {
      store_point(packed, j, {LoadU(frames + j * LanesOf<T>::kCount), Lanes<T>{}});
    }
    z = run_complex(plan, packed, plan.n_convolved == 0 ? other : work);
  }
  with_bins<T>(bins, MixedEmit<T>{plan, z, out});
}

const float* fft_passes(const FftPlan<float>& plan, const float* x, float* y, float* spare,
                        const Places<float>* last) {
  return run_passes(plan, x, y, spare, last);
}
const double* fft_passes(const FftPlan<double>& plan, const double* x, double* y, double* spare,
                         const Places<double>* last) {
  return run_passes(plan, x, y, spare, last);
}
const float* complex_transform(const FftPlan<float>& plan, float* x, float* work) {
  return run_complex(plan, x, work);
}
const double* complex_transform(const FftPlan<double>& plan, double* x, double* work) {
  return run_complex(plan, x, work);
}
void mixed_spectrum(const FftPlan<float>& plan, float* frames, float* work, Bins bins, void* out) {
  run_frames(plan, frames, work, bins, out);
}
void mixed_spectrum(const FftPlan<double>& plan, double* frames, double* work, Bins bins,
                    void* out) {
  run_frames(plan, frames, work, bins, out);
}

}  // namespace quaver::QV_TARGET

#undef QV_INLINE
#undef QV_INLINE_MEMBER

#endif
