// SPDX-License-Identifier: BSD-3-Clause
#include <complex>
#include <memory>
#include <tuple>
#include <utility>

#include "array.hpp"
#include "quaver/core/dispatch.hpp"
#include "quaver/spectrum/contrast.hpp"
#include "quaver/spectrum/decibel.hpp"
#include "quaver/spectrum/stft.hpp"
#include "quaver/spectrum/stft64.hpp"
#include "quaver/time/delta.hpp"

namespace quaver::bindings {

template <class T>
using Array = py::array_t<T, py::array::c_style>;  // with .noconvert()
using Spectrum = Array<std::complex<float>>;
using FilterBank = quaver::FilterBank<float>;

template <class Plan>
static std::size_t samples_size(const Plan& plan, const py::array& samples) {
  if (samples.ndim() != 1) {
    throw std::invalid_argument("samples must be one-dimensional, got shape " +
                                shape_text(samples));
  }
  const std::size_t size = static_cast<std::size_t>(samples.size());
  if (plan.count(size) == 0) {
    throw std::invalid_argument("samples must hold at least one frame, got " +
                                std::to_string(size) + " samples");
  }
  return size;
}

static StftOutput real_output(bool power) {
  return power ? StftOutput::power : StftOutput::magnitude;
}

template <class Plan>
static std::shared_ptr<Plan> make_stft(std::size_t n_fft, std::size_t hop_length,
                                       const Array<double>& window, bool center) {
  if (window.ndim() != 1) {
    throw std::invalid_argument("window must be one-dimensional, got shape " + shape_text(window));
  }
  return std::make_shared<Plan>(n_fft, hop_length, window.data(),
                                static_cast<std::size_t>(window.size()), center);
}

template <class T>
static Array<std::complex<T>> empty_spectrum(std::size_t n_frames, std::size_t n_bins) {
  return Array<std::complex<T>>(
      {static_cast<py::ssize_t>(n_frames), static_cast<py::ssize_t>(n_bins)});
}

static Spectrum run_stft(const StftPlan& plan, const Matrix& samples) {
  const std::size_t size = samples_size(plan, samples);
  Spectrum out = empty_spectrum<float>(plan.count(size), plan.rfft.n_bins);
  const float* const from = samples.data();
  float* const to = reinterpret_cast<float*>(out.mutable_data());
  {
    py::gil_scoped_release release;
    stft(plan, StftOutput::complex, from, size, to);
  }
  return out;
}

template <class T>
static Array<std::complex<T>> run_stft64(const Stft64Plan& plan, const Array<T>& samples) {
  const std::size_t size = samples_size(plan, samples);
  Array<std::complex<T>> out = empty_spectrum<T>(plan.count(size), plan.fft.n_bins);
  const T* const from = samples.data();
  T* const to = reinterpret_cast<T*>(out.mutable_data());
  {
    py::gil_scoped_release release;
    stft64(plan, from, size, to);
  }
  return out;
}

static Matrix run_picture(const StftPlan& plan, const Matrix& samples, bool power) {
  const std::size_t size = samples_size(plan, samples);
  Matrix out = empty_matrix(plan.rfft.n_bins, plan.count(size));
  const float* const from = samples.data();
  float* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    stft_bins(plan, real_output(power), from, size, to);
  }
  return out;
}

template <class T>
static Array<T> run_picture64(const Stft64Plan& plan, const Array<T>& samples, bool power) {
  const std::size_t size = samples_size(plan, samples);
  Array<T> out(
      {static_cast<py::ssize_t>(plan.fft.n_bins), static_cast<py::ssize_t>(plan.count(size))});
  const T* const from = samples.data();
  T* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    stft_bins64(plan, real_output(power), from, size, to);
  }
  return out;
}

static Matrix run_bands(const StftPlan& plan, const Matrix& samples, bool power,
                        const FilterBank& bank) {
  const std::size_t size = samples_size(plan, samples);
  if (bank.n_bins != plan.rfft.n_bins) {
    throw std::invalid_argument("the bank must have " + std::to_string(plan.rfft.n_bins) +
                                " bins, got " + std::to_string(bank.n_bins));
  }
  Matrix out = empty_matrix(bank.n_bands, plan.count(size));
  const float* const from = samples.data();
  float* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    stft_bands(plan, real_output(power), bank, from, size, to);
  }
  return out;
}

static Matrix run_bands_of(const FilterBank& bank, const Matrix& picture) {
  if (picture.ndim() != 2 || static_cast<std::size_t>(picture.shape(1)) != bank.n_bins) {
    throw std::invalid_argument("the picture must have shape (n_frames, " +
                                std::to_string(bank.n_bins) + "), got " + shape_text(picture));
  }
  const std::size_t n_frames = static_cast<std::size_t>(picture.shape(0));
  Matrix out = empty_matrix(bank.n_bands, n_frames);
  const float* const from = picture.data();
  float* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    bands_of(bank, from, n_frames, to);
  }
  return out;
}

static Matrix run_istft(const StftPlan& plan, const Spectrum& spectrum, std::size_t n_weighted,
                        std::size_t n_samples) {
  if (spectrum.ndim() != 2 || static_cast<std::size_t>(spectrum.shape(1)) != plan.rfft.n_bins) {
    throw std::invalid_argument("spectrum must have shape (n_frames, " +
                                std::to_string(plan.rfft.n_bins) + "), got " +
                                shape_text(spectrum));
  }
  const std::size_t n_frames = static_cast<std::size_t>(spectrum.shape(0));
  Matrix out = empty_vector(n_samples);
  const float* const from = reinterpret_cast<const float*>(spectrum.data());
  float* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    istft(plan, from, n_frames, n_weighted, n_samples, to);
  }
  return out;
}

static std::shared_ptr<FilterBank> make_bank(const Matrix& weights) {
  if (weights.ndim() != 2) {
    throw std::invalid_argument("weights must have shape (n_bands, n_bins), got " +
                                shape_text(weights));
  }
  return std::make_shared<FilterBank>(weights.data(), static_cast<std::size_t>(weights.shape(0)),
                                      static_cast<std::size_t>(weights.shape(1)));
}

static std::pair<Matrix, float> run_decibel(const Matrix& power, float amin, float offset) {
  if (!(amin >= 1.17549435e-38f)) {
    throw std::invalid_argument("amin must be a normal positive number, got " +
                                std::to_string(amin));
  }
  Matrix out(std::vector<py::ssize_t>(power.shape(), power.shape() + power.ndim()));
  const std::size_t size = static_cast<std::size_t>(power.size());
  const float* const from = power.data();
  float* const to = out.mutable_data();
  float largest = 0.0f;
  {
    py::gil_scoped_release release;
    largest = decibel(from, size, amin, offset, to);
  }
  return {std::move(out), largest};
}

using Bands = std::vector<std::tuple<std::size_t, std::size_t, std::size_t>>;

static ContrastPlan contrast_plan(const Bands& bands, std::size_t n_bins) {
  std::vector<ContrastBand> list;
  for (const auto& [first, last, count] : bands) {
    if (last > n_bins) {
      throw std::invalid_argument("bands must end within the " + std::to_string(n_bins) +
                                  " bins, got " + std::to_string(last));
    }
    list.push_back({first, last, count});
  }
  return ContrastPlan(std::move(list));
}

static std::pair<Matrix, Matrix> run_contrast(const Matrix& magnitude, const Bands& bands) {
  require_matrix(magnitude);
  const ContrastPlan plan = contrast_plan(bands, static_cast<std::size_t>(magnitude.shape(0)));
  const std::size_t n_frames = static_cast<std::size_t>(magnitude.shape(1));
  Matrix valley = empty_matrix(plan.n_bands, n_frames), peak = empty_matrix(plan.n_bands, n_frames);
  const float* const from = magnitude.data();
  float* const low = valley.mutable_data();
  float* const high = peak.mutable_data();
  {
    py::gil_scoped_release release;
    contrast(plan, from, n_frames, low, high);
  }
  return {std::move(valley), std::move(peak)};
}

static std::pair<Matrix, Matrix> run_stft_contrast(const Stft64Plan& plan, const Matrix& samples,
                                                   const Bands& bands) {
  const std::size_t size = samples_size(plan, samples), n_frames = plan.count(size);
  const ContrastPlan extremes = contrast_plan(bands, plan.fft.n_bins);
  Matrix valley = empty_matrix(extremes.n_bands, n_frames);
  Matrix peak = empty_matrix(extremes.n_bands, n_frames);
  const float* const from = samples.data();
  float* const low = valley.mutable_data();
  float* const high = peak.mutable_data();
  {
    py::gil_scoped_release release;
    stft_contrast(plan, extremes, from, size, low, high);
  }
  return {std::move(valley), std::move(peak)};
}

static Matrix run_delta_rows(const Matrix& values, std::size_t width, std::size_t order) {
  require_matrix(values);
  const DeltaPlan plan(width, order);
  const std::size_t n_rows = static_cast<std::size_t>(values.shape(0));
  const std::size_t n_frames = static_cast<std::size_t>(values.shape(1));
  if (n_frames < width) {
    throw std::invalid_argument("width must not exceed the number of frames, got width " +
                                std::to_string(width) + " and " + std::to_string(n_frames) +
                                " frames");
  }
  Matrix out = empty_matrix(n_rows, n_frames);
  const float* const from = values.data();
  float* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    for (std::size_t row = 0; row < n_rows; ++row) {
      kernels().delta_row(plan, from + row * n_frames, n_frames, to + row * n_frames);
    }
  }
  return out;
}

void bind_stft(py::module_& m) {
  py::class_<FilterBank, std::shared_ptr<FilterBank>>(m, "FilterBank", "Sparse rows of weights.")
      .def(py::init(&make_bank), py::arg("weights").noconvert())
      .def("of", &run_bands_of, py::arg("picture").noconvert(),
           "(n_bands, n_frames) of a picture (n_frames, n_bins).");
  py::class_<StftPlan, std::shared_ptr<StftPlan>>(m, "Stft", "Plan of a transform.")
      .def(py::init(&make_stft<StftPlan>), py::kw_only(), py::arg("n_fft"), py::arg("hop_length"),
           py::arg("window").noconvert(), py::arg("center"))
      .def("run", &run_stft, py::arg("samples").noconvert(), "(n_frames, n_bins), complex.")
      .def("picture", &run_picture, py::arg("samples").noconvert(), py::arg("power"),
           "(n_bins, n_frames), magnitude or power.")
      .def("bands", &run_bands, py::arg("samples").noconvert(), py::arg("power"), py::arg("bank"),
           "(n_bands, n_frames): the picture under a filter bank.")
      .def("inverse", &run_istft, py::arg("spectrum").noconvert(), py::arg("n_weighted"),
           py::arg("n_samples"), "Overlap-add of (n_frames, n_bins) over the squared windows.");
  py::class_<Stft64Plan, std::shared_ptr<Stft64Plan>>(
      m, "Stft64", "Plan of a transform in double, whose results have the type of the samples.")
      .def(py::init(&make_stft<Stft64Plan>), py::kw_only(), py::arg("n_fft"), py::arg("hop_length"),
           py::arg("window").noconvert(), py::arg("center"))
      .def("run", &run_stft64<float>, py::arg("samples").noconvert(),
           "(n_frames, n_bins), complex.")
      .def("run", &run_stft64<double>, py::arg("samples").noconvert())
      .def("picture", &run_picture64<float>, py::arg("samples").noconvert(), py::arg("power"),
           "(n_bins, n_frames), magnitude or power.")
      .def("picture", &run_picture64<double>, py::arg("samples").noconvert(), py::arg("power"))
      .def("contrast", &run_stft_contrast, py::arg("samples").noconvert(), py::arg("bands"),
           "The function contrast of the picture of float32 samples.");
  m.def("decibel", &run_decibel, py::arg("power").noconvert(), py::arg("amin"), py::arg("offset"),
        "Decibel, and the largest one: NaN when a power is not finite.");
  m.def("contrast", &run_contrast, py::arg("magnitude").noconvert(), py::arg("bands"),
        "Means of the smallest and largest values of bands (first, last, count).");
  m.def("delta_rows", &run_delta_rows, py::arg("values").noconvert(), py::arg("width"),
        py::arg("order"), "Derivative over time of (n_features, n_frames).");
}

}  // namespace quaver::bindings
