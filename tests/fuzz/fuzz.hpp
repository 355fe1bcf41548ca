// SPDX-License-Identifier: BSD-3-Clause
// What the fuzzers share: bytes become a configuration and samples, and each target of this
// processor has to agree with the first, `base`. A case that fails ends the process, as libFuzzer
// wants it; the sanitizers look after everything else.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "quaver/core/dispatch.hpp"
#include "quaver/framing/framing.hpp"

#define REQUIRE(condition)                                                           \
  do {                                                                               \
    if (!(condition)) {                                                              \
      std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                  \
    }                                                                                \
  } while (false)

namespace fuzz {

using Values = std::vector<double>;

// Reads from the front; behind the end there are zeros.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint8_t byte() { return at_ < size_ ? data_[at_++] : std::uint8_t{0}; }
  bool flag() { return byte() % 2 != 0; }
  std::size_t between(std::size_t low, std::size_t high) {
    const std::size_t value = byte() + std::size_t{256} * byte();
    return low + value % (high - low + 1);
  }
  // Any double, or one of -8 .. 8: what plans have to refuse, and what they take.
  double number() {
    if (byte() % 4 != 0) return (static_cast<double>(byte()) - 128.0) / 16.0;
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8 | byte();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  template <class T, std::size_t N>
  T any_of(const T (&list)[N]) {
    return list[byte() % N];
  }

  // n values: noise, of which every target has to say the same, or any magnitudes up to 1e12.
  std::vector<float> samples(std::size_t n) {
    is_noise_ = flag();
    std::mt19937 generator(static_cast<std::uint32_t>(between(0, 65535)));
    std::normal_distribution<float> normal(0.0f, 0.1f);
    std::vector<float> x(n);
    for (float& v : x) v = is_noise_ ? normal(generator) : wild();
    return x;
  }
  bool is_noise() const { return is_noise_; }  // of the last samples

 private:
  float wild() {
    const std::uint8_t way = byte();
    if (way < 128) return (static_cast<float>(way) - 64.0f) / 64.0f;
    const float sign = way % 2 != 0 ? -1.0f : 1.0f;
    return sign * static_cast<float>(std::pow(10.0, static_cast<double>(byte() % 58) - 45.0));
  }

  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
  bool is_noise_ = false;
};

inline quaver::Samples view(const std::vector<float>& x) {
  return {x.data(), 1, x.size(), quaver::SampleType::float32};
}

inline Values widened(const std::vector<float>& x) { return Values(x.begin(), x.end()); }

// Calls check(values of base, values of the other) for each other target.
template <class Run, class Check>
void on_each_target(const Run& run, const Check& check) {
  const std::vector<quaver::Target> targets = quaver::supported_targets();
  quaver::set_target(quaver::target_name(targets[0]));
  const auto expected = run();
  for (std::size_t i = 1; i < targets.size(); ++i) {
    quaver::set_target(quaver::target_name(targets[i]));
    const auto found = run();
    REQUIRE(found.size() == expected.size());
    check(expected, found);
  }
}

// Equal to the bit, NaN to NaN.
inline void require_same(const Values& expected, const Values& found) {
  for (std::size_t i = 0; i < found.size(); ++i) {
    REQUIRE(found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i])));
  }
}

inline void require_near(double expected, double found, double tolerance) {
  if (std::fabs(found - expected) <= tolerance || found == expected) return;
  std::fprintf(stderr, "%.17g where base has %.17g +- %.3g\n", found, expected, tolerance);
  std::abort();
}

// Rows of `width` values, within `tolerance` of the root sum of squares of their row.
inline void require_rows(const Values& expected, const Values& found, std::size_t width,
                         double tolerance) {
  for (std::size_t first = 0; first < found.size(); first += width) {
    double sum = 0.0;
    for (std::size_t i = first; i < first + width; ++i) sum += expected[i] * expected[i];
    for (std::size_t i = first; i < first + width; ++i) {
      require_near(expected[i], found[i], tolerance * std::sqrt(sum) + 1e-37);
    }
  }
}

// What a plan refuses is no finding.
template <class Case>
int run(const std::uint8_t* data, std::size_t size, const Case& one) {
  Bytes bytes(data, size);
  try {
    one(bytes);
  } catch (const std::invalid_argument&) {
  }
  return 0;
}

}  // namespace fuzz

#define QV_FUZZ(one)                                                                  \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    return fuzz::run(data, size, one);                                                \
  }
