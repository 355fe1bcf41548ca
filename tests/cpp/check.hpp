// SPDX-License-Identifier: BSD-3-Clause
// The smallest test harness that reports where and with which values.
#pragma once

#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "quaver/core/dispatch.hpp"

inline int failures = 0;

// What a test returns that could not run: ctest's SKIP_RETURN_CODE.
constexpr int kSkipped = 77;

// Forces the target; false where this processor lacks it.
inline bool can_run(const char* target) {
  try {
    quaver::set_target(target);
  } catch (const std::invalid_argument& error) {
    std::printf("not run: %s\n", error.what());
    return false;
  }
  return true;
}

#define CHECK(condition)                                                    \
  do {                                                                      \
    if (!(condition)) {                                                     \
      std::printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                           \
    }                                                                       \
  } while (false)

#define CHECK_NEAR(value, expected, tolerance)                                                    \
  do {                                                                                            \
    const double v = (value), e = (expected), t = (tolerance);                                    \
    if (!(std::fabs(v - e) <= t)) {                                                               \
      std::printf("%s:%d: %s is %.9g, expected %.9g +- %.3g\n", __FILE__, __LINE__, #value, v, e, \
                  t);                                                                             \
      ++failures;                                                                                 \
    }                                                                                             \
  } while (false)

#define CHECK_THROWS(expression)                                                  \
  do {                                                                            \
    bool thrown = false;                                                          \
    try {                                                                         \
      (void)(expression);                                                         \
    } catch (const std::invalid_argument&) {                                      \
      thrown = true;                                                              \
    }                                                                             \
    if (!thrown) {                                                                \
      std::printf("%s:%d: did not throw: %s\n", __FILE__, __LINE__, #expression); \
      ++failures;                                                                 \
    }                                                                             \
  } while (false)
