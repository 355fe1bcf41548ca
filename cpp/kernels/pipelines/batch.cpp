// SPDX-License-Identifier: BSD-3-Clause
#include "quaver/pipelines/batch.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>

namespace quaver {
namespace {

// What the workers share: clips are taken one by one, so that long ones do not pile up.
struct Work {
  const std::function<void(std::size_t)>& function;
  const std::size_t size;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;  // of what follows
  std::vector<ClipError> errors;
  std::exception_ptr defect;

  void run() {
    for (std::size_t i = next++; i < size; i = next++) {
      try {
        function(i);
      } catch (const std::invalid_argument& error) {
        const std::lock_guard<std::mutex> lock(mutex);
        errors.push_back({i, error.what()});
      } catch (const std::bad_alloc&) {
        const std::lock_guard<std::mutex> lock(mutex);
        errors.push_back({i, "not enough memory"});
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        defect = std::current_exception();
        next = size;
      }
    }
  }
};

}  // namespace

std::vector<ClipError> for_each_clip(std::size_t n_clips, std::size_t n_threads,
                                     const std::function<void(std::size_t)>& function) {
  Work work{function, n_clips, {}, {}, {}, {}};
  std::vector<std::thread> helpers;
  try {
    for (std::size_t i = 1; i < std::min(n_threads, n_clips); ++i) {
      helpers.emplace_back([&work] { work.run(); });
    }
  } catch (const std::system_error&) {
    // No more threads to be had: those there are do the work.
  }
  work.run();
  for (std::thread& helper : helpers) helper.join();
  if (work.defect) std::rethrow_exception(work.defect);
  std::sort(work.errors.begin(), work.errors.end(),
            [](const ClipError& a, const ClipError& b) { return a.index < b.index; });
  return std::move(work.errors);
}

std::vector<ClipError> extract_clips(const Extractor& extractor, const std::vector<Clip>& clips,
                                     std::size_t n_threads) {
  return for_each_clip(clips.size(), n_threads,
                       [&](std::size_t i) { extractor.vector(clips[i].samples, clips[i].out); });
}

}  // namespace quaver
