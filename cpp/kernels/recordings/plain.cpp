// SPDX-License-Identifier: BSD-3-Clause
#ifndef QV_TARGET

#include "quaver/recordings/plain.hpp"

#include <atomic>
#include <cstring>
#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "quaver/recordings/flac.hpp"

#define QV_FILE "kernels/recordings/plain.cpp"
#include "simd/foreach_target.hpp"

namespace quaver {
namespace {

// Lengths from here on are placeholders of programs that write to a pipe.
constexpr std::uint32_t kStreamed = 0x7fff0000;
constexpr std::size_t kMostChannels = 64;

std::uint32_t number(const std::uint8_t* x, int n_bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < n_bytes; ++i) value |= static_cast<std::uint32_t>(x[i]) << (8 * i);
  return value;
}
bool is_mark(const std::uint8_t* x, const char* mark) { return std::memcmp(x, mark, 4) == 0; }

bool is_chunk_name(const std::uint8_t* x) {
  for (int i = 0; i < 4; ++i) {
    if (x[i] < ' ' || x[i] > '~') return false;
  }
  return true;
}

// Whether one of the recordings that are joined begins with these four bytes, anywhere: they need
// not be one, but then the careful way will see.
bool holds(const std::uint8_t* x, std::size_t n, const char* mark) {
  return n >= 4 && kernels().holds_mark(x, n, reinterpret_cast<const std::uint8_t*>(mark));
}
bool holds_any(const std::uint8_t* x, std::size_t n) {
  for (const char* mark :
       {"fLaC", "RIFF", "RIFX", "RF64", "BW64", "FORM", "caff", ".snd", "riff", "OggS"}) {
    if (holds(x, n, mark)) return true;
  }
  return false;
}

struct Wav {
  std::uint32_t tag = 0, n_channels = 0, rate = 0, align = 0, bits = 0;
  std::size_t start = 0, length = 0;
};

// Whole chunks to the end, where the last may lack its padding.
bool are_chunks(const std::uint8_t* x, std::size_t position, std::size_t n) {
  while (position < n) {
    if (n - position < 8 || !is_chunk_name(x + position)) return false;
    const std::size_t length = number(x + position + 4, 4);
    if (length > n - position - 8) return false;
    position += 8 + length + length % 2;
  }
  return true;
}

// Whether an MP3 or its tag might begin here, or one byte further: chunks end at even places.
bool is_mp3(const std::uint8_t* x, std::size_t position, std::size_t n) {
  for (std::size_t i = position; i < position + 2 && i < n; ++i) {
    if (x[i] == 0xff || (n - i >= 3 && std::memcmp(x + i, "ID3", 3) == 0)) return true;
  }
  return false;
}

bool parse_wav(const std::uint8_t* x, std::size_t n, Wav* wav) {
  if (n < 44 || !is_mark(x, "RIFF") || !is_mark(x + 8, "WAVE")) return false;
  std::size_t position = 12;
  while (n - position >= 8 && is_chunk_name(x + position)) {
    const std::uint8_t* const chunk = x + position + 8;
    const std::size_t length = number(x + position + 4, 4);
    if (length > n - position - 8) return false;
    if (is_mark(x + position, "data")) {
      if (wav->rate == 0 || length == 0 || length >= kStreamed) return false;
      wav->start = position + 8;
      wav->length = length;
      const std::size_t end = wav->start + length, next = end + length % 2;
      if (next >= n) return true;
      // What follows, and then what the samples hold, may be another recording.
      return !is_mp3(x, end, n) && are_chunks(x, next, n) && !holds_any(x + end, n - end) &&
             !holds(chunk, n - wav->start, "RIFF");
    }
    if (is_mark(x + position, "fmt ")) {
      if (wav->rate != 0 || length < 16) return false;
      *wav = {number(chunk, 2), number(chunk + 2, 2), number(chunk + 4, 4), number(chunk + 12, 2),
              number(chunk + 14, 2)};
    }
    position += 8 + length + length % 2;
    if (position > n) return false;
  }
  return false;
}

// A FLAC that tells its length, in whose frames no other recording might begin.
bool is_plain_flac(const std::uint8_t* x, std::size_t n) {
  if (n < 42 || !is_mark(x, "fLaC") || (x[4] & 0x7f) != 0) return false;
  if ((x[21] & 0x0f) == 0 && number(x + 22, 4) == 0) return false;
  std::size_t position = 4;
  bool is_last = false;
  while (!is_last) {
    if (n - position < 4) return false;
    const std::size_t length = static_cast<std::size_t>(x[position + 1]) << 16 |
                               static_cast<std::size_t>(x[position + 2]) << 8 | x[position + 3];
    is_last = (x[position] & 0x80) != 0;
    if ((x[position] & 0x7f) > 6 || length > n - position - 4) return false;
    position += 4 + length;
  }
  return !holds_any(x + position, n - position);
}

std::atomic<const Sndfile*> sndfile{nullptr};

// Bytes as libsndfile reads them.
struct Memory {
  const std::uint8_t* bytes;
  std::int64_t n, position;
};
std::int64_t memory_length(void* user) { return static_cast<Memory*>(user)->n; }
std::int64_t memory_tell(void* user) { return static_cast<Memory*>(user)->position; }
std::int64_t memory_seek(std::int64_t offset, int whence, void* user) {
  Memory& m = *static_cast<Memory*>(user);
  const std::int64_t base = whence == 0 ? 0 : whence == 1 ? m.position : m.n;
  m.position = base + offset < 0 ? 0 : base + offset;
  return m.position;
}
std::int64_t memory_read(void* to, std::int64_t n, void* user) {
  Memory& m = *static_cast<Memory*>(user);
  const std::int64_t left = m.position < m.n ? m.n - m.position : 0;
  if (n > left) n = left;
  if (n <= 0) return 0;
  std::memcpy(to, m.bytes + m.position, static_cast<std::size_t>(n));
  m.position += n;
  return n;
}
std::int64_t memory_write(const void*, std::int64_t, void*) { return 0; }

bool is_sound(const SndfileInfo& info) {
  return info.samplerate > 0 && static_cast<std::uint32_t>(info.samplerate) <= kHighestRate &&
         info.channels > 0 && info.channels <= static_cast<int>(kMostChannels) && info.frames > 0 &&
         info.frames <= static_cast<std::int64_t>(kMostDecoded) / info.channels;
}

#if !defined(_WIN32)
// Closed at the end of its scope.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

bool read_all(int descriptor, std::uint8_t* to, std::size_t n) {
  while (n > 0) {
    const ssize_t part = ::read(descriptor, to, n);
    if (part <= 0) return false;
    to += part;
    n -= static_cast<std::size_t>(part);
  }
  return true;
}
#endif

}  // namespace

void set_sndfile(const Sndfile& functions) {
  static Sndfile instance;  // the first, which calls under way may use
  static std::atomic<bool> is_set{false};
  if (is_set.exchange(true)) return;
  instance = functions;
  sndfile.store(&instance);
}

PlainReader& plain_reader() {
  thread_local PlainReader instance;
  return instance;
}

bool PlainReader::read_file(const char* path, Sound* sound) {
#if defined(_WIN32)
  (void)path, (void)sound;
  return false;
#else
  struct stat about;
  if (::stat(path, &about) != 0 || !S_ISREG(about.st_mode)) return false;
  const Descriptor file{::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.number < 0 || ::fstat(file.number, &about) != 0 || !S_ISREG(about.st_mode)) return false;
  if (about.st_size < 44 || about.st_size > static_cast<off_t>(kMostPlain)) return false;
  const std::size_t n = static_cast<std::size_t>(about.st_size);
  file_.reserve(n / sizeof(float) + 1);
  std::uint8_t* const bytes = reinterpret_cast<std::uint8_t*>(file_.data());
  constexpr std::size_t kHead = 4;
  if (!read_all(file.number, bytes, kHead)) return false;
  if (!is_mark(bytes, "RIFF") && !is_mark(bytes, "fLaC")) return false;
  return read_all(file.number, bytes + kHead, n - kHead) && read_bytes(bytes, n, sound);
#endif
}

bool PlainReader::read_bytes(const std::uint8_t* bytes, std::size_t n, Sound* sound) {
  if (n > kMostPlain) return false;
  Wav wav;
  const bool is_wav = parse_wav(bytes, n, &wav);
  if (!is_wav) {
    return read_flac(bytes, n, sound) || (is_plain_flac(bytes, n) && decode(bytes, n, sound));
  }
  const std::uint8_t* const samples = bytes + wav.start;
  const std::uint16_t one = 1;
  const bool is_little = *reinterpret_cast<const std::uint8_t*>(&one) == 1;
  const bool is_aligned = reinterpret_cast<std::uintptr_t>(samples) % alignof(std::int16_t) == 0;
  if (wav.tag != 1 || wav.bits != 16 || !is_little || !is_aligned) return decode(bytes, n, sound);
  if (wav.rate > kHighestRate || wav.n_channels == 0 || wav.n_channels > kMostChannels) {
    return false;
  }
  if (wav.align != 2 * wav.n_channels || wav.length % wav.align != 0) return false;
  const std::size_t n_frames = wav.length / wav.align;
  *sound = {wav.rate,
            wav.n_channels,
            n_frames,
            {samples, 1, n_frames * wav.n_channels, SampleType::int16}};
  return true;
}

bool PlainReader::read_flac(const std::uint8_t* bytes, std::size_t n, Sound* sound) {
  FlacInfo info{};
  if (!flac_info(bytes, n, &info) || info.rate > kHighestRate) return false;
  if (info.n_frames > kMostDecoded / info.n_channels) return false;
  const std::size_t size = info.n_frames * info.n_channels;
  decoded_.reserve(size);
  mean_.reserve(info.n_channels * info.largest_block);
  auto* const samples = reinterpret_cast<std::int16_t*>(decoded_.data());
  auto* const work = reinterpret_cast<std::int32_t*>(mean_.data());
  if (!decode_flac(bytes, n, &info, work, samples)) return false;
  if (holds_any(bytes + info.end, n - info.end)) return false;
  *sound = {info.rate, info.n_channels, info.n_frames, {samples, 1, size, SampleType::int16}};
  return true;
}

bool PlainReader::decode(const std::uint8_t* bytes, std::size_t n, Sound* sound) {
  const Sndfile* const functions = sndfile.load();
  if (functions == nullptr) return false;
  constexpr int kRead = 0x10, kSubtype = 0xffff, kPcm16 = 2;
  SndfileIo io = {memory_length, memory_seek, memory_read, memory_write, memory_tell};
  Memory memory = {bytes, static_cast<std::int64_t>(n), 0};
  SndfileInfo info = {};
  void* const handle = functions->open_virtual(&io, kRead, &info, &memory);
  if (handle == nullptr) return false;
  bool is_read = false;
  if (is_sound(info)) {
    const bool is_int16 = (info.format & kSubtype) == kPcm16;
    const std::size_t size = static_cast<std::size_t>(info.frames * info.channels);
    decoded_.reserve(size);
    const std::int64_t n_read =
        is_int16
            ? functions->read_shorts(handle, reinterpret_cast<short*>(decoded_.data()), info.frames)
            : functions->read_floats(handle, decoded_.data(), info.frames);
    is_read = n_read == info.frames && functions->error(handle) == 0;
    *sound = {static_cast<std::uint32_t>(info.samplerate),
              static_cast<std::size_t>(info.channels),
              static_cast<std::size_t>(info.frames),
              {decoded_.data(), 1, size, is_int16 ? SampleType::int16 : SampleType::float32}};
  }
  functions->close(handle);
  return is_read;
}

std::size_t PlainReader::channels_left(const Sound& sound, int choice) {
  if (choice == kAllChannels) return sound.n_channels;
  if (choice == kMeanOfChannels) return 1;
  const bool is_there = static_cast<std::size_t>(choice) < sound.n_channels;
  return is_there && sound.n_channels > 1 ? 1 : 0;
}

static Samples channel_of(const Sound& sound, std::size_t channel) {
  const bool is_int16 = sound.samples.type == SampleType::int16;
  const void* const first =
      is_int16
          ? static_cast<const void*>(static_cast<const std::int16_t*>(sound.samples.data) + channel)
          : static_cast<const float*>(sound.samples.data) + channel;
  return {first, static_cast<std::ptrdiff_t>(sound.n_channels), sound.n_frames, sound.samples.type};
}

Samples PlainReader::mono(const Sound& sound, int choice) {
  if (sound.n_channels == 1 || choice >= 0) {
    return channel_of(sound, choice >= 0 ? static_cast<std::size_t>(choice) : 0);
  }
  mean_.reserve(sound.n_frames);
  kernels().mean_of_channels(sound.samples, sound.n_channels, sound.n_frames, mean_.data());
  return {mean_.data(), 1, sound.n_frames, SampleType::float32};
}

void PlainReader::write(const Sound& sound, int choice, const ResamplePlan* plan, float* out) {
  const std::size_t n_left = channels_left(sound, choice);
  const std::size_t n = plan == nullptr ? sound.n_frames : plan->count(sound.n_frames);
  for (std::size_t channel = 0; channel < n_left; ++channel, out += n) {
    const Samples one = choice == kAllChannels ? channel_of(sound, channel) : mono(sound, choice);
    if (plan == nullptr)
      kernels().to_floats(one, 0, n, out);
    else
      resample(*plan, one, out);
  }
}

}  // namespace quaver

#else

namespace quaver::QV_TARGET {

// In blocks, within which compilers compare whole registers of bytes.
bool holds_mark(const std::uint8_t* x, std::size_t n, const std::uint8_t* mark) {
  enum : std::size_t { kBlock = 4096 };
  const std::uint8_t a = mark[0], b = mark[1], c = mark[2], d = mark[3];
  const std::size_t n_places = n - 3;
  for (std::size_t first = 0; first < n_places; first += kBlock) {
    const std::size_t size = n_places - first < kBlock ? n_places - first : kBlock;
    const std::uint8_t* const y = x + first;
    std::uint8_t found = 0;
    for (std::size_t i = 0; i < size; ++i) {
      found |= static_cast<std::uint8_t>((y[i] == a) & (y[i + 1] == b) & (y[i + 2] == c) &
                                         (y[i + 3] == d));
    }
    if (found != 0) return true;
  }
  return false;
}

template <class T>
static inline void mean(const T* x, std::size_t n_channels, std::size_t n, double scale,
                        float* to) {
  for (std::size_t i = 0; i < n; ++i, x += n_channels) {
    double sum = 0.0;
    for (std::size_t channel = 0; channel < n_channels; ++channel) {
      sum += static_cast<double>(x[channel]);
    }
    to[i] = static_cast<float>(sum / static_cast<double>(n_channels) * scale);
  }
}

void mean_of_channels(const Samples& samples, std::size_t n_channels, std::size_t n, float* to) {
  if (samples.type == SampleType::int16)
    mean(static_cast<const std::int16_t*>(samples.data), n_channels, n, 1.0 / 32768.0, to);
  else
    mean(static_cast<const float*>(samples.data), n_channels, n, 1.0, to);
}

}  // namespace quaver::QV_TARGET

#endif
