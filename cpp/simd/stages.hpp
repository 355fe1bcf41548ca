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
// stft.cpp
void rows_to_frames(const float* block, std::size_t n_rows, std::size_t n_valid, float* out);
// contrast.cpp
void contrast_of_power(const ContrastPlan& plan, const float* power, std::size_t n_frames,
                       float* valley, float* peak);

}  // namespace quaver::QV_TARGET
