// SPDX-License-Identifier: BSD-3-Clause
#include <pybind11/complex.h>

#include <complex>

#include "array.hpp"
#include "quaver/effects/median.hpp"
#include "quaver/effects/vocoder.hpp"

namespace quaver::bindings {

template <typename T>
using Plain = py::array_t<T, py::array::c_style>;  // with .noconvert()

template <typename T>
static Plain<T> run_median(const Plain<T>& x, std::size_t size) {
  if (x.ndim() != 2) {
    throw std::invalid_argument("x must be two-dimensional, got shape " + shape_text(x));
  }
  const std::size_t n = static_cast<std::size_t>(x.shape(0));
  const std::size_t m = static_cast<std::size_t>(x.shape(1));
  Plain<T> out({x.shape(0), x.shape(1)});
  const T* const from = x.data();
  T* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    running_median(from, n, m, size, to);
  }
  return out;
}

template <typename T>
static Plain<std::complex<T>> run_vocoder(const Plain<std::complex<T>>& spectrogram,
                                          const Plain<double>& advance,
                                          const Plain<double>& positions) {
  if (spectrogram.ndim() != 2 || advance.ndim() != 1 || positions.ndim() != 1 ||
      spectrogram.shape(1) != advance.shape(0)) {
    throw std::invalid_argument(
        "spectrogram must be (n_frames, n_bins) with an advance for each bin, got shapes " +
        shape_text(spectrogram) + " and " + shape_text(advance));
  }
  const std::size_t n_frames = static_cast<std::size_t>(spectrogram.shape(0));
  const VocoderPlan plan{static_cast<std::size_t>(advance.size()), advance.data(), positions.data(),
                         static_cast<std::size_t>(positions.size())};
  for (std::size_t t = 0; t < plan.n_out; ++t) {
    if (!(plan.positions[t] >= 0.0 && plan.positions[t] < 4294967296.0)) {
      throw std::invalid_argument("positions must be frames, got " +
                                  std::to_string(plan.positions[t]));
    }
  }
  Plain<std::complex<T>> out({positions.shape(0), advance.shape(0)});
  const T* const from = reinterpret_cast<const T*>(spectrogram.data());
  T* const to = reinterpret_cast<T*>(out.mutable_data());
  {
    py::gil_scoped_release release;
    phase_vocoder(plan, from, n_frames, to);
  }
  return out;
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
