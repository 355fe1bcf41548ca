// SPDX-License-Identifier: BSD-3-Clause
// What one target declares: the kernels of the table, and the stages that kernels call among
// themselves. No include guard: included once per target by foreach_target.hpp. A block is kLanes
// frames side by side: value v of frame i lies at [v * kLanes + i] (structure of arrays), so every
// stage works on whole registers.

namespace quaver::QV_TARGET {

#define QV_KERNEL(result, name, arguments) result name arguments;
#include "simd/kernels.def"
#undef QV_KERNEL

// framing.cpp
bool load_block(const Samples& src, std::ptrdiff_t start, std::size_t n_frames, bool is_first,
                const FramingPlan& plan, float* raw, float* linear);
void prefetch_block(const Samples& src, std::ptrdiff_t start, const FramingPlan& plan,
                    std::size_t part);
// Both at once, without the detour through `linear` where the samples can be read in place.
bool load_phases(const Samples& src, std::ptrdiff_t start, std::size_t n_frames, bool is_first,
                 const FramingPlan& plan, float* raw, float* linear, float* phases);
// timedomain.cpp
void time_features(const FramingPlan& plan, const TimeDomainPlan& features, const float* linear,
                   const float* phases, float* energies, const SignScratch& scratch,
                   const DecibelScale& scale, const BlockRows& out);
// layout.cpp: frames of T by phase within a step, as such, and turned to rows
void gather_phases(const FrameLayout<float>& layout, const float* linear, float* phases);
void gather_phases(const FrameLayout<double>& layout, const double* linear, double* phases);
void window_frames(const double* linear, std::size_t step, std::size_t length, const double* window,
                   std::size_t n_valid, double* frames);
void rows_to_frames(const float* block, std::size_t n_rows, std::size_t n_valid, float* out);
void rows_to_frames(const double* block, std::size_t n_rows, std::size_t n_valid, double* out);
// fft_columns.cpp, for every plan: frames is overwritten; rows of out hold a register, for Bins of
// float32 one of floats, of which a transform in double writes half
void spectrum_frames(const FftPlan<double>& plan, double* frames, double* work, Bins bins,
                     void* out);
void spectrum_phases(const FftPlan<float>& plan, const FrameLayout<float>& layout,
                     const float* phases, float* frames, float* work, Bins bins, void* out);
void spectrum_phases(const FftPlan<double>& plan, const FrameLayout<double>& layout,
                     const double* phases, double* frames, double* work, Bins bins, void* out);
// magnitude may be null
void power_spectrum(const FftPlan<float>& plan, const FrameLayout<float>& layout,
                    const float* phases, float* frames, float* work, float* power,
                    float* magnitude);
// Powers, bin k at plan.places of what is returned: work, or `power` for n_bins rows.
double* power_phases(const FftPlan<double>& plan, const FrameLayout<double>& layout,
                     const double* phases, double* frames, double* work, double* power);
// fft_two_passes.cpp and fft_two_passes64.cpp: plans with n_columns
void two_pass_frames(const FftPlan<double>& plan, const double* frames, double* work, Bins bins,
                     void* out);
void two_pass_phases(const FftPlan<float>& plan, const FrameLayout<float>& layout,
                     const float* phases, float* work, Bins bins, void* out);
void two_pass_phases(const FftPlan<double>& plan, const FrameLayout<double>& layout,
                     const double* phases, double* work, Bins bins, void* out);
void two_pass_magnitude(const FftPlan<float>& plan, const FrameLayout<float>& layout,
                        const float* phases, float* work, float* power, float* magnitude);
void two_pass_power(const FftPlan<double>& plan, const FrameLayout<double>& layout,
                    const double* phases, double* work);
// fft_passes.cpp: plans with neither columns nor rows; complex_transform uses x up as well
void mixed_spectrum(const FftPlan<float>& plan, float* frames, float* work, Bins bins, void* out);
void mixed_spectrum(const FftPlan<double>& plan, double* frames, double* work, Bins bins,
                    void* out);
const float* complex_transform(const FftPlan<float>& plan, float* x, float* work);
const double* complex_transform(const FftPlan<double>& plan, double* x, double* work);
// The passes from x by way of y and spare, which may be x. Returns where the result lies: at
// `last`, or without one in y or spare.
template <class T>
struct Places;
const float* fft_passes(const FftPlan<float>& plan, const float* x, float* y, float* spare,
                        const Places<float>* last);
const double* fft_passes(const FftPlan<double>& plan, const double* x, double* y, double* spare,
                         const Places<double>* last);
// spectrum.cpp
void power_features(const SpectrumPlan& plan, const float* power, float* sums, float* energies,
                    const BlockRows& out);
void magnitude_features(const SpectrumPlan& plan, const float* magnitude, std::size_t last_lane,
                        bool has_previous, float* previous, float* sums, const BlockRows& out);
// mel.cpp
void mel_decibel(const MelPlan& plan, const float* power, const DecibelScale& scale, float* mel_db);
// cepstrum.cpp
void cepstrum(const CepstrumPlan& plan, float* mel_db, float* out, std::size_t out_stride);
// functionals.cpp
struct Extremes {
  double sum;
  float min, max;
};
Extremes sum_and_extremes(const float* row, std::size_t n);
// functionals_percentile.cpp
void prepare_percentiles(const float* row, std::size_t n, const Extremes& e,
                         FunctionalsScratch& scratch);
double percentile(const float* row, std::size_t n, double q, FunctionalsScratch& scratch);
// contrast.cpp
void contrast_of_power(const ContrastPlan& plan, const Picture<float>& power, float* valley,
                       float* peak);

}  // namespace quaver::QV_TARGET
