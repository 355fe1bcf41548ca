// SPDX-License-Identifier: BSD-3-Clause
// Pitch of a voice by subharmonic summation (Hermes, Measurement of pitch by subharmonic summation,
// JASA 83, 1988) and a path of least cost, as openSMILE 2.6 has it in its GeMAPS sets.
// Frames of N = round(0.06 rate) samples every round(0.01 rate), a Gaussian window of deviation
// 0.4 (N - 1) / 2, n_fft the next power of two, M the n = n_fft / 2 + 1 magnitudes of bins
// d = N / (0.06 n_fft) Hz apart, full scale at 32767.
//   enhanced    M within two bins of a local maximum (an end is one where it is above its
//               neighbour), and ahead of the first and behind the last; 0 elsewhere
//   smoothed    by (1/4, 1/2, 1/4), zeros before the first bin; the last bin as it is
//   octaves     natural cubic spline of these over log2 f (d / 2 for bin 0) at
//               f[i] = 25 (f[n - 1] / 25)^(i / (n - 1)), negative ones 0, times
//               1/2 + arctan(3 (o (i + 2) / n - log2 1.3)) / pi, o = log2(f[n - 1] / 25)
//   S[i]        (1 / 15) sum_{h = 1 .. 15} 0.85^(h - 1) octaves[i + floor(log2(h) n / o)]
// Candidates are the six highest local maxima of S, on the vertex of a parabola, that lie between
// 55 and 1000 Hz; that of the highest vertex first, the others by height on the grid; the strength
// of each is max(0, 1 - mean(S) / S).
// A frame has one of its candidates or none. The path minimises the sum of these costs: of a
// candidate of strength v -2 ln(max(v, 0.01)), 8 more where v < 0.7, and 1 - f / 100 below 100 Hz,
// (f - 350) / 250 above 350 Hz, 1.2 from 600 Hz; of none 8 where the first one has 0.7 or more; 1
// where none stays; 10 where a voice begins or ends; 10 (|q| + |q - r|) within it, q = ln(f / f'),
// r the q of the candidate of that frame before the one of f', 0 if that is the first (1 from frame
// 0 to the first one of frame 1). A frame is decided by the best path to the 39th one behind it.
// (Found by the answers of openSMILE to clips of a few frames: of 33259 frames of 110 clips at six
// rates none is decided otherwise.) Frames softer than 0.001 RMS, windowed, are none.
// Error of frequencies and strengths 1e-4; where two maxima are closer than that, either.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft.hpp"
#include "quaver/framing/framing.hpp"

namespace quaver {

constexpr std::size_t kPitchCandidates = 6;
constexpr std::size_t kPathLag = 39;  // frames

// The candidates of a frame, 0 Hz where there are fewer, and its root of the mean square.
struct PitchFrame {
  float hz[kPitchCandidates], strength[kPitchCandidates];
  float level;
};

// A natural cubic spline through values at fixed places, evaluated at fixed places.
struct SplinePlan {
  SplinePlan(const std::vector<double>& knots, const std::vector<double>& places,
             const std::vector<double>& gains);

  std::size_t n_knots, n_places;
  // Of each inner knot: 6 / h below and above it and the factor of the curve before, all over the
  // elimination's pivot, and the factor of the curve behind.
  static constexpr std::size_t kSteps = 4;
  Buffer<float> steps;
  std::vector<unsigned> knot_list;  // the one below each place
  const unsigned* knots;            // knot_list.data(), for kernels
  Buffer<float> weights;            // of each place: of two values and two second derivatives
};

struct PitchPlan {
  explicit PitchPlan(double sample_rate);
  static constexpr double kLowestRate = 8000.0;
  static constexpr std::size_t kHarmonics = 15;

  FramingPlan framing;
  FftPlan<float> fft;
  double step;  // octaves from place to place
  SplinePlan spline;
  std::size_t shifts[kHarmonics];  // places

  std::size_t count(std::size_t n_samples) const;  // frames, 0 where none fits
};

class PitchWorkspace {
 public:
  void reserve(const PitchPlan& plan, std::size_t lanes);
  Buffer<float> raw, linear, phases, frames, work, power, magnitude, smoothed, curves, octaves,
      sums;
};

// Values of n_frames spectra in blocks of as many frames as the target in use has lanes: bin k of
// frame i of block b is at [(b n_bins + k) lanes + i].
std::size_t spectra_size(std::size_t n_bins, std::size_t n_frames);

// out: plan.count(samples.size). std::invalid_argument for samples that are not finite.
// magnitudes: spectra_size() of them, for whoever goes on with the spectra, or null.
void pitch_candidates(const PitchPlan& plan, const Samples& samples, PitchFrame* out,
                      float* magnitudes = nullptr);

// out: (n_frames, 2), the pitch in Hz, 0 for none, and the strength of it or of the first
// candidate. Returns how many of the last frames the end of input decided: with more to come, the
// states of the last frame had not all the same past there; kPathLag at most. One that has no sixth
// candidate counts as a state that none precedes.
std::size_t pitch_path(const PitchFrame* frames, std::size_t n_frames, float* out);

}  // namespace quaver
