// SPDX-License-Identifier: BSD-3-Clause
// Numbers in error messages: nine digits of any magnitude, "nan" and "inf" by these names.
#pragma once

#include <cmath>
#include <locale>
#include <sstream>
#include <string>

namespace quaver {

inline std::string number_text(double value) {
  if (std::isnan(value)) return "nan";  // which may print with a sign
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text.precision(9);
  text << value;
  return text.str();
}

}  // namespace quaver
