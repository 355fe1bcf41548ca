// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "quaver/pipelines/extract.hpp"
#include "quaver/statistics/functionals.hpp"
#include "quaver/statistics/modulation.hpp"

namespace quaver::bindings {

// (name, whether it is in the default set)
static py::tuple statistic_list() {
  py::list list;
  for (const StatisticInfo& s : kStatistics) list.append(py::make_tuple(s.name, s.is_default));
  return list;
}

static Array<float> run_functionals(const Array<float>& x, const std::vector<std::size_t>& places) {
  require_matrix(x);
  const FunctionalsPlan plan(statistics_of(places));
  const std::size_t n_frames = extent(x, 0), n_features = extent(x, 1);
  if (n_frames == 0) throw std::invalid_argument("values must hold at least one frame, got 0");
  return filled<float>({n_features * plan.n_statistics}, [&, from = values(x)](float* to) {
    functionals(plan, from, n_frames, n_features, to);
  });
}

static Array<float> run_modulation(const Array<float>& x, double frame_rate) {
  require_matrix(x);
  const ModulationPlan plan(frame_rate);
  const std::size_t n_frames = extent(x, 0), n_features = extent(x, 1);
  if (n_frames == 0) throw std::invalid_argument("values must hold at least one frame, got 0");
  return filled<float>({n_features * kNumModulations}, [&, from = values(x)](float* to) {
    modulation(plan, from, n_frames, n_features, to);
  });
}

void bind_statistics(py::module_& m) {
  m.attr("statistics") = statistic_list();
  m.def("functionals", &run_functionals, py::arg("values").noconvert(), py::arg("statistics"),
        "Global statistics of (n_frames, n_features), statistic fastest.");
  py::list edges;
  for (const double hertz : kModulationEdges) edges.append(hertz);
  m.attr("modulation_edges") = py::tuple(edges);
  m.def("modulation", &run_modulation, py::arg("values").noconvert(), py::arg("frame_rate"),
        "Modulation spectrum of (n_frames, n_features), band fastest.");
}

}  // namespace quaver::bindings
