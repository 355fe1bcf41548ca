// SPDX-License-Identifier: BSD-3-Clause
// STFT, pictures, bands, contrast, decibel and the inverse.
#include "fuzz.hpp"
#include "quaver/spectrum/contrast.hpp"
#include "quaver/spectrum/decibel.hpp"
#include "quaver/spectrum/shape.hpp"
#include "quaver/spectrum/stft.hpp"

using namespace quaver;

struct Case {
  StftPlan<float> plan;
  StftPlan<double> exact;
  std::size_t n_frames, n_bins;
  std::vector<float> x;
};

static Case make(fuzz::Bytes& bytes) {
  const std::size_t lengths[] = {1, 2, 7, 30, 64, 67, 96, 120, 256, 512, 1024};
  const std::size_t n_fft = bytes.flag() ? bytes.any_of(lengths) : bytes.between(1, 300);
  const std::size_t hop = bytes.between(n_fft > 256 ? 64 : 1, 600);
  const std::size_t length = n_fft - bytes.between(0, n_fft - 1);
  std::vector<double> window(length);
  for (double& v : window) v = static_cast<double>(bytes.byte() % 16 + 1) / 16.0;
  const bool center = bytes.flag();
  StftPlan<float> plan(n_fft, hop, window.data(), length, center);
  StftPlan<double> exact(n_fft, hop, window.data(), length, center);
  std::vector<float> x = bytes.samples(bytes.between(0, 1500));
  const std::size_t n_frames = plan.count(x.size()), n_bins = plan.fft.n_bins;
  return {std::move(plan), std::move(exact), n_frames, n_bins, std::move(x)};
}

static std::vector<float> complex_rows(const Case& c) {
  std::vector<float> rows(c.n_frames * 2 * c.n_bins);
  stft(c.exact, c.x.data(), c.x.size(), rows.data());
  return rows;
}

static void check_rows(const Case& c) {
  const std::size_t width = 2 * c.n_bins;
  const auto near = [&](const fuzz::Values& expected, const fuzz::Values& found) {
    fuzz::require_rows(expected, found, width, 1e-6);
  };
  fuzz::on_each_target([&] { return fuzz::widened(complex_rows(c)); }, near);
  fuzz::on_each_target(
      [&] {
        std::vector<float> rows(c.n_frames * width);
        stft(c.plan, c.x.data(), c.x.size(), rows.data());
        return fuzz::widened(rows);
      },
      near);
}

// Of magnitudes in double, rounded: what is read from them is read by every target.
static std::vector<float> magnitudes(const Case& c) {
  std::vector<float> picture(c.n_bins * c.n_frames);
  stft_bins(c.exact, StftOutput::magnitude, c.x.data(), c.x.size(), picture.data());
  return picture;
}

static void check_pictures(const Case& c, fuzz::Bytes& bytes) {
  set_target("base");
  const std::vector<float> picture = magnitudes(c);
  double largest = 0.0;
  for (float v : picture) largest = std::max(largest, static_cast<double>(v));
  fuzz::on_each_target([&] { return fuzz::widened(magnitudes(c)); },
                       [&](const fuzz::Values& expected, const fuzz::Values& found) {
                         for (std::size_t i = 0; i < found.size(); ++i) {
                           fuzz::require_near(expected[i], found[i], 1e-6 * largest + 1e-37);
                         }
                       });
  const std::size_t last = bytes.between(1, c.n_bins);
  const ContrastPlan bands({{0, last, bytes.between(1, std::min<std::size_t>(last, 20))}});
  fuzz::on_each_target(
      [&] {
        std::vector<float> both(2 * c.n_frames);
        contrast(bands, {picture.data(), c.n_bins, c.n_frames, false}, both.data(),
                 both.data() + c.n_frames);
        return fuzz::widened(both);
      },
      fuzz::require_same);
  fuzz::on_each_target(
      [&] {
        std::vector<float> levels(picture.size());
        decibel(picture.data(), picture.size(), false, 1e-10f, 3.0f, 80.0f, levels.data());
        return fuzz::widened(levels);
      },
      [](const fuzz::Values& expected, const fuzz::Values& found) {
        for (std::size_t i = 0; i < found.size(); ++i) {
          fuzz::require_near(expected[i], found[i], 1e-4);
        }
      });
  const FilterBank<float> bank(picture.data(), c.n_frames, c.n_bins);  // rows of any weights
  fuzz::on_each_target(
      [&] {
        std::vector<float> out(bank.n_bands * c.n_frames);
        bands_of(bank, {picture.data(), c.n_bins, c.n_frames, true}, out.data());
        return fuzz::widened(out);
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        const double size = static_cast<double>(c.n_bins);
        for (std::size_t i = 0; i < found.size(); ++i) {
          fuzz::require_near(expected[i], found[i], 6e-8 * (size + 8.0) * expected[i] + 1e-37);
        }
      });
}

// Sums bin by bin and comparisons: every target has to find the same bins, in either order.
static void check_shapes(const Case& c, fuzz::Bytes& bytes) {
  if (c.n_bins < 2) return;
  set_target("base");
  const std::vector<float> picture = magnitudes(c);
  const Picture<float> frames{picture.data(), c.n_bins, c.n_frames, true};
  const Picture<float> bins{picture.data(), c.n_frames, c.n_bins, false};
  const float share = static_cast<float>(bytes.byte() + 1) / 257.0f;
  fuzz::on_each_target(
      [&] {
        std::vector<std::int64_t> found(c.n_frames);
        rolloff(frames, share, found.data());
        return fuzz::Values(found.begin(), found.end());
      },
      fuzz::require_same);
  const PeakRange<float> range{bytes.between(0, c.n_bins), bytes.between(0, c.n_bins + 2), share,
                               7.8125};
  for (const Picture<float>& each : {frames, bins}) {
    if (each.n_bins < 2) continue;
    fuzz::on_each_target(
        [&] {
          std::vector<float> both(2 * picture.size());
          peaks(each, range, both.data(), both.data() + picture.size());
          return fuzz::widened(both);
        },
        fuzz::require_same);
  }
}

static void check_inverse(const Case& c, fuzz::Bytes& bytes) {
  set_target("base");
  const std::vector<float> rows = complex_rows(c);
  const std::size_t n_samples = bytes.between(0, 2000), n_weighted = bytes.between(0, 70);
  // Of all that is added up, also where the loud part lies behind the last sample; the division by
  // squared windows of at least 1/16 makes rounding errors larger.
  double sum = 0.0;
  for (float v : rows) sum += static_cast<double>(v) * static_cast<double>(v);
  const double tolerance = 16.0 * 1e-6 * std::sqrt(sum) + 1e-37;
  fuzz::on_each_target(
      [&] {
        std::vector<float> y(n_samples);
        istft(c.plan, rows.data(), c.n_frames, n_weighted, n_samples, y.data());
        return fuzz::widened(y);
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        for (std::size_t i = 0; i < found.size(); ++i) {
          fuzz::require_near(expected[i], found[i], tolerance);
        }
      });
}

static void one(fuzz::Bytes& bytes) {
  const Case c = make(bytes);
  if (c.n_frames == 0) return;
  check_rows(c);
  check_pictures(c, bytes);
  check_shapes(c, bytes);
  check_inverse(c, bytes);
}

QV_FUZZ(one)
