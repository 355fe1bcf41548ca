// SPDX-License-Identifier: BSD-3-Clause
// Pictures that are there already, of any precision and in either order of memory: what a
// spectrogram of somebody else's is asked for.
#pragma once

#include <cstddef>

#include "quaver/spectrum/bank.hpp"

namespace quaver {

// Real values of bins and frames; T = float or double.
template <class T>
struct Picture {
  const T* values;
  std::size_t n_bins, n_frames;
  bool frames_first;  // a frame's bins lie side by side; else a bin's frames
};

// The lowest value; NaN when one is not finite.
float lowest(const float* values, std::size_t n);
double lowest(const double* values, std::size_t n);

// The bands of a filter bank, (n_bands, n_frames). Error: bank.hpp.
void bands_of(const FilterBank<float>& bank, const Picture<float>& picture, float* out);
void bands_of(const FilterBank<float>& bank, const Picture<double>& picture, double* out);

// Sum of squares over the bins of each frame, of which the first counts half, and of a transform of
// even length the last too; n_bins >= 2. Error: the rounding of sums of 64 + n_bins / 64 values.
void energies(const Picture<float>& picture, bool is_even, float* out);
void energies(const Picture<double>& picture, bool is_even, double* out);

// Means over the bins of each frame of ln v and of v, v = max(amin, x), or of x^2 when squared.
// amin: a normal double. Error: logarithms within 1e-15 n_bins, in double.
void log_means(const Picture<float>& picture, bool squared, double amin, double* of_logarithms,
               double* of_values);
void log_means(const Picture<double>& picture, bool squared, double amin, double* of_logarithms,
               double* of_values);

// Magnitude and phase of n complex numbers: |z| rounded once (of double within 1 ulp), and z / |z|,
// which is 1 of 0.
void magphase(const float* z, std::size_t n, float* magnitude, float* phase);
void magphase(const double* z, std::size_t n, double* magnitude, double* phase);

}  // namespace quaver
