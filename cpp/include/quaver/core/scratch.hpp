// SPDX-License-Identifier: BSD-3-Clause
// Working memory that a thread keeps from call to call, and gives back after a long transform.
#pragma once

#include <cstddef>

namespace quaver {

// The longest transform whose working memory stays: some 20 MB with the widest registers.
constexpr std::size_t kKeptTransform = std::size_t{1} << 15;

// A thread's workspace for the call that this is an argument of.
template <class Workspace>
class Borrowed {
 public:
  Borrowed(Workspace& of_thread, std::size_t n_fft) : workspace_(of_thread), n_fft_(n_fft) {}
  ~Borrowed() {
    if (n_fft_ > kKeptTransform) workspace_ = Workspace();
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  operator Workspace&() const { return workspace_; }

 private:
  Workspace& workspace_;
  std::size_t n_fft_;
};

}  // namespace quaver
