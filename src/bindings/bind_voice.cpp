// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "array.hpp"
#include "plan.hpp"
#include "quaver/voice/balance.hpp"
#include "quaver/voice/formants.hpp"
#include "quaver/voice/harmonics.hpp"
#include "quaver/voice/periods.hpp"
#include "quaver/voice/pitch.hpp"

namespace quaver::bindings {

// Frames of the samples, at least one.
template <class Plan>
static std::size_t frames_of(const Plan& plan, const Samples& samples) {
  const std::size_t n_frames = plan.count(samples.size);
  if (n_frames == 0) {
    throw std::invalid_argument("samples must hold at least " +
                                std::to_string(plan.framing.frame_length) + " samples, got " +
                                std::to_string(samples.size));
  }
  return n_frames;
}

static Array<float> run_balance(const BalancePlan& plan, const py::array& array) {
  const Samples samples = samples_view(array);
  const std::size_t n_frames = frames_of(plan, samples);
  return filled<float>({n_frames, BalancePlan::kColumns},
                       [&](float* to) { spectral_balance(plan, samples, to); });
}

// A row of `candidates`: frequencies, strengths and the level, as they lie in a PitchFrame.
constexpr std::size_t kPitchColumns = sizeof(PitchFrame) / sizeof(float);
static_assert(kPitchColumns == 2 * kPitchCandidates + 1, "nothing lies between");

static Array<float> run_candidates(const PitchPlan& plan, const py::array& array) {
  const Samples samples = samples_view(array);
  return filled<float>({frames_of(plan, samples), kPitchColumns}, [&](float* to) {
    pitch_candidates(plan, samples, reinterpret_cast<PitchFrame*>(to));
  });
}

// With the spectra, (n_blocks, n_bins, lanes), as they lie in memory.
static py::tuple run_spectra(const PitchPlan& plan, const py::array& array) {
  const Samples samples = samples_view(array);
  const std::size_t n_frames = frames_of(plan, samples), lanes = spectra_size(1, 1);
  Array<float> kept = empty<float>({spectra_size(1, n_frames) / lanes, plan.fft.n_bins, lanes});
  const Array<float> found =
      filled<float>({n_frames, kPitchColumns}, [&, spectra = values(kept)](float* to) {
        pitch_candidates(plan, samples, reinterpret_cast<PitchFrame*>(to), spectra);
      });
  return py::make_tuple(found, kept);
}

static Array<float> run_harmonics(const HarmonicsPlan& plan, const Array<float>& spectra,
                                  const Array<float>& f0, const Array<float>& formant_hz) {
  constexpr std::size_t kFormants = HarmonicsPlan::kFormants;
  require_ndim(f0, 1, "f0 must be one-dimensional");
  const std::size_t n_frames = extent(f0, 0), lanes = spectra_size(1, 1);
  if (formant_hz.ndim() != 2 || extent(formant_hz, 0) != n_frames ||
      extent(formant_hz, 1) != kFormants) {
    refuse("formant_hz must be (n_frames, 3), of the frames of f0", f0, formant_hz);
  }
  if (spectra.ndim() != 3 || extent(spectra, 1) != plan.fft.n_bins || extent(spectra, 2) != lanes ||
      size_of(spectra) != spectra_size(plan.fft.n_bins, n_frames)) {
    refuse("spectra must be those of the frames of f0", f0, spectra);
  }
  return filled<float>({n_frames, HarmonicsPlan::kColumns},
                       [&, x = values(spectra), hz = values(f0), formants = values(formant_hz)](
                           float* to) { harmonics(plan, x, n_frames, hz, formants, to); });
}

static Array<float> run_periods(const PeriodsPlan& plan, const py::array& array,
                                const Array<float>& f0) {
  const Samples samples = samples_view(array);
  const std::size_t n_frames = plan.count(samples.size);
  if (f0.ndim() != 1 || extent(f0, 0) != n_frames) {
    refuse("f0 must hold the pitch of each of the " + std::to_string(n_frames) +
               " frames of samples, got shape ",
           f0);
  }
  return filled<float>({n_frames, PeriodsPlan::kColumns},
                       [&, hz = values(f0)](float* to) { jitter_shimmer(plan, samples, hz, to); });
}

static py::tuple run_path(const Array<float>& candidates) {
  if (candidates.ndim() != 2 || extent(candidates, 1) != kPitchColumns) {
    refuse("candidates must be (n_frames, 13), got shape ", candidates);
  }
  const std::size_t n_frames = extent(candidates, 0);
  std::size_t n_unsettled = 0;
  const Array<float> track =
      filled<float>({n_frames, 2}, [&, from = values(candidates)](float* to) {
        n_unsettled = pitch_path(reinterpret_cast<const PitchFrame*>(from), n_frames, to);
      });
  return py::make_tuple(track, n_unsettled);
}

static Array<float> run_formants(const FormantPlan& plan, const py::array& array,
                                 const std::optional<Array<bool>>& wanted) {
  const Samples samples = samples_view(array);
  const std::size_t n_frames = frames_of(plan, samples);
  if (wanted && (wanted->ndim() != 1 || size_of(*wanted) != n_frames)) {
    refuse("wanted must be (" + std::to_string(n_frames) + ",), got shape ", *wanted);
  }
  const unsigned char* const flags =
      wanted ? reinterpret_cast<const unsigned char*>(wanted->data()) : nullptr;
  return filled<float>({n_frames, kFormantColumns},
                       [&](float* to) { formants(plan, samples, flags, to); });
}

static Array<float> run_predictors(const Array<double>& predictors) {
  if (predictors.ndim() != 2 || extent(predictors, 1) != kFormantOrder) {
    refuse("predictors must be (n, 11), got shape ", predictors);
  }
  const double* const from = values(predictors);
  for (std::size_t i = 0; i < size_of(predictors); ++i) {
    if (std::fabs(from[i]) <= 1e6) continue;  // those of order 11 are at most 462
    throw std::invalid_argument("predictors must be finite and within +-1e6");
  }
  const std::size_t n = extent(predictors, 0);
  return filled<float>({n, kFormantColumns},
                       [&](float* to) { predictor_formants(from, n, 11000.0, to); });
}

void bind_voice(py::module_& m) {
  m.attr("lowest_voice_rate") =
      static_cast<int>(std::max(BalancePlan::kLowestRate, PitchPlan::kLowestRate));
  py::class_<BalancePlan, std::shared_ptr<BalancePlan>>(m, "Balance",
                                                        "Plan of the spectral balance of a voice.")
      .def(py::init<double>(), py::kw_only(), py::arg("sample_rate"))
      .def("run", &run_balance, py::arg("samples"), "(n_frames, 10).");
  py::class_<PitchPlan, std::shared_ptr<PitchPlan>>(m, "Pitch", "Plan of a voice's pitch.")
      .def(py::init<double>(), py::kw_only(), py::arg("sample_rate"))
      .def("candidates", &run_candidates, py::arg("samples"),
           "(n_frames, 13): six frequencies, their strengths and the level.")
      .def("spectra", &run_spectra, py::arg("samples"),
           "The candidates, and the magnitudes (n_blocks, n_bins, lanes) that they are of.");
  py::class_<PeriodsPlan, std::shared_ptr<PeriodsPlan>>(m, "Periods",
                                                        "Plan of the periods of a voice.")
      .def(py::init<double>(), py::kw_only(), py::arg("sample_rate"))
      .def("run", &run_periods, py::arg("samples"), py::arg("f0").noconvert(),
           "(n_frames, 2): jitter and shimmer.");
  py::class_<HarmonicsPlan, std::shared_ptr<HarmonicsPlan>>(
      m, "Harmonics", "Plan of the harmonics of a voice and of how much of it is periodic.")
      .def(py::init<double>(), py::kw_only(), py::arg("sample_rate"))
      .def("run", &run_harmonics, py::arg("spectra").noconvert(), py::arg("f0").noconvert(),
           py::arg("formant_hz").noconvert(), "(n_frames, 6), of what Pitch.spectra kept.");
  py::class_<FormantPlan, std::shared_ptr<FormantPlan>>(m, "Formants",
                                                        "Plan of the formants of a voice.")
      .def(py::init([](double sample_rate, bool is_plain) {
             const auto method = is_plain ? FormantMethod::plain : FormantMethod::opensmile;
             return std::make_shared<FormantPlan>(sample_rate, method);
           }),
           py::kw_only(), py::arg("sample_rate"), py::arg("plain") = false)
      .def("run", &run_formants, py::arg("samples"), py::arg("wanted").noconvert() = py::none(),
           "(n_frames, 6): frequency and bandwidth of three, 0 in frames that are not wanted.");
  m.def("predictor_formants", &run_predictors, py::arg("predictors").noconvert(),
        "(n, 6): the formants of predictors of order 11 at 11 kHz.");
  m.def("pitch_path", &run_path, py::arg("candidates").noconvert(),
        "(n_frames, 2), pitch and strength along the path of least cost, and how many of the last "
        "frames the end of input decided.");
}

}  // namespace quaver::bindings
