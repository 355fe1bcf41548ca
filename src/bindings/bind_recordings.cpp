// SPDX-License-Identifier: BSD-3-Clause
#include "array.hpp"
#include "plan.hpp"
#include "quaver/pipelines/files.hpp"
#include "quaver/recordings/flac.hpp"
#include "quaver/recordings/plain.hpp"

namespace quaver::bindings {

// A path, or bytes that must stay until the clip is read. False for a path that is none.
static bool source_of(const py::handle& source, FileClip* clip) {
  if (py::isinstance<py::bytes>(source)) {
    clip->bytes = reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(source.ptr()));
    clip->n_bytes = static_cast<std::size_t>(PyBytes_GET_SIZE(source.ptr()));
    return true;
  }
  if (!py::isinstance<py::str>(source)) throw py::type_error("a source must be str or bytes");
  const auto path = py::reinterpret_steal<py::bytes>(PyUnicode_EncodeFSDefault(source.ptr()));
  if (!path) {
    PyErr_Clear();
    return false;
  }
  clip->path = std::string(path);
  return !clip->path.empty() && clip->path.find('\0') == std::string::npos;
}

static void require_choice(int choice) {
  if (choice >= kAllChannels) return;
  throw std::invalid_argument("choice must be at least -2, got " + std::to_string(choice));
}

// (samples, rate), or None for what is left to the careful way. rate 0: the recording's own.
static py::object read_plain(const py::object& source, std::uint32_t rate, int choice,
                             double most_seconds) {
  require_choice(choice);
  FileClip clip{};
  if (!source_of(source, &clip)) return py::none();
  PlainReader& reader = plain_reader();
  Sound sound{};
  std::shared_ptr<const ResamplePlan> plan;
  const std::size_t n = without_gil([&]() -> std::size_t {
    const bool is_read = clip.path.empty() ? reader.read_bytes(clip.bytes, clip.n_bytes, &sound)
                                           : reader.read_file(clip.path.c_str(), &sound);
    const double most = most_seconds * static_cast<double>(sound.rate);
    if (!is_read || !(static_cast<double>(sound.n_frames) <= most)) return 0;
    if (rate == 0 || rate == sound.rate) return sound.n_frames;
    plan = shared_plan(sound.rate, rate);
    return plan == nullptr ? 0 : plan->count(sound.n_frames);
  });
  const std::size_t n_left = n == 0 ? 0 : PlainReader::channels_left(sound, choice);
  if (n_left == 0) return py::none();
  Array<float> out = n_left == 1 ? empty<float>({n}) : empty<float>({n_left, n});
  float* const to = values(out);
  without_gil([&] { reader.write(sound, choice, plan.get(), to); });
  return py::make_tuple(std::move(out), plan == nullptr ? sound.rate : rate);
}

// Writes clip i to row rows[i] of out; returns those that are left to the careful way.
static std::vector<std::size_t> run_files(const Extractor& extractor, const py::list& sources,
                                          const std::vector<std::size_t>& rows, Array<float>& out,
                                          std::uint32_t rate, int choice, double most_seconds,
                                          std::size_t threads) {
  require_choice(choice);
  float* const to = rows_of(out, extractor.n_values(), rows, sources.size());
  std::vector<FileClip> clips;
  std::vector<std::size_t> positions, left;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    FileClip clip{};
    if (!source_of(sources[i], &clip)) {
      left.push_back(i);
      continue;
    }
    clip.out = to + rows[i] * extractor.n_values();
    clips.push_back(std::move(clip));
    positions.push_back(i);
  }
  for (const std::size_t i : without_gil(
           [&] { return extract_files(extractor, clips, rate, choice, most_seconds, threads); })) {
    left.push_back(positions[i]);
  }
  return left;
}

// (n_frames, n_channels), or None for what libsndfile should look at.
static py::object read_flac(const py::bytes& data) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(data.ptr()));
  const auto n = static_cast<std::size_t>(PyBytes_GET_SIZE(data.ptr()));
  FlacInfo info{};
  if (!flac_info(bytes, n, &info) || info.n_frames > kMostDecoded) return py::none();
  Array<std::int16_t> out = empty<std::int16_t>({info.n_frames, info.n_channels});
  std::vector<std::int32_t> work(info.n_channels * info.largest_block);
  if (!decode_flac(bytes, n, &info, work.data(), values(out))) return py::none();
  return std::move(out);
}

static void connect_sndfile(std::uintptr_t open_virtual, std::uintptr_t read_shorts,
                            std::uintptr_t read_floats, std::uintptr_t error,
                            std::uintptr_t close) {
  if (open_virtual == 0 || read_shorts == 0 || read_floats == 0 || error == 0 || close == 0) {
    throw std::invalid_argument("addresses must not be 0");
  }
  set_sndfile({reinterpret_cast<decltype(Sndfile::open_virtual)>(open_virtual),
               reinterpret_cast<decltype(Sndfile::read_shorts)>(read_shorts),
               reinterpret_cast<decltype(Sndfile::read_floats)>(read_floats),
               reinterpret_cast<decltype(Sndfile::error)>(error),
               reinterpret_cast<decltype(Sndfile::close)>(close)});
}

void bind_recordings(py::module_& m) {
  m.def("connect_sndfile", &connect_sndfile, py::kw_only(), py::arg("open_virtual"),
        py::arg("read_shorts"), py::arg("read_floats"), py::arg("error"), py::arg("close"),
        "Addresses of functions of a loaded libsndfile.");
  m.def("decode_flac", &read_flac, py::arg("data"),
        "Samples of a FLAC of 16 bits, None of others.");
  m.def("read_plain", &read_plain, py::arg("source"), py::arg("rate"), py::arg("choice"),
        py::arg("most_seconds"), "(samples, rate) of a plain recording, None of others.");
  m.def("extract_files", &run_files, py::arg("extractor"), py::arg("sources"), py::arg("rows"),
        py::arg("out").noconvert(), py::arg("rate"), py::arg("choice"), py::arg("most_seconds"),
        py::arg("threads"), "Statistics into rows of out; positions of what is left.");
}

}  // namespace quaver::bindings
