// SPDX-License-Identifier: BSD-3-Clause
// One frame of any length, forwards in float and double and back.
#include "fuzz.hpp"
#include "quaver/spectrum/stft.hpp"

template <class T>
static std::vector<T> spectrum(const quaver::StftPlan<T>& plan, const std::vector<T>& x) {
  std::vector<T> out(2 * plan.fft.n_bins);
  quaver::stft(plan, x.data(), x.size(), out.data());
  return out;
}

static void one(fuzz::Bytes& bytes) {
  const std::size_t n = bytes.between(1, 2500);
  const std::vector<float> x = bytes.samples(n);
  const std::vector<double> ones(n, 1.0), wide(x.begin(), x.end());
  const quaver::StftPlan<float> plan(n, n, ones.data(), n, false);
  const quaver::StftPlan<double> exact(n, n, ones.data(), n, false);
  double sum = 0.0;
  for (double v : wide) sum += v * v;
  fuzz::on_each_target([&] { return spectrum(exact, wide); },
                       [&](const auto& expected, const auto& found) {
                         fuzz::require_rows(expected, found, found.size(), 1e-13);
                       });
  const std::vector<double> reference = spectrum(exact, wide);
  fuzz::on_each_target(
      [&] {
        const std::vector<float> forward = spectrum(plan, x);
        std::vector<float> back(n);
        quaver::istft(plan, forward.data(), 1, 1, n, back.data());
        for (std::size_t i = 0; i < n; ++i) {
          fuzz::require_near(wide[i], static_cast<double>(back[i]), 2e-6 * std::sqrt(sum) + 1e-30);
        }
        return fuzz::widened(forward);
      },
      [&](const fuzz::Values&, const fuzz::Values& found) {
        fuzz::require_rows(reference, found, found.size(), 1e-6);
      });
}

QV_FUZZ(one)
