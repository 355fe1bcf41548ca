// SPDX-License-Identifier: BSD-3-Clause
#include <limits>

#include "array.hpp"
#include "quaver/pitch/pyin.hpp"
#include "quaver/pitch/yin.hpp"

namespace quaver::bindings {

using Wide = py::array_t<double, py::array::c_style>;  // with .noconvert()

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

static Wide run_difference(const YinPlan& plan, const Wide& samples) {
  const std::size_t size = static_cast<std::size_t>(samples.size());
  if (samples.ndim() != 1 || size < plan.frame_length) {
    throw std::invalid_argument("samples must be one-dimensional and hold a frame, got shape " +
                                shape_text(samples));
  }
  const std::size_t n_frames = 1 + (size - plan.frame_length) / plan.hop_length;
  Wide out({static_cast<py::ssize_t>(n_frames), static_cast<py::ssize_t>(plan.n_lags())});
  const double* const from = samples.data();
  double* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    yin_difference(plan, from, n_frames, to);
  }
  return out;
}

static std::size_t frames_of(const YinPlan& plan, const Wide& difference) {
  if (difference.ndim() != 2 || static_cast<std::size_t>(difference.shape(1)) != plan.n_lags()) {
    throw std::invalid_argument("difference must be (n_frames, " + std::to_string(plan.n_lags()) +
                                "), got shape " + shape_text(difference));
  }
  return static_cast<std::size_t>(difference.shape(0));
}

static Wide run_period(const YinPlan& plan, const Wide& difference, double trough_threshold) {
  const std::size_t n_frames = frames_of(plan, difference);
  Wide out(static_cast<py::ssize_t>(n_frames));
  const double* const from = difference.data();
  double* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    yin_period(plan, from, n_frames, trough_threshold, to);
  }
  return out;
}

static py::tuple run_pyin(const YinPlan& yin, const Wide& difference, double sample_rate,
                          double fmin, const Wide& thresholds, const Wide& prior, double boltzmann,
                          double no_trough_prob, const Wide& stay, const Wide& change,
                          double outside, std::size_t bins_per_octave, bool single) {
  const std::size_t n_frames = frames_of(yin, difference);
  if (stay.ndim() != 2 || stay.shape(0) % 2 == 0 || change.ndim() != 2 ||
      change.shape(0) != stay.shape(0) || change.shape(1) != stay.shape(1)) {
    throw std::invalid_argument("stay and change must be (2 reach + 1, n_bins), got shapes " +
                                shape_text(stay) + " and " + shape_text(change));
  }
  if (thresholds.ndim() != 1 || prior.ndim() != 1 || thresholds.size() != prior.size()) {
    throw std::invalid_argument("thresholds and prior must be vectors of one length, got shapes " +
                                shape_text(thresholds) + " and " + shape_text(prior));
  }
  const PyinOptions options{
      sample_rate,     fmin,  boltzmann, no_trough_prob, static_cast<std::size_t>(stay.shape(1)),
      bins_per_octave, single};
  const PitchTransitions transitions{stay.data(), change.data(),
                                     static_cast<std::size_t>(stay.shape(0) / 2), outside};
  const PyinPlan plan(yin, options, thresholds.data(), prior.data(),
                      static_cast<std::size_t>(prior.size()), transitions);
  py::array_t<std::uint16_t> states(static_cast<py::ssize_t>(n_frames));
  Wide voiced(static_cast<py::ssize_t>(n_frames));
  const double* const from = difference.data();
  std::uint16_t* const to = states.mutable_data();
  double* const voiced_to = voiced.mutable_data();
  bool valid = false;
  {
    py::gil_scoped_release release;
    valid = pyin(plan, from, n_frames, to, voiced_to);
  }
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
