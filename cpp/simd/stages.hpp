// SPDX-License-Identifier: BSD-3-Clause
// The stages of one target, as the fused pipelines call them. No include guard: included once per
// target by foreach_target.hpp. A block is kLanes frames side by side: value v of frame i lies at
// [v * kLanes + i] (structure of arrays), so every stage works on whole registers.

namespace quaver::QV_TARGET {

// framing.cpp
std::size_t first_bad_sample(const Samples& src);
bool load_block(const Samples& src, std::ptrdiff_t start, std::size_t n_frames, bool is_first,
                const FramingPlan& plan, float* raw, float* linear);
void prefetch_block(const Samples& src, std::ptrdiff_t start, const FramingPlan& plan,
                    std::size_t part);
void gather_phases(const FramingPlan& plan, const float* linear, float* phases,
                   std::size_t phase_stride);
// Both at once, without the detour through `linear` where the samples can be read in place.
bool load_phases(const Samples& src, std::ptrdiff_t start, std::size_t n_frames, bool is_first,
                 const FramingPlan& plan, float* raw, float* linear, float* phases);
void window_frames(const FramingPlan& plan, const float* phases, std::size_t phase_stride,
                   float* frames);
// timedomain.cpp
void time_features(const FramingPlan& plan, const TimeDomainPlan& features, const float* linear,
                   const float* phases, float* energies, const SignScratch& scratch,
                   const BlockRows& out);
// rfft.cpp
// Windows the phases, into `frames` where the transform needs that; magnitude may be null.
void power_spectrum(const RfftPlan& plan, const FramingPlan& framing, const float* phases,
                    float* frames, float* work, float* power, float* magnitude);
// rfft_columns.cpp: the same for plans with columns
void power_spectrum_columns(const RfftPlan& plan, const FramingPlan& framing, const float* phases,
                            float* work, float* power, float* magnitude);
const float* half_transform(const RfftPlan& plan, const float* frames, float* work);
// spectrum.cpp
void power_features(const SpectrumPlan& plan, const float* power, float* sums, float* energies,
                    const BlockRows& out);
void magnitude_features(const SpectrumPlan& plan, const float* magnitude, std::size_t last_lane,
                        bool has_previous, float* previous, float* sums, const BlockRows& out);
// mel.cpp
void mel_decibel(const MelPlan& plan, const float* power, float* mel_db);
// cepstrum.cpp
void cepstrum(const CepstrumPlan& plan, float* mel_db, float* out, std::size_t out_stride);
// delta.cpp
void delta_row(const DeltaPlan& plan, const float* row, std::size_t n_frames, float* out);
// functionals.cpp
struct Extremes {
  double sum;
  float min, max;
};
Extremes sum_and_extremes(const float* row, std::size_t n);
void functionals_row(const FunctionalsPlan& plan, const float* row, std::size_t n_frames,
                     FunctionalsScratch& scratch, float* out);
// functionals_percentile.cpp
void prepare_percentiles(const float* row, std::size_t n, const Extremes& e,
                         FunctionalsScratch& scratch);
double percentile(const float* row, std::size_t n, double q, FunctionalsScratch& scratch);
// transpose.cpp
void transpose(const float* from, std::size_t n_rows, std::size_t n_columns,
               std::size_t from_stride, float* to, std::size_t to_stride);
// median.cpp; `sorted` holds size + 1 registers
void running_median(const float* x, std::size_t n, std::size_t m, std::size_t size, float* sorted,
                    float* out);
void running_median_wide(const double* x, std::size_t n, std::size_t m, std::size_t size,
                         double* sorted, double* out);
// vocoder.cpp; `work` holds five arrays of `padded` values
void phase_vocoder(const VocoderPlan& plan, const float* in, std::size_t n_frames, double* work,
                   std::size_t padded, float* out);
void phase_vocoder_wide(const VocoderPlan& plan, const double* in, std::size_t n_frames,
                        double* work, std::size_t padded, double* out);
// yin.cpp, pyin.cpp
void yin_frames(const YinPlan& plan, const double* samples, std::size_t n_valid, double* work,
                double* out);
void weigh_troughs(const TroughPrior& plan, const double* heights, std::size_t n_troughs,
                   double* work, double* weights);
void viterbi_step(const TransitionBand& band, const double* voiced, const double* unvoiced,
                  std::size_t best_state, double* out_voiced, double* out_unvoiced,
                  std::uint16_t* from);
// short_term.cpp, log_mel.cpp: the fused pipelines
bool short_term_run(const ShortTermPlan& plan, const Samples& src, std::size_t n_frames,
                    FrameCarry* carry, ShortTermWorkspace& work, float* out,
                    std::size_t out_stride);
bool log_mel_run(const LogMelPlan& plan, const Samples& src, std::size_t n_frames,
                 LogMelWorkspace& work, float* out);
// framing64.cpp: float64 frames of kLanesD lanes, as such or by phase within a step
void window_frames64(const double* linear, std::size_t step, std::size_t length,
                     const double* window, std::size_t n_valid, double* frames);
void gather_phases64(const Framing64Plan& plan, const double* linear, double* phases);
void rows_to_frames64(const double* block, std::size_t n_rows, std::size_t n_valid, double* out);
// fft64.cpp, fft64_columns.cpp, fft64_real.cpp: frames is overwritten; rows of out hold kLanesD
// doubles, or kLanes floats of which half are written
void spectrum64(const Fft64Plan& plan, double* frames, double* work, Bins64 bins, void* out);
void spectrum64_phases(const Fft64Plan& plan, const Framing64Plan& framing, const double* phases,
                       double* frames, double* work, Bins64 bins, void* out);
// Powers, bin k at plan.places of what is returned: work, or `power` for n_bins rows.
double* power64_phases(const Fft64Plan& plan, const Framing64Plan& framing, const double* phases,
                       double* frames, double* work, double* power);
void columns64_frames(const Fft64Plan& plan, const double* frames, double* work, Bins64 bins,
                      void* out);
void real64_frames(const Fft64Plan& plan, const double* frames, double* work, Bins64 bins,
                   void* out);
void real64_phases(const Fft64Plan& plan, const Framing64Plan& framing, const double* phases,
                   double* work, Bins64 bins, void* out);
void real64_power(const Fft64Plan& plan, const Framing64Plan& framing, const double* phases,
                  double* work);
struct Places64;
const double* fft64_complex(const Fft64Plan& plan, const double* x, double* y, double* spare,
                            const Places64* last);
// speech_features.cpp, pyaudio.cpp: the fused pipelines of other libraries
void speech_features_run(const SpeechFeaturesPlan& plan, const Samples& src, std::size_t n_frames,
                         SpeechFeaturesWorkspace& work, double* out, double* energy);
Normalisation pyaudio_normalisation(const Samples& src);
void pyaudio_run(const PyAudioPlan& plan, const Samples& src, const Normalisation& norm,
                 std::size_t n_frames, PyAudioWorkspace& work, double* out);
// stft.cpp
void stft_run(const StftPlan& plan, StftOutput output, const float* samples, std::size_t n_samples,
              StftWorkspace& work, float* out);
void stft_bins_run(const StftPlan& plan, StftOutput output, const float* samples,
                   std::size_t n_samples, StftWorkspace& work, float* out);
void rows_to_frames(const float* block, std::size_t n_rows, std::size_t n_valid, float* out);
void stft_bands_run(const StftPlan& plan, StftOutput output, const FilterBank<float>& bank,
                    const float* samples, std::size_t n_samples, StftWorkspace& work, float* out);
void bands_of_run(const FilterBank<float>& bank, const float* picture, std::size_t n_frames,
                  StftWorkspace& work, float* out);
void istft_run(const StftPlan& plan, const float* spectrum, std::size_t n_frames,
               StftWorkspace& work, std::size_t n_samples, float* out);
// stft64.cpp
void stft64_run(const Stft64Plan& plan, const float* samples, std::size_t n_samples,
                Stft64Workspace& work, float* out);
void stft64_wide_run(const Stft64Plan& plan, const double* samples, std::size_t n_samples,
                     Stft64Workspace& work, double* out);
void stft_bins64_run(const Stft64Plan& plan, StftOutput output, const float* samples,
                     std::size_t n_samples, Stft64Workspace& work, float* out);
void stft_bins64_wide_run(const Stft64Plan& plan, StftOutput output, const double* samples,
                          std::size_t n_samples, Stft64Workspace& work, double* out);
void stft_contrast_run(const Stft64Plan& plan, const ContrastPlan& bands, const float* samples,
                       std::size_t n_samples, Stft64Workspace& work, float* valley, float* peak);
// decibel.cpp
float decibel_run(const float* power, std::size_t n, float amin, float offset, float* out);
// contrast.cpp
void contrast_run(const ContrastPlan& plan, const float* magnitude, std::size_t n_frames,
                  float* valley, float* peak);
void contrast_of_power(const ContrastPlan& plan, const float* power, std::size_t n_frames,
                       float* valley, float* peak);

}  // namespace quaver::QV_TARGET
