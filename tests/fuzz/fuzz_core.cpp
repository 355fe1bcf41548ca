// SPDX-License-Identifier: BSD-3-Clause
// Transposes, buffers and the text of numbers.
#include "fuzz.hpp"
#include "quaver/core/buffer.hpp"
#include "quaver/core/number_text.hpp"
#include "quaver/core/transpose.hpp"

static void one(fuzz::Bytes& bytes) {
  const std::size_t rows = bytes.between(1, 70), columns = bytes.between(1, 70);
  const std::size_t from_stride = columns + bytes.between(0, 3),
                    to_stride = rows + bytes.byte() % 4;
  const std::vector<float> x = bytes.samples((rows - 1) * from_stride + columns);
  fuzz::on_each_target(
      [&] {
        std::vector<float> out((columns - 1) * to_stride + rows);
        quaver::transpose(x.data(), rows, columns, from_stride, out.data(), to_stride);
        return fuzz::widened(out);
      },
      [&](const fuzz::Values& expected, const fuzz::Values& found) {
        fuzz::require_same(expected, found);
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < columns; ++j) {
            REQUIRE(found[j * to_stride + i] == static_cast<double>(x[i * from_stride + j]));
          }
        }
      });
  quaver::Buffer<double> buffer(rows);
  buffer.reserve(columns);
  REQUIRE(buffer.size() == std::max(rows, columns));
  for (std::size_t i = 0; i < columns; ++i) REQUIRE(columns <= rows || buffer[i] == 0.0);
  REQUIRE(!quaver::number_text(bytes.number()).empty());
}

QV_FUZZ(one)
