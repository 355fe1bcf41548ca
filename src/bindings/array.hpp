// SPDX-License-Identifier: BSD-3-Clause
// The only conversion code between NumPy arrays and the core's views. Nothing is copied or cast
// here: what does not fit is refused, and the Python layer converts once, visibly.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "quaver/framing/framing.hpp"

namespace py = pybind11;

namespace quaver::bindings {

using Matrix = py::array_t<float, py::array::c_style>;  // with .noconvert()

inline std::string shape_text(const py::array& a) {
  return py::str(a.attr("shape")).cast<std::string>();
}

// One-dimensional int16, float32 or float64 samples of any stride, in native byte order.
inline Samples samples_view(const py::array& a) {
  if (a.ndim() != 1) {
    throw std::invalid_argument("samples must be one-dimensional, got shape " + shape_text(a));
  }
  SampleType type;
  if (py::isinstance<py::array_t<float>>(a))
    type = SampleType::float32;
  else if (py::isinstance<py::array_t<std::int16_t>>(a))
    type = SampleType::int16;
  else if (py::isinstance<py::array_t<double>>(a))
    type = SampleType::float64;
  else {
    throw py::type_error("samples must be int16, float32 or float64, got " +
                         py::str(a.dtype()).cast<std::string>());
  }
  const py::ssize_t item = a.itemsize(), stride = a.size() > 1 ? a.strides(0) : item;
  const auto address = reinterpret_cast<std::uintptr_t>(a.data());
  if (stride % item != 0 || address % static_cast<std::uintptr_t>(item) != 0) {
    throw std::invalid_argument("samples must be aligned to their item size");
  }
  return {a.data(), stride / item, static_cast<std::size_t>(a.size()), type};
}

inline void require_matrix(const Matrix& a) {
  if (a.ndim() != 2) {
    throw std::invalid_argument(
        "values must be two-dimensional (n_frames, n_features), got shape " + shape_text(a));
  }
}

inline Matrix empty_matrix(std::size_t n_rows, std::size_t n_columns) {
  return Matrix({static_cast<py::ssize_t>(n_rows), static_cast<py::ssize_t>(n_columns)});
}

inline Matrix empty_vector(std::size_t n) { return Matrix(static_cast<py::ssize_t>(n)); }

}  // namespace quaver::bindings
