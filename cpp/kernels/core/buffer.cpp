// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/core/buffer.hpp"

#include <cstring>
#include <new>
#include <utility>

namespace quaver {
namespace {
constexpr std::align_val_t kAlignment{64};

float* allocate(std::size_t n) {
  return n == 0 ? nullptr : static_cast<float*>(::operator new(n * sizeof(float), kAlignment));
}
}  // namespace

Buffer::Buffer(std::size_t n) : data_(allocate(n)), size_(n) { fill_zero(); }

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Buffer::~Buffer() { ::operator delete(data_, kAlignment); }

void Buffer::reserve(std::size_t n) {
  if (n > size_) *this = Buffer(n);
}

void Buffer::fill_zero() {
  if (size_ != 0) std::memset(data_, 0, size_ * sizeof(float));
}

}  // namespace quaver
