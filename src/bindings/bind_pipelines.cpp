// SPDX-License-Identifier: BSD-3-Clause
#include <pybind11/critical_section.h>

#include <memory>

#include "array.hpp"
#include "plan.hpp"
#include "quaver/pipelines/batch.hpp"
#include "quaver/pipelines/extract.hpp"
#include "quaver/pipelines/log_mel.hpp"
#include "quaver/pipelines/stream.hpp"

namespace quaver::bindings {

static std::shared_ptr<Extractor> make_extractor(
    double sample_rate, std::size_t frame_length, std::size_t hop_length, std::size_t n_fft,
    double pre_emphasis, const std::string& window, std::size_t n_blocks, std::size_t n_bands,
    double rolloff, std::size_t n_mels, double fmin, double fmax, std::size_t n_mfcc,
    std::vector<std::size_t> rows, std::size_t delta_order, std::size_t delta_width, double trim_db,
    double floor_db, const std::vector<std::size_t>& statistics,
    const std::vector<std::size_t>& voiced_statistics, bool modulation) {
  ExtractOptions o;
  o.short_term.sample_rate = sample_rate;
  o.short_term.framing = {frame_length, hop_length, n_fft, pre_emphasis, window, false};
  o.short_term.n_blocks = n_blocks;
  o.short_term.n_bands = n_bands;
  o.short_term.rolloff = rolloff;
  o.short_term.mel.n_mels = n_mels;
  o.short_term.mel.fmin = fmin;
  o.short_term.mel.fmax = fmax;
  o.short_term.n_mfcc = n_mfcc;
  o.rows = std::move(rows);
  o.delta_order = delta_order;
  o.delta_width = delta_width;
  o.trim_db = trim_db;
  o.floor_db = floor_db;
  o.modulation = modulation;
  o.statistics = statistics_of(statistics);
  o.voiced_statistics = statistics_of(voiced_statistics);
  return std::make_shared<Extractor>(std::move(o));
}

// (name, unit, whether it is in the default set, is of the voice, means something if voiced only)
static py::tuple feature_list() {
  py::list list;
  for (const FeatureInfo& f : kFeatures) {
    list.append(py::make_tuple(f.name, f.unit, f.is_default, is_of_voice(f.stage),
                               f.where == Where::voiced));
  }
  return list;
}

// (feature, name) of each row.
static std::vector<std::pair<std::string, std::string>> row_list(std::size_t n_mels,
                                                                 std::size_t n_mfcc) {
  const ShortTermRows rows(n_mels, n_mfcc);
  std::vector<std::pair<std::string, std::string>> list;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    list.emplace_back(info(rows.feature_of(row)).name, rows.name_of(row));
  }
  return list;
}

static Array<float> run_frames(const Extractor& extractor, const py::array& array) {
  const Samples samples = samples_view(array);
  return filled<float>({extractor.count(samples.size), extractor.n_features()},
                       [&](float* to) { extractor.frames(samples, to); });
}

static void run_vector(const Extractor& extractor, const py::array& array, Array<float>& out) {
  const Samples samples = samples_view(array);
  if (out.ndim() != 1 || size_of(out) != extractor.n_values()) {
    refuse("out must have shape (" + std::to_string(extractor.n_values()) + ",), got ", out);
  }
  float* const to = values(out);
  without_gil([&] { extractor.vector(samples, to); });
}

// Writes clip i to row rows[i] of out; returns (i, reason) of those that could not be used.
static std::vector<std::pair<std::size_t, std::string>> run_vectors(
    const Extractor& extractor, const std::vector<py::array>& arrays,
    const std::vector<std::size_t>& rows, Array<float>& out, std::size_t threads) {
  float* const to = rows_of(out, extractor.n_values(), rows, arrays.size());
  std::vector<Clip> clips;
  clips.reserve(arrays.size());
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    clips.push_back({samples_view(arrays[i]), to + rows[i] * extractor.n_values()});
  }
  auto errors = without_gil([&] { return extract_clips(extractor, clips, threads); });
  std::vector<std::pair<std::size_t, std::string>> result;
  for (ClipError& error : errors) result.emplace_back(error.index, std::move(error.reason));
  return result;
}

static std::shared_ptr<LogMelPlan> make_log_mel(double sample_rate, std::size_t n_fft,
                                                std::size_t hop_length, std::size_t win_length,
                                                const std::string& window, bool center,
                                                bool magnitude, std::size_t n_mels, double fmin,
                                                double fmax, bool htk, bool slaney_norm,
                                                double amin) {
  LogMelOptions o;
  o.framing = {win_length, hop_length, n_fft, 0.0, window, true};
  o.mel = {n_fft, sample_rate, n_mels, fmin, fmax, htk, slaney_norm, amin};
  o.center = center;
  o.magnitude = magnitude;
  return std::make_shared<LogMelPlan>(o);
}

static Array<float> run_log_mel(const LogMelPlan& plan, const py::array& array) {
  const Samples samples = samples_view(array);
  const std::size_t n_frames = samples.size == 0 ? 0 : plan.count(samples.size);
  if (n_frames == 0) {
    throw std::invalid_argument("samples must hold at least " +
                                std::to_string(plan.pad == 0 ? plan.n_fft : 1) + " samples, got " +
                                std::to_string(samples.size));
  }
  return filled<float>({n_frames, plan.mel.n_mels}, [&](float* to) { log_mel(plan, samples, to); });
}

// By reference, which None is not.
static std::unique_ptr<Stream> make_stream(Extractor& extractor) {
  const py::object owner = py::cast(extractor, py::return_value_policy::reference);
  return std::make_unique<Stream>(owner.cast<std::shared_ptr<Extractor>>());
}

// A stream is changed by each call: one at a time, also where there is no GIL.
static Array<float> feed(Stream& stream, const py::array& chunk) {
  const py::scoped_critical_section lock(py::cast(stream, py::return_value_policy::reference));
  const std::size_t n_frames = stream.push(samples_view(chunk));
  auto out = empty<float>({n_frames, stream.extractor().n_features()});
  stream.pop(n_frames, values(out));
  return out;
}

static void reset(Stream& stream) {
  const py::scoped_critical_section lock(py::cast(stream, py::return_value_policy::reference));
  stream.reset();
}

void bind_pipelines(py::module_& m) {
  m.attr("short_term_features") = feature_list();
  m.def("short_term_rows", &row_list, py::arg("n_mels"), py::arg("n_mfcc"),
        "(feature, name) of each row.");
  m.def(
      "require_finite", [](const py::array& samples) { require_finite(samples_view(samples)); },
      py::arg("samples"), "Refuse NaN, infinity and what is too large, naming the index.");
  py::class_<Extractor, std::shared_ptr<Extractor>>(m, "Extractor", "Plan of one configuration.")
      .def(py::init(&make_extractor), py::kw_only(), py::arg("sample_rate"),
           py::arg("frame_length"), py::arg("hop_length"), py::arg("n_fft"),
           py::arg("pre_emphasis"), py::arg("window"), py::arg("n_blocks"), py::arg("n_bands"),
           py::arg("rolloff"), py::arg("n_mels"), py::arg("fmin"), py::arg("fmax"),
           py::arg("n_mfcc"), py::arg("rows"), py::arg("delta_order"), py::arg("delta_width"),
           py::arg("trim_db"), py::arg("floor_db"), py::arg("statistics"),
           py::arg("voiced_statistics"), py::arg("modulation"))
      .def_property_readonly("n_features", &Extractor::n_features)
      .def_property_readonly("n_values", &Extractor::n_values)
      .def("frames", &run_frames, py::arg("samples"), "(n_frames, n_features) of a clip.")
      .def("vector", &run_vector, py::arg("samples"), py::arg("out").noconvert(),
           "Statistics of a clip into out, shape (n_values,).")
      .def(
          "vectors", &run_vectors, py::arg("clips"), py::arg("rows"), py::arg("out").noconvert(),
          py::arg("threads"),
          "Statistics of clips into rows of out, shape (n, n_values); (clip, reason) of failures.");
  py::class_<LogMelPlan, std::shared_ptr<LogMelPlan>>(m, "LogMel", "Plan of a log-mel picture.")
      .def(py::init(&make_log_mel), py::kw_only(), py::arg("sample_rate"), py::arg("n_fft"),
           py::arg("hop_length"), py::arg("win_length"), py::arg("window"), py::arg("center"),
           py::arg("magnitude"), py::arg("n_mels"), py::arg("fmin"), py::arg("fmax"),
           py::arg("htk"), py::arg("slaney_norm"), py::arg("amin"))
      .def("run", &run_log_mel, py::arg("samples"), "(n_frames, n_mels) in decibel.");
  py::class_<Stream>(m, "Stream", "Short-term features of chunks.")
      .def(py::init(&make_stream), py::arg("extractor"))
      .def("feed", &feed, py::arg("chunk"), "(n_frames, n_features) that became ready.")
      .def("reset", &reset, "Forget what was fed.");
}

}  // namespace quaver::bindings
