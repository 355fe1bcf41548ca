// SPDX-License-Identifier: BSD-3-Clause
// How much of a voice is periodic, and the levels of its harmonics at its formants, as
// openSMILE 2.6 has them in its GeMAPS sets, of the spectra in which pitch.hpp looks for the pitch
// f0.
//   hnr      10 log10(q / (1 - q)), q = |a[t]| / a[0], a the circular autocorrelation of the frame,
//            t the local maximum of |a| nearest to floor(rate / f0), of two the left one
// A harmonic k >= 1 is the local maximum of the magnitudes nearest to bin round(k f0 / d), of two
// the right one, between round((k - 1/2) f0 / d) and round((k + 1/2) f0 / d); without one it is
// missing. Its level is that of the vertex of a parabola, relative to the bin of the first one, in
// dB; -200 where it is missing, and 0 that of the first.
//   h1_h2    level of harmonic 2 less that of harmonic 3 (sic)
//   h1_a3    level of harmonic 2 less f3_level (sic), -201 where no harmonic is near F3
//   f1_level, f2_level, f3_level
//            level of the harmonic whose bin is largest, of those on a vertex between 0.8 and 1.2
//            times the formant's frequency; 0 where there is none
// Differences lie within +-201. Where f0 is 0: 0, 0, 0, -201, -201, -201; where the first harmonic
// is missing the last five of these. A local maximum is not below its neighbours.
// Error 1e-3 dB; where two maxima are as near or as high as rounding can tell, either.
#pragma once

#include <cstddef>
#include <vector>

#include "quaver/core/buffer.hpp"
#include "quaver/fft/fft.hpp"
#include "quaver/framing/layout.hpp"

namespace quaver {

struct HarmonicsPlan {
  explicit HarmonicsPlan(double sample_rate);  // as of PitchPlan
  static constexpr std::size_t kColumns = 6, kFormants = 3;

  FftPlan<float> fft;
  FrameLayout<float> layout;  // of whole transforms, without a window
  double bin_width;           // Hz
};

class HarmonicsWorkspace {
 public:
  void reserve(const HarmonicsPlan& plan, std::size_t lanes);
  Buffer<float> power, phases, frames, work, correlation, columns;
  unsigned* peaks = nullptr;  // of each bin, a bit for each lane

 private:
  std::vector<unsigned> peak_list_;
};

// magnitudes: what pitch_candidates kept of n_frames. f0: (n_frames,), formant_hz: (n_frames,
// kFormants), out: (n_frames, kColumns). std::invalid_argument for pitches that are neither 0 nor
// between 50 and 2000 Hz, and formants that are negative or not finite.
void harmonics(const HarmonicsPlan& plan, const float* magnitudes, std::size_t n_frames,
               const float* f0, const float* formant_hz, float* out);

}  // namespace quaver
