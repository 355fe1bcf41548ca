// SPDX-License-Identifier: BSD-3-Clause
// A few hundred rows of a clip: not worth registers.
#include "quaver/voice/egemaps_functionals.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace quaver {
namespace {

constexpr double kHop = 0.01;                   // s
constexpr double kRelevant = 0.1;               // of the range
constexpr double kHigher = 1.05;                // a maximum that takes the place of another
constexpr std::size_t kShortest = 3, kGap = 1;  // rows of segments
constexpr double kQuietest = 1e-12;
constexpr double kReference = 27.5;  // Hz

using Row = std::vector<double>;

double semitones(float hz) {
  return hz > 0.0f ? 12.0 * std::log2(static_cast<double>(hz) / kReference) : 0.0;
}

// Rows 0 .. n of a column between copies of its ends.
class Padded {
 public:
  explicit Padded(Row& storage) : row_(storage) {}

  template <class ValueAt>
  void fill(std::size_t n, ValueAt value_at) {
    row_.resize(n + 2);
    for (std::size_t i = 0; i < n; ++i) row_[i + 1] = value_at(i);
    row_[0] = row_[1];
    row_[n + 1] = row_[n];
  }
  double at(std::size_t i) const { return row_[i + 1]; }
  double mean(std::size_t i) const { return (row_[i] + row_[i + 1] + row_[i + 2]) / 3.0; }
  // Of what is not 0.
  double mean_of_values(std::size_t i) const {
    if (row_[i + 1] == 0.0) return 0.0;
    const int count = 1 + (row_[i] != 0.0) + (row_[i + 2] != 0.0);
    return (row_[i] + row_[i + 1] + row_[i + 2]) / count;
  }

 private:
  Row& row_;
};

struct Scratch {
  Row padded, values, order;
  std::vector<bool> voiced;
};

struct Peak {
  std::size_t place;
  bool is_maximum;
};

std::vector<Peak> peaks_of(const Row& x) {
  std::vector<Peak> found;
  if (x.size() < 4) return found;
  const auto ends = std::minmax_element(x.begin(), x.end());
  const double least = kRelevant * (*ends.second - *ends.first);
  double low = x[0];
  for (std::size_t i = 1; i + 2 < x.size(); ++i) {
    const bool is_maximum = x[i] > x[i - 1] && x[i] > x[i + 1];
    if (!is_maximum && !(x[i] < x[i - 1] && x[i] < x[i + 1])) continue;
    if (!is_maximum) low = std::min(low, x[i]);
    const double last = found.empty() ? x[0] : x[found.back().place];
    if (!found.empty() && found.back().is_maximum == is_maximum) {
      const bool is_higher = x[i] > last && (x[i] > kHigher * last || x[i] - low > least);
      if (!(is_maximum ? is_higher : x[i] < last)) continue;
      found.back().place = i;
    } else if ((is_maximum ? x[i] - last : last - x[i]) > least) {
      found.push_back({i, is_maximum});
    } else {
      continue;
    }
    low = x[i];
  }
  return found;
}

struct Spread {
  double mean = 0.0, deviation = 0.0;
};

Spread spread_of(const Row& values, bool last_is_open = false) {
  if (values.empty()) return {};
  const double size = static_cast<double>(values.size());
  double sum = 0.0, squares = 0.0;
  for (double v : values) sum += v;
  const double mean = sum / size;
  for (std::size_t i = 0; i < values.size() - last_is_open; ++i) {
    squares += (values[i] - mean) * (values[i] - mean);
  }
  return {mean, std::sqrt(squares / size)};
}

struct Slopes {
  Spread rising, falling;
};

Slopes slopes_of(const Row& x, const std::vector<Peak>& peaks) {
  if (x.empty()) return {};
  if (peaks.empty()) {
    const double whole = (x.back() - x.front()) / static_cast<double>(x.size());
    return whole > 0.0 ? Slopes{{whole, 0.0}, {}} : Slopes{{}, {whole, 0.0}};
  }
  Row rising, falling;
  std::size_t from = 0;
  for (const Peak& p : peaks) {
    const double seconds = static_cast<double>(p.place - from) * kHop;
    (p.is_maximum ? rising : falling).push_back(std::abs(x[p.place] - x[from]) / seconds);
    from = p.place;
  }
  const double seconds = static_cast<double>(x.size() - 1 - from) * kHop;
  const bool falls = peaks.back().is_maximum;
  (falls ? falling : rising).push_back((x.back() - x[from]) / seconds);
  return {spread_of(rising, !falls), spread_of(falling, falls)};
}

// Between neighbours of the q-quantile of n values, which are put in another order.
double quantile(Row& values, double q) {
  if (values.empty()) return 0.0;
  const double place = q * static_cast<double>(values.size() - 1);
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(values.begin(), nth, values.end());
  if (nth + 1 == values.end()) return *nth;
  return *nth + (place - std::floor(place)) * (*std::min_element(nth + 1, values.end()) - *nth);
}

class Writer {
 public:
  explicit Writer(float* out) : out_(out) {}
  void value(double v) { *out_++ = static_cast<float>(v); }
  void pair(const Spread& s) {
    value(s.mean);
    value(s.deviation);
  }
  void ratio(const Row& values) {
    const Spread s = spread_of(values);
    pair({s.mean, s.mean == 0.0 ? 0.0 : s.deviation / s.mean});
  }
  void contour(const Row& x, const std::vector<Peak>& peaks, Row& order) {
    ratio(x);
    order = x;
    const double low = quantile(order, 0.2), mid = quantile(order, 0.5);
    const double high = quantile(order, 0.8);
    for (double v : {low, mid, high, high - low}) value(v);
    const Slopes slopes = slopes_of(x, peaks);
    pair(slopes.rising);
    pair(slopes.falling);
  }

 private:
  float* out_;
};

// Lengths in seconds of the runs of `kind` in the first n of `voiced`.
Row segments(const std::vector<bool>& voiced, std::size_t n, bool kind) {
  Row lengths;
  std::size_t first = 0, behind = 0;  // of the segment so far
  const auto close = [&] {
    if (behind - first >= kShortest) {
      lengths.push_back(static_cast<double>(behind - first - 1) * kHop);
    }
  };
  for (std::size_t i = 0; i < n; ++i) {
    if (voiced[i] != kind) continue;
    if (behind == 0 || i - behind > kGap) {
      close();
      first = i;
    }
    behind = i + 1;
  }
  close();
  return lengths;
}

// Rows of a clip's voice that count.
std::size_t settled_rows(const RawDescriptors& raw) {
  return raw.n_unsettled < raw.n_voice ? raw.n_voice - raw.n_unsettled : raw.n_voice;
}

class Clip {
 public:
  Clip(const RawDescriptors& raw, Scratch& scratch)
      : raw_(raw), n_(settled_rows(raw)), scratch_(scratch), padded_(scratch.padded) {
    scratch.voiced.resize(raw.n_voice);
    for (std::size_t i = 0; i < raw.n_voice; ++i) scratch.voiced[i] = voice(i, 0) > 0.0f;
  }

  float balance(std::size_t row, std::size_t q) const {
    return raw_.balance[row * BalancePlan::kColumns + q];
  }
  float voice(std::size_t row, std::size_t q) const { return raw_.voice[row * kVoiceColumns + q]; }

  const Row& pitch() {
    padded_.fill(raw_.n_voice, [&](std::size_t i) { return semitones(voice(i, 0)); });
    return present(n_);
  }
  const Row& whole(std::size_t q) {
    padded_.fill(raw_.n_balance, [&](std::size_t i) { return balance(i, q); });
    scratch_.values.resize(raw_.n_balance);
    for (std::size_t i = 0; i < raw_.n_balance; ++i) scratch_.values[i] = padded_.mean(i);
    return scratch_.values;
  }
  const Row& of_voice(std::size_t q) {
    const bool is_masked = q >= kFirstFormant && (q - kFirstFormant) % 3 != 2;
    padded_.fill(n_, [&](std::size_t i) {
      return is_masked && !scratch_.voiced[i] ? 0.0 : static_cast<double>(voice(i, q));
    });
    return present(n_);
  }
  const Row& where(bool voiced, std::size_t q) {
    padded_.fill(raw_.n_voice, [&](std::size_t i) {
      return scratch_.voiced[i] == voiced ? static_cast<double>(balance(i, q)) : 0.0;
    });
    return present(n_);
  }
  std::size_t rows() const { return n_; }

 private:
  static constexpr std::size_t kFirstFormant = 6;

  const Row& present(std::size_t n) {
    scratch_.values.clear();
    for (std::size_t i = 0; i < n; ++i) {
      if (padded_.at(i) != 0.0) scratch_.values.push_back(padded_.mean_of_values(i));
    }
    return scratch_.values;
  }

  const RawDescriptors& raw_;
  std::size_t n_;
  Scratch& scratch_;
  Padded padded_;
};

}  // namespace

void egemaps_functionals(const RawDescriptors& raw, double mean_square, float* out) {
  thread_local Scratch scratch;
  Clip clip(raw, scratch);
  Writer to(out);
  const Row& pitch = clip.pitch();
  to.contour(pitch, peaks_of(pitch), scratch.order);
  const Row& loudness = clip.whole(0);
  const std::vector<Peak> peaks = peaks_of(loudness);
  to.contour(loudness, peaks, scratch.order);
  constexpr std::size_t kFlux = 5;
  for (std::size_t q = kFlux; q < BalancePlan::kColumns; ++q) to.ratio(clip.whole(q));
  for (std::size_t q = 1; q < kVoiceColumns; ++q) to.ratio(clip.of_voice(q));
  for (std::size_t q = 1; q < BalancePlan::kColumns; ++q) to.ratio(clip.where(true, q));
  for (std::size_t q = 1; q <= kFlux; ++q) to.value(spread_of(clip.where(false, q)).mean);

  const auto maxima =
      std::count_if(peaks.begin(), peaks.end(), [](const Peak& p) { return p.is_maximum; });
  to.value(static_cast<double>(maxima) / (static_cast<double>(raw.n_balance) * kHop));
  const Row voiced = segments(scratch.voiced, clip.rows(), true);
  to.value(static_cast<double>(voiced.size()) / (static_cast<double>(clip.rows()) * kHop));
  to.pair(spread_of(voiced));
  to.pair(spread_of(segments(scratch.voiced, clip.rows(), false)));
  to.value(10.0 * std::log10(std::max(mean_square, kQuietest)));
}

void egemaps_descriptors(const RawDescriptors& raw, float* out) {
  thread_local Scratch scratch;
  const std::size_t n = raw.n_voice, m = settled_rows(raw);
  Padded padded(scratch.padded);
  const auto cell = [&](std::size_t row, std::size_t q) -> float& {
    return out[row * kEgemapsDescriptors + q];
  };
  for (std::size_t q = 0; q < BalancePlan::kColumns; ++q) {
    padded.fill(raw.n_balance,
                [&](std::size_t i) { return raw.balance[i * BalancePlan::kColumns + q]; });
    for (std::size_t i = 0; i <= n; ++i) {
      const std::size_t last = raw.n_balance - 1;
      cell(i, q) = static_cast<float>(i <= last ? padded.mean(i) : padded.at(last));
    }
  }
  for (std::size_t v = 0; v < kVoiceColumns; ++v) {
    const std::size_t q = BalancePlan::kColumns + v;
    const auto value_at = [&](std::size_t i) {
      const float value = raw.voice[i * kVoiceColumns + v];
      return v == 0 ? semitones(value) : static_cast<double>(value);
    };
    padded.fill(n, value_at);
    for (std::size_t i = m; i < n; ++i) cell(i, q) = static_cast<float>(padded.mean_of_values(i));
    cell(n, q) = static_cast<float>(padded.at(n - 1));
    padded.fill(m, value_at);
    for (std::size_t i = 0; i < m; ++i) cell(i, q) = static_cast<float>(padded.mean_of_values(i));
    cell(m, q) = static_cast<float>(padded.at(m - 1));
  }
}

}  // namespace quaver
