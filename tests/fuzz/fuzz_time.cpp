// SPDX-License-Identifier: BSD-3-Clause
// Derivatives of rows and of frames.
#include "fuzz.hpp"
#include "quaver/pipelines/extract.hpp"
#include "quaver/time/delta.hpp"
#include "quaver/time/prediction.hpp"

static void one(fuzz::Bytes& bytes) {
  const std::size_t width = bytes.flag() ? 0 : bytes.between(0, 60);
  const quaver::DeltaPlan plan(width, bytes.between(0, 3));
  const std::size_t n_frames = bytes.between(std::max<std::size_t>(width, 1), 300);
  const std::size_t n_features = bytes.between(1, 20);
  const std::vector<float> x = bytes.samples(n_frames * n_features);
  double largest = 0.0;
  for (float v : x) largest = std::max(largest, std::fabs(static_cast<double>(v)));
  const auto near = [&](const fuzz::Values& expected, const fuzz::Values& found) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      fuzz::require_near(expected[i], found[i], width == 0 ? 0.0 : 1e-6 * largest + 1e-37);
    }
  };
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(x.size());
        quaver::delta(plan, x.data(), n_frames, n_features, out.data());
        return fuzz::widened(out);
      },
      near);
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(x.size());
        quaver::delta_rows(plan, x.data(), n_features, n_frames, out.data());
        return fuzz::widened(out);
      },
      near);
  const fuzz::Values exact = fuzz::widened(x);
  fuzz::on_each_target(
      [&] {
        fuzz::Values out(exact.size());
        quaver::delta_rows(plan, exact.data(), n_features, n_frames, out.data());
        return out;
      },
      near);
  const std::size_t order = bytes.between(0, std::min<std::size_t>(n_frames, 40));
  fuzz::on_each_target(
      [&] {
        fuzz::Values out(order + 1);
        quaver::burg(x.data(), n_frames, order, 1e-30, out.data());
        return out;
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        // Of what is not noise, or short, all may be predicted: the rest is rounding.
        const bool is_told = bytes.is_noise() && 4 * order < n_frames;
        for (std::size_t i = 0; is_told && i < found.size(); ++i) {
          fuzz::require_near(expected[i], found[i], 1e-8);
        }
      });
}

QV_FUZZ(one)
