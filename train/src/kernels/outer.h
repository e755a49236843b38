// Sums of outer products, the loop within the gradient of a weight: compiled for x86-64-v3 alone (build.rs), so nothing of a
// library may be in outer.cpp that would be compiled for that and then run on all.
#pragma once

#include <cstdint>

namespace augur {

// total[i][o] += sum over rows and columns of left[i] right[o], for i in [0, lefts) and o in [0, rights). A row or a column
// further on lies left_row or left_step numbers further in memory, and right_row or right_step.
template <typename T> struct OuterProducts {
  const T *left;
  int64_t left_row, left_step;
  const T *right;
  int64_t right_row, right_step;
  int64_t rows, columns, lefts, rights;
  T *total;
};

namespace v3 {

// `rights` numbers are a multiple of this many bytes.
constexpr int kRightBytes = 64;

void add_outer_products(const OuterProducts<float> &);
void add_outer_products(const OuterProducts<double> &);

} // namespace v3
} // namespace augur
