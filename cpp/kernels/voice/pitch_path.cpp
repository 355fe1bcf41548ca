// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <vector>

#include "quaver/voice/pitch.hpp"

namespace quaver {
namespace {

// Costs of a path; see the header.
constexpr double kVoicedFrom = 0.7, kWeakCost = 6.0, kWeakness = 2.7, kStrength = 8.3,
                 kNoneOfSix = 5.85, kNoneOfFewer = 4.2, kVoiceEnds = 6.55, kVoiceBegins = 5.9,
                 kInterval = 2.3, kLargestInterval = 0.13, kSoftest = 0.001;
constexpr std::size_t kStates = kPitchCandidates + 1, kNone = kPitchCandidates;

// What a frame's states cost, infinitely much those that it has not, and how high they are.
struct PathFrame {
  explicit PathFrame(const PitchFrame& frame) {
    for (std::size_t s = 0; s < kPitchCandidates; ++s) {
      const double hz = static_cast<double>(frame.hz[s]),
                   above = static_cast<double>(frame.strength[s]) - kVoicedFrom;
      logs[s] = hz > 0.0 ? std::log(hz) : 0.0;
      costs[s] = !(hz > 0.0)   ? HUGE_VAL
                 : above < 0.0 ? kWeakCost - kWeakness * above
                               : -kStrength * above;
    }
    const bool is_strong = static_cast<double>(frame.strength[0]) >= kVoicedFrom,
               is_full = frame.hz[kPitchCandidates - 1] > 0.0f;
    costs[kNone] = !is_strong ? 0.0 : is_full ? kNoneOfSix : kNoneOfFewer;
  }

  double logs[kPitchCandidates], costs[kStates];
};

// The cheapest way to state s of the next frame: its cost, and the state that it comes from.
double step_to(const PathFrame& before, const double* costs, const PathFrame& next, std::size_t s,
               unsigned char* from) {
  double cheapest = costs[kNone] + (s == kNone ? 0.0 : kVoiceBegins);
  std::size_t best = kNone;
  for (std::size_t p = kPitchCandidates; p-- > 0;) {
    const double interval =
        s == kNone ? 0.0 : std::min(std::fabs(next.logs[s] - before.logs[p]), kLargestInterval);
    const double cost = costs[p] + (s == kNone ? kVoiceEnds : kInterval * interval);
    if (cost <= cheapest) {
      cheapest = cost;
      best = p;
    }
  }
  *from = static_cast<unsigned char>(best);
  return cheapest + next.costs[s];
}

// from: where each frame's states come from.
std::size_t count_unsettled(const std::vector<unsigned char>& from, std::size_t n_frames) {
  unsigned reached = (1u << kStates) - 1;
  std::size_t n = 0;
  for (std::size_t t = n_frames - 1; t > 0 && (reached & (reached - 1)) != 0; --t, ++n) {
    unsigned before = 0;
    for (std::size_t s = 0; s < kStates; ++s) {
      if (reached >> s & 1) before |= 1u << from[t * kStates + s];
    }
    reached = before;
  }
  return std::max<std::size_t>(n, 1);
}

}  // namespace

std::size_t pitch_path(const PitchFrame* frames, std::size_t n_frames, float* out) {
  if (n_frames == 0) return 0;
  std::vector<unsigned char> from(n_frames * kStates);
  PathFrame before(frames[0]);
  double costs[kStates];
  std::copy(before.costs, before.costs + kStates, costs);
  for (std::size_t t = 1; t < n_frames; ++t) {
    const PathFrame frame(frames[t]);
    double next[kStates];
    for (std::size_t s = 0; s < kStates; ++s) {
      unsigned char& source = from[t * kStates + s];
      next[s] = step_to(before, costs, frame, s, &source);
      if (frame.costs[s] == HUGE_VAL) source = static_cast<unsigned char>(kNone);
    }
    std::copy(next, next + kStates, costs);
    before = frame;
  }
  std::size_t state = static_cast<std::size_t>(std::min_element(costs, costs + kStates) - costs);
  for (std::size_t t = n_frames; t-- > 0; state = from[t * kStates + state]) {
    const bool is_loud = frames[t].level >= static_cast<float>(kSoftest);
    out[2 * t] = is_loud && state != kNone ? frames[t].hz[state] : 0.0f;
    out[2 * t + 1] = is_loud ? frames[t].strength[state == kNone ? 0 : state] : 0.0f;
  }
  return count_unsettled(from, n_frames);
}

}  // namespace quaver
