// SPDX-License-Identifier: BSD-3-Clause
// Which SIMD target runs. It is chosen once, at load: the widest that processor and operating
// system support, or the one named by QUAVER_TARGET.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace quaver {

enum class Target { base, avx2, avx512 };
constexpr std::size_t kNumTargets = 3;
constexpr std::size_t kLanesOf[kNumTargets] = {4, 8, 16};

// The target in use. Throws std::invalid_argument when QUAVER_TARGET names no supported target.
Target active_target();
std::vector<Target> supported_targets();
// For tests and benchmarks; not meant to be changed while kernels run.
void set_target(const std::string& name);
const char* target_name(Target target);

}  // namespace quaver
