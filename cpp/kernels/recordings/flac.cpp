// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/recordings/flac.hpp"

#include "kernels/recordings/bit_reader.hpp"

namespace quaver {
namespace {

constexpr std::size_t kStreamInfo = 42;  // bytes up to the end of the first block
constexpr unsigned kBits = 16;
// More bits than a residual of such samples has.
constexpr unsigned kMostResidual = 20;
constexpr std::size_t kMostOrder = 12;  // of those that players need not refuse

struct Checks {
  std::uint8_t of_header[256];     // x^8 + x^2 + x + 1
  std::uint16_t of_frame[8][256];  // x^16 + x^15 + x^2 + 1, of a byte with so many behind it

  Checks() {
    for (unsigned i = 0; i < 256; ++i) {
      unsigned a = i, b = i << 8;
      for (int bit = 0; bit < 8; ++bit) {
        a = (a << 1) ^ ((a & 0x80) != 0 ? 0x107 : 0);
        b = (b << 1) ^ ((b & 0x8000) != 0 ? 0x18005 : 0);
      }
      of_header[i] = static_cast<std::uint8_t>(a);
      of_frame[0][i] = static_cast<std::uint16_t>(b);
    }
    for (unsigned i = 0; i < 256; ++i) {
      for (int k = 1; k < 8; ++k) {
        const unsigned before = of_frame[k - 1][i];
        of_frame[k][i] =
            static_cast<std::uint16_t>((before << 8 & 0xff00) ^ of_frame[0][before >> 8]);
      }
    }
  }
};
const Checks& checks() {
  static const Checks instance;
  return instance;
}

unsigned check_of_header(const std::uint8_t* x, std::size_t n) {
  unsigned check = 0;
  for (std::size_t i = 0; i < n; ++i) check = checks().of_header[check ^ x[i]];
  return check;
}
unsigned check_of_frame(const std::uint8_t* x, std::size_t n) {
  const auto& table = checks().of_frame;
  unsigned check = 0;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    check = table[7][x[i] ^ check >> 8] ^ table[6][x[i + 1] ^ (check & 0xff)] ^ table[5][x[i + 2]] ^
            table[4][x[i + 3]] ^ table[3][x[i + 4]] ^ table[2][x[i + 5]] ^ table[1][x[i + 6]] ^
            table[0][x[i + 7]];
  }
  for (; i < n; ++i) check = (check << 8 & 0xff00) ^ table[0][(check >> 8 ^ x[i]) & 0xff];
  return check;
}

std::size_t little(const std::uint8_t* x) {
  return x[0] | static_cast<std::size_t>(x[1]) << 8 | static_cast<std::size_t>(x[2]) << 16 |
         static_cast<std::size_t>(x[3]) << 24;
}

bool read_residual(BitReader& bits, std::size_t size, std::size_t order, std::int32_t* x) {
  const std::uint32_t method = bits.take(2);
  if (method > 1) return false;
  const unsigned width = method == 0 ? 4 : 5, escape = (1u << width) - 1;
  const std::size_t n_partitions = std::size_t{1} << bits.take(4);
  const std::size_t length = size / n_partitions;
  if (size % n_partitions != 0 || length < order) return false;
  std::size_t i = order;
  for (std::size_t end = length; end <= size; end += length) {
    const unsigned k = bits.take(width);
    if (k == escape) {
      const unsigned n = bits.take(5);
      if (n > kMostResidual) return false;
      for (; i < end; ++i) x[i] = bits.take_signed(n);
    } else {
      if (k > kMostResidual) return false;
      BitReader local = bits;  // in registers
      bool is_good = true;
      for (; i < end && is_good; ++i) is_good = local.take_rice(k, x + i);
      bits = local;
      if (!is_good) return false;
    }
    if (bits.is_beyond()) return false;
  }
  return true;
}

constexpr std::int64_t kFixed[5][4] = {{}, {1}, {2, -1}, {3, -3, 1}, {4, -6, 4, -1}};

// x[i] += the prediction from the samples before, coefficient 0 that of the last one.
template <std::size_t Order>
bool predict(const std::int64_t* coefficients, unsigned shift, std::size_t size, std::int32_t* x) {
  std::int64_t c[Order];
  for (std::size_t j = 0; j < Order; ++j) c[j] = coefficients[j];
  std::int64_t outside = 0;
  for (std::size_t i = Order; i < size; ++i) {
    std::int64_t sum = 0;
    for (std::size_t j = Order; j-- > 0;) sum += c[j] * x[i - 1 - j];
    const std::int64_t value = x[i] + (sum >> shift);
    outside |= value ^ value >> 63;
    x[i] = static_cast<std::int32_t>(value);
  }
  return outside >> 20 == 0;  // far beyond what a channel has
}
bool predict_any(std::size_t order, const std::int64_t* c, unsigned shift, std::size_t size,
                 std::int32_t* x) {
  static constexpr bool (*kPredict[kMostOrder])(const std::int64_t*, unsigned, std::size_t,
                                                std::int32_t*) = {
      predict<1>, predict<2>, predict<3>, predict<4>,  predict<5>,  predict<6>,
      predict<7>, predict<8>, predict<9>, predict<10>, predict<11>, predict<12>};
  return order == 0 || kPredict[order - 1](c, shift, size, x);
}

bool read_subframe(BitReader& bits, std::size_t size, unsigned width, std::int32_t* x) {
  const std::uint32_t head = bits.take(8), type = head >> 1 & 63;
  if ((head & 0x80) != 0) return false;
  unsigned n_wasted = 0;
  if ((head & 1) != 0) {
    std::uint32_t zeros;
    if (!bits.take_unary(kBits, &zeros)) return false;
    n_wasted = zeros + 1;
    if (n_wasted >= width) return false;
    width -= n_wasted;
  }
  if (type == 0) {
    const std::int32_t value = bits.take_signed(width);
    for (std::size_t i = 0; i < size; ++i) x[i] = value;
  } else if (type == 1) {
    for (std::size_t i = 0; i < size; ++i) x[i] = bits.take_signed(width);
  } else {
    const bool is_fixed = type >= 8 && type <= 12;
    if (!is_fixed && type < 32) return false;
    const std::size_t order = is_fixed ? type - 8 : type - 31;
    if (order > kMostOrder || order > size) return false;
    for (std::size_t i = 0; i < order; ++i) x[i] = bits.take_signed(width);
    std::int64_t coefficients[kMostOrder];
    unsigned shift = 0;
    if (!is_fixed) {
      const unsigned precision = bits.take(4) + 1;
      const std::int32_t signed_shift = bits.take_signed(5);
      if (precision == 16 || signed_shift < 0) return false;
      shift = static_cast<unsigned>(signed_shift);
      for (std::size_t j = 0; j < order; ++j) coefficients[j] = bits.take_signed(precision);
    }
    if (!read_residual(bits, size, order, x)) return false;
    if (!predict_any(order, is_fixed ? kFixed[order] : coefficients, shift, size, x)) return false;
  }
  std::int32_t outside = 0;
  for (std::size_t i = 0; i < size; ++i) outside |= x[i] ^ x[i] >> 31;
  if (outside >> (width - 1) != 0) return false;
  for (std::size_t i = 0; i < size && n_wasted != 0; ++i) x[i] *= 1 << n_wasted;
  return !bits.is_beyond();
}

struct FrameHeader {
  std::size_t size, n_bytes;
  unsigned channels;  // the code
};

// The number of a frame, or of its first sample: as UTF-8, of up to 36 bits.
bool read_number(BitReader& bits, std::uint64_t* number) {
  const std::uint32_t first = bits.take(8);
  unsigned n_more = 0;
  while (n_more < 7 && (first & 0x80u >> n_more) != 0) ++n_more;
  if (n_more == 1 || n_more > 7 || first == 0xff) return false;
  *number = n_more == 0 ? first : first & (0x7fu >> n_more);
  for (unsigned i = 1; i < n_more; ++i) {
    const std::uint32_t next = bits.take(8);
    if (next >> 6 != 2) return false;
    *number = *number << 6 | (next & 63);
  }
  return true;
}

bool read_header(const std::uint8_t* x, std::size_t n, const FlacInfo& info, std::size_t done,
                 FrameHeader* header) {
  constexpr std::uint32_t kRates[] = {0,     88200, 176400, 192000, 8000,  16000,
                                      22050, 24000, 32000,  44100,  48000, 96000};
  BitReader bits(x, n);
  const std::uint32_t sync = bits.take(16), sizes = bits.take(8), kinds = bits.take(8);
  if (sync >> 1 != 0xfff8 >> 1 || (kinds & 1) != 0) return false;
  const unsigned size = sizes >> 4, rate = sizes & 15, width = kinds >> 1 & 7;
  if (size == 0 || rate == 15 || (width != 0 && width != 4)) return false;
  std::uint64_t number;
  if (!read_number(bits, &number)) return false;
  header->size = size == 1   ? 192
                 : size < 6  ? std::size_t{576} << (size - 2)
                 : size == 6 ? bits.take(8) + 1
                 : size == 7 ? bits.take(16) + 1
                             : std::size_t{256} << (size - 8);
  const std::uint32_t told = rate == 0    ? info.rate
                             : rate < 12  ? kRates[rate]
                             : rate == 12 ? bits.take(8) * 1000
                             : rate == 13 ? bits.take(16)
                                          : bits.take(16) * 10;
  header->channels = kinds >> 4;
  header->n_bytes = bits.position();
  if (bits.is_beyond() || header->n_bytes >= n) return false;
  if (x[header->n_bytes] != check_of_header(x, header->n_bytes)) return false;
  ++header->n_bytes;
  const bool is_variable = (sync & 1) != 0;
  const std::uint64_t expected = is_variable ? done : done / info.largest_block;
  const bool is_in_place = is_variable || done % info.largest_block == 0;
  const std::size_t n_channels = header->channels < 8 ? header->channels + 1 : 2;
  return told == info.rate && number == expected && is_in_place &&
         header->size <= info.largest_block && header->size <= info.n_frames - done &&
         header->channels <= 10 && n_channels == info.n_channels;
}

// Left and right from a side channel and another one. False beyond 16 bits.
bool write_frame(const std::int32_t* work, std::size_t stride, unsigned channels,
                 std::size_t n_channels, std::size_t size, std::int16_t* out) {
  std::int32_t outside = 0;
  const auto put = [&outside](std::int32_t value, std::int16_t* to) {
    outside |= value ^ value >> 31;
    *to = static_cast<std::int16_t>(value);
  };
  if (channels < 8) {
    for (std::size_t c = 0; c < n_channels; ++c) {
      for (std::size_t i = 0; i < size; ++i) put(work[c * stride + i], out + i * n_channels + c);
    }
    return outside >> 15 == 0;
  }
  for (std::size_t i = 0; i < size; ++i) {
    const std::int32_t a = work[i], b = work[stride + i];
    const std::int32_t left = channels == 8   ? a
                              : channels == 9 ? a + b
                                              : (2 * a + (b & 1) + b) >> 1;
    const std::int32_t right = channels == 9 ? b : left - b;
    put(left, out + 2 * i);
    put(right, out + 2 * i + 1);
  }
  return outside >> 15 == 0;
}

}  // namespace

// A block of metadata of which nothing can be wrong: padding, places, or comments that fill it.
static bool is_plain_block(unsigned kind, const std::uint8_t* x, std::size_t n) {
  constexpr unsigned kInfo = 0, kPadding = 1, kPlaces = 3, kComments = 4;
  if (kind == kInfo || kind == kPadding) return true;
  if (kind == kPlaces) return n % 18 == 0;
  if (kind != kComments) return false;
  std::size_t at = 0, n_left = 1;  // the vendor, then so many comments
  for (bool is_vendor = true; n_left > 0; --n_left) {
    if (n - at < 4) return false;
    const std::size_t length = little(x + at);
    if (length > n - at - 4) return false;
    at += 4 + length;
    if (!is_vendor) continue;
    if (n - at < 4) return false;
    n_left += little(x + at);
    at += 4;
    is_vendor = false;
  }
  return at == n;
}

bool flac_info(const std::uint8_t* x, std::size_t n, FlacInfo* info) {
  if (n < kStreamInfo || x[0] != 'f' || x[1] != 'L' || x[2] != 'a' || x[3] != 'C') return false;
  if ((x[4] & 0x7f) != 0 || x[5] != 0 || x[6] != 0 || x[7] != 34) return false;
  info->largest_block = static_cast<std::size_t>(x[10]) << 8 | x[11];
  info->rate =
      static_cast<std::uint32_t>(x[18]) << 12 | static_cast<std::uint32_t>(x[19]) << 4 | x[20] >> 4;
  info->n_channels = (x[20] >> 1 & 7) + 1;
  const unsigned width = ((x[20] & 1u) << 4 | x[21] >> 4) + 1;
  info->n_frames = x[21] & 15;
  for (int i = 22; i < 26; ++i) info->n_frames = info->n_frames << 8 | x[i];
  info->start = 4;
  for (bool is_last = false; !is_last;) {
    if (n - info->start < 4) return false;
    const std::uint8_t* const head = x + info->start;
    const std::size_t length =
        static_cast<std::size_t>(head[1]) << 16 | static_cast<std::size_t>(head[2]) << 8 | head[3];
    is_last = (head[0] & 0x80) != 0;
    if (length > n - info->start - 4) return false;
    if ((head[0] & 0x7f) == 0 && info->start != 4) return false;
    if (!is_plain_block(head[0] & 0x7f, head + 4, length)) return false;
    info->start += 4 + length;
  }
  const std::size_t smallest_block = static_cast<std::size_t>(x[8]) << 8 | x[9];
  if (smallest_block < 16 || smallest_block > info->largest_block) return false;
  return width == kBits && info->rate != 0 && info->n_frames != 0 && info->largest_block >= 16;
}

bool decode_flac(const std::uint8_t* bytes, std::size_t n, FlacInfo* told, std::int32_t* work,
                 std::int16_t* out) {
  const FlacInfo& info = *told;
  std::size_t at = info.start;
  for (std::size_t done = 0; done < info.n_frames;) {
    const std::uint8_t* const frame = bytes + at;
    FrameHeader header{};
    if (!read_header(frame, n - at, info, done, &header)) return false;
    BitReader bits(frame + header.n_bytes, n - at - header.n_bytes);
    for (std::size_t c = 0; c < info.n_channels; ++c) {
      const bool is_side = (header.channels == 9 && c == 0) ||
                           (c == 1 && (header.channels == 8 || header.channels == 10));
      if (!read_subframe(bits, header.size, kBits + (is_side ? 1 : 0),
                         work + c * info.largest_block))
        return false;
    }
    bits.to_byte();
    const std::size_t length = header.n_bytes + bits.position();
    if (bits.is_beyond() || length + 2 > n - at) return false;
    const unsigned check = static_cast<unsigned>(frame[length]) << 8 | frame[length + 1];
    if (check != check_of_frame(frame, length)) return false;
    if (!write_frame(work, info.largest_block, header.channels, info.n_channels, header.size,
                     out + done * info.n_channels))
      return false;
    done += header.size;
    at += length + 2;
  }
  told->end = at;
  return true;
}

}  // namespace quaver
