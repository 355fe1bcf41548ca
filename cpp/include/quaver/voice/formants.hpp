// SPDX-License-Identifier: BSD-3-Clause
// Formants of a voice by linear prediction, as openSMILE 2.6 has them in its GeMAPS sets.
// Frames of N = round(0.02 rate) samples every round(0.01 rate), symmetric Hamming window, centred
// in n_fft, the next power of two: (n_fft - N) / 2 zeros ahead. S the spectrum.
//   y[j]        (2 / n_fft) Re sum_{k < 110} S[k] exp(2 pi i k j / p), j < 220: the frame at 11
//   kHz,
//               p = n_fft 11000 / (50 N) points a period, from the first of the zeros on (sic) and
//               of these bins alone
//   r[l]        sum_j y[j] y[j + l], l <= 11
//   a           of 1 + sum_k a[k] z^-k by Levinson's recursion, which ends where the error is below
//               1e-8 r[0]
//   z           roots of z^11 - sum_k a[k] z^(11-k) (sic: the predictor has the other sign)
//   frequency   11000 arg(z) / (2 pi) in Hz, between 50 and 5450; of those the lowest three
//   bandwidth   11000 |ln |z|| / pi in Hz
// Columns: frequency and bandwidth of each in turn; 0 where there are fewer. y and r are float32
// and summed in the order of j, as openSMILE has them, everything else is double: where r is nearly
// singular, its rounding is what both differ by. Given a, roots are exact to 1e-9 where they are
// well apart: the product of the factors found is a's polynomial within 1e-10 of its largest
// coefficient.
// These numbers say little of where a voice's resonances lie, and mean what the sets' numbers mean.
// FormantMethod::plain has those: all bins up to 5.5 kHz or half the rate, the first with half its
// weight and all pre-emphasised from 50 Hz on, y the frame itself, from its middle to either side
// at 11 kHz or the rate where that is less, and a predictor of order 10 with its own sign.
#pragma once

#include <cstddef>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft.hpp"
#include "quaver/framing/framing.hpp"

namespace quaver {

// Frequencies and bandwidths; the order of the predictor.
constexpr std::size_t kFormantColumns = 6, kFormantOrder = 11;

enum class FormantMethod { opensmile, plain };

struct FormantPlan {
  explicit FormantPlan(double sample_rate, FormantMethod method = FormantMethod::opensmile);
  static constexpr double kLowestRate = 8000.0;
  // Points either side of the middle that are summed at once.
  static constexpr std::size_t kTile = 5;

  FramingPlan framing;
  FftPlan<float> fft;
  double rate;  // points a second, Hz
  double sign;  // of the predictors
  std::size_t order, n_points, n_bins;
  Buffer<float> turns;  // of each bin: the complex factor for what it is in the middle
  // For each kTile points, each bin: their cosines, their sines.
  Buffer<float> waves;

  std::size_t count(std::size_t n_samples) const;  // frames, 0 where none fits
};

class FormantWorkspace {
 public:
  void reserve(const FormantPlan& plan, std::size_t lanes);
  Buffer<float> raw, linear, phases, frames, work, spectrum, points, found;
  Buffer<double> predictors;
};

// out: (plan.count(samples.size), 6). wanted: not 0 for each frame that is, or null for all; rows
// of the others are 0. std::invalid_argument for samples that are not finite.
void formants(const FormantPlan& plan, const Samples& samples, const unsigned char* wanted,
              float* out);

// Of n predictors, (n, 11), of samples at `rate` Hz; they must be finite. out: (n, 6).
void predictor_formants(const double* predictors, std::size_t n, double rate, float* out);

}  // namespace quaver
