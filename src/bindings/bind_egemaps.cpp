// SPDX-License-Identifier: BSD-3-Clause
#include <memory>

#include "array.hpp"
#include "plan.hpp"
#include "quaver/voice/egemaps.hpp"

namespace quaver::bindings {

static RawDescriptors raw_of(const Array<float>& balance, const Array<float>& voice,
                             std::size_t n_unsettled) {
  if (balance.ndim() != 2 || extent(balance, 1) != BalancePlan::kColumns || voice.ndim() != 2 ||
      extent(voice, 1) != kVoiceColumns || extent(voice, 0) == 0 ||
      extent(balance, 0) < extent(voice, 0)) {
    refuse("balance must be (n, 10), voice (1 to n, 15)", balance, voice);
  }
  return {values(balance), extent(balance, 0), values(voice), extent(voice, 0), n_unsettled};
}

static Array<float> run_descriptors(const Array<float>& balance, const Array<float>& voice,
                                    std::size_t n_unsettled) {
  const RawDescriptors raw = raw_of(balance, voice, n_unsettled);
  return filled<float>({raw.n_voice + 1, kEgemapsDescriptors},
                       [&](float* to) { egemaps_descriptors(raw, to); });
}

static Array<float> run_functionals(const Array<float>& balance, const Array<float>& voice,
                                    std::size_t n_unsettled, double mean_square) {
  const RawDescriptors raw = raw_of(balance, voice, n_unsettled);
  return filled<float>({kEgemapsFunctionals},
                       [&](float* to) { egemaps_functionals(raw, mean_square, to); });
}

static std::size_t frames_of(const EgemapsPlan& plan, const Samples& samples) {
  const std::size_t n_frames = plan.count(samples.size);
  if (n_frames == 0) {
    throw std::invalid_argument("samples must hold at least " +
                                std::to_string(plan.pitch.framing.frame_length) + " samples, got " +
                                std::to_string(samples.size));
  }
  return n_frames;
}

static Array<float> run_plan(const EgemapsPlan& plan, const py::array& array) {
  const Samples samples = samples_view(array);
  frames_of(plan, samples);
  return filled<float>({kEgemapsFunctionals}, [&](float* to) { egemaps(plan, samples, to); });
}

static Array<float> run_table(const EgemapsPlan& plan, const py::array& array) {
  const Samples samples = samples_view(array);
  return filled<float>({frames_of(plan, samples) + 1, kEgemapsDescriptors},
                       [&](float* to) { egemaps_table(plan, samples, to); });
}

void bind_egemaps(py::module_& m) {
  py::class_<EgemapsPlan, std::shared_ptr<EgemapsPlan>>(m, "Egemaps",
                                                        "Plan of the extended Geneva set.")
      .def(py::init<double>(), py::kw_only(), py::arg("sample_rate"))
      .def("run", &run_plan, py::arg("samples"), "(88,), functionals of a clip.")
      .def("table", &run_table, py::arg("samples"), "(n_frames + 1, 25), descriptors.");
  m.def("egemaps_descriptors", &run_descriptors, py::arg("balance").noconvert(),
        py::arg("voice").noconvert(), py::arg("n_unsettled"),
        "(n_voice + 1, 25): smoothed over frames.");
  m.def("egemaps_functionals", &run_functionals, py::arg("balance").noconvert(),
        py::arg("voice").noconvert(), py::arg("n_unsettled"), py::arg("mean_square"),
        "(88,) of a clip.");
}

}  // namespace quaver::bindings
