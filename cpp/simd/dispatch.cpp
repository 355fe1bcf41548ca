// SPDX-License-Identifier: BSD-3-Clause
// Detection (processor and operating system: the compiler's runtime asks cpuid and xgetbv), choice
// and the tables themselves.
#include "quaver/core/dispatch.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "simd/kernel_table.hpp"

#define QV_TARGET base
#include "simd/stages.hpp"
#undef QV_TARGET
#if defined(__x86_64__)
#define QV_TARGET avx2
#include "simd/stages.hpp"
#undef QV_TARGET
#define QV_TARGET avx512
#include "simd/stages.hpp"
#undef QV_TARGET
#endif

namespace quaver {
namespace {

constexpr KernelTable kTables[] = {
#define QV_KERNEL(result, name, arguments) QV_TARGET::name,
#define QV_TARGET base
    {
        kLanesOf[0],
#include "simd/kernels.def"
    },
#undef QV_TARGET
#if defined(__x86_64__)
#define QV_TARGET avx2
    {
        kLanesOf[1],
#include "simd/kernels.def"
    },
#undef QV_TARGET
#define QV_TARGET avx512
    {
        kLanesOf[2],
#include "simd/kernels.def"
    },
#undef QV_TARGET
#endif
#undef QV_KERNEL
};

bool is_supported(Target target) {
  if (target == Target::base) return true;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (target == Target::avx2) return has_avx2;
  return has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

Target parse(const std::string& name, const std::string& setting = "target") {
  std::string known;
  for (Target target : supported_targets()) {
    if (name == target_name(target)) return target;
    known += (known.empty() ? "" : ", ") + std::string(target_name(target));
  }
  throw std::invalid_argument(setting + " must be one that this processor supports (" + known +
                              "), got '" + name + "'");
}

Target choose() {
  const char* forced = std::getenv("QUAVER_TARGET");
  if (forced != nullptr && *forced != '\0') return parse(forced, "QUAVER_TARGET");
  return supported_targets().back();
}

std::atomic<Target>& active() {
  static std::atomic<Target> target{choose()};
  return target;
}

}  // namespace

const char* target_name(Target target) {
  switch (target) {
    case Target::avx2: return "avx2";
    case Target::avx512: return "avx512";
    default: return "base";
  }
}

std::vector<Target> supported_targets() {
  std::vector<Target> result;
  for (Target target : {Target::base, Target::avx2, Target::avx512}) {
    if (is_supported(target)) result.push_back(target);
  }
  return result;
}

Target active_target() { return active().load(std::memory_order_relaxed); }

void set_target(const std::string& name) { active().store(parse(name)); }

const KernelTable& kernels() { return kTables[static_cast<std::size_t>(active_target())]; }

}  // namespace quaver
