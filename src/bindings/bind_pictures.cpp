// SPDX-License-Identifier: BSD-3-Clause
// Pictures come as stacks: (n, n_bins, n_frames), or (n, n_frames, n_bins) where frames lie one
// after the other.
#include <memory>
#include <tuple>
#include <utility>

#include "array.hpp"
#include "plan.hpp"
#include "quaver/spectrum/contrast.hpp"
#include "quaver/spectrum/decibel.hpp"
#include "quaver/spectrum/picture.hpp"
#include "quaver/spectrum/shape.hpp"

namespace quaver::bindings {

using FilterBank = quaver::FilterBank<float>;

template <class T>
struct Stack {
  Stack(const Array<T>& pictures, bool frames_first) : first{nullptr, 0, 0, frames_first}, n(0) {
    if (pictures.ndim() != 3) refuse("pictures must be a stack of matrices, got shape ", pictures);
    n = extent(pictures, 0);
    first.values = values(pictures);
    first.n_bins = extent(pictures, frames_first ? 2 : 1);
    first.n_frames = extent(pictures, frames_first ? 1 : 2);
  }

  Picture<T> operator[](std::size_t i) const {
    Picture<T> picture = first;
    picture.values += i * picture.n_bins * picture.n_frames;
    return picture;
  }

  Picture<T> first;
  std::size_t n;
};

static std::shared_ptr<FilterBank> make_bank(const Array<float>& weights) {
  if (weights.ndim() != 2 || extent(weights, 1) == 0) {
    refuse("weights must have shape (n_bands, n_bins), got ", weights);
  }
  return std::make_shared<FilterBank>(values(weights), extent(weights, 0), extent(weights, 1));
}

template <class T>
static Array<T> run_bands_of(const FilterBank& bank, const Array<T>& pictures, bool frames_first) {
  const Stack<T> stack(pictures, frames_first);
  if (stack.first.n_bins != bank.n_bins) {
    refuse("pictures must have " + std::to_string(bank.n_bins) + " bins, got shape ", pictures);
  }
  const std::size_t size = bank.n_bands * stack.first.n_frames;
  return filled<T>({stack.n, bank.n_bands, stack.first.n_frames}, [&](T* to) {
    for (std::size_t i = 0; i < stack.n; ++i) bands_of(bank, stack[i], to + i * size);
  });
}

template <class T>
static Array<T> run_energies(const Array<T>& pictures, bool frames_first, bool is_even) {
  const Stack<T> stack(pictures, frames_first);
  if (stack.first.n_bins < 2) refuse("pictures must hold at least 2 bins, got shape ", pictures);
  const std::size_t n_frames = stack.first.n_frames;
  return filled<T>({stack.n, n_frames}, [&](T* to) {
    for (std::size_t i = 0; i < stack.n; ++i) energies(stack[i], is_even, to + i * n_frames);
  });
}

static void require_normal(double amin, double smallest) {
  if (!(amin >= smallest)) {
    throw std::invalid_argument("amin must be a normal positive number, got " +
                                std::to_string(amin));
  }
}

constexpr double kSmallestNormal = 2.2250738585072014e-308;

template <class T>
static std::pair<Array<double>, Array<double>> run_log_means(const Array<T>& pictures,
                                                             bool frames_first, bool squared,
                                                             double amin) {
  require_normal(amin, kSmallestNormal);
  const Stack<T> stack(pictures, frames_first);
  if (stack.first.n_bins == 0) refuse("pictures must hold bins, got shape ", pictures);
  const std::size_t n_frames = stack.first.n_frames;
  auto of_logarithms = empty<double>({stack.n, n_frames});
  auto of_values =
      filled<double>({stack.n, n_frames}, [&, logarithms = values(of_logarithms)](double* to) {
        for (std::size_t i = 0; i < stack.n; ++i) {
          log_means(stack[i], squared, amin, logarithms + i * n_frames, to + i * n_frames);
        }
      });
  return {std::move(of_logarithms), std::move(of_values)};
}

template <class T>
static void require_bins(const Stack<T>& stack, const Array<double>& frequencies) {
  if (frequencies.ndim() != 1 || extent(frequencies, 0) != stack.first.n_bins) {
    refuse("frequencies must be one of each bin, got ", frequencies);
  }
}

template <class T>
static std::pair<Array<double>, Array<double>> run_moments(const Array<T>& pictures,
                                                           bool frames_first,
                                                           const Array<double>& frequencies) {
  const Stack<T> stack(pictures, frames_first);
  require_bins(stack, frequencies);
  const std::size_t n_frames = stack.first.n_frames;
  auto weighted = empty<double>({stack.n, n_frames});
  auto sums = filled<double>({stack.n, n_frames},
                             [&, freq = values(frequencies), to = values(weighted)](double* sum) {
                               for (std::size_t i = 0; i < stack.n; ++i) {
                                 moments(stack[i], freq, sum + i * n_frames, to + i * n_frames);
                               }
                             });
  return {std::move(sums), std::move(weighted)};
}

template <class T>
static Array<double> run_deviations(const Array<T>& pictures, bool frames_first,
                                    const Array<double>& frequencies,
                                    const Array<double>& centres) {
  const Stack<T> stack(pictures, frames_first);
  require_bins(stack, frequencies);
  const std::size_t n_frames = stack.first.n_frames;
  if (centres.ndim() != 2 || extent(centres, 0) != stack.n || extent(centres, 1) != n_frames) {
    refuse("centres must be one of each frame, got shape ", centres);
  }
  return filled<double>({stack.n, n_frames},
                        [&, freq = values(frequencies), from = values(centres)](double* to) {
                          for (std::size_t i = 0; i < stack.n; ++i) {
                            deviations(stack[i], freq, from + i * n_frames, to + i * n_frames);
                          }
                        });
}

template <class T>
static Array<std::int64_t> run_rolloff(const Array<T>& pictures, bool frames_first, double share) {
  const Stack<T> stack(pictures, frames_first);
  if (stack.first.n_bins == 0 || stack.first.n_bins > kMostRolled) {
    refuse("pictures must hold 1 to " + std::to_string(kMostRolled) + " bins, got shape ",
           pictures);
  }
  const std::size_t n_frames = stack.first.n_frames;
  return filled<std::int64_t>({stack.n, n_frames}, [&](std::int64_t* to) {
    for (std::size_t i = 0; i < stack.n; ++i) {
      rolloff(stack[i], static_cast<T>(share), to + i * n_frames);
    }
  });
}

template <class T>
static std::pair<Array<T>, Array<T>> run_peaks(const Array<T>& pictures, bool frames_first,
                                               std::size_t first, std::size_t last, double share,
                                               double hz_per_bin) {
  const Stack<T> stack(pictures, frames_first);
  if (stack.first.n_bins < 2) refuse("pictures must hold at least 2 bins, got shape ", pictures);
  const PeakRange<T> range{first, last, static_cast<T>(share), hz_per_bin};
  const std::size_t size = stack.first.n_bins * stack.first.n_frames;
  auto hertz = empty_like(pictures), heights = empty_like(pictures);
  without_gil([&, to = values(hertz), height = values(heights)] {
    for (std::size_t i = 0; i < stack.n; ++i) {
      peaks(stack[i], range, to + i * size, height + i * size);
    }
  });
  return {std::move(hertz), std::move(heights)};
}

template <class T>
static T run_lowest(const Array<T>& x) {
  return without_gil([from = values(x), size = size_of(x)] { return lowest(from, size); });
}

template <class T>
static std::pair<Array<std::complex<T>>, Array<T>> run_magphase(const Array<std::complex<T>>& z) {
  auto phase = empty_like(z);
  Array<T> magnitude(std::vector<py::ssize_t>(z.shape(), z.shape() + z.ndim()));
  without_gil([from = values(z), size = size_of(z), length = values(magnitude),
               to = values(phase)] { magphase(from, size, length, to); });
  return {std::move(phase), std::move(magnitude)};
}

// Each row has its offset.
template <class T>
static std::pair<Array<T>, Array<T>> run_decibel(const Array<T>& power, bool squared, double amin,
                                                 const Array<double>& offsets, double top_db) {
  require_normal(amin, sizeof(T) == sizeof(float) ? 1.17549435e-38 : kSmallestNormal);
  require_ndim(power, 2, "power must be two-dimensional");
  const std::size_t n = extent(power, 0), size = extent(power, 1);
  if (offsets.ndim() != 1 || extent(offsets, 0) != n) {
    refuse("each row of power must have an offset", power, offsets);
  }
  auto out = empty_like(power);
  auto largest = filled<T>(
      {n}, [&, from = values(power), shift = values(offsets), to = values(out)](T* highest) {
        for (std::size_t i = 0; i < n; ++i) {
          highest[i] = decibel(from + i * size, size, squared, static_cast<T>(amin),
                               static_cast<T>(shift[i]), static_cast<T>(top_db), to + i * size);
        }
      });
  return {std::move(out), std::move(largest)};
}

using Bands = std::vector<std::tuple<std::size_t, std::size_t, std::size_t>>;

ContrastPlan contrast_plan(const Bands& bands, std::size_t n_bins) {
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

template <class T>
static std::pair<Array<T>, Array<T>> run_contrast(const Array<T>& pictures, bool frames_first,
                                                  const Bands& bands) {
  const Stack<T> stack(pictures, frames_first);
  const std::size_t n_frames = stack.first.n_frames;
  const ContrastPlan plan = contrast_plan(bands, stack.first.n_bins);
  auto valley = empty<T>({stack.n, plan.n_bands, n_frames});
  auto peak = filled<T>({stack.n, plan.n_bands, n_frames}, [&, low = values(valley)](T* high) {
    for (std::size_t i = 0; i < stack.n; ++i) {
      const std::size_t at = i * plan.n_bands * n_frames;
      contrast(plan, stack[i], low + at, high + at);
    }
  });
  return {std::move(valley), std::move(peak)};
}

template <class T>
static void bind_precision(py::module_& m) {
  const auto pictures = py::arg("pictures").noconvert();
  const py::arg frames_first("frames_first");
  m.def("lowest", &run_lowest<T>, py::arg("x").noconvert(),
        "The lowest value; NaN when one is not finite.");
  m.def("energies", &run_energies<T>, pictures, frames_first, py::arg("is_even"),
        "(n, n_frames): sums of squares over the bins of a real transform.");
  m.def("log_means", &run_log_means<T>, pictures, frames_first, py::arg("squared"), py::arg("amin"),
        "(n, n_frames) twice: means over bins of ln v and v, v = max(amin, x).");
  m.def("moments", &run_moments<T>, pictures, frames_first, py::arg("frequencies").noconvert(),
        "(n, n_frames) twice: sums over bins of x and of x f.");
  m.def("deviations", &run_deviations<T>, pictures, frames_first,
        py::arg("frequencies").noconvert(), py::arg("centres").noconvert(),
        "(n, n_frames): sums over bins of x (f - c)^2.");
  m.def("rolloff", &run_rolloff<T>, pictures, frames_first, py::arg("share"),
        "(n, n_frames): the bin at which a share of the sum is reached.");
  m.def("peaks", &run_peaks<T>, pictures, frames_first, py::arg("first"), py::arg("last"),
        py::arg("share"), py::arg("hz_per_bin"),
        "Hertz and heights of the peaks of each frame, 0 elsewhere; of values not negative.");
  m.def("magphase", &run_magphase<T>, py::arg("z").noconvert(), "z / |z| and |z|.");
  m.def("decibel", &run_decibel<T>, py::arg("power").noconvert(), py::arg("squared"),
        py::arg("amin"), py::arg("offsets").noconvert(), py::arg("top_db"),
        "Decibel, and the largest of each row: NaN when a power is not finite.");
  m.def("contrast", &run_contrast<T>, pictures, frames_first, py::arg("bands"),
        "Means of the smallest and largest values of bands (first, last, count).");
}

void bind_pictures(py::module_& m) {
  py::class_<FilterBank, std::shared_ptr<FilterBank>>(m, "FilterBank", "Sparse rows of weights.")
      .def(py::init(&make_bank), py::arg("weights").noconvert())
      .def("of", &run_bands_of<float>, py::arg("pictures").noconvert(), py::arg("frames_first"),
           "(n, n_bands, n_frames).")
      .def("of", &run_bands_of<double>, py::arg("pictures").noconvert(), py::arg("frames_first"));
  bind_precision<float>(m);
  bind_precision<double>(m);
}

}  // namespace quaver::bindings
