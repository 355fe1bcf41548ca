// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "quaver/core/dispatch.hpp"
#include "quaver/framing/layout.hpp"

namespace quaver::bindings {

static std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (Target target : supported_targets()) names.emplace_back(target_name(target));
  return names;
}

void bind_core(py::module_& m) {
  // A QUAVER_TARGET that names no target is reported at import, not at the first call.
  active_target();
  m.attr("largest_length") = kLargestLength;
  m.attr("largest_table") = kLargestTable;
  m.attr("version") = QUAVER_VERSION;
  m.attr("compiler") = QUAVER_COMPILER;
  m.attr("flags") = QUAVER_FLAGS;
  m.def("targets", &target_names, "SIMD targets of this processor, narrowest first.");
  m.def("target", [] { return std::string(target_name(active_target())); }, "Target in use.");
  m.def("set_target", &set_target, py::arg("name"), "Force a target; for tests.");
}

}  // namespace quaver::bindings
