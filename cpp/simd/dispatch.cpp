// SPDX-License-Identifier: BSD-3-Clause
// Detection (processor and operating system: the compiler's runtime asks cpuid and xgetbv), choice
// and the tables themselves.
#include "quaver/core/dispatch.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

#include "simd/kernel_types.hpp"

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

#define QV_TABLE(target, width)   \
  {width,                         \
   target::first_bad_sample,      \
   target::short_term_run,        \
   target::log_mel_run,           \
   target::transpose,             \
   target::delta_row,             \
   target::functionals_row,       \
   target::running_median,        \
   target::running_median_wide,   \
   target::phase_vocoder,         \
   target::phase_vocoder_wide,    \
   target::yin_frames,            \
   target::weigh_troughs,         \
   target::viterbi_step,          \
   target::stft_run,              \
   target::stft_bins_run,         \
   target::stft64_run,            \
   target::stft64_wide_run,       \
   target::stft_bins64_run,       \
   target::stft_bins64_wide_run,  \
   target::stft_contrast_run,     \
   target::stft_bands_run,        \
   target::bands_of_run,          \
   target::istft_run,             \
   target::decibel_run,           \
   target::contrast_run,          \
   target::speech_features_run,   \
   target::pyaudio_normalisation, \
   target::pyaudio_run}

constexpr KernelTable kTables[] = {
    QV_TABLE(base, 4),
#if defined(__x86_64__)
    QV_TABLE(avx2, 8),
    QV_TABLE(avx512, 16),
#endif
};
#undef QV_TABLE

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

Target parse(const std::string& name) {
  std::string known;
  for (Target target : supported_targets()) {
    if (name == target_name(target)) return target;
    known += (known.empty() ? "" : ", ") + std::string(target_name(target));
  }
  throw std::invalid_argument("target must be one that this processor supports (" + known +
                              "), got '" + name + "'");
}

Target choose() {
  const char* forced = std::getenv("QUAVER_TARGET");
  if (forced != nullptr && *forced != '\0') return parse(forced);
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
