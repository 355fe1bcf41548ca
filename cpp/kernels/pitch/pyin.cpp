// SPDX-License-Identifier: BSD-3-Clause
// Thresholds lie in lanes while the troughs of a frame are weighed, target states while the
// Viterbi recursion advances. Beyond the band every transition costs the same, so only the best
// state of all can win from there, and one comparison covers a thousand states.
#ifndef QV_TARGET

#include "quaver/pitch/pyin.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#define QV_FILE "kernels/pitch/pyin.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTiny = std::numeric_limits<double>::min();

// A prior that sums to 1 may be rounded to more.
constexpr double kLargestProbability = 1.0 + 1e-9;

std::size_t whole(std::size_t n, std::size_t step) { return (n + step - 1) / step * step; }

// One frame: fills observation (n_bins,), 0 where no candidate lies.
class Observer {
 public:
  explicit Observer(const PyinPlan& plan) : plan_(plan), work_(plan.thresholds.size()) {}

  double observe(const double* row, std::vector<double>& observation) {
    const std::size_t n = plan_.yin.n_lags();
    std::fill(observation.begin(), observation.end(), 0.0);
    troughs_.clear();
    heights_.clear();
    for (std::size_t i = 0; i < n; ++i) {
      if (!is_trough(row, n, i)) continue;
      troughs_.push_back(i);
      heights_.push_back(row[i]);
    }
    if (troughs_.empty()) return 0.0;
    weights_.resize(heights_.size());
    plan_.table.weigh_troughs(plan_.trough_prior, heights_.data(), heights_.size(), work_.data(),
                              weights_.data());
    add_unthresholded();
    for (std::size_t i = 0; i < troughs_.size(); ++i) place(row, n, i, observation);
    double voiced = 0.0;
    for (double p : observation) voiced += p;
    return voiced < 0.0 ? 0.0 : voiced > 1.0 ? 1.0 : voiced;
  }

 private:
  // The lowest trough also takes the thresholds that lie below every trough.
  void add_unthresholded() {
    std::size_t lowest = 0;
    for (std::size_t i = 1; i < heights_.size(); ++i) {
      if (heights_[i] < heights_[lowest]) lowest = i;
    }
    std::size_t below = 0;
    for (std::size_t j = 0; j < plan_.n_thresholds; ++j) {
      below += !(heights_[lowest] < plan_.thresholds[j]);
    }
    weights_[lowest] += plan_.options.no_trough_prob * plan_.prior_sums[below];
  }

  // A later candidate of the same bin replaces an earlier one.
  void place(const double* row, std::size_t n, std::size_t i, std::vector<double>& observation) {
    const PyinOptions& o = plan_.options;
    const double p = o.single ? static_cast<double>(static_cast<float>(weights_[i])) : weights_[i];
    if (p == 0.0) return;
    const double period = static_cast<double>(plan_.yin.min_period + troughs_[i]) +
                          parabolic_shift(row, n, troughs_[i]);
    const double bin = std::nearbyint(static_cast<double>(o.bins_per_octave) *
                                      std::log2(o.sample_rate / period / o.fmin));
    const double last = static_cast<double>(o.n_bins);
    if (bin >= last) return;
    observation[bin > 0.0 ? static_cast<std::size_t>(bin) : 0] = p;
  }

  const PyinPlan& plan_;
  std::vector<double> work_, heights_, weights_;
  std::vector<std::size_t> troughs_;
};

// Values of both voicings, each between margins of -infinity that no path comes from.
struct Front {
  Front(const PyinPlan& plan, std::size_t lanes)
      : margin(plan.band.reach),
        stride(plan.options.n_bins + lanes + 2 * margin),
        values(2 * stride, -kInfinity) {}
  double* voicing(std::size_t v) { return values.data() + v * stride + margin; }

  std::size_t margin, stride;
  std::vector<double> values;
};

std::size_t first_largest(Front& front, std::size_t n) {
  std::size_t best = 0;
  double largest = -kInfinity;
  for (std::size_t v = 0; v < 2; ++v) {
    const double* const row = front.voicing(v);
    for (std::size_t j = 0; j < n; ++j) {
      if (row[j] > largest) {
        largest = row[j];
        best = v * n + j;
      }
    }
  }
  return best;
}

}  // namespace

PyinPlan::PyinPlan(const YinPlan& yin_, const PyinOptions& options_, const double* thresholds_,
                   const double* prior_, std::size_t n_thresholds_, const PitchTransitions& t)
    : table(kernels()), yin(yin_), options(options_), n_thresholds(n_thresholds_) {
  const std::size_t n = options.n_bins, lanes = table.lanes / 2;
  if (n == 0 || 2 * n > std::numeric_limits<std::uint16_t>::max()) {
    throw std::invalid_argument("pitch bins must number 1 to 32767, got " + std::to_string(n));
  }
  const std::size_t padded = whole(n_thresholds, lanes), width = 2 * t.reach + 1;
  thresholds.assign(padded, -kInfinity);
  prior.assign(padded, 0.0);
  prior_sums.assign(n_thresholds + 1, 0.0);
  for (std::size_t j = 0; j < n_thresholds; ++j) {
    thresholds[j] = thresholds_[j];
    prior[j] = prior_[j];
    prior_sums[j + 1] = prior_sums[j] + prior_[j];
  }
  normaliser.assign(yin.n_lags() + 1, 0.0);
  for (std::size_t k = 1; k < normaliser.size(); ++k) {
    normaliser[k] = (1.0 - std::exp(-options.boltzmann)) /
                    (1.0 - std::exp(-options.boltzmann * static_cast<double>(k)));
  }
  stay.assign(whole(n, lanes) * width, t.outside);
  change.assign(whole(n, lanes) * width, t.outside);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t d = 0; d < width; ++d) {
      const std::size_t to = (j / lanes * width + d) * lanes + j % lanes;
      stay[to] = t.stay[d * n + j];
      change[to] = t.change[d * n + j];
    }
  }
  trough_prior = {thresholds.data(), prior.data(), normaliser.data(), padded, options.boltzmann};
  band = {stay.data(), change.data(), n, t.reach, t.outside};
}

bool pyin(const PyinPlan& plan, const double* difference, std::size_t n_frames,
          std::uint16_t* states, double* voiced) {
  const std::size_t n = plan.options.n_bins;
  std::vector<std::uint16_t> from(n_frames * 2 * n);
  std::vector<double> observation(n);
  const KernelTable& table = plan.table;
  Front before(plan, table.lanes), now(plan, table.lanes);
  Observer observer(plan);
  const double start = std::log(1.0 / static_cast<double>(2 * n) + kTiny);
  const double nothing = std::log(kTiny);
  for (std::size_t t = 0; t < n_frames; ++t) {
    const double p_voiced = observer.observe(difference + t * plan.yin.n_lags(), observation);
    voiced[t] = p_voiced;
    const double unvoiced = std::log((1.0 - p_voiced) / static_cast<double>(n) + kTiny);
    if (t == 0) {
      std::fill(now.voicing(0), now.voicing(0) + n, start);
      std::fill(now.voicing(1), now.voicing(1) + n, start);
    } else {
      std::swap(before.values, now.values);
      const std::size_t best = first_largest(before, n);
      table.viterbi_step(plan.band, before.voicing(0), before.voicing(1), best, now.voicing(0),
                         now.voicing(1), from.data() + t * 2 * n);
    }
    for (std::size_t j = 0; j < n; ++j) {
      const double p = observation[j];
      if (!(p >= 0.0 && p <= kLargestProbability)) return false;
      now.voicing(0)[j] += p == 0.0 ? nothing : std::log(p + kTiny);
      now.voicing(1)[j] += unvoiced;
    }
  }
  std::size_t state = first_largest(now, n);
  for (std::size_t t = n_frames; t-- > 0;) {
    states[t] = static_cast<std::uint16_t>(state);
    state = from[t * 2 * n + state];
  }
  return true;
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

// weights[i] = sum over thresholds above trough i of prior * Boltzmann(rank of i among the troughs
// below that threshold). work holds, by threshold, the scaled prior and then its share by rank.
void weigh_troughs(const TroughPrior& plan, const double* heights, std::size_t n_troughs,
                   double* work, double* weights) {
  const std::size_t n = plan.n_padded;
  for (std::size_t j = 0; j < n; j += kLanesD) {
    const VecD threshold = LoadU(plan.thresholds + j);
    VecL count{};
    for (std::size_t i = 0; i < n_troughs; ++i) count -= Set(heights[i]) < threshold;
    for (std::size_t lane = 0; lane < kLanesD; ++lane) {
      work[j + lane] =
          plan.prior[j + lane] * plan.normaliser[static_cast<std::size_t>(count[lane])];
    }
  }
  const double decay = __builtin_exp(-plan.boltzmann);
  for (std::size_t i = 0; i < n_troughs; ++i) {
    const VecD height = Set(heights[i]);
    VecD sum{};
    for (std::size_t j = 0; j < n; j += kLanesD) {
      const VecL above = height < LoadU(plan.thresholds + j);
      const VecD share = LoadU(work + j);
      sum += above ? share : VecD{};
      StoreU(work + j, above ? share * decay : share);
    }
    weights[i] = 0.0;
    for (std::size_t lane = 0; lane < kLanesD; ++lane) weights[i] += sum[lane];
  }
}

// The best of both voicings for one register of targets; of equals, that with the smallest index.
static inline void store_best(const TransitionBand& band, std::size_t j, VecD same, VecL same_d,
                              VecD other, VecL other_d, std::size_t voicing, double far,
                              std::size_t far_state, double* out, std::uint16_t* from) {
  const std::size_t n = band.n_bins, reach = band.reach;
  for (std::size_t lane = 0; lane < kLanesD && j + lane < n; ++lane) {
    const std::size_t target = j + lane;
    const std::size_t near = target + static_cast<std::size_t>(same_d[lane]) - reach;
    const std::size_t across = target + static_cast<std::size_t>(other_d[lane]) - reach;
    // Voiced states come first.
    double best = voicing == 0 ? same[lane] : other[lane];
    std::size_t state = voicing == 0 ? near : across;
    const double second = voicing == 0 ? other[lane] : same[lane];
    if (second > best) {
      best = second;
      state = n + (voicing == 0 ? across : near);
    }
    const std::size_t bin = far_state % n;
    const bool is_far = bin > target + reach || bin + reach < target;
    if (is_far && (far > best || (far == best && far_state < state))) {
      best = far;
      state = far_state;
    }
    out[target] = best;
    from[target] = static_cast<std::uint16_t>(state);
  }
}

static inline void keep_larger(VecD candidate, long long d, VecD* best, VecL* best_d) {
  const VecL larger = candidate > *best;
  *best_d = larger ? VecL{} + d : *best_d;
  *best = Max(*best, candidate);
}

void viterbi_step(const TransitionBand& band, const double* voiced, const double* unvoiced,
                  std::size_t best_state, double* out_voiced, double* out_unvoiced,
                  std::uint16_t* from) {
  const std::size_t n = band.n_bins, width = 2 * band.reach + 1;
  const double top = best_state < n ? voiced[best_state] : unvoiced[best_state - n];
  const double far = top + band.outside;
  const double* stay = band.stay;
  const double* change = band.change;
  for (std::size_t j = 0; j < n; j += kLanesD) {
    const VecD lowest = Set(-__builtin_inf());
    const VecL middle = VecL{} + static_cast<long long>(band.reach);
    VecD vv = lowest, vu = lowest, uv = lowest, uu = lowest;
    VecL vv_d = middle, vu_d = middle, uv_d = middle, uu_d = middle;
    const double* const v = voiced + j - band.reach;
    const double* const u = unvoiced + j - band.reach;
    for (std::size_t d = 0; d < width; ++d, stay += kLanesD, change += kLanesD) {
      const VecD from_v = LoadU(v + d), from_u = LoadU(u + d);
      const VecD s = LoadU(stay), c = LoadU(change);
      const long long step = static_cast<long long>(d);
      keep_larger(from_v + s, step, &vv, &vv_d);
      keep_larger(from_v + c, step, &vu, &vu_d);
      keep_larger(from_u + c, step, &uv, &uv_d);
      keep_larger(from_u + s, step, &uu, &uu_d);
    }
    store_best(band, j, vv, vv_d, uv, uv_d, 0, far, best_state, out_voiced, from);
    store_best(band, j, uu, uu_d, vu, vu_d, 1, far, best_state, out_unvoiced, from + n);
  }
}

}  // namespace quaver::QV_TARGET

#endif
