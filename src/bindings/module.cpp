// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"

namespace quaver::bindings {
void bind_config(py::module_& m);
void bind_effects(py::module_& m);
void bind_features(py::module_& m);
void bind_functionals(py::module_& m);
void bind_pitch(py::module_& m);
void bind_stream(py::module_& m);
void bind_peers(py::module_& m);
void bind_stft(py::module_& m);
}  // namespace quaver::bindings

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "Compiled kernels of quaver; private, use the quaver package.";
  quaver::bindings::bind_config(m);
  quaver::bindings::bind_effects(m);
  quaver::bindings::bind_features(m);
  quaver::bindings::bind_functionals(m);
  quaver::bindings::bind_pitch(m);
  quaver::bindings::bind_stream(m);
  quaver::bindings::bind_peers(m);
  quaver::bindings::bind_stft(m);
}
