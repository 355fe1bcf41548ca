// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "quaver/pipelines/stream.hpp"

namespace quaver::bindings {

static Matrix feed(Stream& stream, const py::array& chunk) {
  const std::size_t n_frames = stream.push(samples_view(chunk));
  Matrix out = empty_matrix(n_frames, stream.extractor().n_features());
  stream.pop(n_frames, out.mutable_data());
  return out;
}

void bind_stream(py::module_& m) {
  // The GIL stays held: a stream is changed by each call and belongs to one caller at a time.
  py::class_<Stream>(m, "Stream", "Short-term features of chunks.")
      .def(py::init([](std::shared_ptr<Extractor> extractor) {
             return std::make_unique<Stream>(std::move(extractor));
           }),
           py::arg("extractor"))
      .def("feed", &feed, py::arg("chunk"), "(n_frames, n_features) that became ready.")
      .def("reset", &Stream::reset, "Forget what was fed.");
}

}  // namespace quaver::bindings
