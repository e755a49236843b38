// What the C++ files share: how results and faults get to Rust, loops in parallel, and what a benchmark leaves out.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
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

// What augur's own loops know; all else is composed of libtorch's operations.
inline bool is_here(const at::Tensor &x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble);
}

// In NCHW or channels last, as x is; [N, C, 1, 1] counts as the former.
inline at::MemoryFormat format_of(const at::Tensor &x) {
  if (x.is_contiguous() || !x.is_contiguous(at::MemoryFormat::ChannelsLast))
    return at::MemoryFormat::Contiguous;
  return at::MemoryFormat::ChannelsLast;
}

// The bits of ../ablation.rs that are asked for here.
enum Idea : uint32_t { kThreads = 1, kFused = 1 << 1, kOverwritten = 1 << 2, kPixels = 1 << 3, kStrided = 1 << 4, kOuter = 1 << 8 };

#if AUGUR_ABLATION
inline uint32_t left_out = 0;
inline bool leaves_out(Idea idea) { return left_out & idea; }
#else
constexpr bool leaves_out(Idea) { return false; }
#endif

// body(begin, end) over parts of [0, count), each of `grain` or more where there are several.
template <typename Body> void parallel_for(int64_t count, int64_t grain, Body body) {
  if (leaves_out(kThreads))
    body(0, count);
  else
    at::parallel_for(0, count, grain, body);
}

} // namespace augur
