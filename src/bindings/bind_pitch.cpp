// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "plan.hpp"
#include "quaver/pitch/pyin.hpp"
#include "quaver/pitch/yin.hpp"

namespace quaver::bindings {

static YinPlan make_yin(std::size_t frame_length, std::size_t hop_length, std::size_t min_period,
                        std::size_t max_period, double tiny) {
  if (hop_length == 0 || min_period == 0 || min_period >= max_period ||
      max_period >= frame_length) {
    throw std::invalid_argument(
        "periods must rise from 1 to below frame_length and hop_length be positive, got " +
        std::to_string(min_period) + ", " + std::to_string(max_period) + ", " +
        std::to_string(frame_length) + " and " + std::to_string(hop_length));
  }
  return {frame_length, hop_length, min_period, max_period, tiny};
}

static Array<double> run_difference(const YinPlan& plan, const Array<double>& samples) {
  if (samples.ndim() != 1 || size_of(samples) < plan.frame_length) {
    refuse("samples must be one-dimensional and hold a frame, got shape ", samples);
  }
  const std::size_t n_frames = 1 + (size_of(samples) - plan.frame_length) / plan.hop_length;
  return filled<double>({n_frames, plan.n_lags()}, [&, from = values(samples)](double* to) {
    yin_difference(plan, from, n_frames, to);
  });
}

static std::size_t frames_of(const YinPlan& plan, const Array<double>& difference) {
  if (difference.ndim() != 2 || extent(difference, 1) != plan.n_lags()) {
    refuse("difference must be (n_frames, " + std::to_string(plan.n_lags()) + "), got shape ",
           difference);
  }
  return extent(difference, 0);
}

static Array<double> run_period(const YinPlan& plan, const Array<double>& difference,
                                double trough_threshold) {
  const std::size_t n_frames = frames_of(plan, difference);
  return filled<double>({n_frames}, [&, from = values(difference)](double* to) {
    yin_period(plan, from, n_frames, trough_threshold, to);
  });
}

static py::tuple run_pyin(const YinPlan& yin, const Array<double>& difference, double sample_rate,
                          double fmin, const Array<double>& thresholds, const Array<double>& prior,
                          double boltzmann, double no_trough_prob, const Array<double>& stay,
                          const Array<double>& change, double outside, std::size_t bins_per_octave,
                          bool single) {
  const std::size_t n_frames = frames_of(yin, difference);
  if (n_frames == 0) refuse("difference must hold at least one frame, got shape ", difference);
  if (stay.ndim() != 2 || stay.shape(0) % 2 == 0 || change.ndim() != 2 ||
      change.shape(0) != stay.shape(0) || change.shape(1) != stay.shape(1)) {
    refuse("stay and change must be (2 reach + 1, n_bins)", stay, change);
  }
  if (thresholds.ndim() != 1 || prior.ndim() != 1 || thresholds.size() != prior.size()) {
    refuse("thresholds and prior must be vectors of one length", thresholds, prior);
  }
  const PyinOptions options{sample_rate,     fmin,  boltzmann, no_trough_prob, extent(stay, 1),
                            bins_per_octave, single};
  const PitchTransitions transitions{values(stay), values(change), extent(stay, 0) / 2, outside};
  const PyinPlan plan(yin, options, values(thresholds), values(prior), size_of(prior), transitions);
  auto states = empty<std::uint16_t>({n_frames});
  auto voiced = empty<double>({n_frames});
  const bool valid =
      without_gil([&, from = values(difference), to = values(states), voiced_to = values(voiced)] {
        return pyin(plan, from, n_frames, to, voiced_to);
      });
  if (!valid) throw std::invalid_argument("probabilities of pitches must lie between 0 and 1");
  return py::make_tuple(states, voiced);
}

void bind_pitch(py::module_& m) {
  py::class_<YinPlan>(m, "Yin", "Plan of one range of periods.")
      .def(py::init(&make_yin), py::kw_only(), py::arg("frame_length"), py::arg("hop_length"),
           py::arg("min_period"), py::arg("max_period"), py::arg("tiny"))
      .def("difference", &run_difference, py::arg("samples").noconvert(),
           "Normalised difference function, (n_frames, n_lags).")
      .def("period", &run_period, py::arg("difference").noconvert(), py::arg("trough_threshold"),
           "Period of each frame in samples.")
      .def("pyin", &run_pyin, py::arg("difference").noconvert(), py::kw_only(),
           py::arg("sample_rate"), py::arg("fmin"), py::arg("thresholds").noconvert(),
           py::arg("prior").noconvert(), py::arg("boltzmann"), py::arg("no_trough_prob"),
           py::arg("stay").noconvert(), py::arg("change").noconvert(), py::arg("outside"),
           py::arg("bins_per_octave"), py::arg("single"),
           "State of each frame and probability that it is voiced.");
}

}  // namespace quaver::bindings
