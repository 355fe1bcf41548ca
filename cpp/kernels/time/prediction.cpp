// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/time/prediction.hpp"

#include "quaver/core/scratch.hpp"

#define QV_FILE "kernels/time/prediction.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

// Each output waits for the one before: four are made at a time, whose own sums do not.
template <class T>
void run_decay(const T* x, std::size_t n, double coefficient, double state, T* out) {
  if (n == 0) return;
  double last = static_cast<double>(x[0]) + state;
  out[0] = static_cast<T>(last);
  const double c = coefficient, c2 = c * c, c3 = c2 * c, c4 = c2 * c2;
  std::size_t i = 1;
  for (; c4 <= 1.0 && i + 4 <= n; i += 4) {  // the powers of larger ones may be infinite
    const double a = static_cast<double>(x[i]);
    const double b = static_cast<double>(x[i + 1]) + c * a;
    const double d = static_cast<double>(x[i + 2]) + c * b;
    const double e = static_cast<double>(x[i + 3]) + c * d;
    out[i] = static_cast<T>(a + c * last);
    out[i + 1] = static_cast<T>(b + c2 * last);
    out[i + 2] = static_cast<T>(d + c3 * last);
    last = e + c4 * last;
    out[i + 3] = static_cast<T>(last);
  }
  for (; i < n; ++i) {
    last = static_cast<double>(x[i]) + c * last;
    out[i] = static_cast<T>(last);
  }
}

// Prediction errors of a signal of n samples: forwards and backwards; kept by the thread.
Borrowed<Buffer<double>> errors(std::size_t n) {
  thread_local Buffer<double> of_thread;
  of_thread.reserve(2 * n);
  return {of_thread, n / 8};  // a few megabytes stay
}

template <class T>
void run_burg(const T* x, std::size_t n, std::size_t order, double least, double* out) {
  const Borrowed<Buffer<double>> borrowed = errors(n);
  double* const forward = static_cast<Buffer<double>&>(borrowed).data();
  for (std::size_t i = 0; i < n; ++i) forward[i] = forward[n + i] = static_cast<double>(x[i]);
  kernels().burg(forward, forward + n, n, order, least, out);
}

}  // namespace

void decay(const float* x, std::size_t n, double coefficient, double state, float* out) {
  run_decay(x, n, coefficient, state, out);
}
void decay(const double* x, std::size_t n, double coefficient, double state, double* out) {
  run_decay(x, n, coefficient, state, out);
}

void burg(const float* x, std::size_t n, std::size_t order, double least, double* out) {
  run_burg(x, n, order, least, out);
}
void burg(const double* x, std::size_t n, std::size_t order, double least, double* out) {
  run_burg(x, n, order, least, out);
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

static double product_sum(const double* a, const double* b, std::size_t n) {
  VecD sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 * kLanesD <= n; i += 4 * kLanesD) {
    for (std::size_t j = 0; j < 4; ++j) {
      sums[j] = MulAdd(LoadU(a + i + j * kLanesD), LoadU(b + i + j * kLanesD), sums[j]);
    }
  }
  double total = SumOfLanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < n; ++i) total += a[i] * b[i];
  return total;
}

// Both errors of the next order, in place.
static void reflect(double* __restrict forward, double* __restrict backward, std::size_t n,
                    double reflection) {
  for (std::size_t i = 0; i < n; ++i) {
    const double f = forward[i], b = backward[i];
    forward[i] = f + reflection * b;
    backward[i] = b + reflection * f;
  }
}

// Of the n samples that both arrays hold at first.
void burg(double* forward, double* backward, std::size_t n, std::size_t order, double least,
          double* out) {
  for (std::size_t j = 0; j <= order; ++j) out[j] = j == 0 ? 1.0 : 0.0;
  if (n < 2) return;
  double* f = forward + 1;
  std::size_t left = n - 1;
  double energy = product_sum(f, f, left) + product_sum(backward, backward, left);
  // Without errors that are left, reflection is 0.
  for (std::size_t i = 0; i < order && left > 0; ++i, ++f, --left) {
    const double reflection = -2.0 * product_sum(backward, f, left) / (energy + least);
    for (std::size_t low = 0, high = i + 1; low <= high; ++low, --high) {
      const double a = out[low], b = out[high];
      out[high] = b + reflection * a;
      if (low != high && low != 0) out[low] = a + reflection * b;
    }
    reflect(f, backward, left, reflection);
    const double last = backward[left - 1], first = f[0];
    energy = (1.0 - reflection * reflection) * energy - last * last - first * first;
  }
}

}  // namespace quaver::QV_TARGET

#endif
