// SPDX-License-Identifier: BSD-3-Clause
// Aligned float storage. Not a template: kernels may call it inside a target region, where the
// instantiation of a template could end up as a shared symbol with a wider target's instructions.
#pragma once

#include <cstddef>

namespace quaver {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t n);  // zero-filled, 64-byte aligned
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  float* data() { return data_; }
  const float* data() const { return data_; }
  std::size_t size() const { return size_; }
  float& operator[](std::size_t i) { return data_[i]; }
  float operator[](std::size_t i) const { return data_[i]; }

  // At least n floats; contents are lost when the storage has to grow.
  void reserve(std::size_t n);
  void fill_zero();

 private:
  float* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace quaver
