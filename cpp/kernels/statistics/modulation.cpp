// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/statistics/modulation.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quaver/core/number_text.hpp"

#define QV_FILE "kernels/statistics/modulation.cpp"
#include "simd/foreach_target.hpp"
#include "simd/kernel_table.hpp"

namespace quaver {
namespace {

constexpr double kSegmentSeconds = 2.5, kHighestRate = 10000.0;
constexpr double kLeastVariance = 0.1;  // dB^2

std::size_t segment_frames(double frame_rate) {
  if (!(frame_rate >= 2.0 * kModulationEdges[kNumModulations] && frame_rate <= kHighestRate)) {
    throw std::invalid_argument("modulation up to 32 Hz takes 64 to 10,000 frames a second, got " +
                                number_text(frame_rate));
  }
  std::size_t n = 1;
  while (static_cast<double>(n) < kSegmentSeconds * frame_rate) n *= 2;
  return n;
}

void fill_window(std::size_t length, std::vector<double>& window) {
  window.resize(length);
  for (std::size_t t = 0; t < length; ++t) {
    const double turn = 3.14159265358979323846 * static_cast<double>(t + 1);
    const double sine = std::sin(turn / static_cast<double>(length + 1));
    window[t] = sine * sine;
  }
}

}  // namespace

ModulationPlan::ModulationPlan(double frame_rate) : n(segment_frames(frame_rate)), fft(n) {
  fill_window(n, window);
  for (std::size_t b = 0; b <= kNumModulations; ++b) {
    const double bin = kModulationEdges[b] * static_cast<double>(n) / frame_rate;
    first_bins[b] = static_cast<std::size_t>(std::ceil(bin * (1.0 - 1e-12)));
  }
}

void ModulationScratch::reserve(const ModulationPlan& plan, std::size_t n_rows,
                                std::size_t n_frames) {
  if (n_frames >= plan.n)
    window = plan.window;
  else if (n_frames != window.size())
    fill_window(n_frames, window);
  const std::size_t lanes = kernels().lanes / 2;
  frames.reserve(plan.n * lanes);
  work.reserve(plan.fft.work_size(lanes));
  power.reserve(plan.fft.n_bins * lanes);
  variances.resize(n_rows * kNumModulations);
}

void modulation(const ModulationPlan& plan, const float* rows, std::size_t stride,
                std::size_t n_rows, std::size_t n_frames, ModulationScratch& scratch, float* out) {
  scratch.reserve(plan, n_rows, n_frames);
  kernels().modulation_rows(plan, rows, stride, n_rows, n_frames, scratch);
  for (std::size_t i = 0; i < scratch.variances.size(); ++i) {
    out[i] = static_cast<float>(10.0 * std::log10(kLeastVariance + scratch.variances[i]));
  }
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

// Frames first .. first + length of as many rows as a register holds, without their mean, weighed,
// and zeros up to n.
static void load_segment(const float* rows, std::size_t stride, std::size_t n_rows,
                         const double* window, std::size_t length, std::size_t n, double* frames) {
  for (std::size_t i = 0; i < kLanesD; ++i) {
    for (std::size_t t = 0; t < length; ++t) {
      frames[t * kLanesD + i] = i < n_rows ? static_cast<double>(rows[i * stride + t]) : 0.0;
    }
  }
  VecD sum{};
  for (std::size_t t = 0; t < length; ++t) sum += LoadU(frames + t * kLanesD);
  const VecD mean = sum / static_cast<double>(length);
  for (std::size_t t = 0; t < length; ++t) {
    StoreU(frames + t * kLanesD, (LoadU(frames + t * kLanesD) - mean) * window[t]);
  }
  for (std::size_t t = length; t < n; ++t) StoreU(frames + t * kLanesD, VecD{});
}

// To scratch.variances.
void modulation_rows(const ModulationPlan& plan, const float* rows, std::size_t stride,
                     std::size_t n_rows, std::size_t n_frames, ModulationScratch& scratch) {
  const std::size_t n = plan.n, length = n_frames < n ? n_frames : n;
  const std::size_t rest = n_frames - length, half = n / 2, steps = (rest + half - 1) / half;
  const double* const window = scratch.window.data();
  double* const frames = scratch.frames.data();
  double* const power = scratch.power.data();
  double norm = 0.0;
  for (std::size_t t = 0; t < length; ++t) norm += window[t] * window[t];
  norm *= static_cast<double>(n) * static_cast<double>(steps + 1) * plan.fft.gain * plan.fft.gain;
  for (std::size_t row = 0; row < n_rows; row += kLanesD) {
    VecD sums[kNumModulations] = {};
    for (std::size_t step = 0; step <= steps; ++step) {
      const std::size_t first = steps == 0 ? 0 : step * rest / steps;
      load_segment(rows + row * stride + first, stride, n_rows - row, window, length, n, frames);
      spectrum_frames(plan.fft, frames, scratch.work.data(), Bins::power, power);
      for (std::size_t b = 0; b < kNumModulations; ++b) {
        for (std::size_t k = plan.first_bins[b]; k < plan.first_bins[b + 1]; ++k) {
          sums[b] += LoadU(power + k * kLanesD);
        }
      }
    }
    for (std::size_t i = 0; i < kLanesD && row + i < n_rows; ++i) {
      for (std::size_t b = 0; b < kNumModulations; ++b) {
        scratch.variances[(row + i) * kNumModulations + b] = 2.0 * sums[b][i] / norm;
      }
    }
  }
}

}  // namespace quaver::QV_TARGET

#endif
