// SPDX-License-Identifier: BSD-3-Clause
#include <pybind11/critical_section.h>

#include <memory>

#include "array.hpp"
#include "plan.hpp"
#include "quaver/pipelines/extract.hpp"
#include "quaver/time/delta.hpp"
#include "quaver/time/prediction.hpp"
#include "quaver/time/resample.hpp"

namespace quaver::bindings {

static void require_frames(std::size_t n_frames, std::size_t width) {
  if (n_frames < width) {
    throw std::invalid_argument("width must not exceed the number of frames, got width " +
                                std::to_string(width) + " and " + std::to_string(n_frames) +
                                " frames");
  }
}

static Array<float> run_delta(const Array<float>& x, std::size_t width, std::size_t order) {
  require_matrix(x);
  const DeltaPlan plan(width, order);
  const std::size_t n_frames = extent(x, 0), n_features = extent(x, 1);
  require_frames(n_frames, width);
  return filled<float>({n_frames, n_features}, [&, from = values(x)](float* to) {
    delta(plan, from, n_frames, n_features, to);
  });
}

template <class T>
static Array<T> run_delta_rows(const Array<T>& x, std::size_t width, std::size_t order) {
  require_matrix(x);
  const DeltaPlan plan(width, order);
  const std::size_t n_rows = extent(x, 0), n_frames = extent(x, 1);
  require_frames(n_frames, width);
  return filled<T>({n_rows, n_frames},
                   [&, from = values(x)](T* to) { delta_rows(plan, from, n_rows, n_frames, to); });
}

template <class T>
static Array<T> run_decay(const Array<T>& x, double coefficient, const Array<double>& state) {
  require_ndim(x, 2, "values must be two-dimensional");
  const std::size_t n_rows = extent(x, 0), n = extent(x, 1);
  if (state.ndim() != 1 || extent(state, 0) != n_rows) {
    refuse("each row of values must have a state", x, state);
  }
  return filled<T>({n_rows, n}, [&, from = values(x), before = values(state)](T* to) {
    for (std::size_t i = 0; i < n_rows; ++i) {
      decay(from + i * n, n, coefficient, before[i], to + i * n);
    }
  });
}

template <class T>
static Array<double> run_burg(const Array<T>& x, std::size_t order, double least) {
  require_ndim(x, 2, "values must be two-dimensional");
  const std::size_t n_rows = extent(x, 0), n = extent(x, 1), most = n < 1 ? 1 : n;
  if (order > most) {
    throw std::invalid_argument("order must be at most " + std::to_string(most) + ", got " +
                                std::to_string(order));
  }
  return filled<double>({n_rows, order + 1}, [&, from = values(x)](double* to) {
    for (std::size_t i = 0; i < n_rows; ++i) {
      burg(from + i * n, n, order, least, to + i * (order + 1));
    }
  });
}

template <class T>
static void bind_rows(py::module_& m) {
  m.def("delta_rows", &run_delta_rows<T>, py::arg("values").noconvert(), py::arg("width"),
        py::arg("order"), "Derivative over time of (n_features, n_frames).");
  m.def("decay", &run_decay<T>, py::arg("values").noconvert(), py::arg("coefficient"),
        py::arg("state").noconvert(),
        "y[i] = x[i] + coefficient y[i - 1] of each row; state for y[-1]'s part.");
  m.def("burg", &run_burg<T>, py::arg("values").noconvert(), py::arg("order"), py::arg("least"),
        "Coefficients of linear prediction of each row.");
}

static Array<float> run_resample(const ResamplePlan& plan, const py::array& array) {
  const Samples samples = samples_view(array);
  return filled<float>({plan.count(samples.size)}, [&](float* to) { resample(plan, samples, to); });
}

static std::unique_ptr<Resampling> make_resampling(const ResamplePlan& plan) {
  auto signal = std::make_unique<Resampling>();
  signal->begin(plan);
  return signal;
}

// What becomes ready. A signal is changed by each call: one at a time, also where there is no GIL.
static Array<float> feed_resampling(Resampling& signal, const py::array& chunk, bool is_last) {
  const py::scoped_critical_section lock(py::cast(signal, py::return_value_policy::reference));
  const Samples samples = samples_view(chunk);
  Array<float> out = empty<float>({signal.most(samples.size)});
  float* const to = values(out);
  std::size_t made = signal.feed(samples, true, to);
  if (is_last) made += signal.finish(to + made);
  out.resize({made}, false);
  return out;
}

// Nothing changes a plan that is shared.
static std::shared_ptr<ResamplePlan> kept_plan(std::size_t rate_before, std::size_t rate_after) {
  return std::const_pointer_cast<ResamplePlan>(shared_plan(rate_before, rate_after));
}

void bind_time(py::module_& m) {
  m.def("resample_plan", &kept_plan, py::arg("rate_before"), py::arg("rate_after"),
        "The plan of a ratio of rates, kept for the next call; None for too large terms.");
  py::class_<ResamplePlan, std::shared_ptr<ResamplePlan>>(m, "ResamplePlan", "A ratio of rates.")
      .def(py::init<std::size_t, std::size_t, const std::vector<double>&>(), py::kw_only(),
           py::arg("rate_before"), py::arg("rate_after"), py::arg("taps"))
      .def("count", &ResamplePlan::count, py::arg("n_samples"))
      .def("run", &run_resample, py::arg("samples"), "The whole signal at the other rate.");
  py::class_<Resampling>(m, "Resampling", "A signal at another rate, bit by bit.")
      .def(py::init(&make_resampling), py::arg("plan"), py::keep_alive<1, 2>())
      .def("feed", &feed_resampling, py::arg("chunk"), py::arg("last"), "What became ready.");
  m.def("delta", &run_delta, py::arg("values").noconvert(), py::arg("width"), py::arg("order"),
        "Derivative over time of (n_frames, n_features).");
  bind_rows<float>(m);
  bind_rows<double>(m);
}

}  // namespace quaver::bindings
