// SPDX-License-Identifier: BSD-3-Clause
// The extended Geneva set (Eyben et al., The Geneva minimalistic acoustic parameter set for voice
// research and affective computing, IEEE Trans. Affective Computing 7(2), 2016) as openSMILE 2.6
// gives its version 02: 25 descriptors of each frame and 88 statistics of a clip.
// Rows of balance.hpp are of frames of 20 ms, those of a voice of 60 ms: f0 in Hz, jitter, shimmer,
// hnr, h1_h2, h1_a3 and of each formant frequency, bandwidth and level. f0 is told in semitones
// above 27.5 Hz. Of the n rows of a voice the last ones were settled only by the end of input; all
// that is said of a clip's voice is of the m before, or of all where that is none.
//   smoothed  means of a row and its neighbours, the ends repeated; of a voice of those that are
//             not 0, and what is 0 stays 0. Descriptors of a voice begin anew behind row m - 1: its
//             raw value follows once more, row m itself does not, the last raw value ends them
//   of loudness, flux and cepstra                     over all frames of 20 ms
//   of f0, and of balance where there is a voice (V) or none (UV)
//             smoothed with what lies behind m; others of a voice without. Formants count where
//             there is a voice. Values of 0 do not count
//   stddevNorm         population deviation by the mean, 0 if that is 0
//   percentile, range  linear between neighbours; 0.8 less 0.2
//   peaks     local maxima and minima up to the third last row, the first counted from row 0, by
//             turns: each differs from the one before by more than 0.1 of the range. Of several
//             minima the lowest; a later maximum takes the place of one that it exceeds by 5 %, or
//             at all when it rises by more than 0.1 of the range from a minimum between
//   slopes    from row 0 and peak to peak per second; from the last one to the last row with its
//             sign (sic), the square of whose deviation is left out of the sum (sic). Without
//             peaks (last - first) / rows (sic), rising if above 0, else falling
//   segments  voiced or unvoiced rows, over gaps of one, at least 3: (rows - 1) 0.01 s
//   level     10 log10 of the mean square of all frames of 20 ms, at least 1e-12
// Error 1e-6 of a value or its spread; where two rows are closer than that, either is the peak.
#pragma once

#include <cstddef>

#include "quaver/voice/balance.hpp"

namespace quaver {

constexpr std::size_t kVoiceColumns = 15;
constexpr std::size_t kEgemapsDescriptors = BalancePlan::kColumns + kVoiceColumns;
constexpr std::size_t kEgemapsFunctionals = 88;

// What is computed of frames, before any smoothing. There are no fewer rows of balance than of the
// voice, and at least one of that.
struct RawDescriptors {
  const float* balance;  // (n_balance, BalancePlan::kColumns)
  std::size_t n_balance;
  const float* voice;  // (n_voice, kVoiceColumns)
  std::size_t n_voice, n_unsettled;
};

// out: (n_voice + 1, kEgemapsDescriptors).
void egemaps_descriptors(const RawDescriptors& raw, float* out);

// out: (kEgemapsFunctionals,); mean_square of all frames.
void egemaps_functionals(const RawDescriptors& raw, double mean_square, float* out);

}  // namespace quaver
