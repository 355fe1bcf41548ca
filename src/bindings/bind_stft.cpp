// SPDX-License-Identifier: BSD-3-Clause
#include <complex>
#include <memory>
#include <tuple>
#include <utility>

#include "array.hpp"
#include "quaver/contrast.hpp"
#include "quaver/decibel.hpp"
#include "quaver/delta.hpp"
#include "quaver/dispatch.hpp"
#include "quaver/stft.hpp"

namespace quaver::bindings {

using Window = py::array_t<double, py::array::c_style>;
using Spectrum = py::array_t<std::complex<float>, py::array::c_style>;

static std::size_t samples_size(const StftPlan& plan, const Matrix& samples) {
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

static std::shared_ptr<StftPlan> make_stft(std::size_t n_fft, std::size_t hop_length,
                                           const Window& window, bool center) {
  if (window.ndim() != 1) {
    throw std::invalid_argument("window must be one-dimensional, got shape " + shape_text(window));
  }
  return std::make_shared<StftPlan>(n_fft, hop_length, window.data(),
                                    static_cast<std::size_t>(window.size()), center);
}

static Spectrum run_stft(const StftPlan& plan, const Matrix& samples) {
  const std::size_t size = samples_size(plan, samples);
  Spectrum out(
      {static_cast<py::ssize_t>(plan.count(size)), static_cast<py::ssize_t>(plan.rfft.n_bins)});
  const float* const from = samples.data();
  float* const to = reinterpret_cast<float*>(out.mutable_data());
  {
    py::gil_scoped_release release;
    stft(plan, StftOutput::complex, from, size, to);
  }
  return out;
}

static Matrix run_picture(const StftPlan& plan, const Matrix& samples, bool power, bool exact) {
  const std::size_t size = samples_size(plan, samples);
  Matrix out = empty_matrix(plan.rfft.n_bins, plan.count(size));
  const float* const from = samples.data();
  float* const to = out.mutable_data();
  {
    py::gil_scoped_release release;
    (exact ? stft_bins64 : stft_bins)(plan, real_output(power), from, size, to);
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

static std::pair<Matrix, Matrix> run_contrast(
    const Matrix& magnitude,
    const std::vector<std::tuple<std::size_t, std::size_t, std::size_t>>& bands) {
  require_matrix(magnitude);
  std::vector<ContrastBand> list;
  for (const auto& [first, last, count] : bands) {
    if (last > static_cast<std::size_t>(magnitude.shape(0))) {
      throw std::invalid_argument("bands must end within the " +
                                  std::to_string(magnitude.shape(0)) + " bins, got " +
                                  std::to_string(last));
    }
    list.push_back({first, last, count});
  }
  const ContrastPlan plan(std::move(list));
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
      .def(py::init(&make_bank), py::arg("weights").noconvert());
  py::class_<StftPlan, std::shared_ptr<StftPlan>>(m, "Stft", "Plan of a transform.")
      .def(py::init(&make_stft), py::kw_only(), py::arg("n_fft"), py::arg("hop_length"),
           py::arg("window").noconvert(), py::arg("center"))
      .def("run", &run_stft, py::arg("samples").noconvert(), "(n_frames, n_bins), complex.")
      .def("picture", &run_picture, py::arg("samples").noconvert(), py::arg("power"),
           py::arg("exact"), "(n_bins, n_frames), magnitude or power; exact: by way of double.")
      .def("bands", &run_bands, py::arg("samples").noconvert(), py::arg("power"), py::arg("bank"),
           "(n_bands, n_frames): the picture under a filter bank.")
      .def("inverse", &run_istft, py::arg("spectrum").noconvert(), py::arg("n_weighted"),
           py::arg("n_samples"), "Overlap-add of (n_frames, n_bins) over the squared windows.");
  m.def("decibel", &run_decibel, py::arg("power").noconvert(), py::arg("amin"), py::arg("offset"),
        "Decibel, and the largest one: NaN when a power is not finite.");
  m.def("contrast", &run_contrast, py::arg("magnitude").noconvert(), py::arg("bands"),
        "Means of the smallest and largest values of bands (first, last, count).");
  m.def("delta_rows", &run_delta_rows, py::arg("values").noconvert(), py::arg("width"),
        py::arg("order"), "Derivative over time of (n_features, n_frames).");
}

}  // namespace quaver::bindings
