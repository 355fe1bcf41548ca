// SPDX-License-Identifier: BSD-3-Clause
#include <memory>
#include <tuple>
#include <utility>

#include "array.hpp"
#include "plan.hpp"
#include "quaver/spectrum/contrast.hpp"
#include "quaver/spectrum/stft.hpp"

namespace quaver::bindings {

using FilterBank = quaver::FilterBank<float>;
using Stft = StftPlan<float>;
using Stft64 = StftPlan<double>;

// Of samples that hold at least one.
template <class Plan>
static std::size_t count_frames(const Plan& plan, const py::array& samples) {
  require_ndim(samples, 1, "samples must be one-dimensional");
  const std::size_t n_frames = plan.count(size_of(samples));
  if (n_frames == 0) {
    throw std::invalid_argument("samples must hold at least one frame, got " +
                                std::to_string(size_of(samples)) + " samples");
  }
  return n_frames;
}

static StftOutput real_output(bool power) {
  return power ? StftOutput::power : StftOutput::magnitude;
}

static std::shared_ptr<Stft> make_stft(std::size_t n_fft, std::size_t hop_length,
                                       const Array<double>& window, bool center) {
  require_ndim(window, 1, "window must be one-dimensional");
  return std::make_shared<Stft>(n_fft, hop_length, values(window), size_of(window), center);
}

static std::shared_ptr<Stft64> make_stft64(std::size_t n_fft, std::size_t hop_length,
                                           const Array<double>& window, bool center,
                                           bool invertible) {
  require_ndim(window, 1, "window must be one-dimensional");
  return std::make_shared<Stft64>(n_fft, hop_length, values(window), size_of(window), center,
                                  invertible);
}

// T: the type of the transform, S: of samples and results.
template <class T, class S>
static Array<std::complex<S>> run_stft(const StftPlan<T>& plan, const Array<S>& samples) {
  return filled<std::complex<S>>(
      {count_frames(plan, samples), plan.fft.n_bins},
      [&, from = values(samples), size = size_of(samples)](S* to) { stft(plan, from, size, to); });
}

template <class T, class S>
static Array<S> run_picture(const StftPlan<T>& plan, const Array<S>& samples, bool power) {
  return filled<S>({plan.fft.n_bins, count_frames(plan, samples)},
                   [&, from = values(samples), size = size_of(samples)](S* to) {
                     stft_bins(plan, real_output(power), from, size, to);
                   });
}

template <class S>
static Array<S> run_bands(const Stft64& plan, const Array<S>& samples, bool power,
                          const FilterBank& bank) {
  const std::size_t n_frames = count_frames(plan, samples);
  if (bank.n_bins != plan.fft.n_bins) {
    throw std::invalid_argument("the bank must have " + std::to_string(plan.fft.n_bins) +
                                " bins, got " + std::to_string(bank.n_bins));
  }
  return filled<S>({bank.n_bands, n_frames},
                   [&, from = values(samples), size = size_of(samples)](S* to) {
                     stft_bands(plan, real_output(power), bank, from, size, to);
                   });
}

template <class T>
static Array<T> run_istft(const StftPlan<T>& plan, const Array<std::complex<T>>& spectrum,
                          std::size_t n_weighted, std::size_t n_samples) {
  if (!plan.invertible) throw std::invalid_argument("the plan was not made invertible");
  if (spectrum.ndim() != 2 || extent(spectrum, 1) != plan.fft.n_bins) {
    refuse("spectrum must have shape (n_frames, " + std::to_string(plan.fft.n_bins) + "), got ",
           spectrum);
  }
  const std::size_t n_frames = extent(spectrum, 0);
  return filled<T>({n_samples}, [&, from = values(spectrum)](T* to) {
    istft(plan, from, n_frames, n_weighted, n_samples, to);
  });
}

using Bands = std::vector<std::tuple<std::size_t, std::size_t, std::size_t>>;

// bind_pictures.cpp
ContrastPlan contrast_plan(const Bands& bands, std::size_t n_bins);

using Extremes = std::pair<Array<float>, Array<float>>;  // valleys, peaks

static Extremes run_stft_contrast(const Stft64& plan, const Array<float>& samples,
                                  const Bands& bands) {
  const std::size_t n_frames = count_frames(plan, samples), size = size_of(samples);
  const ContrastPlan extremes = contrast_plan(bands, plan.fft.n_bins);
  auto valley = empty<float>({extremes.n_bands, n_frames});
  auto peak = filled<float>({extremes.n_bands, n_frames},
                            [&, from = values(samples), low = values(valley)](float* high) {
                              stft_contrast(plan, extremes, from, size, low, high);
                            });
  return {std::move(valley), std::move(peak)};
}

void bind_spectrum(py::module_& m) {
  py::class_<Stft, std::shared_ptr<Stft>>(m, "Stft", "Plan of a transform.")
      .def(py::init(&make_stft), py::kw_only(), py::arg("n_fft"), py::arg("hop_length"),
           py::arg("window").noconvert(), py::arg("center"))
      .def("run", &run_stft<float, float>, py::arg("samples").noconvert(),
           "(n_frames, n_bins), complex.")
      .def("picture", &run_picture<float, float>, py::arg("samples").noconvert(), py::arg("power"),
           "(n_bins, n_frames), magnitude or power.")
      .def("inverse", &run_istft<float>, py::arg("spectrum").noconvert(), py::arg("n_weighted"),
           py::arg("n_samples"), "Overlap-add of (n_frames, n_bins) over the squared windows.");
  py::class_<Stft64, std::shared_ptr<Stft64>>(
      m, "Stft64", "Plan of a transform in double, whose results have the type of the samples.")
      .def(py::init(&make_stft64), py::kw_only(), py::arg("n_fft"), py::arg("hop_length"),
           py::arg("window").noconvert(), py::arg("center"), py::arg("invertible"))
      .def("inverse", &run_istft<double>, py::arg("spectrum").noconvert(), py::arg("n_weighted"),
           py::arg("n_samples"), "As of Stft; of an invertible plan.")
      .def("run", &run_stft<double, float>, py::arg("samples").noconvert(),
           "(n_frames, n_bins), complex.")
      .def("run", &run_stft<double, double>, py::arg("samples").noconvert())
      .def("picture", &run_picture<double, float>, py::arg("samples").noconvert(), py::arg("power"),
           "(n_bins, n_frames), magnitude or power.")
      .def("picture", &run_picture<double, double>, py::arg("samples").noconvert(),
           py::arg("power"))
      .def("bands", &run_bands<float>, py::arg("samples").noconvert(), py::arg("power"),
           py::arg("bank"), "(n_bands, n_frames): the picture under a filter bank.")
      .def("bands", &run_bands<double>, py::arg("samples").noconvert(), py::arg("power"),
           py::arg("bank"))
      .def("contrast", &run_stft_contrast, py::arg("samples").noconvert(), py::arg("bands"),
           "The function contrast of the picture of float32 samples.");
}

}  // namespace quaver::bindings
