// SPDX-License-Identifier: BSD-3-Clause
// Samples of any type, checked and pre-emphasised, up to the phases of layout.hpp.
#ifndef QV_TARGET

#include "quaver/framing/framing.hpp"

#include <algorithm>
#include <stdexcept>

#define QV_FILE "kernels/framing/framing.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

constexpr double kPi = 3.14159265358979323846;

double window_value(const std::string& name, double phase) {
  if (name == "hamming") return 0.54 - 0.46 * std::cos(phase);
  if (name == "hann") return 0.5 - 0.5 * std::cos(phase);
  if (name == "blackman") return 0.42 - 0.5 * std::cos(phase) + 0.08 * std::cos(2 * phase);
  if (name == "boxcar") return 1.0;
  throw std::invalid_argument("window must be hamming, hann, blackman or boxcar, got '" + name +
                              "'");
}

std::vector<double> window_values(const FramingOptions& o) {
  if (o.frame_length == 0) throw std::invalid_argument("frame_length must be positive, got 0");
  if (o.hop_length == 0) throw std::invalid_argument("hop_length must be positive, got 0");
  checked_length("n_fft", o.n_fft);
  checked_length("hop_length", o.hop_length);
  if (o.frame_length > o.n_fft) {
    throw std::invalid_argument("frame_length must not exceed n_fft, got frame_length " +
                                std::to_string(o.frame_length) + " and n_fft " +
                                std::to_string(o.n_fft));
  }
  // A window of one sample is 1 of either kind, as in SciPy.
  const std::size_t period = o.periodic && o.frame_length > 1 ? o.frame_length : o.frame_length - 1;
  std::vector<double> values;
  for (std::size_t n = 0; n < o.frame_length; ++n) {
    const double phase = 2 * kPi * static_cast<double>(n) / static_cast<double>(period);
    const double value = window_value(o.window, period == 0 ? kPi : phase);
    values.push_back(period == 0 ? 1.0 : value);
  }
  return values;
}

}  // namespace

FramingPlan::FramingPlan(const FramingOptions& options)
    : frame_length(options.frame_length),
      hop_length(options.hop_length),
      n_fft(options.n_fft),
      pre_emphasis(options.pre_emphasis),
      pre_high(static_cast<float>(options.pre_emphasis)),
      pre_low(static_cast<float>(options.pre_emphasis - static_cast<double>(pre_high))),
      window(window_values(options)),
      layout(window_values(options).data(), frame_length, std::min(hop_length, frame_length), n_fft,
             0),
      offset_list(kNumTargets * frame_length) {
  for (std::size_t target = 0; target < kNumTargets; ++target) {
    unsigned* const list = offset_list.data() + target * frame_length;
    for (std::size_t n = 0; n < frame_length; ++n) {
      const std::size_t phase = n % layout.step, tap = n / layout.step;
      list[n] = static_cast<unsigned>(phase * layout.phase_stride(kLanesOf[target]) + tap);
    }
    offsets[target] = list;
  }
}

std::size_t FramingPlan::linear_size(std::size_t lanes) const {
  // The transpose reads whole tiles, up to a column and three phases past the block; signs are
  // taken from 64 samples at a time.
  return (layout.phase_stride(lanes) + 1) * layout.step + layout.n_phases + 3 + frame_length + 64;
}
std::size_t count_frames(std::size_t n_samples, std::size_t frame_length, std::size_t hop_length) {
  return n_samples < frame_length ? 0 : (n_samples - frame_length) / hop_length + 1;
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

// NaN fails the comparison as well.
std::size_t first_bad_sample(const Samples& src) {
  if (src.type == SampleType::int16) return src.size;
  if (src.type == SampleType::float32) {
    const float* x = static_cast<const float*>(src.data);
    std::size_t i = 0;
    if (src.stride == 1) {
      for (; i + 64 <= src.size; i += 64) {
        int bad = 0;
        for (std::size_t j = 0; j < 64; ++j) bad |= !(std::fabs(x[i + j]) <= kMaxMagnitude);
        if (bad) break;
      }
    }
    for (; i < src.size; ++i) {
      if (!(std::fabs(x[static_cast<std::ptrdiff_t>(i) * src.stride]) <= kMaxMagnitude)) return i;
    }
    return src.size;
  }
  const double* x = static_cast<const double*>(src.data);
  for (std::size_t i = 0; i < src.size; ++i) {
    const double value = x[static_cast<std::ptrdiff_t>(i) * src.stride];
    if (!(std::fabs(value) <= kMaxMagnitude64)) return i;
  }
  return src.size;
}

static void copy_int16(const std::int16_t* x, std::ptrdiff_t stride, std::size_t n, float* out) {
  if (stride == 1) {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(x[i]) * (1.0f / 32768.0f);
  } else {
    for (std::size_t i = 0; i < n; ++i, x += stride)
      out[i] = static_cast<float>(*x) * (1.0f / 32768.0f);
  }
}
static void copy_float32(const float* x, std::ptrdiff_t stride, std::size_t n, float* out) {
  if (stride == 1) {
    __builtin_memcpy(out, x, n * sizeof(float));
  } else {
    for (std::size_t i = 0; i < n; ++i, x += stride) out[i] = *x;
  }
}
static void copy_float64(const double* x, std::ptrdiff_t stride, std::size_t n, float* out) {
  if (stride == 1) {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(x[i]);
  } else {
    for (std::size_t i = 0; i < n; ++i, x += stride) out[i] = static_cast<float>(*x);
  }
}

static void copy_any(const Samples& src, std::ptrdiff_t start, std::size_t n, float* out) {
  const std::ptrdiff_t offset = start * src.stride;
  switch (src.type) {
    case SampleType::int16:
      copy_int16(static_cast<const std::int16_t*>(src.data) + offset, src.stride, n, out);
      break;
    case SampleType::float32:
      copy_float32(static_cast<const float*>(src.data) + offset, src.stride, n, out);
      break;
    case SampleType::float64:
      copy_float64(static_cast<const double*>(src.data) + offset, src.stride, n, out);
      break;
  }
}

static inline int limit_bits() {
  const float limit = kMaxMagnitude;
  int bits;
  __builtin_memcpy(&bits, &limit, sizeof bits);
  return bits;
}
// As integers without their sign, floats are in order, and those beyond the limit, infinity and NaN
// come last. Starts as VecI{}; SSE2 has no maximum of integers, and keeps what it finds.
static inline VecI look_at(Vec x, VecI seen) {
  const VecI magnitude = reinterpret_cast<VecI>(x) & 0x7fffffff;
#if QV_WIDTH == 4
  return seen | (magnitude > limit_bits());
#else
  return MaxI(seen, magnitude);
#endif
}
static bool is_in_range(VecI seen) {
#if QV_WIDTH > 4
  seen = seen > limit_bits();
#endif
  int beyond = 0;
  for (std::size_t i = 0; i < kLanes; ++i) beyond |= seen[i];
  return beyond == 0;
}

static bool check_samples(const float* x, std::size_t n) {
  VecI seen{};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) seen = look_at(LoadU(x + i), seen);
  for (; i < n; ++i) seen = look_at(Set(x[i]), seen);
  return is_in_range(seen);
}

// raw[k] is the sample ahead of linear[k]. False when a sample is not finite or too large.
static bool emphasise(const FramingPlan& plan, const float* raw, std::size_t n, float* linear) {
  std::size_t k = 0;
  VecI seen{};
#if QV_FMA
  const Vec high = Set(-plan.pre_high), low = Set(-plan.pre_low);
  Vec last = Set(raw[0]);
  for (; k + kLanes <= n; k += kLanes) {
    const Vec x = InRegister(LoadU(raw + k + 1));
    const Vec before = SlideUp(last, x);
    StoreU(linear + k, MulAdd(low, before, MulAdd(high, before, x)));
    last = x;
    seen = look_at(x, seen);
  }
  for (; k < n; ++k) {
    const float inner = __builtin_fmaf(-plan.pre_high, raw[k], raw[k + 1]);
    linear[k] = __builtin_fmaf(-plan.pre_low, raw[k], inner);
    seen = look_at(Set(raw[k + 1]), seen);
  }
#else
  for (; k < n; ++k) {
    linear[k] = static_cast<float>(static_cast<double>(raw[k + 1]) -
                                   plan.pre_emphasis * static_cast<double>(raw[k]));
  }
  return check_samples(raw + 1, n);
#endif
  return is_in_range(seen);
}

// linear[i] = pre-emphasised sample start + i, for i < count; zeros outside the signal.
// raw holds one sample more: the one ahead of start. False when a sample is not finite or too
// large.
bool load_samples(const Samples& src, std::ptrdiff_t start, std::size_t count,
                  const FramingPlan& plan, float* raw, float* linear) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(src.size);
  const std::ptrdiff_t stop = start + static_cast<std::ptrdiff_t>(count);
  const bool is_plain = plan.pre_high == 0.0f;
  if (!is_plain && src.type == SampleType::float32 && src.stride == 1 && start > 0 &&
      stop <= size) {
    return emphasise(plan, static_cast<const float*>(src.data) + start - 1, count, linear);
  }
  float* const to = is_plain ? linear - 1 : raw;
  std::ptrdiff_t from = start - 1;
  if (is_plain) {
    from = start;
  } else if (start <= 0) {
    to[0] = start == 0 ? src.before : 0.0f;
    from = start;
  }
  std::ptrdiff_t i = from;
  for (; i < 0 && i < stop; ++i) to[i - start + 1] = 0.0f;
  const std::ptrdiff_t end = stop < size ? stop : size;
  if (i < end) {
    copy_any(src, i, static_cast<std::size_t>(end - i), to + (i - start + 1));
    i = end;
  }
  for (; i < stop; ++i) to[i - start + 1] = 0.0f;
  return is_plain ? check_samples(linear, count) : emphasise(plan, raw, count, linear);
}

// A block shares frame_length - hop samples with the one before it: they are moved, not made again.
// What lies between frames further apart than their length is not loaded.
bool load_block(const Samples& src, std::ptrdiff_t start, std::size_t n_frames, bool is_first,
                const FramingPlan& plan, float* raw, float* linear) {
  if (plan.layout.step < plan.hop_length) {
    bool is_finite = true;
    for (std::size_t i = 0; i < n_frames; ++i) {
      const std::ptrdiff_t at = start + static_cast<std::ptrdiff_t>(i * plan.hop_length);
      is_finite &=
          load_samples(src, at, plan.frame_length, plan, raw, linear + i * plan.layout.step);
    }
    return is_finite;
  }
  const std::size_t count = (n_frames - 1) * plan.hop_length + plan.frame_length;
  std::size_t shared = 0;
  if (!is_first && plan.frame_length > plan.hop_length) {
    shared = plan.frame_length - plan.hop_length;
    __builtin_memmove(linear, linear + kLanes * plan.hop_length, shared * sizeof(float));
  }
  return load_samples(src, start + static_cast<std::ptrdiff_t>(shared), count - shared, plan, raw,
                      linear + shared);
}

// Asks for part 0 .. 3 of the samples that the block after `start` will load. Spread over the
// stages, because a core waits when it asks for all of them at once.
void prefetch_block(const Samples& src, std::ptrdiff_t start, const FramingPlan& plan,
                    std::size_t part) {
  if (src.stride != 1 || plan.layout.step < plan.hop_length) return;
  const std::size_t item = src.type == SampleType::int16     ? 2
                           : src.type == SampleType::float32 ? 4
                                                             : 8;
  const std::size_t hop = plan.hop_length, quarter = kLanes * hop * item / 4;
  const std::size_t at =
      (static_cast<std::size_t>(start + static_cast<std::ptrdiff_t>(kLanes * hop))) * item +
      part * quarter;
  if (at + quarter > src.size * item) return;
  const char* const bytes = static_cast<const char*>(src.data) + at;
  for (std::size_t i = 0; i < quarter; i += 64) __builtin_prefetch(bytes + i);
}

// Whether the block's whole tiles can be read where the samples lie.
static bool is_readable(const Samples& src, std::ptrdiff_t start, const FramingPlan& plan,
                        std::size_t phase_stride) {
  const std::size_t reach = phase_stride * plan.hop_length + 4;
  return plan.layout.step == plan.hop_length && src.type == SampleType::float32 &&
         src.stride == 1 && plan.pre_high == 0.0f && start >= 0 &&
         static_cast<std::size_t>(start) + reach <= src.size;
}

bool load_phases(const Samples& src, std::ptrdiff_t start, std::size_t n_frames, bool is_first,
                 const FramingPlan& plan, float* raw, float* linear, float* phases) {
  const std::size_t phase_stride = plan.layout.phase_stride(kLanes), hop = plan.hop_length;
  const std::ptrdiff_t before = start - static_cast<std::ptrdiff_t>(kLanes * hop);
  if (!is_readable(src, start, plan, phase_stride)) {
    // The block before has left its samples in `linear` if it came this way.
    const bool is_new = is_first || is_readable(src, before, plan, phase_stride);
    if (!load_block(src, start, n_frames, is_new, plan, raw, linear)) return false;
    gather_phases(plan.layout, linear, phases);
    return true;
  }
  const float* const x = static_cast<const float*>(src.data) + start;
  const std::size_t count = (n_frames - 1) * hop + plan.frame_length;
  const bool is_known = !is_first && plan.frame_length > hop;
  const std::size_t checked = is_known ? plan.frame_length - hop : 0;
  if (!check_samples(x + checked, count - checked)) return false;
  gather_phases(plan.layout, x, phases);
  return true;
}

}  // namespace quaver::QV_TARGET

#endif
