// SPDX-License-Identifier: BSD-3-Clause
// Recordings that can be read straight away: a WAV of little-endian 16-bit samples as its bytes
// are, FLAC of 16 bits by flac.hpp, other WAVs and FLACs through a libsndfile that the program has
// loaded already. Only what is beyond doubt is read, in one go: a regular file of kMostPlain bytes
// at the most, well formed to its last byte, whose samples are all there, without a mark behind its
// header by which another recording might begin. All else is left to the careful way, which knows
// what to say of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "quaver/core/buffer.hpp"
#include "quaver/framing/framing.hpp"
#include "quaver/time/resample.hpp"

namespace quaver {

constexpr std::size_t kMostPlain = std::size_t{1} << 22;    // bytes of a file
constexpr std::size_t kMostDecoded = std::size_t{1} << 21;  // samples of all its channels
constexpr std::uint32_t kHighestRate = 1'000'000;           // in Hz

// Functions of libsndfile's interface by their addresses, and its structures.
struct SndfileInfo {
  std::int64_t frames;
  int samplerate, channels, format, sections, seekable;
};
struct SndfileIo {
  std::int64_t (*length)(void*);
  std::int64_t (*seek)(std::int64_t, int, void*);
  std::int64_t (*read)(void*, std::int64_t, void*);
  std::int64_t (*write)(const void*, std::int64_t, void*);
  std::int64_t (*tell)(void*);
};
struct Sndfile {
  void* (*open_virtual)(SndfileIo*, int mode, SndfileInfo*, void* user);
  std::int64_t (*read_shorts)(void*, short*, std::int64_t n_frames);
  std::int64_t (*read_floats)(void*, float*, std::int64_t n_frames);
  int (*error)(void*);
  int (*close)(void*);
};
// From now on; without it only what has 16 bits is read.
void set_sndfile(const Sndfile& functions);

// What becomes of channels: all of them, their mean, or the one of this number.
enum : int { kAllChannels = -2, kMeanOfChannels = -1 };

// Interleaved samples of a recording, int16 or float32.
struct Sound {
  std::uint32_t rate;
  std::size_t n_channels, n_frames;
  Samples samples;
};

// Memory that a thread keeps: of a file, of what it decodes to, and of the mean of its channels.
class PlainReader {
 public:
  // False for what is left to the careful way. The sound is there until the next call.
  bool read_file(const char* path, Sound* sound);
  bool read_bytes(const std::uint8_t* bytes, std::size_t n, Sound* sound);

  // Channels that are left of a sound, 0 where there is no such choice.
  static std::size_t channels_left(const Sound& sound, int choice);
  // The only channel that is left.
  Samples mono(const Sound& sound, int choice);
  // Each channel that is left after the other, at the plan's rate, or without one as it is.
  void write(const Sound& sound, int choice, const ResamplePlan* plan, float* out);

 private:
  bool read_flac(const std::uint8_t* bytes, std::size_t n, Sound* sound);
  bool decode(const std::uint8_t* bytes, std::size_t n, Sound* sound);

  Buffer<float> file_, decoded_, mean_;
};

PlainReader& plain_reader();  // this thread's

}  // namespace quaver
