// What the C++ files share: how results and faults get to Rust.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstring>
#include <exception>
#include <utility>

namespace augur {

inline at::Tensor *owned(at::Tensor tensor) { return tensor.defined() ? new at::Tensor(std::move(tensor)) : nullptr; }

template <typename Body> char *caught(Body body) {
  try {
    body();
    return nullptr;
  } catch (const std::exception &error) {
    return strdup(error.what());
  }
}

} // namespace augur
