// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <vector>

#include "quaver/voice/pitch.hpp"

namespace quaver {
namespace {

// Costs of a path; see the header.
constexpr double kVoicedFrom = 0.7, kStrength = 2.0, kLeastStrength = 0.01, kWrongVoicing = 8.0,
                 kNoneStays = 1.0, kVoicing = 10.0, kInterval = 10.0, kSoftest = 0.001;
constexpr std::size_t kStates = kPitchCandidates + 1, kNone = kPitchCandidates;

double range_cost(double hz) {
  return hz < 100.0 ? 1.0 - hz / 100.0 : hz >= 600.0 ? 1.2 : std::max(0.0, (hz - 350.0) / 250.0);
}

// What a frame's states cost, infinitely much those that it has not, and how high they are.
struct PathFrame {
  explicit PathFrame(const PitchFrame& frame) {
    for (std::size_t s = 0; s < kPitchCandidates; ++s) {
      const double hz = static_cast<double>(frame.hz[s]),
                   strength = static_cast<double>(frame.strength[s]);
      logs[s] = hz > 0.0 ? std::log(hz) : 0.0;
      costs[s] = !(hz > 0.0) ? HUGE_VAL
                             : range_cost(hz) + (strength < kVoicedFrom ? kWrongVoicing : 0.0) -
                                   kStrength * std::log(std::max(strength, kLeastStrength));
    }
    costs[kNone] = static_cast<double>(frame.strength[0]) < kVoicedFrom ? 0.0 : kWrongVoicing;
  }

  double logs[kPitchCandidates], costs[kStates];
};

// The cheapest way to state s of the next frame: its cost, and the state that it comes from. Each
// interval is compared with that from the candidate before, the first one with `compared`.
double step_to(const PathFrame& before, const double* costs, const PathFrame& next, std::size_t s,
               double compared, unsigned char* from) {
  double cheapest = HUGE_VAL;
  std::size_t best = kNone;
  for (std::size_t p = 0; p < kPitchCandidates; ++p) {
    if (costs[p] == HUGE_VAL) continue;
    double step = kVoicing;
    if (s != kNone) {
      const double interval = next.logs[s] - before.logs[p];
      step = kInterval * (std::fabs(interval) + std::fabs(interval - compared));
      compared = interval;
    }
    if (costs[p] + step < cheapest) {
      cheapest = costs[p] + step;
      best = p;
    }
  }
  const double from_none = costs[kNone] + (s == kNone ? kNoneStays : kVoicing);
  if (from_none < cheapest) best = kNone;
  *from = static_cast<unsigned char>(best);
  return std::min(cheapest, from_none) + next.costs[s];
}

// Where each frame's states come from, and what was decided before the end.
struct PathSteps {
  explicit PathSteps(std::size_t n_frames) : from(n_frames * kStates), early(n_frames, kStates) {}

  // How many frames before frame t all its states have the same past, t if they never had.
  std::size_t merge(std::size_t t) const {
    unsigned reached = (1u << kStates) - 1;
    std::size_t n = 0;
    for (; n < t && (reached & (reached - 1)) != 0; ++n) {
      unsigned before = 0;
      for (std::size_t s = 0; s < kStates; ++s) {
        if (reached >> s & 1) before |= 1u << from[(t - n) * kStates + s];
      }
      reached = before;
    }
    return n;
  }

  // The frame kPathLag before t is decided by the best state of frame t, unless they all agree.
  void decide(std::size_t t, const double* costs) {
    if (t < settled + kPathLag) return;
    const std::size_t n = merge(t);
    if (n < kPathLag) {
      settled = t - n + 1;
      return;
    }
    std::size_t s = static_cast<std::size_t>(std::min_element(costs, costs + kStates) - costs);
    for (std::size_t back = 0; back < kPathLag; ++back) s = from[(t - back) * kStates + s];
    early[t - kPathLag] = static_cast<unsigned char>(s);
  }

  std::vector<unsigned char> from, early;
  std::size_t settled = 0;  // frames before this one are the same in all paths
};

}  // namespace

std::size_t pitch_path(const PitchFrame* frames, std::size_t n_frames, float* out) {
  if (n_frames == 0) return 0;
  PathSteps steps(n_frames);
  PathFrame before(frames[0]);
  double costs[kStates];
  std::copy(before.costs, before.costs + kStates, costs);
  for (std::size_t t = 1; t < n_frames; ++t) {
    const PathFrame frame(frames[t]);
    double next[kStates];
    for (std::size_t s = 0; s < kStates; ++s) {
      unsigned char& source = steps.from[t * kStates + s];
      next[s] = step_to(before, costs, frame, s, t == 1 && s == 0 ? 1.0 : 0.0, &source);
      if (frame.costs[s] == HUGE_VAL) source = static_cast<unsigned char>(kNone);
    }
    std::copy(next, next + kStates, costs);
    before = frame;
    steps.decide(t, costs);
  }
  std::size_t state = static_cast<std::size_t>(std::min_element(costs, costs + kStates) - costs);
  for (std::size_t t = n_frames; t-- > 0; state = steps.from[t * kStates + state]) {
    const std::size_t s = steps.early[t] < kStates ? steps.early[t] : state;
    const bool is_loud = frames[t].level >= static_cast<float>(kSoftest);
    out[2 * t] = is_loud && s != kNone ? frames[t].hz[s] : 0.0f;
    out[2 * t + 1] = is_loud ? frames[t].strength[s == kNone ? 0 : s] : 0.0f;
  }
  return std::min(std::max<std::size_t>(steps.merge(n_frames - 1), 1), kPathLag);
}

}  // namespace quaver
