// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "quaver/framing/windows.hpp"
#include "quaver/pipelines/extract.hpp"

namespace quaver::bindings {

// (name, whether it is in the default set)
static py::tuple statistic_list() {
  py::list list;
  for (const StatisticInfo& s : kStatistics) list.append(py::make_tuple(s.name, s.is_default));
  return list;
}

static Matrix run_functionals(const Matrix& values, const std::vector<std::size_t>& statistics) {
  require_matrix(values);
  const FunctionalsPlan plan(statistics_of(statistics));
  const std::size_t n_frames = static_cast<std::size_t>(values.shape(0));
  const std::size_t n_features = static_cast<std::size_t>(values.shape(1));
  if (n_frames == 0) throw std::invalid_argument("values must hold at least one frame, got 0");
  Matrix out = empty_vector(n_features * plan.n_statistics);
  const float* const from = values.data();
  float* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    functionals(plan, from, n_frames, n_features, to);
  }
  return out;
}

static Matrix run_delta(const Matrix& values, std::size_t width, std::size_t order) {
  require_matrix(values);
  const DeltaPlan plan(width, order);
  const std::size_t n_frames = static_cast<std::size_t>(values.shape(0));
  const std::size_t n_features = static_cast<std::size_t>(values.shape(1));
  if (n_frames < width) {
    throw std::invalid_argument("width must not exceed the number of frames, got width " +
                                std::to_string(width) + " and " + std::to_string(n_frames) +
                                " frames");
  }
  Matrix out = empty_matrix(n_frames, n_features);
  const float* const from = values.data();
  float* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    delta(plan, from, n_frames, n_features, to);
  }
  return out;
}

static Matrix run_windows(const Matrix& values, std::size_t length, std::size_t step, bool align) {
  require_matrix(values);
  if (length == 0 || step == 0) throw std::invalid_argument("length and step must be positive");
  const std::size_t n_frames = static_cast<std::size_t>(values.shape(0));
  const std::size_t n_features = static_cast<std::size_t>(values.shape(1));
  if (n_frames < length) {
    throw std::invalid_argument("values must have at least " + std::to_string(length) +
                                " frames, got " + std::to_string(n_frames));
  }
  const std::vector<std::size_t> starts = window_starts(n_frames, length, step, align);
  Matrix out({static_cast<py::ssize_t>(starts.size()), static_cast<py::ssize_t>(n_features),
              static_cast<py::ssize_t>(length)});
  const float* const from = values.data();
  float* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    windows(from, n_features, starts, length, to);
  }
  return out;
}

void bind_functionals(py::module_& m) {
  m.attr("statistics") = statistic_list();
  m.def("functionals", &run_functionals, py::arg("values").noconvert(), py::arg("statistics"),
        "Global statistics of (n_frames, n_features), statistic fastest.");
  m.def("delta", &run_delta, py::arg("values").noconvert(), py::arg("width"), py::arg("order"),
        "Derivative over time of (n_frames, n_features).");
  m.def("windows", &run_windows, py::arg("values").noconvert(), py::arg("length"), py::arg("step"),
        py::arg("align"), "Windows of (n_frames, n_features), features first.");
}

}  // namespace quaver::bindings
