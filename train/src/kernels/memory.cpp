// Memory for tensors: like libtorch's own, aligned to 64 bytes, but by malloc, so that what one tensor leaves is exactly what the
// next one of its size asks for. glibc's posix_memalign asks for more than it keeps, and does not find its own holes again.

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <cstdlib>

namespace {

constexpr uintptr_t kAlignment = 64;

// The block that malloc gave, at a multiple of 16, is noted just before the tensor's numbers.
void give_back(void *numbers) {
  if (numbers)
    std::free(static_cast<void **>(numbers)[-1]);
}

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0)
      return {nullptr, nullptr, &give_back, c10::Device(c10::DeviceType::CPU)};
    void *block = bytes > SIZE_MAX - kAlignment ? nullptr : std::malloc(bytes + kAlignment);
    TORCH_CHECK(block, "can't allocate memory: you tried to allocate ", bytes, " bytes");
    const uintptr_t numbers = (reinterpret_cast<uintptr_t>(block) + kAlignment) & ~(kAlignment - 1);
    void *aligned = reinterpret_cast<void *>(numbers);
    static_cast<void **>(aligned)[-1] = block;
    return {aligned, aligned, &give_back, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

  void copy_data(void *to, const void *from, size_t bytes) const override { default_copy_data(to, from, bytes); }
};

} // namespace

extern "C" {

// From now on, tensors on the CPU have such memory.
void augur_take_memory_over() {
  // It lives as long as the process: something may take memory on its way out. libtorch's own has the priority 0.
  static Memory *const memory = new Memory;
  c10::SetCPUAllocator(memory, 1);
}

}
