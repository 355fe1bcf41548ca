// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/pipelines/files.hpp"

#include <stdexcept>

#include "quaver/pipelines/batch.hpp"
#include "quaver/recordings/plain.hpp"

namespace quaver {
namespace {

void extract_file(const Extractor& extractor, const FileClip& clip, std::uint32_t rate, int choice,
                  double most_seconds) {
  PlainReader& reader = plain_reader();
  Sound sound;
  const bool is_read = clip.path.empty() ? reader.read_bytes(clip.bytes, clip.n_bytes, &sound)
                                         : reader.read_file(clip.path.c_str(), &sound);
  if (!is_read || PlainReader::channels_left(sound, choice) != 1 ||
      static_cast<double>(sound.n_frames) > most_seconds * static_cast<double>(sound.rate)) {
    throw std::invalid_argument("left to the careful reader");
  }
  const Samples mono = reader.mono(sound, choice);
  if (sound.rate == rate) return extractor.vector(mono, clip.out);
  const auto plan = shared_plan(sound.rate, rate);
  if (plan == nullptr) throw std::invalid_argument("left to another resampler");
  thread_local Buffer<float> resampled;
  resampled.reserve(plan->count(mono.size));
  resample(*plan, mono, resampled.data());
  extractor.vector({resampled.data(), 1, plan->count(mono.size), SampleType::float32}, clip.out);
}

}  // namespace

std::vector<std::size_t> extract_files(const Extractor& extractor,
                                       const std::vector<FileClip>& clips, std::uint32_t rate,
                                       int choice, double most_seconds, std::size_t n_threads) {
  const auto errors = for_each_clip(clips.size(), n_threads, [&](std::size_t i) {
    extract_file(extractor, clips[i], rate, choice, most_seconds);
  });
  std::vector<std::size_t> left;
  for (const ClipError& error : errors) left.push_back(error.index);
  return left;
}

}  // namespace quaver
