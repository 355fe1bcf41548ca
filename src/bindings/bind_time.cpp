// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "quaver/pipelines/extract.hpp"
#include "quaver/time/delta.hpp"

namespace quaver::bindings {

static void require_frames(std::size_t n_frames, std::size_t width) {
  if (n_frames < width) {
    throw std::invalid_argument("width must not exceed the number of frames, got width " +
                                std::to_string(width) + " and " + std::to_string(n_frames) +
                                " frames");
  }
}

static Array<float> run_delta(const Array<float>& x, std::size_t width, std::size_t order) {
  require_matrix(x);
  const DeltaPlan plan(width, order);
  const std::size_t n_frames = extent(x, 0), n_features = extent(x, 1);
  require_frames(n_frames, width);
  return filled<float>({n_frames, n_features}, [&, from = values(x)](float* to) {
    delta(plan, from, n_frames, n_features, to);
  });
}

static Array<float> run_delta_rows(const Array<float>& x, std::size_t width, std::size_t order) {
  require_matrix(x);
  const DeltaPlan plan(width, order);
  const std::size_t n_rows = extent(x, 0), n_frames = extent(x, 1);
  require_frames(n_frames, width);
  return filled<float>({n_rows, n_frames}, [&, from = values(x)](float* to) {
    delta_rows(plan, from, n_rows, n_frames, to);
  });
}

void bind_time(py::module_& m) {
  m.def("delta", &run_delta, py::arg("values").noconvert(), py::arg("width"), py::arg("order"),
        "Derivative over time of (n_frames, n_features).");
  m.def("delta_rows", &run_delta_rows, py::arg("values").noconvert(), py::arg("width"),
        py::arg("order"), "Derivative over time of (n_features, n_frames).");
}

}  // namespace quaver::bindings
