// SPDX-License-Identifier: BSD-3-Clause
// The table of entry points, one for each target; kernels.def lists them.
#pragma once

#include "simd/kernel_types.hpp"

namespace quaver {

struct KernelTable {
  std::size_t lanes;
#define QV_KERNEL(result, name, arguments) result(*name) arguments;
#include "simd/kernels.def"
#undef QV_KERNEL
};

// The table in use. It may change between two calls, so a function that wants both a kernel and
// its number of lanes asks once.
const KernelTable& kernels();

}  // namespace quaver
