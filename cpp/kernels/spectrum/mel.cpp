// SPDX-License-Identifier: BSD-3-Clause
// Sparse filter bank: two weights a bin, whatever n_mels is.
#ifndef QV_TARGET

#include "quaver/spectrum/mel.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "quaver/core/number_text.hpp"
#include "quaver/framing/layout.hpp"

#define QV_FILE "kernels/spectrum/mel.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

// Slaney's scale (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above.
constexpr double kSlaneyStep = 200.0 / 3.0;  // Hz a mel
constexpr double kSlaneyBreak = 1000.0;      // Hz
constexpr double kSlaneyBreakMel = kSlaneyBreak / kSlaneyStep;

double slaney_log_step() { return std::log(6.4) / 27.0; }

double hz_to_mel(double hz, bool htk) {
  if (htk) return 2595.0 * std::log10(1.0 + hz / 700.0);
  if (hz < kSlaneyBreak) return hz / kSlaneyStep;
  return kSlaneyBreakMel + std::log(hz / kSlaneyBreak) / slaney_log_step();
}

double mel_to_hz(double mel, bool htk) {
  if (htk) return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0);
  if (mel < kSlaneyBreakMel) return mel * kSlaneyStep;
  return kSlaneyBreak * std::exp((mel - kSlaneyBreakMel) * slaney_log_step());
}

void check(const MelOptions& o) {
  if (o.n_mels == 0) throw std::invalid_argument("n_mels must be positive, got 0");
  checked_length("n_fft", o.n_fft);
  // A bin belongs to two bands at the most.
  const std::size_t n_bins = o.n_fft / 2 + 1;
  if (o.n_mels > 2 * n_bins) {
    throw std::invalid_argument("n_mels " + std::to_string(o.n_mels) + " is too many for n_fft " +
                                std::to_string(o.n_fft) + ", whose " + std::to_string(n_bins) +
                                " bins cannot fill them");
  }
  if (!(o.fmin >= 0.0 && o.fmin < o.fmax && o.fmax <= o.sample_rate / 2 * (1 + 1e-9))) {
    throw std::invalid_argument(
        "fmin and fmax must satisfy 0 <= fmin < fmax <= sample_rate / 2, got fmin " +
        number_text(o.fmin) + ", fmax " + number_text(o.fmax) + " and sample_rate " +
        number_text(o.sample_rate));
  }
  if (!(o.amin > 0.0 && o.amin <= static_cast<double>(std::numeric_limits<float>::max()))) {
    throw std::invalid_argument("amin must be positive and finite in float32, got " +
                                number_text(o.amin));
  }
}

// n_mels + 2 frequencies: band m rises from edge m to edge m + 1 and falls to edge m + 2.
std::vector<double> mel_edges(const MelOptions& o) {
  std::vector<double> edges(o.n_mels + 2);
  const double low = hz_to_mel(o.fmin, o.htk), high = hz_to_mel(o.fmax, o.htk);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const double mel =
        low + (high - low) * static_cast<double>(i) / static_cast<double>(o.n_mels + 1);
    edges[i] = mel_to_hz(mel, o.htk);
  }
  return edges;
}

double bin_hz(const MelOptions& o, std::size_t k) {
  return static_cast<double>(k) * o.sample_rate / static_cast<double>(o.n_fft);
}

// The weight of a frequency in band m, which lies between edges m and m + 2.
double band_weight(const MelOptions& o, const std::vector<double>& edges, std::size_t m,
                   double hz) {
  const double area = o.slaney_norm ? 2.0 / (edges[m + 2] - edges[m]) : 1.0;
  const double rise = (hz - edges[m]) / (edges[m + 1] - edges[m]);
  const double fall = (edges[m + 2] - hz) / (edges[m + 2] - edges[m + 1]);
  return area * std::max(0.0, std::min(rise, fall));
}

void refuse_empty_bands(const MelOptions& o, const std::vector<bool>& has_weight) {
  std::string empty;
  for (std::size_t m = 0; m < o.n_mels; ++m) {
    if (!has_weight[m]) empty += (empty.empty() ? "" : ", ") + std::to_string(m);
  }
  if (!empty.empty()) {
    throw std::invalid_argument("n_mels " + std::to_string(o.n_mels) + " is too many for n_fft " +
                                std::to_string(o.n_fft) + ": no bin falls into the bands " + empty +
                                "; use fewer bands or a larger n_fft");
  }
}

}  // namespace

MelPlan::MelPlan(const MelOptions& options)
    : n_mels(options.n_mels), amin(std::max(static_cast<float>(options.amin), 1.2e-38f)) {
  check(options);
  const std::vector<double> edges = mel_edges(options);
  const std::size_t n_bins = options.n_fft / 2 + 1;
  while (first_bin < n_bins && bin_hz(options, first_bin) < edges[0]) ++first_bin;
  weights = Buffer<float>(2 * (n_bins - first_bin));
  std::vector<bool> has_weight(n_mels);
  std::size_t k = first_bin;
  for (std::size_t j = 0; j <= n_mels; ++j) {
    const std::size_t first = k;
    for (double hz; k < n_bins && (hz = bin_hz(options, k)) < edges[j + 1]; ++k) {
      for (std::size_t m = j == 0 ? 0 : j - 1; m <= j && m < n_mels; ++m) {
        const double weight = band_weight(options, edges, m, hz);
        weights[2 * (k - first_bin) + (j - m)] = static_cast<float>(weight);
        if (weight > 0.0) has_weight[m] = true;
      }
    }
    count_list.push_back(k - first);
  }
  counts = count_list.data();
  refuse_empty_bands(options, has_weight);
}

}  // namespace quaver

#else

#include "simd/logarithms.hpp"

namespace quaver::QV_TARGET {

// Each bin is loaded once, for the band that rises over it and for the one before, which falls.
void mel_decibel(const MelPlan& plan, const float* power, const DecibelScale& scale,
                 float* mel_db) {
  const Vec least = Set(scale.least), reference = Set(scale.reference_db);
  const float* p = power + plan.first_bin * kLanes;
  const float* w = plan.weights.data();
  Vec rising{};
  for (std::size_t j = 0; j <= plan.n_mels; ++j) {
    Vec falling = rising;
    rising = Vec{};
    for (std::size_t n = plan.counts[j]; n != 0; --n, p += kLanes, w += 2) {
      const Vec x = LoadU(p);
      rising = MulAdd(x, Set(w[0]), rising);
      falling = MulAdd(x, Set(w[1]), falling);
    }
    if (j > 0) StoreU(mel_db + (j - 1) * kLanes, BandDecibel(Max(falling, least)) - reference);
  }
}

}  // namespace quaver::QV_TARGET

#endif
