// SPDX-License-Identifier: BSD-3-Clause
// Pipelines with the numbers of other libraries, for quaver.compat.
#include <memory>

#include "array.hpp"
#include "plan.hpp"
#include "quaver/peers/pyaudio.hpp"
#include "quaver/peers/speech_features.hpp"

namespace quaver::bindings {

static std::vector<double> copy_of(const Array<double>& a) {
  return std::vector<double>(values(a), values(a) + a.size());
}

static std::size_t rows_of(const Array<double>& a) {
  require_ndim(a, 2, "the filter bank must be two-dimensional");
  return extent(a, 0);
}

static std::shared_ptr<SpeechFeaturesPlan> make_speech_features(
    const std::string& output, std::size_t frame_length, std::size_t frame_step, std::size_t n_fft,
    double pre_emphasis, const Array<double>& window, const Array<double>& bank,
    const Array<double>& matrix, const Array<double>& weights, bool append_energy) {
  SpeechFeaturesOptions o;
  if (output == "fbank")
    o.output = SpeechOutput::fbank;
  else if (output == "ssc")
    o.output = SpeechOutput::ssc;
  else if (output != "mfcc")
    throw std::invalid_argument("output must be fbank, mfcc or ssc, got '" + output + "'");
  o.frame_length = frame_length;
  o.frame_step = frame_step;
  o.n_fft = n_fft;
  o.pre_emphasis = pre_emphasis;
  o.window = copy_of(window);
  o.n_bands = rows_of(bank);
  o.bank = copy_of(bank);
  o.matrix = copy_of(matrix);
  o.weights = copy_of(weights);
  o.append_energy = append_energy;
  return std::make_shared<SpeechFeaturesPlan>(o);
}

static py::object run_speech_features(const SpeechFeaturesPlan& plan, const py::array& array) {
  const Samples samples = samples_view(array);
  const std::size_t n_frames = plan.count(samples.size);
  const bool has_energy = plan.output == SpeechOutput::fbank;
  auto energy = empty<double>({has_energy ? n_frames : 0});
  auto out =
      filled<double>({n_frames, plan.n_columns}, [&, to_energy = values(energy)](double* to) {
        speech_features(plan, samples, to, to_energy);
      });
  if (has_energy) return py::make_tuple(std::move(out), std::move(energy));
  return std::move(out);
}

static std::shared_ptr<PyAudioPlan> make_pyaudio(std::size_t window, std::size_t step,
                                                 const Array<double>& bank,
                                                 const std::vector<std::size_t>& chroma_bins,
                                                 const std::vector<std::size_t>& chroma_classes,
                                                 const std::vector<double>& chroma_weights,
                                                 bool deltas) {
  PyAudioOptions o;
  o.window = window;
  o.step = step;
  o.n_bands = rows_of(bank);
  o.bank = copy_of(bank);
  if (chroma_bins.size() != chroma_classes.size() || chroma_bins.size() != chroma_weights.size()) {
    throw std::invalid_argument("chroma bins, classes and weights must be as many, got " +
                                std::to_string(chroma_bins.size()) + ", " +
                                std::to_string(chroma_classes.size()) + " and " +
                                std::to_string(chroma_weights.size()));
  }
  for (std::size_t i = 0; i < chroma_bins.size(); ++i) {
    o.chroma.push_back({chroma_bins[i], chroma_classes[i], chroma_weights[i]});
  }
  o.deltas = deltas;
  return std::make_shared<PyAudioPlan>(o);
}

static py::tuple normalisation(const py::array& array) {
  const Samples samples = samples_view(array);
  if (samples.size == 0) throw std::invalid_argument("samples must not be empty, got 0");
  const Normalisation norm = without_gil([&] { return pyaudio_normalisation(samples); });
  return py::make_tuple(norm.mean, norm.peak);
}

static Array<double> run_pyaudio(const PyAudioPlan& plan, const py::array& array, double mean,
                                 double peak) {
  const Samples samples = samples_view(array);
  return filled<double>({plan.n_rows(), plan.count(samples.size)},
                        [&](double* to) { pyaudio_features(plan, samples, {mean, peak}, to); });
}

void bind_peers(py::module_& m) {
  py::class_<SpeechFeaturesPlan, std::shared_ptr<SpeechFeaturesPlan>>(
      m, "SpeechFeatures", "Plan of python_speech_features' pipeline.")
      .def(py::init(&make_speech_features), py::kw_only(), py::arg("output"),
           py::arg("frame_length"), py::arg("frame_step"), py::arg("n_fft"),
           py::arg("pre_emphasis"), py::arg("window").noconvert(), py::arg("bank").noconvert(),
           py::arg("matrix").noconvert(), py::arg("weights").noconvert(), py::arg("append_energy"))
      .def("run", &run_speech_features, py::arg("samples"),
           "(n_frames, n_columns); fbank: a pair with the energies.");
  py::class_<PyAudioPlan, std::shared_ptr<PyAudioPlan>>(m, "PyAudio",
                                                        "Plan of pyAudioAnalysis' pipeline.")
      .def(py::init(&make_pyaudio), py::kw_only(), py::arg("window"), py::arg("step"),
           py::arg("bank").noconvert(), py::arg("chroma_bins"), py::arg("chroma_classes"),
           py::arg("chroma_weights"), py::arg("deltas"))
      .def("run", &run_pyaudio, py::arg("samples"), py::arg("mean"), py::arg("peak"),
           "(n_rows, n_frames) of a clip with this mean and peak.");
  m.def("pyaudio_normalisation", &normalisation, py::arg("samples"),
        "Mean and peak of samples / 2^15.");
}

}  // namespace quaver::bindings
