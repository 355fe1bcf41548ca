// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "quaver/effects/median.hpp"
#include "quaver/effects/vocoder.hpp"

namespace quaver::bindings {

template <class T>
static Array<T> run_median(const Array<T>& x, std::size_t size) {
  require_ndim(x, 2, "x must be two-dimensional");
  const std::size_t n = extent(x, 0), m = extent(x, 1);
  return filled<T>({n, m}, [&, from = values(x)](T* to) { running_median(from, n, m, size, to); });
}

template <class T>
static Array<std::complex<T>> run_vocoder(const Array<std::complex<T>>& spectrogram,
                                          const Array<double>& advance,
                                          const Array<double>& positions) {
  if (spectrogram.ndim() != 2 || advance.ndim() != 1 || positions.ndim() != 1 ||
      spectrogram.shape(1) != advance.shape(0)) {
    refuse("spectrogram must be (n_frames, n_bins) with an advance for each bin", spectrogram,
           advance);
  }
  const std::size_t n_frames = extent(spectrogram, 0);
  const VocoderPlan plan{size_of(advance), values(advance), values(positions), size_of(positions)};
  for (std::size_t t = 0; t < plan.n_out; ++t) {
    if (!(plan.positions[t] >= 0.0 && plan.positions[t] < 4294967296.0)) {
      throw std::invalid_argument("positions must be frames, got " +
                                  std::to_string(plan.positions[t]));
    }
  }
  return filled<std::complex<T>>(
      {size_of(positions), size_of(advance)},
      [&, from = values(spectrogram)](T* to) { phase_vocoder(plan, from, n_frames, to); });
}

void bind_effects(py::module_& m) {
  m.def("running_median", &run_median<float>, py::arg("x").noconvert(), py::arg("size"),
        "Running median along the first axis, edges mirrored.");
  m.def("running_median", &run_median<double>, py::arg("x").noconvert(), py::arg("size"));
  m.def("phase_vocoder", &run_vocoder<float>, py::arg("spectrogram").noconvert(),
        py::arg("advance").noconvert(), py::arg("positions").noconvert(),
        "(n_frames, n_bins) stretched to (n_positions, n_bins).");
  m.def("phase_vocoder", &run_vocoder<double>, py::arg("spectrogram").noconvert(),
        py::arg("advance").noconvert(), py::arg("positions").noconvert());
}

}  // namespace quaver::bindings
