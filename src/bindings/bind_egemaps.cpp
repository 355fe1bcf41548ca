// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "quaver/voice/egemaps_functionals.hpp"

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

void bind_egemaps(py::module_& m) {
  m.def("egemaps_descriptors", &run_descriptors, py::arg("balance").noconvert(),
        py::arg("voice").noconvert(), py::arg("n_unsettled"),
        "(n_voice + 1, 25): smoothed over frames.");
  m.def("egemaps_functionals", &run_functionals, py::arg("balance").noconvert(),
        py::arg("voice").noconvert(), py::arg("n_unsettled"), py::arg("mean_square"),
        "(88,) of a clip.");
}

}  // namespace quaver::bindings
