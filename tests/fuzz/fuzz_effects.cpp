// SPDX-License-Identifier: BSD-3-Clause
// Running medians, to the bit, and the phase vocoder.
#include "fuzz.hpp"
#include "quaver/effects/median.hpp"
#include "quaver/effects/vocoder.hpp"

using namespace quaver;

template <class T>
static void check_median(const std::vector<T>& x, std::size_t n, std::size_t m, std::size_t size) {
  fuzz::on_each_target(
      [&] {
        std::vector<T> out(x.size());
        running_median(x.data(), n, m, size, out.data());
        return fuzz::Values(out.begin(), out.end());
      },
      fuzz::require_same);
}

template <class T>
static void check_vocoder(const VocoderPlan& plan, const std::vector<T>& in, std::size_t n_frames,
                          double tolerance) {
  fuzz::on_each_target(
      [&] {
        std::vector<T> out(2 * plan.n_bins * plan.n_out);
        phase_vocoder(plan, in.data(), n_frames, out.data());
        return fuzz::Values(out.begin(), out.end());
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        // A phase takes the advance between two frames, however quiet, so that only pairs that are
        // magnitude and angle of one value can be compared by their magnitude.
        for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
          const double size = std::hypot(expected[i], expected[i + 1]);
          fuzz::require_near(size, std::hypot(found[i], found[i + 1]), tolerance * size + 1e-37);
        }
      });
}

static void one(fuzz::Bytes& bytes) {
  const std::size_t n = bytes.between(0, 40), m = bytes.between(0, 40);
  const std::size_t size = bytes.between(0, 50);
  const std::vector<float> x = bytes.samples(n * m);
  check_median(x, n, m, size);
  check_median(std::vector<double>(x.begin(), x.end()), n, m, size);
  const std::size_t n_frames = bytes.between(0, 12), n_bins = bytes.between(0, 40);
  std::vector<double> advance(n_bins), positions(bytes.between(0, 30));
  for (double& v : advance) v = static_cast<double>(bytes.byte());
  for (double& v : positions) v = static_cast<double>(bytes.byte()) / 16.0;
  const VocoderPlan plan{n_bins, advance.data(), positions.data(), positions.size()};
  const std::vector<float> in = bytes.samples(2 * n_bins * n_frames);
  check_vocoder(plan, in, n_frames, 1e-6);
  check_vocoder(plan, std::vector<double>(in.begin(), in.end()), n_frames, 1e-12);
}

QV_FUZZ(one)
