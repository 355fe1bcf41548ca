// SPDX-License-Identifier: BSD-3-Clause
// Aligned storage of floats or doubles. Both are instantiated in buffer.cpp and nowhere else:
// kernels call a Buffer inside a target region, where an instantiation could end up as a shared
// symbol with a wider target's instructions.
#pragma once

#include <cstddef>
#include <vector>

namespace quaver {

template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t n);                      // zero-filled, 64-byte aligned
  explicit Buffer(const std::vector<double>& values);  // rounded to T
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  T operator[](std::size_t i) const { return data_[i]; }

  // At least n values; contents are lost when the storage has to grow.
  void reserve(std::size_t n);
  void fill_zero();

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

extern template class Buffer<float>;
extern template class Buffer<double>;

}  // namespace quaver
