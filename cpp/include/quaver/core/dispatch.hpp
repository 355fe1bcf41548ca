// SPDX-License-Identifier: BSD-3-Clause
// Which SIMD target runs. One table of entry points is chosen once, at load: the widest target
// that processor and operating system support, or the one named by QUAVER_TARGET.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quaver {

enum class Target { base, avx2, avx512 };
constexpr std::size_t kNumTargets = 3;
constexpr std::size_t kLanesOf[kNumTargets] = {4, 8, 16};

struct Samples;
struct DeltaPlan;
struct FunctionalsPlan;
struct ShortTermPlan;
struct LogMelPlan;
struct FrameCarry;
struct VocoderPlan;
struct YinPlan;
struct TroughPrior;
struct TransitionBand;
struct StftPlan;
struct Stft64Plan;
template <class T>
struct FilterBank;
struct ContrastPlan;
struct SpeechFeaturesPlan;
struct PyAudioPlan;
struct Normalisation;
enum class StftOutput;
class FunctionalsScratch;
class ShortTermWorkspace;
class LogMelWorkspace;
class StftWorkspace;
class Stft64Workspace;
class SpeechFeaturesWorkspace;
class PyAudioWorkspace;

struct KernelTable {
  std::size_t lanes;
  std::size_t (*first_bad_sample)(const Samples&);
  // The pipelines give up and return false at a sample that is not finite or too large.
  bool (*short_term)(const ShortTermPlan&, const Samples&, std::size_t n_frames, FrameCarry*,
                     ShortTermWorkspace&, float* out, std::size_t out_stride);
  bool (*log_mel)(const LogMelPlan&, const Samples&, std::size_t n_frames, LogMelWorkspace&,
                  float* out);
  void (*transpose)(const float* from, std::size_t n_rows, std::size_t n_columns,
                    std::size_t from_stride, float* to, std::size_t to_stride);
  void (*delta_row)(const DeltaPlan&, const float* row, std::size_t n_frames, float* out);
  void (*functionals_row)(const FunctionalsPlan&, const float* row, std::size_t n_frames,
                          FunctionalsScratch&, float* out);
  void (*running_median)(const float* x, std::size_t n, std::size_t m, std::size_t size,
                         float* sorted, float* out);
  void (*running_median_wide)(const double* x, std::size_t n, std::size_t m, std::size_t size,
                              double* sorted, double* out);
  void (*phase_vocoder)(const VocoderPlan&, const float* in, std::size_t n_frames, double* work,
                        std::size_t padded, float* out);
  void (*phase_vocoder_wide)(const VocoderPlan&, const double* in, std::size_t n_frames,
                             double* work, std::size_t padded, double* out);
  void (*yin_frames)(const YinPlan&, const double* samples, std::size_t n_valid, double* work,
                     double* out);
  void (*weigh_troughs)(const TroughPrior&, const double* heights, std::size_t n_troughs,
                        double* work, double* weights);
  void (*viterbi_step)(const TransitionBand&, const double* voiced, const double* unvoiced,
                       std::size_t best_state, double* out_voiced, double* out_unvoiced,
                       std::uint16_t* from);
  void (*stft)(const StftPlan&, StftOutput, const float* samples, std::size_t n_samples,
               StftWorkspace&, float* out);
  void (*stft_bins)(const StftPlan&, StftOutput, const float* samples, std::size_t n_samples,
                    StftWorkspace&, float* out);
  void (*stft64)(const Stft64Plan&, const float* samples, std::size_t n_samples, Stft64Workspace&,
                 float* out);
  void (*stft64_wide)(const Stft64Plan&, const double* samples, std::size_t n_samples,
                      Stft64Workspace&, double* out);
  void (*stft_bins64)(const Stft64Plan&, StftOutput, const float* samples, std::size_t n_samples,
                      Stft64Workspace&, float* out);
  void (*stft_bins64_wide)(const Stft64Plan&, StftOutput, const double* samples,
                           std::size_t n_samples, Stft64Workspace&, double* out);
  void (*stft_contrast)(const Stft64Plan&, const ContrastPlan&, const float* samples,
                        std::size_t n_samples, Stft64Workspace&, float* valley, float* peak);
  void (*stft_bands)(const StftPlan&, StftOutput, const FilterBank<float>&, const float* samples,
                     std::size_t n_samples, StftWorkspace&, float* out);
  void (*bands_of)(const FilterBank<float>&, const float* picture, std::size_t n_frames,
                   StftWorkspace&, float* out);
  void (*istft)(const StftPlan&, const float* spectrum, std::size_t n_frames, StftWorkspace&,
                std::size_t n_samples, float* out);
  float (*decibel)(const float* power, std::size_t n, float amin, float offset, float* out);
  void (*contrast)(const ContrastPlan&, const float* magnitude, std::size_t n_frames, float* valley,
                   float* peak);
  void (*speech_features)(const SpeechFeaturesPlan&, const Samples&, std::size_t n_frames,
                          SpeechFeaturesWorkspace&, double* out, double* energy);
  Normalisation (*pyaudio_normalisation)(const Samples&);
  void (*pyaudio)(const PyAudioPlan&, const Samples&, const Normalisation&, std::size_t n_frames,
                  PyAudioWorkspace&, double* out);
};

// The table in use. Throws std::invalid_argument when QUAVER_TARGET names no supported target.
const KernelTable& kernels();
Target active_target();
std::vector<Target> supported_targets();
// For tests and benchmarks; not meant to be changed while kernels run.
void set_target(const std::string& name);
const char* target_name(Target target);

}  // namespace quaver
