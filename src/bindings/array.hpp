// SPDX-License-Identifier: BSD-3-Clause
// The only conversion code between NumPy arrays and the core's views. Nothing is copied or cast
// here: what does not fit is refused, and the Python layer converts once, visibly.
#pragma once

#include <pybind11/complex.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <complex>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "quaver/framing/framing.hpp"

namespace py = pybind11;

namespace quaver::bindings {

template <class T>
using Array = py::array_t<T, py::array::c_style>;  // with .noconvert()

inline std::string shape_text(const py::array& a) {
  return py::str(a.attr("shape")).cast<std::string>();
}

// The error of an array of another shape; `expected` ends where the shape follows.
[[noreturn]] inline void refuse(const std::string& expected, const py::array& a) {
  throw std::invalid_argument(expected + shape_text(a));
}

[[noreturn]] inline void refuse(const std::string& expected, const py::array& a,
                                const py::array& b) {
  refuse(expected + ", got shapes " + shape_text(a) + " and ", b);
}

inline void require_ndim(const py::array& a, py::ssize_t ndim, const char* expected) {
  if (a.ndim() != ndim) refuse(std::string(expected) + ", got shape ", a);
}

inline void require_matrix(const py::array& a) {
  require_ndim(a, 2, "values must be two-dimensional (n_frames, n_features)");
  if (a.size() == 0) refuse("values must not be empty, got shape ", a);  // of any extents
}

inline std::size_t extent(const py::array& a, py::ssize_t axis) {
  return static_cast<std::size_t>(a.shape(axis));
}

inline std::size_t size_of(const py::array& a) { return static_cast<std::size_t>(a.size()); }

// Which a compiler takes for granted, and NumPy does not.
inline void require_aligned(const void* address, std::size_t alignment) {
  if (reinterpret_cast<std::uintptr_t>(address) % alignment == 0) return;
  throw std::invalid_argument("arrays must be aligned to their item size");
}

// Where the values are; complex ones are pairs for the core.
template <class T>
const T* values(const Array<T>& a) {
  require_aligned(a.data(), alignof(T));
  return a.data();
}
template <class T>
T* values(Array<T>& a) {  // refuses a read-only array
  require_aligned(a.data(), alignof(T));
  return a.mutable_data();
}
template <class T>
const T* values(const Array<std::complex<T>>& a) {
  require_aligned(a.data(), alignof(T));
  return reinterpret_cast<const T*>(a.data());
}
template <class T>
T* values(Array<std::complex<T>>& a) {
  require_aligned(a.data(), alignof(T));
  return reinterpret_cast<T*>(a.mutable_data());
}

// Where rows of n_values are that n_clips results are written to, each to its own.
inline float* rows_of(Array<float>& out, std::size_t n_values, const std::vector<std::size_t>& rows,
                      std::size_t n_clips) {
  if (out.ndim() != 2 || extent(out, 1) != n_values) {
    refuse("out must have shape (n, " + std::to_string(n_values) + "), got ", out);
  }
  if (rows.size() != n_clips) throw std::invalid_argument("one row is needed for each clip");
  for (const std::size_t row : rows) {
    if (row < extent(out, 0)) continue;
    throw std::invalid_argument("row must be below " + std::to_string(out.shape(0)) + ", got " +
                                std::to_string(row));
  }
  return values(out);
}

using Shape = std::initializer_list<std::size_t>;

template <class T>
Array<T> empty(Shape shape) {
  return Array<T>(std::vector<py::ssize_t>(shape.begin(), shape.end()));
}

template <class T>
Array<T> empty_like(const Array<T>& a) {
  return Array<T>(std::vector<py::ssize_t>(a.shape(), a.shape() + a.ndim()));
}

// What work() returns; it runs without the GIL, so it handles no Python object.
template <class Work>
auto without_gil(const Work& work) {
  const py::gil_scoped_release release;
  return work();
}

// A new array, its values written by fill(where they are) without the GIL.
template <class T, class Fill>
Array<T> filled(Shape shape, const Fill& fill) {
  Array<T> out = empty<T>(shape);
  auto* const to = values(out);
  without_gil([&] { fill(to); });
  return out;
}

// One-dimensional int16, float32 or float64 samples of any stride, in native byte order.
inline Samples samples_view(const py::array& a) {
  require_ndim(a, 1, "samples must be one-dimensional");
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
  return {a.data(), stride / item, size_of(a), type};
}

}  // namespace quaver::bindings
