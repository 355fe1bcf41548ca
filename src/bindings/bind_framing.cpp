// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "quaver/framing/layout.hpp"
#include "quaver/framing/windows.hpp"

namespace quaver::bindings {

static Array<float> run_windows(const Array<float>& x, std::size_t length, std::size_t step,
                                bool align) {
  require_matrix(x);
  if (length == 0 || step == 0) throw std::invalid_argument("length and step must be positive");
  checked_length("step", step, kLargestStep);
  const std::size_t n_frames = extent(x, 0), n_features = extent(x, 1);
  if (n_frames < length) {
    throw std::invalid_argument("values must have at least " + std::to_string(length) +
                                " frames, got " + std::to_string(n_frames));
  }
  const std::vector<std::size_t> starts = window_starts(n_frames, length, step, align);
  return filled<float>({starts.size(), n_features, length}, [&, from = values(x)](float* to) {
    windows(from, n_features, starts, length, to);
  });
}

void bind_framing(py::module_& m) {
  m.def("windows", &run_windows, py::arg("values").noconvert(), py::arg("length"), py::arg("step"),
        py::arg("align"), "Windows of (n_frames, n_features), features first.");
}

}  // namespace quaver::bindings
