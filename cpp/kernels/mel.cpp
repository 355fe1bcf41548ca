// SPDX-License-Identifier: BSD-3-Clause
// Sparse filter bank: about two weights a bin, whatever n_mels is.
#ifndef QV_TARGET

#include "quaver/mel.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#define QV_FILE "kernels/mel.cpp"
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
        std::to_string(o.fmin) + ", fmax " + std::to_string(o.fmax) + " and sample_rate " +
        std::to_string(o.sample_rate));
  }
  if (!(o.amin > 0.0 && o.amin <= static_cast<double>(std::numeric_limits<float>::max()))) {
    throw std::invalid_argument("amin must be positive and finite in float32, got " +
                                std::to_string(o.amin));
  }
}

}  // namespace

std::vector<double> mel_filter_bank(const MelOptions& o) {
  check(o);
  const std::size_t n_bins = o.n_fft / 2 + 1;
  std::vector<double> edges(o.n_mels + 2);
  const double low = hz_to_mel(o.fmin, o.htk), high = hz_to_mel(o.fmax, o.htk);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const double mel =
        low + (high - low) * static_cast<double>(i) / static_cast<double>(o.n_mels + 1);
    edges[i] = mel_to_hz(mel, o.htk);
  }
  std::vector<double> bank(o.n_mels * n_bins);
  for (std::size_t m = 0; m < o.n_mels; ++m) {
    const double area = o.slaney_norm ? 2.0 / (edges[m + 2] - edges[m]) : 1.0;
    for (std::size_t k = 0; k < n_bins; ++k) {
      const double hz = static_cast<double>(k) * o.sample_rate / static_cast<double>(o.n_fft);
      const double rise = (hz - edges[m]) / (edges[m + 1] - edges[m]);
      const double fall = (edges[m + 2] - hz) / (edges[m + 2] - edges[m + 1]);
      bank[m * n_bins + k] = area * std::max(0.0, std::min(rise, fall));
    }
  }
  return bank;
}

MelPlan::MelPlan(const MelOptions& options)
    : n_mels(options.n_mels), amin(std::max(static_cast<float>(options.amin), 1.2e-38f)) {
  const std::vector<double> bank = mel_filter_bank(options);
  const std::size_t n_bins = options.n_fft / 2 + 1;
  std::vector<float> values;
  std::string empty;
  for (std::size_t m = 0; m < n_mels; ++m) {
    const double* row = bank.data() + m * n_bins;
    std::size_t first = 0, last = n_bins;
    while (first < n_bins && row[first] <= 0.0) ++first;
    while (last > first && row[last - 1] <= 0.0) --last;
    if (first == last) empty += (empty.empty() ? "" : ", ") + std::to_string(m);
    band_list.push_back({first, last - first, values.size()});
    for (std::size_t k = first; k < last; ++k) values.push_back(static_cast<float>(row[k]));
  }
  if (!empty.empty()) {
    throw std::invalid_argument("n_mels " + std::to_string(n_mels) + " is too many for n_fft " +
                                std::to_string(options.n_fft) + ": no bin falls into the bands " +
                                empty + "; use fewer bands or a larger n_fft");
  }
  weights = Buffer(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) weights[i] = values[i];
  bands = band_list.data();
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

void mel_decibel(const MelPlan& plan, const float* power, float* mel_db) {
  const Vec amin = Set(plan.amin);
  for (std::size_t m = 0; m < plan.n_mels; ++m) {
    const MelBand band = plan.bands[m];
    const float* w = plan.weights.data() + band.weights;
    const float* p = power + band.first * kLanes;
    Vec even{}, odd{};  // two chains: one is bound by the latency of the multiply-add
    std::size_t k = 0;
    for (; k + 2 <= band.count; k += 2) {
      even = MulAdd(LoadU(p + k * kLanes), Set(w[k]), even);
      odd = MulAdd(LoadU(p + (k + 1) * kLanes), Set(w[k + 1]), odd);
    }
    if (k < band.count) even = MulAdd(LoadU(p + k * kLanes), Set(w[k]), even);
    StoreU(mel_db + m * kLanes, Decibel(Max(even + odd, amin)));
  }
}

}  // namespace quaver::QV_TARGET

#endif
