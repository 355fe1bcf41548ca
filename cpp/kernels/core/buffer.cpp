// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/core/buffer.hpp"

#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

namespace quaver {
namespace {
constexpr std::align_val_t kAlignment{64};

template <class T>
T* allocate(std::size_t n) {
  if (n == 0) return nullptr;
  if (n > SIZE_MAX / sizeof(T)) throw std::bad_array_new_length();
  return static_cast<T*>(::operator new(n * sizeof(T), kAlignment));
}
}  // namespace

template <class T>
Buffer<T>::Buffer(std::size_t n) : data_(allocate<T>(n)), size_(n) {
  fill_zero();
}

template <class T>
Buffer<T>::Buffer(const std::vector<double>& values) : Buffer(values.size()) {
  for (std::size_t i = 0; i < size_; ++i) data_[i] = static_cast<T>(values[i]);
}

template <class T>
Buffer<T>::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

template <class T>
Buffer<T>& Buffer<T>::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

template <class T>
Buffer<T>::~Buffer() {
  ::operator delete(data_, kAlignment);
}

template <class T>
void Buffer<T>::reserve(std::size_t n) {
  if (n > size_) *this = Buffer(n);
}

template <class T>
void Buffer<T>::fill_zero() {
  if (size_ != 0) std::memset(data_, 0, size_ * sizeof(T));
}

template class Buffer<float>;
template class Buffer<double>;

}  // namespace quaver
