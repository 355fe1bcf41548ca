// SPDX-License-Identifier: BSD-3-Clause
// Numbers of a few bits, and those of Rice codes, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quaver {

// Bits from the highest on. Behind the end there are zeros, which is_beyond() tells.
class BitReader {
 public:
  BitReader(const std::uint8_t* bytes, std::size_t n)
      : next_(bytes), begin_(bytes), end_(bytes + n) {}

  // At least 56 bits are there then.
  void refill() {
    if (end_ - next_ >= 8) {
      std::uint64_t word = 0;
      for (int i = 0; i < 8; ++i) word = word << 8 | next_[i];
      cache_ |= word >> n_bits_;
      next_ += (63 - n_bits_) >> 3;
      n_bits_ |= 56;
      return;
    }
    while (n_bits_ <= 56) {
      if (next_ < end_)
        cache_ |= static_cast<std::uint64_t>(*next_++) << (56 - n_bits_);
      else
        ++n_beyond_;
      n_bits_ += 8;
    }
  }
  // n <= 32
  std::uint32_t take(unsigned n) {
    refill();
    if (n == 0) return 0;
    const std::uint32_t value = static_cast<std::uint32_t>(cache_ >> (64 - n));
    drop(n);
    return value;
  }
  std::int32_t take_signed(unsigned n) {
    if (n == 0) return 0;
    return static_cast<std::int32_t>(take(n) << (32 - n)) >> (32 - n);
  }
  // Zeros before a one; more than `most` are none that a sample needs.
  bool take_unary(std::uint32_t most, std::uint32_t* count) {
    *count = 0;
    for (;;) {
      refill();
      if (cache_ != 0) {
        const unsigned zeros = static_cast<unsigned>(__builtin_clzll(cache_));
        if (zeros < n_bits_) {
          *count += zeros;
          drop(zeros + 1);
          return *count <= most;
        }
      }
      *count += n_bits_;
      cache_ = 0;
      n_bits_ = 0;
      if (*count > most || is_beyond()) return false;
    }
  }
  // Of a Rice code with parameter k < 31, folded: 0, -1, 1, -2 ..
  bool take_rice(unsigned k, std::int32_t* value) {
    refill();
    const unsigned zeros = static_cast<unsigned>(__builtin_clzll(cache_ | 1));
    std::uint32_t folded;
    if (zeros + 1 + k <= 56) {
      const std::uint64_t rest = cache_ << zeros << 1;
      folded = zeros << k | static_cast<std::uint32_t>(rest >> 1 >> (63 - k));
      cache_ = rest << k;
      n_bits_ -= zeros + 1 + k;
    } else {
      std::uint32_t count;
      if (!take_unary((1u << 22) >> k, &count)) return false;
      folded = count << k | take(k);
    }
    *value = static_cast<std::int32_t>(folded >> 1 ^ (0 - (folded & 1)));
    return true;
  }
  void to_byte() { drop(n_bits_ % 8); }
  std::size_t position() const {
    return static_cast<std::size_t>(next_ - begin_) - n_bits_ / 8 + n_beyond_;
  }
  bool is_beyond() const { return position() > static_cast<std::size_t>(end_ - begin_); }

 private:
  void drop(unsigned n) {
    cache_ = n < 64 ? cache_ << n : 0;
    n_bits_ -= n;
  }

  const std::uint8_t *next_, *begin_, *end_;
  std::uint64_t cache_ = 0;
  unsigned n_bits_ = 0;
  std::size_t n_beyond_ = 0;
};

}  // namespace quaver
