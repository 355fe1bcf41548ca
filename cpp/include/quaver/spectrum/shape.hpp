// SPDX-License-Identifier: BSD-3-Clause
// Where the frames of a picture have their weight, and where their peaks are. Frequencies are any
// double of each bin; results are one of each frame, (n_frames,).
#pragma once

#include <cstddef>
#include <cstdint>

#include "quaver/spectrum/picture.hpp"

namespace quaver {

// Sums over the bins of x and of x f. Error: the rounding of sums in double.
void moments(const Picture<float>& picture, const double* frequencies, double* sums,
             double* weighted);
void moments(const Picture<double>& picture, const double* frequencies, double* sums,
             double* weighted);

// Sums over the bins of x (f - c)^2, c of the frame. Error as above.
void deviations(const Picture<float>& picture, const double* frequencies, const double* centres,
                double* out);
void deviations(const Picture<double>& picture, const double* frequencies, const double* centres,
                double* out);

// The first bin at which the sum of all bins up to it reaches a share of the sum of all: bin by
// bin in the type of the picture, whose values are not negative. n_bins in 1 .. kMostRolled.
constexpr std::size_t kMostRolled = std::size_t{1} << 24;
void rolloff(const Picture<float>& picture, float share, std::int64_t* out);
void rolloff(const Picture<double>& picture, double share, std::int64_t* out);

// Bins in first .. last - 1 that exceed a share of their frame's largest value and the bin before,
// and are no less than the next one: there the frequency in Hz and the height of the parabola
// through the three, 0 elsewhere, both in the order of the picture. Bin 0 is none; the last bin and
// what has its vertex further than a bin away stay as they are. Values are finite and not negative;
// n_bins >= 2. Frequencies within 1 ulp, heights as in T.
template <class T>
struct PeakRange {
  std::size_t first, last;
  T share;
  double hz_per_bin;
};
void peaks(const Picture<float>& picture, const PeakRange<float>& range, float* hertz,
           float* heights);
void peaks(const Picture<double>& picture, const PeakRange<double>& range, double* hertz,
           double* heights);

}  // namespace quaver
