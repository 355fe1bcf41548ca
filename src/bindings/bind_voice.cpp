// SPDX-License-Identifier: BSD-3-Clause
#include <memory>

#include "array.hpp"
#include "plan.hpp"
#include "quaver/voice/balance.hpp"

namespace quaver::bindings {

static Array<float> run_balance(const BalancePlan& plan, const py::array& array) {
  const Samples samples = samples_view(array);
  const std::size_t n_frames = plan.count(samples.size);
  if (n_frames == 0) {
    throw std::invalid_argument("samples must hold at least " +
                                std::to_string(plan.framing.frame_length) + " samples, got " +
                                std::to_string(samples.size));
  }
  return filled<float>({n_frames, BalancePlan::kColumns},
                       [&](float* to) { spectral_balance(plan, samples, to); });
}

void bind_voice(py::module_& m) {
  py::class_<BalancePlan, std::shared_ptr<BalancePlan>>(m, "Balance",
                                                        "Plan of the spectral balance of a voice.")
      .def(py::init<double>(), py::kw_only(), py::arg("sample_rate"))
      .def("run", &run_balance, py::arg("samples"), "(n_frames, 10).");
}

}  // namespace quaver::bindings
