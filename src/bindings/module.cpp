// SPDX-License-Identifier: BSD-3-Clause
// The compiled module: the groups of the core, a file each.
#include "array.hpp"

namespace quaver::bindings {
void bind_core(py::module_& m);
void bind_framing(py::module_& m);
void bind_pictures(py::module_& m);
void bind_spectrum(py::module_& m);
void bind_time(py::module_& m);
void bind_statistics(py::module_& m);
void bind_pitch(py::module_& m);
void bind_egemaps(py::module_& m);
void bind_voice(py::module_& m);
void bind_effects(py::module_& m);
void bind_pipelines(py::module_& m);
void bind_peers(py::module_& m);
void bind_recordings(py::module_& m);
}  // namespace quaver::bindings

PYBIND11_MODULE(_core, m, py::mod_gil_not_used()) {
  m.doc() = "Compiled kernels of quaver; private, use the quaver package.";
  quaver::bindings::bind_core(m);
  quaver::bindings::bind_framing(m);
  quaver::bindings::bind_pictures(m);  // banks, which transforms take
  quaver::bindings::bind_spectrum(m);
  quaver::bindings::bind_time(m);
  quaver::bindings::bind_statistics(m);
  quaver::bindings::bind_pitch(m);
  quaver::bindings::bind_egemaps(m);
  quaver::bindings::bind_voice(m);
  quaver::bindings::bind_effects(m);
  quaver::bindings::bind_pipelines(m);
  quaver::bindings::bind_peers(m);
  quaver::bindings::bind_recordings(m);
}
