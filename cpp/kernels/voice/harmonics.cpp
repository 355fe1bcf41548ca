// SPDX-License-Identifier: BSD-3-Clause
// Frames in lanes for what every bin takes part in; the harmonics of one frame are looked for among
// bits. Blocks without a voice are passed over.
#ifndef QV_TARGET

#include "quaver/voice/harmonics.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

#include "kernels/voice/frames.hpp"
#include "quaver/core/scratch.hpp"
#include "quaver/voice/pitch.hpp"

#define QV_FILE "kernels/voice/harmonics.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

FramingOptions framing_of(double sample_rate) {
  return voice_frames(sample_rate, PitchPlan::kLowestRate, 0.06, "boxcar");
}

FrameLayout<float> layout_of(std::size_t n_fft) {
  const std::vector<double> ones(n_fft, 1.0);
  return {ones.data(), n_fft, n_fft, n_fft, 0};
}

void require_formants(const float* formant_hz, std::size_t n_frames) {
  for (std::size_t i = 0; i < n_frames * HarmonicsPlan::kFormants; ++i) {
    if (std::isfinite(formant_hz[i]) && formant_hz[i] >= 0.0f) continue;
    throw std::invalid_argument("formant_hz must be finite and not negative, got " +
                                std::to_string(formant_hz[i]) + " of frame " +
                                std::to_string(i / HarmonicsPlan::kFormants));
  }
}

}  // namespace

HarmonicsPlan::HarmonicsPlan(double sample_rate)
    : fft(framing_of(sample_rate).n_fft),
      layout(layout_of(fft.n)),
      bin_width(pitch_bin_width(framing_of(sample_rate).frame_length, fft.n)) {}

void HarmonicsWorkspace::reserve(const HarmonicsPlan& plan, std::size_t lanes) {
  const std::size_t bins = plan.fft.n_bins * lanes;
  for (Buffer<float>* rows : {&power, &correlation}) rows->reserve(bins);
  phases.reserve(plan.layout.phases_size(lanes));
  frames.reserve(plan.fft.n * lanes);
  work.reserve(plan.fft.work_size(lanes));
  columns.reserve(HarmonicsPlan::kColumns * lanes);
  if (peak_list_.size() < plan.fft.n_bins) peak_list_.resize(plan.fft.n_bins);
  peaks = peak_list_.data();
}

void harmonics(const HarmonicsPlan& plan, const float* magnitudes, std::size_t n_frames,
               const float* f0, const float* formant_hz, float* out) {
  thread_local HarmonicsWorkspace work;
  const Borrowed<HarmonicsWorkspace> borrowed(work, plan.fft.n);
  require_pitches(f0, n_frames);
  require_formants(formant_hz, n_frames);
  kernels().harmonics(plan, magnitudes, n_frames, f0, formant_hz, borrowed, out);
}

}  // namespace quaver

#else

#include "simd/logarithms.hpp"

namespace quaver::QV_TARGET {

enum : std::size_t { kNoise, kPair, kToThird, kFirstFormant };
// Amplitudes of -200 and +-201 dB.
static constexpr float kMissing = 1e-10f, kLeast = 8.91250938e-11f, kMost = 1.12201845e10f;
static constexpr float kLeastLevel = -201.0f;
static constexpr float kTiny = 1.2e-38f;  // the least normal number

// The circular autocorrelations' magnitudes, over the sum of the powers: the transforms of these
// and of their mirror images.
static void correlate(const HarmonicsPlan& plan, const float* magnitude, HarmonicsWorkspace& work) {
  const std::size_t n = plan.fft.n;
  float* const phases = work.phases.data();
  Vec sum = Set(kTiny);
  for (std::size_t k = 0; k <= n / 2; ++k) {
    const Vec m = LoadU(magnitude + k * kLanes);
    sum = MulAdd(m, m, sum);
  }
  const Vec scale = 1.0f / sum;
  for (std::size_t k = 0; k <= n / 2; ++k) {
    const Vec m = LoadU(magnitude + k * kLanes), power = m * m * scale;
    StoreU(phases + k * kLanes, power);
    if (k > 0) StoreU(phases + (n - k) * kLanes, power);
  }
  power_spectrum(plan.fft, plan.layout, phases, work.frames.data(), work.work.data(),
                 work.power.data(), work.correlation.data());
}

static void mark_peaks(const float* x, std::size_t n, unsigned* peaks) {
  peaks[0] = peaks[n - 1] = 0;
  Vec before = LoadU(x), at = LoadU(x + kLanes);
  for (std::size_t k = 1; k + 1 < n; ++k) {
    const Vec behind = LoadU(x + (k + 1) * kLanes);
    peaks[k] = ~(MaskLess(at, before) | MaskLess(at, behind)) & kAllLanes;
    before = at;
    at = behind;
  }
}

// Bins low <= k <= high of one lane.
struct Range {
  std::size_t low, high;
};

// The peak nearest to `at` within the range, 0 without one.
template <bool kRightFirst>
static std::size_t nearest_peak(const unsigned* peaks, unsigned lane, std::size_t at, Range range) {
  for (std::size_t d = 0; at + d <= range.high || at >= range.low + d; ++d) {
    const bool is_right =
        at + d <= range.high && at + d >= range.low && (peaks[at + d] >> lane & 1);
    const bool is_left = at >= range.low + d && at - d <= range.high && (peaks[at - d] >> lane & 1);
    if (is_right && (kRightFirst || !is_left)) return at + d;
    if (is_left) return at - d;
  }
  return 0;
}

struct Harmonic {
  double place;       // bins, of the vertex
  float height, top;  // of the vertex and of its bin, 0 where it is missing
};

// One voiced frame.
struct Voice {
  const HarmonicsPlan& plan;
  const float* magnitude;  // of its lane
  const unsigned* peaks;
  unsigned lane;
  double step;  // from harmonic to harmonic, in bins

  std::size_t last() const { return plan.fft.n_bins - 2; }
  std::size_t bin_of(double harmonic) const {
    const double bin = harmonic * step + 0.5;
    return bin < static_cast<double>(last()) ? static_cast<std::size_t>(bin) : last();
  }
};

static Harmonic find_harmonic(const Voice& voice, std::size_t k) {
  const double number = static_cast<double>(k);
  if (number * voice.step > static_cast<double>(voice.last() + 1)) return {0.0, 0.0f, 0.0f};
  const std::size_t low = voice.bin_of(number - 0.5);
  const Range range = {low > 0 ? low : 1, voice.bin_of(number + 0.5)};
  const std::size_t bin = nearest_peak<true>(voice.peaks, voice.lane, voice.bin_of(number), range);
  if (bin == 0) return {0.0, 0.0f, 0.0f};
  const float* const y = voice.magnitude + bin * kLanes;
  const double left = static_cast<double>(*(y - kLanes)), top = static_cast<double>(*y),
               right = static_cast<double>(y[kLanes]), bend = left - 2.0 * top + right;
  const double shift = bend < 0.0 ? 0.5 * (left - right) / bend : 0.0;
  return {static_cast<double>(bin) + shift, static_cast<float>(top - 0.25 * (left - right) * shift),
          *y};
}

// The height of the harmonic whose bin is largest near a formant, 0 without one.
static float height_near(const Voice& voice, double formant_hz, float first) {
  const double low = 0.8 * formant_hz / voice.plan.bin_width,
               high = 1.2 * formant_hz / voice.plan.bin_width,
               end = static_cast<double>(voice.last()) + 1.0;
  // A vertex lies within half a step, its rounding and half a bin of its harmonic.
  const double from = (low - 1.0) / voice.step - 0.5,
               to = ((high < end ? high : end) + 1.0) / voice.step + 0.5;
  float top = 0.0f, height = 0.0f;
  for (std::size_t k = from > 1.0 ? static_cast<std::size_t>(from) : 1;
       static_cast<double>(k) <= to; ++k) {
    const Harmonic harmonic = find_harmonic(voice, k);
    if (!(harmonic.top > top && harmonic.place >= low && harmonic.place <= high)) continue;
    top = harmonic.top;
    height = k == 1 ? first : harmonic.height;
  }
  return height;
}

static inline float between(float low, float x, float high) {
  return x < low ? low : x > high ? high : x;
}

// Ratios of amplitudes, a lane of the columns behind the first.
static void put_harmonics(const Voice& voice, const float* formant_hz, float* columns) {
  const float first = find_harmonic(voice, 1).top;
  if (!(first > 0.0f)) return;
  float heights[2];
  for (std::size_t i = 0; i < 2; ++i) {
    heights[i] = between(kMissing, find_harmonic(voice, i + 2).height / first, kMost);
  }
  columns[kPair * kLanes] = between(kLeast, heights[0] / heights[1], kMost);
  for (std::size_t i = 0; i < HarmonicsPlan::kFormants; ++i) {
    const float height = height_near(voice, static_cast<double>(formant_hz[i]), first);
    const float level = height > 0.0f ? between(kMissing, height / first, kMost) : 1.0f;
    columns[(kFirstFormant + i) * kLanes] = level;
    if (i < 2) continue;
    columns[kToThird * kLanes] =
        height > 0.0f ? between(kLeast, heights[0] / level, kMost) : kLeast;
  }
}

// Of power: the share of the period nearest to `lag` in it to the rest.
static float periodic_to_rest(const HarmonicsPlan& plan, const float* correlation,
                              const unsigned* peaks, unsigned lane, double lag) {
  const std::size_t last = plan.fft.n_bins - 2, at = static_cast<std::size_t>(lag);
  const std::size_t near = at < last ? at : last;
  const std::size_t peak = nearest_peak<false>(peaks, lane, near, {1, last});
  const double all = static_cast<double>(correlation[0]);
  if (!(all > 0.0)) return 1.0f;
  const double share = static_cast<double>(correlation[(peak > 0 ? peak : near) * kLanes]) / all;
  const double most = 1.0 - 0x1p-24, q = share < 1e-10 ? 1e-10 : share > most ? most : share;
  return static_cast<float>(q / (1.0 - q));
}

static void clear_columns(float* columns) {
  for (std::size_t i = 0; i < HarmonicsPlan::kColumns; ++i) {
    StoreU(columns + i * kLanes, Set(i < kFirstFormant ? 1.0f : kLeast));
  }
}

static void put_block(const HarmonicsPlan& plan, const float* magnitude, std::size_t n_valid,
                      const float* f0, const float* formant_hz, HarmonicsWorkspace& work,
                      float* columns) {
  const std::size_t n = plan.fft.n_bins;
  const double rate = plan.bin_width * static_cast<double>(plan.fft.n);
  correlate(plan, magnitude, work);
  mark_peaks(work.correlation.data(), n, work.peaks);
  for (std::size_t i = 0; i < n_valid; ++i) {
    if (!(f0[i] > 0.0f)) continue;
    columns[kNoise * kLanes + i] =
        periodic_to_rest(plan, work.correlation.data() + i, work.peaks, static_cast<unsigned>(i),
                         rate / static_cast<double>(f0[i]));
  }
  mark_peaks(magnitude, n, work.peaks);
  for (std::size_t i = 0; i < n_valid; ++i) {
    if (!(f0[i] > 0.0f)) continue;
    const Voice voice = {plan, magnitude + i, work.peaks, static_cast<unsigned>(i),
                         static_cast<double>(f0[i]) / plan.bin_width};
    put_harmonics(voice, formant_hz + i * HarmonicsPlan::kFormants, columns + i);
  }
}

static void to_decibels(float* columns) {
  for (std::size_t i = 0; i < HarmonicsPlan::kColumns; ++i) {
    const Vec ratio = LoadU(columns + i * kLanes), level = Decibel(ratio);
    const Vec twice =
        ratio <= Set(kLeast) ? Set(kLeastLevel) : Min(level + level, Set(-kLeastLevel));
    StoreU(columns + i * kLanes, i == kNoise ? level : twice);
  }
}

void harmonics(const HarmonicsPlan& plan, const float* magnitudes, std::size_t n_frames,
               const float* f0, const float* formant_hz, HarmonicsWorkspace& work, float* out) {
  work.reserve(plan, kLanes);
  float* const columns = work.columns.data();
  for (std::size_t t = 0; t < n_frames; t += kLanes) {
    const std::size_t n_valid = n_frames - t < kLanes ? n_frames - t : kLanes;
    bool is_voiced = false;
    for (std::size_t i = 0; i < n_valid; ++i) is_voiced = is_voiced || f0[t + i] > 0.0f;
    clear_columns(columns);
    if (is_voiced) {
      put_block(plan, magnitudes + t * plan.fft.n_bins, n_valid, f0 + t,
                formant_hz + t * HarmonicsPlan::kFormants, work, columns);
    }
    to_decibels(columns);
    transpose(columns, HarmonicsPlan::kColumns, n_valid, kLanes, out + t * HarmonicsPlan::kColumns,
              HarmonicsPlan::kColumns);
  }
}

}  // namespace quaver::QV_TARGET

#endif
