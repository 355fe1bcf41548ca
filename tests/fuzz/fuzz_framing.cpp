// SPDX-License-Identifier: BSD-3-Clause
// Windows over frames: values are only moved.
#include "fuzz.hpp"
#include "quaver/framing/windows.hpp"

static void one(fuzz::Bytes& bytes) {
  const std::size_t n_frames = bytes.between(0, 200), n_features = bytes.between(1, 40);
  const std::size_t length = bytes.between(1, 64), step = bytes.between(1, 300);
  const bool align = bytes.flag();
  const std::vector<float> x = bytes.samples(n_frames * n_features);
  const std::vector<std::size_t> starts = quaver::window_starts(n_frames, length, step, align);
  REQUIRE(starts.empty() == (n_frames < length));
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(starts.size() * n_features * length);
        quaver::windows(x.data(), n_features, starts, length, out.data());
        return fuzz::widened(out);
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        fuzz::require_same(expected, found);
        for (std::size_t i = 0; i < found.size(); ++i) {
          const std::size_t frame = starts[i / (n_features * length)] + i % length;
          const float value = x[frame * n_features + i / length % n_features];
          REQUIRE(found[i] == static_cast<double>(value));
        }
      });
}

QV_FUZZ(one)
