// SPDX-License-Identifier: BSD-3-Clause
// Compiles the kernel file named by QV_FILE once per SIMD target, each time inside a region whose
// functions may use that target's instructions. The file's own flags stay at the baseline, so
// nothing outside the regions (templates, the standard library) ever holds wider instructions.
//
//   #ifndef QV_TARGET                       // first pass: plans and other baseline code
//   #define QV_FILE "kernels/spectrum/mel.cpp"
//   #include "simd/foreach_target.hpp"
//   #else                                   // once per target
//   namespace quaver::QV_TARGET { ... }
//   #endif
//
// Inside a region: no standard containers or algorithms, no lambdas, no vector constants at
// namespace scope (they would run before the dispatch has looked at the processor).

#include <cmath>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "simd/kernel_table.hpp"

#define QV_TARGET base
#define QV_TARGET_INDEX 0
#define QV_WIDTH 4
#define QV_FMA 0
#include "simd/stages.hpp"
#include "simd/vec.hpp"
#include QV_FILE
#undef QV_TARGET
#undef QV_TARGET_INDEX
#undef QV_WIDTH
#undef QV_FMA

#if defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#define QV_TARGET avx2
#define QV_TARGET_INDEX 1
#define QV_WIDTH 8
#define QV_FMA 1
#include "simd/stages.hpp"
#include "simd/vec.hpp"
#include QV_FILE
#undef QV_TARGET
#undef QV_TARGET_INDEX
#undef QV_WIDTH
#undef QV_FMA
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")
#endif
#define QV_TARGET avx512
#define QV_TARGET_INDEX 2
#define QV_WIDTH 16
#define QV_FMA 1
#include "simd/stages.hpp"
#include "simd/vec.hpp"
#include QV_FILE
#undef QV_TARGET
#undef QV_TARGET_INDEX
#undef QV_WIDTH
#undef QV_FMA
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // __x86_64__
